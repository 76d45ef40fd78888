/* A client of agent.c: it holds the left button down, and sees what the painter makes of that. */
#include "check.h"

int main(int count, char **words) {
    CHECK(count == 3);
    tr_client_config config;
    tr_client client;
    OK(tr_client_config_create(words[1], &config));
    OK(tr_client_config_set_password(config, words[2]));
    OK(tr_client_config_set_quality(config, -1, 2, false));
    OK(tr_client_connect(config, 60000, &client));
    OK(tr_client_pointer(client, 100, 50, 0));
    OK(tr_client_pointer(client, 100, 50, 1));
    OK(tr_client_pointer(client, 100, 50, 0));
    tr_event event = {0};
    tr_picture picture;
    for (;;) {
        OK(tr_client_picture(client, &picture));
        const uint32_t *pixels = picture.pixels;
        uint32_t ground = pixels[0], drawn = pixels[51 * picture.width + 101];
        if ((ground & 0xffffff) == 0xf0e8d8 && (drawn & 0xffffff) == 0xd03020) break;
        OK(tr_client_wait(client, 60000, &event));
        CHECK(event.kind != TR_EVENT_NONE);
    }
    OK(tr_event_release(&event));
    OK(tr_client_destroy(client));
    return 0;
}
