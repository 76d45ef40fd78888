/* libvncserver QUALITY COMPRESSION: a server on LibVNCServer with one client, fed with pictures (see pipe.h).
 *
 * QUALITY is 0 to 9, or -1 for lossless; the client wants Tight and LastRect in pixels of 32 bits, blue first.
 * Each picture is: the number of changed rectangles, the rectangles, their pixels row by row.
 * The result is: the length of one FramebufferUpdate, and its bytes; 0 if there were no rectangles. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rfb/rfb.h>
#include <rfb/rfbregion.h>

#include "pipe.h"

static uint8_t *update;
static size_t update_length, update_room;

/* Stands in for the library's own: what it would write to the socket stays here, and costs no system call. */
int rfbWriteExact(rfbClientPtr client, const char *bytes, int length)
{
    (void)client;
    if (update_length + length > update_room) {
        update_room = 2 * (update_length + length);
        update = grown(update, update_room);
    }
    memcpy(update + update_length, bytes, length);
    update_length += length;
    return 1;
}

static size_t put_encoding(uint8_t *to, int32_t encoding)
{
    const uint32_t value = encoding;
    for (int byte = 0; byte < 4; byte++)
        to[byte] = value >> (24 - 8 * byte);
    return 4;
}

/* All that a client says before its first request. */
static size_t first_flight(uint8_t *to, int quality, int compression)
{
    static const char greeting[] = "RFB 003.008\n\x01\x01"; /* version, no authentication, shared */
    static const uint8_t format[] = { 0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0 };
    size_t length = sizeof greeting - 1;
    memcpy(to, greeting, length);
    memcpy(to + length, format, sizeof format);
    length += sizeof format;
    const uint8_t encodings[] = { 2, 0, 0, quality < 0 ? 3 : 4 };
    memcpy(to + length, encodings, sizeof encodings);
    length += sizeof encodings;
    length += put_encoding(to + length, 7);                  /* Tight */
    length += put_encoding(to + length, -224);               /* LastRect */
    length += put_encoding(to + length, -256 + compression); /* compression level */
    if (quality >= 0)
        length += put_encoding(to + length, -32 + quality); /* JPEG quality level */
    return length;
}

static rfbScreenInfoPtr open_screen(uint32_t width, uint32_t height)
{
    char name[] = "libvncserver", *arguments[] = { name, NULL };
    int count = 1;
    rfbLogEnable(0);
    rfbScreenInfoPtr screen = rfbGetScreen(&count, arguments, width, height, 8, 3, 4);
    screen->frameBuffer = grown(NULL, (size_t)width * height * 4);
    memset(screen->frameBuffer, 0, (size_t)width * height * 4);
    screen->serverFormat.redShift = 16;
    screen->serverFormat.greenShift = 8;
    screen->serverFormat.blueShift = 0;
    screen->port = screen->ipv6port = 0; /* nobody else connects */
    screen->autoPort = FALSE;
    screen->alwaysShared = TRUE;
    screen->cursor = NULL;
    rfbInitServer(screen);
    return screen;
}

static rfbClientPtr let_in(rfbScreenInfoPtr screen, int quality, int compression)
{
    uint8_t words[256];
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return NULL;
    rfbClientPtr client = rfbNewClient(screen, ends[0]);
    const size_t length = first_flight(words, quality, compression);
    if (!client || write(ends[1], words, length) != (ssize_t)length)
        return NULL;
    /* Version, security type, shared flag, pixel format, encodings. */
    for (int message = 0; message < 5; message++)
        rfbProcessClientMessage(client);
    const int is_ready = client->state == RFB_NORMAL && client->preferredEncoding == 7;
    return is_ready && client->enableLastRectEncoding ? client : NULL;
}

/* One update of the changed rectangles, as if the client waited for all of the desktop. */
static int send_update(rfbClientPtr client, const struct rect *rects, uint32_t count)
{
    const rfbScreenInfoPtr screen = client->screen;
    sraRegionPtr changed = sraRgnCreate();
    for (uint32_t index = 0; index < count; index++) {
        const struct rect *rect = &rects[index];
        sraRegionPtr part =
            sraRgnCreateRect(rect->left, rect->top, rect->left + rect->width, rect->top + rect->height);
        sraRgnOr(changed, part);
        sraRgnDestroy(part);
    }
    sraRgnDestroy(client->requestedRegion);
    client->requestedRegion = sraRgnCreateRect(0, 0, screen->width, screen->height);
    const int is_sent = rfbSendFramebufferUpdate(client, changed);
    sraRgnDestroy(changed);
    return is_sent;
}

int main(int count, char **arguments)
{
    uint32_t width, height, changed;
    struct rect *rects = NULL;
    if (count != 3 || !read_number(&width) || !read_number(&height))
        return 2;
    rfbScreenInfoPtr screen = open_screen(width, height);
    rfbClientPtr client = let_in(screen, atoi(arguments[1]), atoi(arguments[2]));
    if (!client) {
        fprintf(stderr, "the handshake came to no end\n");
        return 1;
    }
    while (read_number(&changed)) {
        rects = read_rects(rects, changed);
        for (uint32_t index = 0; index < changed; index++)
            for (uint32_t row = 0; row < rects[index].height; row++)
                read_all(row_of((uint8_t *)screen->frameBuffer, width, &rects[index], row), rects[index].width * 4);
        update_length = 0;
        const uint64_t start = cpu_nanoseconds();
        if (changed && !send_update(client, rects, changed)) {
            fprintf(stderr, "the library sent no update\n");
            return 1;
        }
        const uint64_t taken = cpu_nanoseconds() - start;
        const uint32_t length = update_length;
        write_all(&taken, sizeof taken);
        write_all(&length, sizeof length);
        write_all(update, length);
        fflush(stdout);
    }
    return 0;
}
