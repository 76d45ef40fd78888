/* Connects, and sees the picture change a few times. */
#include "check.h"

int main(int count, char **words) {
    CHECK(count == 3);
    tr_client_config config;
    tr_client client;
    OK(tr_client_config_create(words[1], &config));
    OK(tr_client_config_set_password(config, words[2]));
    OK(tr_client_connect(config, 20000, &client));
    tr_event event = {0};
    tr_picture picture;
    OK(tr_client_picture(client, &picture));
    const uint32_t *pixels = picture.pixels;
    uint32_t before = pixels[0];
    for (int changes = 0; changes < 3;) {
        OK(tr_client_wait(client, 20000, &event));
        CHECK(event.kind != TR_EVENT_NONE);
        changes += pixels[0] != before;
        before = pixels[0];
    }
    OK(tr_event_release(&event));
    OK(tr_client_destroy(client));
    return 0;
}
