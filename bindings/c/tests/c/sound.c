/* What is played on one side is heard on the other, both ways. */
#include "check.h"
#include <math.h>
#include <time.h>

enum { FRAMES = 480, LIMIT = 60000 };

static tr_server server;
static tr_client client;
static tr_event event = {0};
static float wave[FRAMES][2], heard[FRAMES][2];

static void tone(void) {
    static double phase;
    for (int i = 0; i < FRAMES; i++, phase += 0.0576) wave[i][0] = wave[i][1] = (float)(0.5 * sin(phase));
}

static double loudness(void) {
    double sum = 0;
    for (int i = 0; i < FRAMES; i++) sum += heard[i][0] * heard[i][0];
    return sqrt(sum / FRAMES);
}

/* Until a moment. */
static void wait_until(uint64_t moment_us) {
    struct timespec until = {(time_t)(moment_us / 1000000), (long)(moment_us % 1000000) * 1000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void connect_both(void) {
    tr_server_config serving;
    OK(tr_server_config_create(&serving));
    OK(tr_server_config_set_sound(serving, true));
    OK(tr_server_config_set_microphone(serving, true));
    /* A client under valgrind may say nothing for so long that it would be taken for one that waits for RFB. */
    OK(tr_server_config_set_allow(serving, "tls", false));
    OK(tr_server_create(serving, 64, 48, &server));
    tr_client_config config;
    OK(tr_client_config_create(tr_server_url(server), &config));
    OK(tr_client_config_set_password(config, tr_server_password(server)));
    tr_sound_format format = {.channels = 1, .packet_ms = 20, .bit_rate = 48000};
    OK(tr_client_config_set_sound_format(config, &format));
    OK(tr_client_connect(config, LIMIT, &client));
}

/* Plays 10 ms after 10 ms, a sound card on both ends, until the other side hears it. */
static void until_heard(bool microphone) {
    uint64_t moment = tr_now_us();
    for (int tick = 0; tick < 2000; tick++, moment += 10000) {
        tone();
        if (microphone) {
            OK(tr_client_microphone_push(client, wave[0], FRAMES, moment));
            OK(tr_server_microphone_fill(server, heard[0], FRAMES, 0));
        } else {
            OK(tr_server_push_sound(server, wave[0], FRAMES, moment));
            OK(tr_client_sound_fill(client, heard[0], FRAMES, 0));
        }
        if (loudness() > 0.3) return;
        wait_until(moment + 10000);
    }
    CHECK(!"heard");
}

int main(void) {
    connect_both();
    OK(tr_client_sound_fill(client, heard[0], FRAMES, 0));
    CHECK(loudness() == 0);
    FAILS(tr_client_sound_fill(client, NULL, FRAMES, 0), TR_ERROR_ARGUMENT, "samples");
    FAILS(tr_client_sound_set_volume(client, NAN), TR_ERROR_ARGUMENT, "gain");
    do OK(tr_client_wait(client, LIMIT, &event));
    while (event.kind != TR_EVENT_SOUND_STARTED);
    until_heard(false);
    CHECK(tr_server_sound_wanted(server));
    tr_sound_stats stats;
    OK(tr_client_sound_stats(client, &stats));
    CHECK(stats.packets > 0 && !stats.silent);

    OK(tr_client_microphone_start(client));
    do OK(tr_client_wait(client, LIMIT, &event));
    while (event.kind != TR_EVENT_MICROPHONE_STARTED);
    until_heard(true);
    OK(tr_client_microphone_stop(client));
    do OK(tr_server_wait(server, LIMIT, &event));
    while (event.kind != TR_EVENT_MICROPHONE_STOPPED);

    OK(tr_event_release(&event));
    OK(tr_client_destroy(client));
    OK(tr_server_destroy(server));
    return 0;
}
