/* The shared memory between agent.c and the process that draws: painter.c. */
#ifndef DESK_H
#define DESK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DESK_INPUTS = 256 };

/* A key, if `keysym` is not 0; else where the pointer is now. */
struct desk_input {
    uint32_t keysym;
    bool down;
    uint32_t x, y, buttons;
};

struct desk {
    uint32_t width, height;
    /* Counted up by the painter after each picture; 0 before the first. */
    atomic_uint drawn;
    /* A ring: the agent writes, the painter reads. Both count for ever. */
    atomic_uint input_written, input_read;
    struct desk_input input[DESK_INPUTS];
    /* Blue, green, red, ignored; rows without gaps. */
    uint32_t pixels[];
};

static inline size_t desk_length(uint32_t width, uint32_t height) {
    return sizeof(struct desk) + (size_t)width * height * 4;
}

#endif
