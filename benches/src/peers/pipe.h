/* What passes between the instrument and a peer: numbers and pixels, in the byte order of the machine.
 *
 *   to the peer:    size, then for each picture what the program's own comment says; the end of the file ends it
 *   from the peer:  for each picture the nanoseconds of all processors that the library took, then the result
 */
#ifndef PIPE_H
#define PIPE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct rect {
    uint32_t left, top, width, height;
};

static void *grown(void *memory, size_t bytes)
{
    memory = realloc(memory, bytes ? bytes : 1);
    if (!memory) {
        fprintf(stderr, "no memory\n");
        exit(1);
    }
    return memory;
}

/* Ends the program if what was begun does not come whole. */
static void read_all(void *to, size_t bytes)
{
    if (fread(to, 1, bytes, stdin) != bytes) {
        fprintf(stderr, "the picture ends too early\n");
        exit(1);
    }
}

/* 0 at the end of the file. */
static int read_number(uint32_t *number)
{
    return fread(number, sizeof *number, 1, stdin) == 1;
}

/* Reads rectangles after their number. */
static struct rect *read_rects(struct rect *rects, uint32_t count)
{
    rects = grown(rects, count * sizeof *rects);
    read_all(rects, count * sizeof *rects);
    return rects;
}

/* The row `row` of `rect` in a picture of BGRX pixels. */
static uint8_t *row_of(uint8_t *picture, uint32_t picture_width, const struct rect *rect, uint32_t row)
{
    return picture + ((size_t)(rect->top + row) * picture_width + rect->left) * 4;
}

static void write_all(const void *from, size_t bytes)
{
    if (fwrite(from, 1, bytes, stdout) != bytes)
        exit(1);
}

/* User and system, all threads. */
static uint64_t cpu_nanoseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * UINT64_C(1000000000) + time.tv_nsec;
}

#endif
