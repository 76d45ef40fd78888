/*
 * A client with a socket and a loop of its own: the connection takes bytes and gives bytes, and all else is here.
 *
 *     ./own-socket-client PORT PASSWORD FILE.ppm
 *
 * It connects to 127.0.0.1, presses and releases the key a, waits until the picture is still for half a second, writes it to the
 * file, and ends.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <tightrope.h>
#include <unistd.h>

#define STILL_US 500000

static tr_client_connection connection;
static const char *password;
static uint64_t last_update_us;

static void require(int is_so, const char *what) {
    if (!is_so) {
        fprintf(stderr, "%s: %s\n", what, tr_error_message());
        exit(1);
    }
}

static int connect_to(int port) {
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)port);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    require(connect(server, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    return server;
}

static void handle_events(void) {
    tr_event event = {0};
    do {
        require(tr_client_connection_poll_event(connection, &event) == TR_OK, "session");
        switch (event.kind) {
        case TR_EVENT_PASSWORD_WANTED:
            require(tr_client_connection_give_password(connection, password) == TR_OK, "password");
            break;
        case TR_EVENT_CONNECTED:
            printf("%s: %u x %u\n", event.text, (unsigned)event.width, (unsigned)event.height);
            require(tr_client_connection_key(connection, 'a', 0x1e, true) == TR_OK, "key");
            require(tr_client_connection_key(connection, 'a', 0x1e, false) == TR_OK, "key");
            break;
        case TR_EVENT_UPDATED:
            last_update_us = tr_now_us();
            break;
        default:
            break;
        }
    } while (event.kind != TR_EVENT_NONE);
}

static void write_output(int server) {
    uint8_t buffer[4096];
    size_t length;
    for (;;) {
        require(tr_client_connection_read_output(connection, buffer, sizeof buffer, &length) == TR_OK, "output");
        if (length == 0)
            return;
        for (size_t at = 0; at < length;) {
            ssize_t written = send(server, buffer + at, length - at, MSG_NOSIGNAL);
            require(written > 0, "the server no longer listens");
            at += (size_t)written;
        }
    }
}

static void write_picture(const char *file) {
    tr_picture picture;
    require(tr_client_connection_picture(connection, &picture) == TR_OK, "picture");
    FILE *output = fopen(file, "wb");
    require(output != NULL, file);
    fprintf(output, "P6 %u %u 255\n", (unsigned)picture.width, (unsigned)picture.height);
    for (size_t at = 0; at < picture.length; at += 4) {
        const uint8_t *pixel = (const uint8_t *)picture.pixels + at;
        const uint8_t rgb[3] = {pixel[2], pixel[1], pixel[0]};
        fwrite(rgb, 1, 3, output);
    }
    require(fclose(output) == 0, file);
}

int main(int argc, char **argv) {
    require(argc > 3, "usage: own-socket-client PORT PASSWORD FILE.ppm");
    password = argv[2];
    require(tr_client_connection_create(TR_METHOD_VNC_AUTH | TR_METHOD_NONE, TR_ENCODING_TIGHT, -1, 2, 0, 0, &connection) ==
                TR_OK,
            "connection");
    int server = connect_to(atoi(argv[1]));
    uint8_t buffer[65536];
    for (;;) {
        uint64_t now = tr_now_us();
        if (last_update_us != 0 && last_update_us + STILL_US <= now)
            break;
        struct pollfd waits = {server, POLLIN, 0};
        poll(&waits, 1, last_update_us == 0 ? -1 : (int)((last_update_us + STILL_US - now) / 1000 + 1));
        if (waits.revents != 0) {
            ssize_t length = recv(server, buffer, sizeof buffer, 0);
            require(length > 0, "the server has gone");
            require(tr_client_connection_handle_bytes(connection, tr_now_us(), buffer, (size_t)length) == TR_OK, "bytes");
        }
        handle_events();
        write_output(server);
    }
    write_picture(argv[3]);
    close(server);
    tr_client_connection_destroy(connection);
    return 0;
}
