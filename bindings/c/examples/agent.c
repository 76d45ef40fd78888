/*
 * Serves what another process draws: a picture in shared memory, as a pod's application might have it.
 *
 *     cc agent.c -o agent $(pkg-config --cflags --libs tightrope)
 *     ./agent NAME WIDTHxHEIGHT [CREDENTIALS-DIRECTORY]
 *
 * It makes the shared memory /NAME (see desk.h), prints the address to connect to and the password, if it made one, and serves
 * until its input is closed. Keys and the pointer go into a queue in the shared memory. The credentials are those of DIR/agent, as
 * `tightrope-viewer credentials new DIR` makes them.
 */
#include "desk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <tightrope.h>
#include <unistd.h>

enum { LOOK_MS = 10 };

static void must(tr_result result) {
    if (result != TR_OK) {
        fprintf(stderr, "agent: %s\n", tr_error_message());
        exit(1);
    }
}

static void fail(const char *what) {
    fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct desk *make_desk(const char *name, uint32_t width, uint32_t height) {
    int memory = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    if (memory < 0) fail(name);
    size_t length = desk_length(width, height);
    if (ftruncate(memory, (off_t)length) < 0) fail(name);
    struct desk *desk = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (desk == MAP_FAILED) fail(name);
    close(memory);
    desk->width = width;
    desk->height = height;
    return desk;
}

/* Puts what a client does where the application looks for it; what it does not fetch is lost. */
static void tell(struct desk *desk, const tr_event *event) {
    struct desk_input input = {.x = event->x, .y = event->y, .buttons = event->buttons};
    if (event->kind == TR_EVENT_KEY) input = (struct desk_input){.keysym = event->keysym, .down = event->down};
    uint32_t written = atomic_load(&desk->input_written);
    if (written - atomic_load(&desk->input_read) == DESK_INPUTS) return;
    desk->input[written % DESK_INPUTS] = input;
    atomic_store(&desk->input_written, written + 1);
}

static tr_server serve(const struct desk *desk, const char *credentials) {
    tr_server_config config;
    tr_server server;
    must(tr_server_config_create(&config));
    must(tr_server_config_set_name(config, "A drawing"));
    if (credentials) must(tr_server_config_set_credentials(config, credentials));
    must(tr_server_create(config, desk->width, desk->height, &server));
    must(tr_server_config_destroy(config));
    printf("%s\n%s\n", tr_server_url(server), credentials ? "" : tr_server_password(server));
    fflush(stdout);
    return server;
}

/* Serves what was drawn since the picture of number `seen`; gives its number now. */
static uint32_t show(tr_server server, const struct desk *desk, uint32_t seen) {
    uint32_t drawn = atomic_load(&desk->drawn);
    if (drawn == seen) return seen;
    /* What is drawn while this reads comes again with the next number. */
    must(tr_server_update(server, desk->pixels, (size_t)desk->width * desk->height * 4, desk->width, desk->height, 0,
                          NULL, 0));
    return drawn;
}

static void handle(tr_server server, struct desk *desk, const tr_event *event) {
    switch (event->kind) {
    case TR_EVENT_KEY:
    case TR_EVENT_POINTER: tell(desk, event); break;
    case TR_EVENT_RESIZE_REQUESTED: tr_server_refuse_resize(server, event->session, TR_RESIZE_INVALID_LAYOUT); break;
    case TR_EVENT_CONNECTED: fprintf(stderr, "%s has come in\n", event->text); break;
    case TR_EVENT_DISCONNECTED: fprintf(stderr, "a client has gone: %s\n", event->text); break;
    default: break;
    }
}

int main(int count, char **words) {
    uint32_t width, height;
    if (count < 3 || sscanf(words[2], "%ux%u", &width, &height) != 2) {
        fprintf(stderr, "usage: %s NAME WIDTHxHEIGHT [CREDENTIALS-DIRECTORY]\n", words[0]);
        return 1;
    }
    struct desk *desk = make_desk(words[1], width, height);
    tr_server server = serve(desk, count > 3 ? words[3] : NULL);
    struct pollfd waits[] = {{tr_server_descriptor(server), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    tr_event event = {0};
    for (uint32_t seen = 0;;) {
        poll(waits, 2, LOOK_MS);
        if (waits[1].revents && read(STDIN_FILENO, &(char){0}, 1) <= 0) break;
        while (tr_server_wait(server, 0, &event) == TR_OK && event.kind != TR_EVENT_NONE)
            handle(server, desk, &event);
        seen = show(server, desk, seen);
    }
    must(tr_event_release(&event));
    must(tr_server_shutdown(server, TR_GOODBYE_APPLICATION_ENDED, NULL));
    must(tr_server_destroy(server));
    shm_unlink(words[1]);
    return 0;
}
