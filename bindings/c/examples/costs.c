/*
 * Measures what calls cost that encode nothing: each so often in a row, with a client and a server of one program.
 *
 *     cc -O2 costs.c -o costs $(pkg-config --cflags --libs tightrope)
 *     ./costs [CALLS]
 *
 * A line for each call: its name, and microseconds: on average, of the middle one, and of the slowest one in a hundred.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tightrope.h>
#include <time.h>

enum { WIDTH = 1920, HEIGHT = 1080 };

static uint32_t pixels[HEIGHT][WIDTH];
static tr_server server;
static tr_client client;
static tr_event event = {0};

static void must(tr_result result) {
    if (result != TR_OK) {
        fprintf(stderr, "costs: %s\n", tr_error_message());
        exit(1);
    }
}

static void update_of_nothing(void) {
    tr_rect outside = {WIDTH, HEIGHT, 1, 1};
    must(tr_server_update(server, pixels, sizeof pixels, WIDTH, HEIGHT, 0, &outside, 1));
}

static void update_without_change(void) {
    tr_rect cell = {640, 512, 64, 16};
    must(tr_server_update(server, pixels, sizeof pixels, WIDTH, HEIGHT, 0, &cell, 1));
}

static void look_at_server(void) { must(tr_server_wait(server, 0, &event)); }
static void look_at_client(void) { must(tr_client_wait(client, 0, &event)); }
static void press_key(void) { must(tr_client_key(client, 'a', 0, true)); }

static void find_picture(void) {
    tr_picture picture;
    must(tr_client_picture(client, &picture));
}

static void find_stats(void) {
    tr_stats stats;
    must(tr_client_stats(client, &stats));
}

static void fill_sound(void) {
    static float samples[480][2];
    must(tr_client_sound_fill(client, samples[0], 480, 0));
}

static void stale_handle(void) {
    if (tr_server_bell(77) != TR_ERROR_HANDLE) exit(1);
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

static void measure(const char *name, void (*call)(void), size_t calls) {
    int64_t *times = malloc(calls * sizeof *times), sum = 0;
    if (!times) exit(1);
    for (size_t i = 0; i < calls; i++) {
        int64_t begun = now_ns();
        call();
        sum += times[i] = now_ns() - begun;
    }
    qsort(times, calls, sizeof *times, by_size);
    printf("%-28s %8.2f %8.2f %8.2f\n", name, (double)sum / (double)calls / 1e3, (double)times[calls / 2] / 1e3,
           (double)times[calls * 99 / 100] / 1e3);
    free(times);
}

static void connect_both(void) {
    tr_client_config config;
    must(tr_server_create(0, WIDTH, HEIGHT, &server));
    must(tr_server_update(server, pixels, sizeof pixels, WIDTH, HEIGHT, 0, NULL, 0));
    must(tr_client_config_create(tr_server_url(server), &config));
    must(tr_client_config_set_password(config, tr_server_password(server)));
    must(tr_client_connect(config, 30000, &client));
    do must(tr_client_wait(client, 30000, &event));
    while (event.kind != TR_EVENT_UPDATED && event.kind != TR_EVENT_NONE);
}

int main(int count, char **words) {
    size_t calls = count > 1 ? strtoul(words[1], NULL, 10) : 10000;
    if (calls == 0) return 1;
    connect_both();
    printf("%-28s %8s %8s %8s\n", "us", "mean", "median", "99%");
    measure("tr_server_update, nothing", update_of_nothing, calls);
    measure("tr_server_update, 64x16 same", update_without_change, calls);
    measure("tr_server_wait, nothing", look_at_server, calls);
    measure("tr_client_wait, nothing", look_at_client, calls);
    measure("tr_client_picture", find_picture, calls);
    measure("tr_client_key", press_key, calls);
    measure("tr_client_stats", find_stats, calls);
    measure("tr_client_sound_fill", fill_sound, calls);
    measure("tr_server_bell, stale handle", stale_handle, calls);
    must(tr_event_release(&event));
    must(tr_client_destroy(client));
    must(tr_server_destroy(server));
    return 0;
}
