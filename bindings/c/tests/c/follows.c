/* Connects, and sees the picture change a few times. */
#include "check.h"

int main(int count, char **words) {
    CHECK(count == 3);
    tr_client_config config;
    tr_client client;
    OK(tr_client_config_create(words[1], &config));
    OK(tr_client_config_set_password(config, words[2]));
    OK(tr_client_connect(config, 60000, &client));
    tr_event event = {0};
    for (int changes = 0; changes < 5; changes += event.kind == TR_EVENT_UPDATED) {
        OK(tr_client_wait(client, 60000, &event));
        CHECK(event.kind != TR_EVENT_NONE);
    }
    tr_picture picture;
    OK(tr_client_picture(client, &picture));
    CHECK(picture.width == 640 && picture.height == 480);
    size_t lit = 0;
    for (size_t i = 0; i < picture.length; i++) lit += ((const uint8_t *)picture.pixels)[i] != 0;
    CHECK(lit > picture.length / 2);
    OK(tr_event_release(&event));
    OK(tr_client_destroy(client));
    return 0;
}
