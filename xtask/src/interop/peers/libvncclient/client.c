/* client PORT ENCODING QUALITY BITS [PASSWORD [USER CERTIFICATE]]: libvncclient, obeying line by line (see puppet.rs).
 *
 * ENCODING is the only one asked for; QUALITY is 0 to 9 or -1 for lossless; BITS of a pixel are 8, 16 or 32.
 * With a quality, the picture of the first update that covers the desktop is left in first.ppm. */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rfb/rfbclient.h>

#define LINE_LIMIT 4096

static const char *password, *user, *certificate, *cut_text = "";
static char *cursor_pixels; /* as JSON */
static int cursor_width, cursor_height, cursor_hot_x, cursor_hot_y;
static long drawn; /* pixels */
static int first_is_written, wants_first;
static int64_t last_update;

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void answer(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vprintf(format, values);
    va_end(values);
    putchar('\n');
    fflush(stdout);
}

static void note(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
}

static char *give_password(rfbClient *client)
{
    return strdup(password ? password : "");
}

static rfbCredential *give_credential(rfbClient *client, int kind)
{
    rfbCredential *credential = calloc(1, sizeof *credential);
    if (kind == rfbCredentialTypeX509)
        credential->x509Credential.x509CACertFile = strdup(certificate ? certificate : "");
    else {
        credential->userCredential.username = strdup(user ? user : "");
        credential->userCredential.password = strdup(password ? password : "");
    }
    return credential;
}

static rfbBool allocate(rfbClient *client)
{
    free(client->frameBuffer);
    client->frameBuffer = calloc((size_t)client->width * client->height, client->format.bitsPerPixel / 8);
    drawn = 0;
    return client->frameBuffer != NULL;
}

/* A sample of 8 bits, as a screen would show it. */
static int sample(uint32_t pixel, int shift, int max)
{
    return (((pixel >> shift) & max) * 255 + max / 2) / max;
}

static uint32_t pixel_at(const rfbClient *client, const uint8_t *at)
{
    switch (client->format.bitsPerPixel) {
    case 8: return *at;
    case 16: return *(const uint16_t *)at;
    default: return *(const uint32_t *)at;
    }
}

static int dump(const rfbClient *client, const char *name)
{
    const rfbPixelFormat *format = &client->format;
    const long count = (long)client->width * client->height;
    FILE *file = fopen(name, "wb");
    if (!file)
        return 0;
    fprintf(file, "P6 %d %d 255\n", client->width, client->height);
    for (long i = 0; i < count; i++) {
        const uint32_t pixel = pixel_at(client, client->frameBuffer + i * (format->bitsPerPixel / 8));
        putc(sample(pixel, format->redShift, format->redMax), file);
        putc(sample(pixel, format->greenShift, format->greenMax), file);
        putc(sample(pixel, format->blueShift, format->blueMax), file);
    }
    return fclose(file) == 0;
}

static void updated(rfbClient *client, int x, int y, int w, int h)
{
    drawn += (long)w * h;
    last_update = milliseconds();
}

static void finished(rfbClient *client)
{
    if (wants_first && !first_is_written && drawn >= (long)client->width * client->height)
        first_is_written = dump(client, "first.ppm");
}

static void got_text(rfbClient *client, const char *text, int length)
{
    cut_text = strndup(text, length);
}

static void got_cursor(rfbClient *client, int x, int y, int width, int height, int bytes)
{
    const rfbPixelFormat *format = &client->format;
    free(cursor_pixels);
    cursor_pixels = malloc((size_t)width * height * 12 + 1);
    char *end = cursor_pixels;
    *end = 0;
    for (int i = 0; i < width * height; i++) {
        const uint32_t pixel = pixel_at(client, client->rcSource + (size_t)i * bytes);
        const uint32_t alpha = client->rcMask[i] ? 255 : 0;
        const uint32_t colour = alpha << 24 | (uint32_t)sample(pixel, format->redShift, format->redMax) << 16
            | sample(pixel, format->greenShift, format->greenMax) << 8 | sample(pixel, format->blueShift, format->blueMax);
        end += sprintf(end, "%s%u", i ? "," : "", colour);
    }
    cursor_width = width, cursor_height = height, cursor_hot_x = x, cursor_hot_y = y;
}

/* libvncclient asks for what changed whenever it gets an update. It reads ahead, and waits for the socket even if a whole
 * message is in its buffer: while a resize is under way no other follows, and it would stay there. */
static int handle(rfbClient *client, int wait_ms)
{
    const int ready = client->buffered ? 1 : WaitForMessage(client, wait_ms * 1000);
    return ready >= 0 && (ready == 0 || HandleRFBServerMessage(client));
}

static int wait_until_still(rfbClient *client, int quiet, int limit)
{
    const int64_t start = milliseconds();
    last_update = start;
    while (milliseconds() - last_update < quiet) {
        if (milliseconds() - start > limit || !handle(client, 20))
            return 0;
    }
    return 1;
}

/* Latin-1, which is all that ClientCutText carries, from UTF-8. */
static int to_latin(char *text)
{
    char *out = text;
    for (const unsigned char *in = (const unsigned char *)text; *in; in++) {
        if ((*in & 0xfc) == 0xc0) {
            *out++ = (char)(in[0] << 6 | (in[1] & 0x3f));
            in++;
        } else
            *out++ = (char)*in;
    }
    *out = 0;
    return out - text;
}

static void print_as_utf8(const char *latin)
{
    printf("ok ");
    for (const unsigned char *in = (const unsigned char *)latin; *in; in++)
        if (*in < 0x80)
            putchar(*in);
        else
            putchar(0xc0 | *in >> 6), putchar(0x80 | (*in & 0x3f));
    answer("");
}

/* 0 ends the session. */
static int obey(rfbClient *client, char *line)
{
    int a, b, c;
    uint32_t keysym;
    if (sscanf(line, "still %d %d", &a, &b) == 2)
        answer(wait_until_still(client, a, b) ? "ok" : "error never still, or the session has ended");
    else if (!strncmp(line, "dump ", 5))
        answer(dump(client, line + 5) ? "ok" : "error cannot write it");
    else if (sscanf(line, "key %u %d", &keysym, &a) == 2)
        answer(SendKeyEvent(client, keysym, a) ? "ok" : "error not sent");
    else if (sscanf(line, "pointer %d %d %d", &a, &b, &c) == 3)
        answer(SendPointerEvent(client, a, b, c) ? "ok" : "error not sent");
    else if (!strcmp(line, "cut?"))
        print_as_utf8(cut_text);
    else if (!strncmp(line, "cut ", 4))
        answer(SendClientCutText(client, line + 4, to_latin(line + 4)) ? "ok" : "error not sent");
    else if (sscanf(line, "resize %d %d", &a, &b) == 2)
        answer(SendExtDesktopSize(client, a, b) ? "ok" : "error not sent");
    else if (!strcmp(line, "security?"))
        answer("ok %u %u", client->authScheme, client->subAuthScheme);
    else if (!strcmp(line, "size?"))
        answer("ok %d %d", client->width, client->height);
    else if (!strcmp(line, "cursor?"))
        answer("ok {\"width\":%d,\"height\":%d,\"hot_x\":%d,\"hot_y\":%d,\"pixels\":[%s]}", cursor_width,
               cursor_height, cursor_hot_x, cursor_hot_y, cursor_pixels ? cursor_pixels : "");
    else if (!strcmp(line, "quit")) {
        answer("ok");
        return 0;
    } else
        answer("error no such command");
    return 1;
}

static int serve(rfbClient *client)
{
    char line[LINE_LIMIT];
    struct pollfd sources[] = {{0, POLLIN, 0}, {client->sock, POLLIN, 0}};
    setvbuf(stdin, NULL, _IONBF, 0);
    for (;;) {
        poll(sources, 2, 20);
        if (sources[0].revents) {
            if (!fgets(line, sizeof line, stdin))
                return 0;
            line[strcspn(line, "\n")] = 0;
            if (!obey(client, line))
                return 0;
        }
        if (!handle(client, 0)) {
            fprintf(stderr, "the session has ended\n");
            return 1;
        }
    }
}

int main(int count, char **arguments)
{
    if (count < 5)
        return 2;
    const int bits = atoi(arguments[4]), quality = atoi(arguments[3]);
    password = count > 5 ? arguments[5] : NULL;
    user = count > 7 ? arguments[6] : NULL;
    certificate = count > 7 ? arguments[7] : NULL;
    wants_first = quality >= 0;
    rfbClientLog = rfbClientErr = note;
    rfbClient *client = rfbGetClient(bits == 32 ? 8 : bits == 16 ? 5 : 2, 3, bits / 8);
    client->serverHost = strdup("127.0.0.1");
    client->serverPort = atoi(arguments[1]);
    client->canHandleNewFBSize = TRUE;
    client->appData.encodingsString = arguments[2];
    client->appData.compressLevel = 2;
    client->appData.enableJPEG = quality >= 0;
    client->appData.qualityLevel = quality >= 0 ? quality : 0;
    client->appData.useRemoteCursor = TRUE;
    client->MallocFrameBuffer = allocate;
    client->GotFrameBufferUpdate = updated;
    client->FinishedFrameBufferUpdate = finished;
    client->GotXCutText = got_text;
    client->GotCursorShape = got_cursor;
    client->GetPassword = give_password;
    client->GetCredential = give_credential;
    if (bits == 16) {
        client->format.redMax = 31, client->format.greenMax = 63, client->format.blueMax = 31;
        client->format.redShift = 11, client->format.greenShift = 5, client->format.blueShift = 0;
        client->format.depth = 16;
    } else if (bits == 8) {
        client->format.redMax = 7, client->format.greenMax = 7, client->format.blueMax = 3;
        client->format.redShift = 0, client->format.greenShift = 3, client->format.blueShift = 6;
        client->format.depth = 8;
    }
    if (!rfbInitClient(client, NULL, NULL)) {
        fprintf(stderr, "no session\n");
        return 1;
    }
    answer("ok connected");
    return serve(client);
}
