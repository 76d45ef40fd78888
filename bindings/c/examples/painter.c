/*
 * Draws into the shared memory that agent.c serves; it knows nothing of Tightrope. Whoever holds the left button down draws a line.
 *
 *     cc painter.c -o painter
 *     ./painter NAME
 *
 * Ends when its input is closed.
 */
#include "desk.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PEN = 4, LOOK_MS = 5 };

static struct desk *open_desk(const char *name) {
    int memory = shm_open(name, O_RDWR, 0);
    struct stat about;
    if (memory < 0 || fstat(memory, &about) < 0) return NULL;
    struct desk *desk = mmap(NULL, (size_t)about.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    return desk == MAP_FAILED ? NULL : desk;
}

static void dot(struct desk *desk, uint32_t left, uint32_t top) {
    for (uint32_t y = top; y < top + PEN && y < desk->height; y++)
        for (uint32_t x = left; x < left + PEN && x < desk->width; x++) desk->pixels[y * desk->width + x] = 0xd03020;
}

/* Does what the clients did. Whether that changed anything. */
static bool follow(struct desk *desk) {
    bool is_changed = false;
    uint32_t read = atomic_load(&desk->input_read);
    for (; read != atomic_load(&desk->input_written); atomic_store(&desk->input_read, ++read)) {
        struct desk_input input = desk->input[read % DESK_INPUTS];
        if (input.keysym || !(input.buttons & 1)) continue;
        dot(desk, input.x, input.y);
        is_changed = true;
    }
    return is_changed;
}

int main(int count, char **words) {
    struct desk *desk = count == 2 ? open_desk(words[1]) : NULL;
    if (!desk) {
        fprintf(stderr, "usage: %s NAME, of the shared memory that agent.c made\n", words[0]);
        return 1;
    }
    for (uint32_t y = 0; y < desk->height; y++)
        for (uint32_t x = 0; x < desk->width; x++) desk->pixels[y * desk->width + x] = 0xf0e8d8;
    atomic_fetch_add(&desk->drawn, 1);
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    while (poll(&input, 1, LOOK_MS) == 0)
        if (follow(desk)) atomic_fetch_add(&desk->drawn, 1);
    return 0;
}
