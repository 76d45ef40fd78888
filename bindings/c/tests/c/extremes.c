/* Moments and numbers at the ends of what there is, in every order: none is a fault of the library. */
#include <math.h>

#include "check.h"

/* Whatever comes of it, it is no panic. */
#define HOLDS(call) CHECK((call) != TR_ERROR_INTERNAL)

enum { WIDTH = 64, HEIGHT = 48, FRAMES = 480, LIMIT = 20000 };

static const uint64_t moments[] = {0,         1,
                                   1000000,   UINT64_MAX / 2,
                                   INT64_MAX, (uint64_t)INT64_MAX + 1,
                                   UINT64_MAX};
enum { MOMENTS = sizeof moments / sizeof *moments };

static uint8_t pixels[HEIGHT * WIDTH * 4];
static float samples[FRAMES * 2];
static const tr_sound_format stereo = {2, 20, 64000};

static void clocks(uint64_t one, uint64_t other) {
    tr_clock clock;
    OK(tr_clock_create(&clock));
    for (int i = 0; i < MOMENTS * MOMENTS; i++) {
        uint64_t moment;
        tr_clock_sample sample = {one, other, moments[i / MOMENTS], moments[i % MOMENTS]};
        HOLDS(tr_clock_compare(clock, &sample));
        HOLDS(tr_clock_to_local(clock, moments[i % MOMENTS], &moment));
        HOLDS(tr_clock_to_remote(clock, moments[i / MOMENTS], &moment));
    }
    OK(tr_clock_destroy(clock));
}

/* Sound that is none, at times that are none. */
static void sounds(uint64_t one, uint64_t other) {
    for (int i = 0; i < FRAMES * 2; i++) samples[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -1e38f;
    tr_sound_sender sender;
    tr_playout playout;
    tr_sound_packet packet;
    tr_sound_stats stats;
    OK(tr_sound_sender_create(&stereo, TR_OPUS_LOW_DELAY, 0, 0, &sender));
    OK(tr_playout_create(&stereo, UINT32_MAX, &playout));
    for (int i = 0; i < MOMENTS; i++) {
        uint64_t due;
        HOLDS(tr_sound_sender_push(sender, samples, FRAMES, moments[i]));
        HOLDS(tr_sound_sender_push(sender, samples, FRAMES, one));
        for (;;) {
            OK(tr_sound_sender_poll(sender, &packet));
            if (!packet.data) break;
            HOLDS(tr_playout_handle_packet(playout, other, &packet));
            packet.sequence = UINT32_MAX - packet.sequence;
            packet.captured_us = moments[i];
            HOLDS(tr_playout_handle_packet(playout, one, &packet));
        }
        HOLDS(tr_playout_handle_samples(playout, other, samples, FRAMES));
        HOLDS(tr_playout_fill(playout, one, moments[i], samples, FRAMES));
        tr_clock_sample sample = {one, other, other, moments[i]};
        HOLDS(tr_playout_compare(playout, &sample));
        HOLDS(tr_playout_fill(playout, moments[i], other, samples, FRAMES));
        HOLDS(tr_playout_due(playout, moments[i], &due));
        HOLDS(tr_playout_get_stats(playout, &stats));
    }
    OK(tr_playout_destroy(playout));
    OK(tr_sound_sender_destroy(sender));
}

static void connections(uint64_t one, uint64_t other) {
    tr_server_connection server;
    tr_client_connection client;
    tr_event event = {0};
    OK(tr_server_connection_create(WIDTH, HEIGHT, "a", TR_METHOD_NONE, NULL, TR_SERVER_CONNECTION_SOUND, 1, &server));
    OK(tr_client_connection_create(TR_METHOD_NONE, TR_ENCODING_TIGHT, 5, 2, TR_CLIENT_CONNECTION_SOUND, 1, &client));
    const tr_rect all = {0, 0, UINT32_MAX, UINT32_MAX};
    for (int round = 0; round < 24; round++) {
        const uint8_t *bytes;
        size_t length;
        uint64_t now = round % 2 ? one : other, at;
        pixels[round * 71]++;
        OK(tr_server_connection_poll_output(server, &bytes, &length));
        HOLDS(tr_client_connection_handle_bytes(client, now, bytes, length));
        do HOLDS(tr_client_connection_poll_event(client, &event));
        while (event.kind != TR_EVENT_NONE);
        OK(tr_client_connection_poll_output(client, &bytes, &length));
        HOLDS(tr_server_connection_handle_bytes(server, moments[round % MOMENTS], bytes, length));
        do HOLDS(tr_server_connection_poll_event(server, &event));
        while (event.kind != TR_EVENT_NONE);
        HOLDS(tr_server_connection_add_damage(server, &all, 1));
        HOLDS(tr_server_connection_set_captured(server, moments[round % MOMENTS]));
        HOLDS(tr_server_connection_update(server, now, pixels, sizeof pixels, WIDTH, HEIGHT, 0, round % 3));
        HOLDS(tr_server_connection_poll_timeout(server, &at));
        HOLDS(tr_client_connection_compare_clocks(client, now));
        HOLDS(tr_client_connection_presented(client, now, moments[round % MOMENTS]));
    }
    OK(tr_event_release(&event));
    OK(tr_server_connection_destroy(server));
    OK(tr_client_connection_destroy(client));
}

static void sessions(void) {
    tr_server_config serving;
    OK(tr_server_config_create(&serving));
    OK(tr_server_config_set_linger(serving, UINT64_MAX));
    OK(tr_server_config_set_stall_timeout(serving, UINT64_MAX));
    FAILS(tr_server_config_set_lifetime(serving, UINT64_MAX), TR_ERROR_ARGUMENT, "lifetime_s");
    OK(tr_server_config_set_lifetime(serving, INT64_MAX / 2));
    OK(tr_server_config_set_max_clients(serving, UINT32_MAX));
    OK(tr_server_config_set_threads(serving, UINT32_MAX));
    OK(tr_server_config_set_max_rate(serving, UINT64_MAX));
    OK(tr_server_config_set_uses(serving, UINT32_MAX));
    OK(tr_server_config_set_sound(serving, true));
    OK(tr_server_config_set_allow(serving, "tls", false));
    tr_server server;
    OK(tr_server_create(serving, WIDTH, HEIGHT, &server));
    OK(tr_server_config_destroy(serving));
    tr_client_config config;
    tr_client client;
    OK(tr_client_config_create(tr_server_url(server), &config));
    OK(tr_client_config_set_password(config, tr_server_password(server)));
    OK(tr_client_config_set_threads(config, UINT32_MAX));
    OK(tr_client_config_set_sound(config, true));
    OK(tr_client_connect(config, INT32_MAX, &client));
    OK(tr_client_config_destroy(config));
    tr_event event = {0};
    for (int i = 0; i < 5 * MOMENTS; i++) {
        uint64_t moment = moments[i % MOMENTS];
        pixels[i * 71]++;
        OK(tr_server_update_drawn(server, pixels, sizeof pixels, WIDTH, HEIGHT, 0, NULL, 0, moment));
        OK(tr_client_wait(client, 0, &event));
        OK(tr_client_presented(client, moment));
        tr_client_due_us(client, moment);
        OK(tr_client_pointer(client, 65535, 65535, 511));
        OK(tr_client_key(client, UINT32_MAX, UINT32_MAX, true));
        OK(tr_server_set_pointer(server, 65535, 65535));
        OK(tr_server_push_sound(server, samples, FRAMES, moment));
        OK(tr_client_sound_fill(client, samples, FRAMES, moment));
        OK(tr_client_microphone_push(client, samples, FRAMES, moment));
        OK(tr_server_microphone_fill(server, samples, FRAMES, moment));
    }
    OK(tr_server_resize(server, 65535, 1, UINT64_MAX));
    do OK(tr_client_wait(client, LIMIT, &event));
    while (event.kind != TR_EVENT_RESIZED);
    OK(tr_event_release(&event));
    OK(tr_client_destroy(client));
    OK(tr_server_destroy(server));
}

int main(void) {
    for (int i = 0; i < MOMENTS * MOMENTS; i++) {
        clocks(moments[i / MOMENTS], moments[i % MOMENTS]);
        sounds(moments[i / MOMENTS], moments[i % MOMENTS]);
        connections(moments[i / MOMENTS], moments[i % MOMENTS]);
    }
    sessions();
    return 0;
}
