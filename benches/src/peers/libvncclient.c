/* libvncclient: a client on LibVNCClient, fed with updates (see pipe.h).
 *
 * For each picture: the length of the update, its bytes, a number of rectangles, the rectangles.
 * The result is what it shows in those rectangles, row by row. */
#include <string.h>

#include <rfb/rfbclient.h>

#include "pipe.h"

static const uint8_t *unread;
static size_t unread_length;

/* These two stand in for the library's own: there is no socket. */
rfbBool ReadFromRFBServer(rfbClient *client, char *to, unsigned int length)
{
    (void)client;
    if (length > unread_length)
        return FALSE;
    memcpy(to, unread, length);
    unread += length;
    unread_length -= length;
    return TRUE;
}

rfbBool WriteToRFBServer(rfbClient *client, const char *bytes, unsigned int length)
{
    (void)client, (void)bytes, (void)length;
    return TRUE;
}

/* A client that has learnt the size of the desktop. */
static rfbClient *connected(uint32_t width, uint32_t height)
{
    rfbEnableClientLogging = FALSE;
    rfbClient *client = rfbGetClient(8, 3, 4);
    client->width = client->si.framebufferWidth = width;
    client->height = client->si.framebufferHeight = height;
    client->format.depth = 24;
    client->format.redShift = 16;
    client->format.greenShift = 8;
    client->format.blueShift = 0;
    client->appData.enableJPEG = TRUE;
    client->updateRect.x = -1; /* no part of the desktop is special */
    return client->MallocFrameBuffer(client) ? client : NULL;
}

int main(void)
{
    uint32_t width, height, length, count;
    uint8_t *update = NULL;
    struct rect *rects = NULL;
    if (!read_number(&width) || !read_number(&height))
        return 2;
    rfbClient *client = connected(width, height);
    if (!client)
        return 1;
    while (read_number(&length)) {
        update = grown(update, length);
        read_all(update, length);
        read_all(&count, sizeof count);
        rects = read_rects(rects, count);
        unread = update;
        unread_length = length;
        const uint64_t start = cpu_nanoseconds();
        const int is_drawn = !length || HandleRFBServerMessage(client);
        const uint64_t taken = cpu_nanoseconds() - start;
        if (!is_drawn || unread_length) {
            fprintf(stderr, "the library does not understand the update: %zu bytes are left\n", unread_length);
            return 1;
        }
        write_all(&taken, sizeof taken);
        for (uint32_t index = 0; index < count; index++)
            for (uint32_t row = 0; row < rects[index].height; row++)
                write_all(row_of(client->frameBuffer, width, &rects[index], row), rects[index].width * 4);
        fflush(stdout);
    }
    return 0;
}
