/*
 * A server with a socket and a loop of its own: the connection takes bytes and gives bytes, and all else is here.
 *
 *     ./own-socket-server PORT [PASSWORD]
 *
 * It serves one client on 127.0.0.1, and ends when that is gone. Where the client presses a button, the picture changes; keys are
 * printed.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <tightrope.h>
#include <unistd.h>

#define WIDTH 320
#define HEIGHT 200

static uint32_t desktop[HEIGHT][WIDTH];
static tr_server_connection connection;
static const char *password;

static void require(int is_so, const char *what) {
    if (!is_so) {
        fprintf(stderr, "%s: %s\n", what, tr_error_message());
        exit(1);
    }
}

/* One client on a port of this machine. */
static int accept_one(int port) {
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)port);
    socklen_t length = sizeof address;
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    require(bind(listener, (struct sockaddr *)&address, length) == 0, "bind");
    require(listen(listener, 1) == 0, "listen");
    require(getsockname(listener, (struct sockaddr *)&address, &length) == 0, "getsockname");
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    int client = accept(listener, NULL, NULL);
    require(client >= 0, "accept");
    close(listener);
    return client;
}

static void paint(uint32_t left, uint32_t top, uint32_t width, uint32_t height, uint32_t colour) {
    for (uint32_t y = top; y < top + height && y < HEIGHT; y++)
        for (uint32_t x = left; x < left + width && x < WIDTH; x++)
            desktop[y][x] = colour;
    tr_rect damage = {left, top, width, height};
    require(tr_server_connection_add_damage(connection, &damage, 1) == TR_OK, "damage");
}

/* Lets in who knows the password. */
static void judge(void) {
    bool is_right = false;
    require(tr_server_connection_check_password(connection, password, &is_right) == TR_OK, "password");
    if (is_right)
        require(tr_server_connection_accept(connection) == TR_OK, "accept");
    else
        require(tr_server_connection_refuse(connection, NULL) == TR_OK, "refuse");
}

/* Does what the client wants; whether there is more to come from it. */
static int handle_events(void) {
    tr_event event = {0};
    for (;;) {
        if (tr_server_connection_poll_event(connection, &event) != TR_OK) {
            fprintf(stderr, "%s\n", tr_error_message());
            return 0;
        }
        switch (event.kind) {
        case TR_EVENT_NONE:
            tr_event_release(&event);
            return 1;
        case TR_EVENT_PROOF:
            judge();
            break;
        case TR_EVENT_KEY:
            if (event.down)
                printf("key %#x\n", (unsigned)event.keysym);
            break;
        case TR_EVENT_POINTER:
            if (event.buttons & 1)
                paint(event.x / 8 * 8, event.y / 8 * 8, 8, 8, 0x00ff8000);
            break;
        case TR_EVENT_CLIPBOARD:
            if (event.clipboard.text != NULL)
                printf("clipboard %s\n", event.clipboard.text);
            break;
        default:
            break;
        }
        fflush(stdout);
    }
}

/* Writes all there is to say; whether the client still listens. A loop that serves several would wait for POLLOUT instead. */
static int write_output(int client) {
    const uint8_t *bytes;
    size_t length;
    for (;;) {
        require(tr_server_connection_poll_output(connection, &bytes, &length) == TR_OK, "output");
        if (length == 0)
            return 1;
        for (size_t at = 0; at < length;) {
            ssize_t written = send(client, bytes + at, length - at, MSG_NOSIGNAL);
            if (written <= 0)
                return 0;
            at += (size_t)written;
        }
    }
}

int main(int argc, char **argv) {
    require(argc > 1, "usage: own-socket-server PORT [PASSWORD]");
    password = argc > 2 ? argv[2] : NULL;
    uint32_t method = password != NULL ? TR_METHOD_VNC_AUTH : TR_METHOD_NONE;
    require(tr_server_connection_create(WIDTH, HEIGHT, "own socket", method, NULL, 0, 1, &connection) == TR_OK, "connection");
    for (uint32_t own = 0; own < 4; own++)
        paint(own % 2 * WIDTH / 2, own / 2 * HEIGHT / 2, WIDTH / 2, HEIGHT / 2, 0x00404040 << own / 2 | (own * 60));
    int client = accept_one(atoi(argv[1]));
    uint8_t buffer[4096];
    for (int lives = write_output(client); lives;) {
        uint64_t now = tr_now_us(), due = 0;
        require(tr_server_connection_poll_timeout(connection, &due) == TR_OK, "timeout");
        struct pollfd waits = {client, POLLIN, 0};
        poll(&waits, 1, due == 0 ? -1 : due <= now ? 0 : (int)((due - now) / 1000 + 1));
        now = tr_now_us();
        if (waits.revents != 0) {
            ssize_t length = recv(client, buffer, sizeof buffer, 0);
            if (length <= 0)
                break;
            require(tr_server_connection_handle_bytes(connection, now, buffer, (size_t)length) == TR_OK, "bytes");
        }
        lives = handle_events();
        require(tr_server_connection_update(connection, now, desktop, sizeof desktop, WIDTH, HEIGHT, 0, 65536) ==
                    TR_OK,
                "update");
        lives &= write_output(client);
    }
    tr_connection_stats stats;
    require(tr_server_connection_get_stats(connection, &stats) == TR_OK, "stats");
    printf("sent %llu bytes of pictures\n", (unsigned long long)stats.sent.pictures);
    close(client);
    tr_server_connection_destroy(connection);
    return 0;
}
