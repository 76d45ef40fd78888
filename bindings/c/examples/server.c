/*
 * Serves a moving picture with sound: a box that goes to and fro over a blue ground, and a tone that swells with it.
 *
 *     cc server.c -o server $(pkg-config --cflags --libs tightrope) -lm
 *     ./server [ADDRESS:PORT [PASSWORD]]
 *
 * It prints the address to connect to, with the certificate's fingerprint, and the password. Click to colour the box; it ends when
 * its input is closed, or when somebody presses Escape.
 */
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tightrope.h>
#include <unistd.h>

enum { WIDTH = 640, HEIGHT = 480, BOX = 96, FRAMES = 480 /* of sound: 10 ms */, TICK_US = 10000 };

static uint32_t pixels[HEIGHT][WIDTH];
static uint32_t colour = 0xffc020;

static void must(tr_result result) {
    if (result != TR_OK) {
        fprintf(stderr, "server: %s\n", tr_error_message());
        exit(1);
    }
}

static void fill(tr_rect rect, uint32_t with) {
    for (uint32_t y = rect.top; y < rect.top + rect.height; y++)
        for (uint32_t x = rect.left; x < rect.left + rect.width; x++) pixels[y][x] = with;
}

/* Moves the box, and says which pixels that changed. */
static size_t move_box(unsigned tick, tr_rect damage[2]) {
    static tr_rect box = {0, 192, BOX, BOX};
    fill(box, 0x204060);
    damage[0] = box;
    box.left = (uint32_t)((WIDTH - BOX) * (0.5 - 0.5 * cos(tick * 0.02)));
    fill(box, colour);
    damage[1] = box;
    return 2;
}

/* 10 ms of a tone of 440 Hz. */
static void hum(tr_server server, unsigned tick, uint64_t now_us) {
    static float samples[FRAMES][2];
    static double phase;
    for (int i = 0; i < FRAMES; i++, phase += 2 * 3.14159265358979 * 440 / 48000) {
        double loud = 0.2 + 0.1 * sin(tick * 0.02);
        samples[i][0] = samples[i][1] = (float)(loud * sin(phase));
    }
    must(tr_server_push_sound(server, samples[0], FRAMES, now_us));
}

/* What clients do. Whether to go on. */
static bool handle(tr_server server, const tr_event *event) {
    switch (event->kind) {
    case TR_EVENT_CONNECTED: fprintf(stderr, "%s has come in\n", event->text); break;
    case TR_EVENT_DISCONNECTED: fprintf(stderr, "a client has gone: %s\n", event->text); break;
    case TR_EVENT_POINTER: colour = event->buttons & 1 ? 0x40d060 : 0xffc020; break;
    case TR_EVENT_CLIPBOARD: must(tr_server_set_clipboard(server, &event->clipboard)); break;
    case TR_EVENT_RESIZE_REQUESTED: must(tr_server_refuse_resize(server, event->session, TR_RESIZE_PROHIBITED)); break;
    case TR_EVENT_KEY: return !(event->down && event->keysym == 0xff1b);
    default: break;
    }
    return true;
}

static tr_server begin(int count, char **words) {
    tr_server_config config;
    tr_server server;
    must(tr_server_config_create(&config));
    must(tr_server_config_set_name(config, "A moving picture"));
    must(tr_server_config_set_sound(config, true));
    if (count > 1) must(tr_server_config_set_listen(config, words[1]));
    if (count > 2) must(tr_server_config_set_password(config, words[2]));
    must(tr_server_create(config, WIDTH, HEIGHT, &server));
    must(tr_server_config_destroy(config));
    printf("%s\n%s\n", tr_server_url(server), tr_server_password(server));
    fflush(stdout);
    return server;
}

int main(int count, char **words) {
    tr_server server = begin(count, words);
    fill((tr_rect){0, 0, WIDTH, HEIGHT}, 0x204060);
    must(tr_server_update(server, pixels, sizeof pixels, WIDTH, HEIGHT, 0, NULL, 0));

    struct pollfd waits[] = {{tr_server_descriptor(server), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    tr_event event = {0};
    bool goes_on = true;
    uint64_t next_us = tr_now_us();
    for (unsigned tick = 0; goes_on;) {
        uint64_t now_us = tr_now_us();
        if (now_us >= next_us) {
            hum(server, tick, next_us);
            if (tick % 4 == 0) {
                tr_rect damage[2];
                size_t changed = move_box(tick, damage);
                must(tr_server_update_drawn(server, pixels, sizeof pixels, WIDTH, HEIGHT, 0, damage, changed, now_us));
            }
            next_us += TICK_US;
            tick++;
        }
        poll(waits, 2, next_us > now_us ? (int)((next_us - now_us + 999) / 1000) : 0);
        if (waits[1].revents && read(STDIN_FILENO, &(char){0}, 1) <= 0) break;
        while (goes_on && tr_server_wait(server, 0, &event) == TR_OK && event.kind != TR_EVENT_NONE)
            goes_on = handle(server, &event);
    }
    must(tr_event_release(&event));
    must(tr_server_shutdown(server, TR_GOODBYE_SHUTTING_DOWN, "the picture has ended"));
    must(tr_server_destroy(server));
    return 0;
}
