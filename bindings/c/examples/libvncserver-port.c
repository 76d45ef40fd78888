/*
 * A canvas that every viewer draws on, as one writes it first with LibVNCServer. Beside each step stands what it was there;
 * docs/guide/from-libvncserver.md has the whole table.
 *
 *     cc libvncserver-port.c $(pkg-config --cflags --libs tightrope) -o canvas
 *     ./canvas 127.0.0.1:5900
 *     vncviewer 127.0.0.1:5900
 *
 * Draw with the left button, clear with the right one, end with q.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tightrope.h>

#define WIDTH 400
#define HEIGHT 300
#define PAPER 0x00f4f0e4u
#define INK 0x00203040u

/* rfbScreenInfo.frameBuffer: here it stays yours alone, and is lent for each call. */
static uint32_t canvas[HEIGHT][WIDTH];

static void require(tr_result result, const char *what) {
    if (result != TR_OK) {
        fprintf(stderr, "%s: %s\n", what, tr_error_message());
        exit(1);
    }
}

/* rfbMarkRectAsModified(): tells where to look for changes. */
static void show(tr_server server, int left, int top, int width, int height) {
    tr_rect damage = {(uint32_t)left, (uint32_t)top, (uint32_t)width, (uint32_t)height};
    require(tr_server_update(server, canvas, sizeof canvas, WIDTH, HEIGHT, 0, &damage, 1), "update");
}

static void fill(int left, int top, int width, int height, uint32_t colour) {
    for (int y = top; y < top + height; y++)
        for (int x = left; x < left + width; x++)
            canvas[y][x] = colour;
}

/* A square of ink around a point, as far as it is on the canvas. */
static void dot(tr_server server, int x, int y) {
    int left = x < 3 ? 0 : x - 3, top = y < 3 ? 0 : y - 3;
    int right = x + 4 > WIDTH ? WIDTH : x + 4, bottom = y + 4 > HEIGHT ? HEIGHT : y + 4;
    if (left < right && top < bottom) {
        fill(left, top, right - left, bottom - top, INK);
        show(server, left, top, right - left, bottom - top);
    }
}

/* rfbRunEventLoop() with ptrAddEvent, kbdAddEvent, newClientHook and clientGoneHook: events come here instead. */
static void run(tr_server server) {
    tr_event event = {0};
    for (;;) {
        require(tr_server_wait(server, -1, &event), "wait");
        switch (event.kind) {
        case TR_EVENT_CONNECTED:
            printf("%s has come\n", event.text);
            break;
        case TR_EVENT_DISCONNECTED:
            printf("a client has gone: %s\n", event.text);
            break;
        case TR_EVENT_POINTER:
            if (event.buttons & 1)
                dot(server, (int)event.x, (int)event.y);
            if (event.buttons & 4) {
                fill(0, 0, WIDTH, HEIGHT, PAPER);
                show(server, 0, 0, WIDTH, HEIGHT);
            }
            break;
        case TR_EVENT_KEY:
            if (event.down)
                printf("key %#x\n", (unsigned)event.keysym);
            if (event.down && event.keysym == 'q') {
                tr_event_release(&event);
                return;
            }
            break;
        default:
            break;
        }
        fflush(stdout);
    }
}

int main(int argc, char **argv) {
    /* rfbGetScreen(). Whoever comes is let in, and nothing is encrypted: so it was, and it has to be asked for by name. Without
     * these calls the server would have a certificate and a password of its own, which tr_server_url() and
     * tr_server_password() tell. */
    tr_server_config config = 0;
    require(tr_server_config_create(&config), "config");
    require(tr_server_config_set_name(config, "canvas"), "name");
    require(tr_server_config_set_listen(config, argc > 1 ? argv[1] : "127.0.0.1:5900"), "address");
    require(tr_server_config_set_allow(config, "plain", true), "protocols");
    require(tr_server_config_set_password(config, NULL), "password");

    /* rfbInitServer(). From here on clients are served by threads of the library's. */
    tr_server server = 0;
    require(tr_server_create(config, WIDTH, HEIGHT, &server), "server");
    require(tr_server_config_destroy(config), "config");
    printf("port %u\n", (unsigned)tr_server_port(server));
    fflush(stdout);

    fill(0, 0, WIDTH, HEIGHT, PAPER);
    fill(WIDTH / 4, HEIGHT / 4, WIDTH / 2, HEIGHT / 2, INK);
    show(server, 0, 0, WIDTH, HEIGHT);
    run(server);

    /* rfbShutdownServer() and rfbScreenCleanup(). */
    require(tr_server_shutdown(server, TR_GOODBYE_SHUTTING_DOWN, NULL), "shutdown");
    require(tr_server_destroy(server), "server");
    return 0;
}
