/* The program is asked who may come in; its answer is what the client may do. */
#include "check.h"
#include <pthread.h>

enum { LIMIT = 60000 };

static tr_server server;
static tr_event event = {0};

struct attempt {
    const char *user, *password;
    tr_result result;
    tr_client client;
    char message[256];
};

static void *attempt(void *given) {
    struct attempt *own = given;
    tr_client_config config;
    OK(tr_client_config_create(tr_server_url(server), &config));
    OK(tr_client_config_set_user(config, own->user));
    OK(tr_client_config_set_password(config, own->password));
    own->result = tr_client_connect(config, LIMIT, &own->client);
    snprintf(own->message, sizeof own->message, "%s", tr_error_message());
    OK(tr_client_config_destroy(config));
    return NULL;
}

static void await(tr_event_kind kind) {
    do OK(tr_server_wait(server, LIMIT, &event));
    while (event.kind != kind && event.kind != TR_EVENT_NONE);
    CHECK(event.kind == kind);
}

int main(void) {
    tr_server_config config;
    OK(tr_server_config_create(&config));
    OK(tr_server_config_set_password(config, NULL));
    OK(tr_server_config_set_login_events(config, true));
    /* A client under valgrind may say nothing for so long that it would be taken for one that waits for RFB. */
    OK(tr_server_config_set_allow(config, "tls", false));
    OK(tr_server_create(config, 64, 48, &server));
    OK(tr_server_config_destroy(config));

    struct attempt anna = {.user = "anna", .password = "secret"}, mallory = {.user = "mallory", .password = "guess"};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, attempt, &anna) == 0);
    await(TR_EVENT_LOGIN);
    CHECK(strcmp(event.user, "anna") == 0 && strcmp(event.password, "secret") == 0 && event.fingerprint == NULL);
    CHECK(strncmp(event.text, "127.0.0.1:", 10) == 0 && event.code == 0);
    FAILS(tr_server_answer_login(server, event.login, 1u << 9), TR_ERROR_ARGUMENT, "rights: 0x200");
    OK(tr_server_answer_login(server, event.login, TR_RIGHT_CONTROL));
    FAILS(tr_server_answer_login(server, event.login, TR_RIGHT_CONTROL), TR_ERROR_STATE, "nobody waits");
    await(TR_EVENT_CONNECTED);
    CHECK(event.rights == TR_RIGHT_CONTROL);
    CHECK(pthread_join(thread, NULL) == 0 && anna.result == TR_OK);

    /* What there is no right to is not heard of. */
    OK(tr_client_set_clipboard_text(anna.client, "not for you"));
    OK(tr_client_key(anna.client, 'a', 0, true));
    OK(tr_server_wait(server, LIMIT, &event));
    CHECK(event.kind == TR_EVENT_KEY);

    CHECK(pthread_create(&thread, NULL, attempt, &mallory) == 0);
    await(TR_EVENT_LOGIN);
    CHECK(strcmp(event.user, "mallory") == 0);
    OK(tr_server_refuse_login(server, event.login));
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(mallory.result == TR_ERROR_REFUSED && strstr(mallory.message, "refused"));
    CHECK(tr_server_sessions(server) == 1);

    OK(tr_event_release(&event));
    OK(tr_client_destroy(anna.client));
    OK(tr_server_destroy(server));
    return 0;
}
