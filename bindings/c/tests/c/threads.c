/* Several sessions at once, each with a loop of its own; and threads that share one. */
#include "check.h"
#include <poll.h>
#include <pthread.h>

enum { SESSIONS = 4, KEYS = 50, LIMIT = 60000 };

static void connect_both(tr_server *server, tr_client *client) {
    tr_server_config serving;
    OK(tr_server_config_create(&serving));
    /* On a busy machine a client may say nothing for so long that it would be taken for one that waits for RFB. */
    OK(tr_server_config_set_allow(serving, "tls", false));
    OK(tr_server_create(serving, 64, 48, server));
    OK(tr_server_config_destroy(serving));
    tr_client_config config;
    OK(tr_client_config_create(tr_server_url(*server), &config));
    OK(tr_client_config_set_password(config, tr_server_password(*server)));
    OK(tr_client_connect(config, LIMIT, client));
    OK(tr_client_config_destroy(config));
}

/* Fetches, by descriptor, until so many keys have come. */
static void await_keys(tr_server server, int keys) {
    tr_event event = {0};
    struct pollfd readable = {tr_server_descriptor(server), POLLIN, 0};
    while (keys > 0) {
        CHECK(poll(&readable, 1, LIMIT) == 1);
        OK(tr_server_wait(server, 0, &event));
        keys -= event.kind == TR_EVENT_KEY;
    }
    OK(tr_event_release(&event));
}

static void *own_session(void *nobody) {
    tr_server server;
    tr_client client;
    connect_both(&server, &client);
    for (int i = 0; i < KEYS; i++) OK(tr_client_key(client, 'a', 0, i % 2 == 0));
    await_keys(server, KEYS);
    /* Every thread has a message of its own. */
    FAILS(tr_client_pointer(client, 65536, 0, 0), TR_ERROR_ARGUMENT, "x: 65536");
    OK(tr_client_destroy(client));
    OK(tr_server_destroy(server));
    return nobody;
}

static void *type_into(void *shared) {
    for (int i = 0; i < KEYS; i++) OK(tr_client_key(*(tr_client *)shared, 'b', 0, i % 2 == 0));
    return NULL;
}

/* Until somebody destroys it. */
static void *watch(void *shared) {
    tr_event event = {0};
    tr_result result;
    while ((result = tr_client_wait(*(tr_client *)shared, -1, &event)) == TR_OK) continue;
    CHECK(result == TR_ERROR_CLOSED || result == TR_ERROR_HANDLE);
    OK(tr_event_release(&event));
    return NULL;
}

int main(void) {
    pthread_t threads[SESSIONS];
    for (int i = 0; i < SESSIONS; i++) CHECK(pthread_create(&threads[i], NULL, own_session, NULL) == 0);
    for (int i = 0; i < SESSIONS; i++) CHECK(pthread_join(threads[i], NULL) == 0);

    tr_server server;
    tr_client client;
    connect_both(&server, &client);
    CHECK(pthread_create(&threads[0], NULL, watch, &client) == 0);
    CHECK(pthread_create(&threads[1], NULL, type_into, &client) == 0);
    CHECK(pthread_create(&threads[2], NULL, type_into, &client) == 0);
    await_keys(server, 2 * KEYS);
    CHECK(pthread_join(threads[1], NULL) == 0 && pthread_join(threads[2], NULL) == 0);
    OK(tr_client_destroy(client));
    CHECK(pthread_join(threads[0], NULL) == 0);
    OK(tr_server_destroy(server));
    return 0;
}
