/* server PORT WIDTH HEIGHT [PASSWORD]: a desktop on libvncserver that lives in memory, obeying line by line.
 *
 * Beside the commands of puppet.rs: `paint SEED STROKES`, `plain`, `typed?` and `pointer?` for what the client did. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

#include <rfb/rfb.h>

#define LINE_LIMIT 4096
#define TEXT_LIMIT 1024

static uint32_t *pixels;
static char typed[TEXT_LIMIT], cut_text[TEXT_LIMIT];
static int pointer_x, pointer_y, pointer_mask;
static uint64_t random_state;

static const int cursor_width = 8, cursor_height = 8;
static char cursor_shape[] = "xxxxxxxx"
                             "x     x "
                             "x    x  "
                             "x   x   "
                             "x   x   "
                             "x x  x  "
                             "xx x  x "
                             "x   xxx ";
static char cursor_mask[] = "xxxxxxxx"
                            "xxxxxxx "
                            "xxxxxx  "
                            "xxxxx   "
                            "xxxxx   "
                            "xxxxxx  "
                            "xxxxxxx "
                            "xxxxxxx ";

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

/* xorshift64* */
static uint32_t draw(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 2685821657736338717ULL) >> 32);
}

static int below(int limit)
{
    return (int)(draw() % (uint32_t)limit);
}

static uint32_t colour(void)
{
    return draw() & 0xffffff;
}

static void mark(rfbScreenInfoPtr screen, int x, int y, int w, int h)
{
    rfbMarkRectAsModified(screen, x, y, x + w, y + h);
}

/* Areas of one colour, of few colours in runs or singly, smooth ones and noise. */
static void fill(rfbScreenInfoPtr screen, int x, int y, int w, int h)
{
    const int kind = below(5), colours = 1 + below(below(3) ? 16 : 256);
    const uint32_t by = draw();
    uint32_t palette[256], value = 0;
    int run = 0;
    for (int i = 0; i < colours; i++)
        palette[i] = colour();
    for (int row = 0; row < h; row++)
        for (int column = 0; column < w; column++) {
            if (kind == 0)
                value = palette[0];
            else if (kind == 1)
                value = palette[below(colours)];
            else if (kind == 2) {
                if (run-- == 0)
                    value = palette[below(colours)], run = below(300);
            } else if (kind == 3)
                value = ((column * (by & 7)) & 255) << 16 | ((row * (by >> 3 & 7)) & 255) << 8 | ((row + column) & 255);
            else
                value = colour();
            pixels[(long)(y + row) * screen->width + x + column] = value;
        }
    mark(screen, x, y, w, h);
}

/* One area of one colour by itself, which even RRE makes smaller than Raw. */
static void plain(rfbScreenInfoPtr screen)
{
    for (int y = 10; y < 210; y++)
        for (int x = 20; x < 320; x++)
            pixels[(long)y * screen->width + x] = 0x336699;
    mark(screen, 20, 10, 300, 200);
}

/* A move that is told to the client as such. */
static void move(rfbScreenInfoPtr screen)
{
    const int w = 1 + below(300), h = 1 + below(200);
    const int from_x = below(screen->width - w + 1), from_y = below(screen->height - h + 1);
    const int x = below(screen->width - w + 1), y = below(screen->height - h + 1);
    rfbDoCopyRect(screen, x, y, x + w, y + h, x - from_x, y - from_y);
}

static void paint(rfbScreenInfoPtr screen, uint64_t seed, int strokes)
{
    random_state = seed * 0x9e3779b97f4a7c15ULL + 1;
    for (int i = 0; i < strokes; i++) {
        if (i && below(4) == 0)
            move(screen);
        else {
            const int w = 1 + below(i ? 160 : screen->width), h = 1 + below(120);
            fill(screen, below(screen->width - w + 1), below(screen->height - h + 1), w, h);
        }
        if (i % 8 == 7)
            rfbProcessEvents(screen, 2000);
    }
}

/* Hills of colour, as a camera would see them. */
static void landscape(rfbScreenInfoPtr screen)
{
    for (int y = 0; y < screen->height; y++)
        for (int x = 0; x < screen->width; x++) {
            const int hill = (x * x / 700 + y * y / 500 + x * y / 900) & 511;
            const int shade = hill < 256 ? hill : 511 - hill;
            pixels[(long)y * screen->width + x] = shade << 16 | (x * 255 / screen->width) << 8 | (y * 255 / screen->height);
        }
    mark(screen, 0, 0, screen->width, screen->height);
}

static int dump(rfbScreenInfoPtr screen, const char *name)
{
    FILE *file = fopen(name, "wb");
    if (!file)
        return 0;
    fprintf(file, "P6 %d %d 255\n", screen->width, screen->height);
    for (long i = 0; i < (long)screen->width * screen->height; i++) {
        putc(pixels[i] >> 16 & 255, file);
        putc(pixels[i] >> 8 & 255, file);
        putc(pixels[i] & 255, file);
    }
    return fclose(file) == 0;
}

static void allocate(rfbScreenInfoPtr screen, int width, int height)
{
    free(pixels);
    pixels = calloc((size_t)width * height, sizeof *pixels);
    if (screen->frameBuffer)
        rfbNewFramebuffer(screen, (char *)pixels, width, height, 8, 3, 4);
    screen->frameBuffer = (char *)pixels;
    /* Blue first, as everybody has it today. */
    screen->serverFormat.redShift = 16, screen->serverFormat.greenShift = 8, screen->serverFormat.blueShift = 0;
    landscape(screen);
}

static int resize(int width, int height, int count, rfbExtDesktopScreen *screens, rfbClientPtr client)
{
    allocate(client->screen, width, height);
    return rfbExtDesktopSize_Success;
}

/* Latin-1 to UTF-8, at the end of a text. */
static void append(char *text, int character)
{
    const size_t length = strlen(text);
    if (length + 3 > TEXT_LIMIT)
        return;
    if (character < 0x80)
        text[length] = character, text[length + 1] = 0;
    else
        text[length] = 0xc0 | character >> 6, text[length + 1] = 0x80 | (character & 0x3f), text[length + 2] = 0;
}

static void key(rfbBool down, rfbKeySym keysym, rfbClientPtr client)
{
    if (down && keysym == 0xff0d)
        typed[0] = 0;
    else if (down && keysym < 0x100)
        append(typed, keysym);
}

static void pointer(int mask, int x, int y, rfbClientPtr client)
{
    pointer_mask = mask, pointer_x = x, pointer_y = y;
}

static void cut(char *text, int length, rfbClientPtr client)
{
    cut_text[0] = 0;
    for (int i = 0; i < length; i++)
        append(cut_text, (unsigned char)text[i]);
}

static void cut_utf8(char *text, int length, rfbClientPtr client)
{
    snprintf(cut_text, sizeof cut_text, "%.*s", length, text);
}

static void print_cursor(rfbScreenInfoPtr screen)
{
    printf("ok {\"width\":%d,\"height\":%d,\"hot_x\":2,\"hot_y\":1,\"pixels\":[", cursor_width, cursor_height);
    for (int i = 0; i < cursor_width * cursor_height; i++)
        printf("%s%u", i ? "," : "", cursor_mask[i] == ' ' ? 0 : cursor_shape[i] == ' ' ? 0xff2040c0 : 0xfff0e010);
    answer("]}");
}

static void set_cursor(rfbScreenInfoPtr screen)
{
    rfbCursorPtr cursor = rfbMakeXCursor(cursor_width, cursor_height, cursor_shape, cursor_mask);
    /* 16 bits by the header; made into a rich cursor they are taken as 8. */
    cursor->foreRed = 0xf0, cursor->foreGreen = 0xe0, cursor->foreBlue = 0x10;
    cursor->backRed = 0x20, cursor->backGreen = 0x40, cursor->backBlue = 0xc0;
    cursor->xhot = 2, cursor->yhot = 1;
    rfbSetCursor(screen, cursor);
}

/* 0 ends the program. */
static int obey(rfbScreenInfoPtr screen, char *line)
{
    unsigned long long seed;
    int count;
    if (sscanf(line, "paint %llu %d", &seed, &count) == 2) {
        paint(screen, seed, count);
        answer("ok");
    } else if (!strcmp(line, "plain")) {
        plain(screen);
        answer("ok");
    } else if (!strncmp(line, "dump ", 5))
        answer(dump(screen, line + 5) ? "ok" : "error cannot write it");
    else if (!strcmp(line, "typed?"))
        answer("ok %s", typed);
    else if (!strcmp(line, "pointer?"))
        answer("ok %d %d %d", pointer_x, pointer_y, pointer_mask);
    else if (!strcmp(line, "cut?"))
        answer("ok %s", cut_text);
    else if (!strncmp(line, "cut ", 4)) {
        char *text = line + 4;
        rfbSendServerCutTextUTF8(screen, text, strlen(text), "?", 1);
        answer("ok");
    } else if (!strcmp(line, "size?"))
        answer("ok %d %d", screen->width, screen->height);
    else if (!strcmp(line, "cursor?"))
        print_cursor(screen);
    else if (!strcmp(line, "quit")) {
        answer("ok");
        return 0;
    } else
        answer("error no such command");
    return 1;
}

static int input_waits(void)
{
    fd_set set;
    struct timeval none = {0, 0};
    FD_ZERO(&set);
    FD_SET(0, &set);
    return select(1, &set, NULL, NULL, &none) > 0;
}

int main(int count, char **arguments)
{
    char line[LINE_LIMIT];
    char *passwords[] = {count > 4 ? arguments[4] : NULL, NULL};
    if (count < 4)
        return 2;
    const int width = atoi(arguments[2]), height = atoi(arguments[3]);
    rfbLog = rfbErr = note;
    rfbScreenInfoPtr screen = rfbGetScreen(NULL, NULL, width, height, 8, 3, 4);
    if (!screen)
        return 1;
    allocate(screen, width, height);
    screen->desktopName = "libvncserver";
    screen->port = atoi(arguments[1]);
    screen->ipv6port = -1;
    screen->listenInterface = htonl(INADDR_LOOPBACK);
    screen->alwaysShared = TRUE;
    screen->kbdAddEvent = key;
    screen->ptrAddEvent = pointer;
    screen->setXCutText = cut;
    screen->setXCutTextUTF8 = cut_utf8;
    screen->setDesktopSizeHook = resize;
    if (passwords[0]) {
        screen->authPasswdData = passwords;
        screen->passwordCheck = rfbCheckPasswordByList;
    }
    set_cursor(screen);
    rfbInitServer(screen);
    setvbuf(stdin, NULL, _IONBF, 0);
    answer("ok listening");
    for (;;) {
        rfbProcessEvents(screen, 5000);
        if (!input_waits())
            continue;
        if (!fgets(line, sizeof line, stdin))
            return 0;
        line[strcspn(line, "\n")] = 0;
        if (!obey(screen, line))
            return 0;
    }
}
