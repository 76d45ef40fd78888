/* Who cannot come in is told why, also who comes back; what a probe and a second thread may do. */
#include "check.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIMIT = 60000 };

static tr_server server;

/* Waits for what never comes, until the server is destroyed. */
static void *wait_for_ever(void *nobody) {
    tr_event event = {0};
    tr_result result;
    while ((result = tr_server_wait(server, -1, &event)) == TR_OK) continue;
    /* It may be destroyed before this thread has begun. */
    CHECK(result == TR_ERROR_CLOSED || result == TR_ERROR_HANDLE);
    OK(tr_event_release(&event));
    return nobody;
}

/* Takes connections in the server's place, and says nothing. */
static int stay_silent(uint16_t port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int on = 1, silent = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(setsockopt(silent, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    /* The library lets go of its port a moment after the server's end. */
    while (bind(silent, (struct sockaddr *)&at, sizeof at) != 0) CHECK(errno == EADDRINUSE);
    CHECK(listen(silent, 8) == 0);
    return silent;
}

static void *reconnect(void *client) {
    CHECK(tr_client_reconnect(*(tr_client *)client, -1) == TR_ERROR_CLOSED);
    return NULL;
}

/* The server is gone, and what is there instead does not answer. */
static void come_back_in_vain(tr_client client, const char *url, int silent) {
    tr_event event = {0};
    tr_result ended;
    while ((ended = tr_client_wait(client, LIMIT, &event)) == TR_OK) CHECK(event.kind != TR_EVENT_NONE);
    CHECK(ended == TR_ERROR_NETWORK || ended == TR_ERROR_CLOSED);
    OK(tr_event_release(&event));
    tr_client_config config;
    tr_link_quality quality;
    OK(tr_client_config_create(url, &config));
    FAILS(tr_probe(config, 50, &quality), TR_ERROR_NETWORK, "127.0.0.1");
    OK(tr_client_config_destroy(config));
    CHECK(close(accept(silent, NULL, NULL)) == 0);
    for (int tries = 0; tries < 2; tries++) {
        FAILS(tr_client_reconnect(client, 50), TR_ERROR_NETWORK, "127.0.0.1");
        CHECK(close(accept(silent, NULL, NULL)) == 0);
    }
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, reconnect, &client) == 0);
    int asked = accept(silent, NULL, NULL);
    OK(tr_client_destroy(client));
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(close(asked) == 0 && close(silent) == 0);
}

int main(void) {
    tr_server_config serving;
    OK(tr_server_config_create(&serving));
    /* A client under valgrind may say nothing for so long that it would be taken for one that waits for RFB. */
    OK(tr_server_config_set_allow(serving, "tls", false));
    FAILS(tr_server_config_set_allow(serving, "tls,plain", false), TR_ERROR_ARGUMENT, "plain is not encrypted");
    FAILS(tr_server_config_set_allow(serving, "telnet", true), TR_ERROR_ARGUMENT, "telnet");
    FAILS(tr_server_config_set_listen(serving, "localhost"), TR_ERROR_ARGUMENT, "address: ");
    OK(tr_server_create(serving, 64, 48, &server));
    OK(tr_server_config_destroy(serving));
    char url[64];
    snprintf(url, sizeof url, "vncs://127.0.0.1:%u", tr_server_port(server));

    tr_client client = 0;
    tr_client_config config;
    FAILS(tr_client_config_create("http://x", &config), TR_ERROR_ARGUMENT, "url: ");
    OK(tr_client_config_create(url, &config));
    FAILS(tr_client_connect(config, LIMIT, &client), TR_ERROR_UNKNOWN_SERVER, "is not known");
    CHECK(strcmp(tr_error_fingerprint(), tr_server_fingerprint(server)) == 0);
    OK(tr_client_config_set_fingerprint(config, tr_error_fingerprint()));
    FAILS(tr_client_connect(config, LIMIT, &client), TR_ERROR_PASSWORD, "asks for a password");
    CHECK(tr_error_fingerprint() == NULL);
    OK(tr_client_config_set_password(config, "wrong"));
    FAILS(tr_client_connect(config, LIMIT, &client), TR_ERROR_REFUSED, "refused");
    char other[72] = "sha256:";
    memset(other + 7, '5', 64);
    OK(tr_client_config_set_fingerprint(config, other));
    FAILS(tr_client_connect(config, LIMIT, &client), TR_ERROR_WRONG_SERVER, "not the pinned");
    CHECK(client == 0);
    FAILS(tr_client_config_set_quality(config, 10, 2, false), TR_ERROR_ARGUMENT, "quality: 10");
    FAILS(tr_client_config_set_fingerprint(config, "12"), TR_ERROR_ARGUMENT, "fingerprint: ");
    FAILS(tr_client_config_set_credentials(config, "/proc/nowhere/\x01"), TR_ERROR_CREDENTIALS, "");
    OK(tr_client_config_destroy(config));

    tr_client_config nowhere;
    OK(tr_client_config_create("vnc://127.0.0.1:1", &nowhere));
    OK(tr_client_config_set_insecure(nowhere, true));
    FAILS(tr_client_connect(nowhere, LIMIT, &client), TR_ERROR_NETWORK, "127.0.0.1:1");
    tr_link_quality quality;
    FAILS(tr_probe(nowhere, LIMIT, &quality), TR_ERROR_NETWORK, "127.0.0.1:1");

    OK(tr_client_config_create(tr_server_url(server), &config));
    OK(tr_client_config_set_password(config, tr_server_password(server)));
    OK(tr_probe(config, LIMIT, &quality));
    CHECK(quality.grade != TR_GRADE_UNKNOWN && quality.round_trip_us >= 0 && quality.rate_down > 0);

    struct pollfd readable = {tr_server_descriptor(server), POLLIN, 0};
    CHECK(readable.fd >= 0);
    OK(tr_client_connect(config, LIMIT, &client));
    CHECK(poll(&readable, 1, LIMIT) == 1);

    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
    uint16_t port = (uint16_t)tr_server_port(server);
    OK(tr_server_destroy(server));
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(tr_server_descriptor(server) == -1);
    come_back_in_vain(client, url, stay_silent(port));
    return 0;
}
