/* The server ends the session of one client, which is told why and does not come back; the other stays. */
#include "check.h"

enum { LIMIT = 60000 };

static uint32_t pixels[48][64];
static tr_server server;
static tr_event event = {0};

static void await_server(tr_event_kind kind) {
    do OK(tr_server_wait(server, LIMIT, &event));
    while (event.kind != kind && event.kind != TR_EVENT_NONE);
    CHECK(event.kind == kind);
}

static void await_client(tr_client client, tr_event_kind kind) {
    do OK(tr_client_wait(client, LIMIT, &event));
    while (event.kind != kind && event.kind != TR_EVENT_NONE);
    CHECK(event.kind == kind);
}

/* Gives the session that the server knows it by. */
static uint64_t come_in(tr_client *client) {
    tr_client_config config;
    OK(tr_client_config_create(tr_server_url(server), &config));
    OK(tr_client_config_set_password(config, tr_server_password(server)));
    OK(tr_client_connect(config, LIMIT, client));
    OK(tr_client_config_destroy(config));
    await_server(TR_EVENT_CONNECTED);
    uint64_t session = event.session;
    await_client(*client, TR_EVENT_UPDATED);
    return session;
}

int main(void) {
    tr_server_config config;
    OK(tr_server_config_create(&config));
    /* Once for each of two: nobody comes in anew. */
    OK(tr_server_config_set_uses(config, 2));
    /* A client under valgrind may say nothing for so long that it would be taken for one that waits for RFB. */
    OK(tr_server_config_set_allow(config, "tls", false));
    OK(tr_server_create(config, 64, 48, &server));
    OK(tr_server_config_destroy(config));
    OK(tr_server_update(server, pixels, sizeof pixels, 64, 48, 0, NULL, 0));
    tr_client unwanted, other;
    uint64_t session = come_in(&unwanted), stays = come_in(&other);
    CHECK(session != stays);

    FAILS(tr_server_end_session(server, 999, TR_GOODBYE_IDLE, NULL), TR_ERROR_STATE, "no session 999");
    FAILS(tr_server_end_session(server, 0, TR_GOODBYE_IDLE, NULL), TR_ERROR_STATE, "no session 0");
    FAILS(tr_server_end_session(server, session, 65536, NULL), TR_ERROR_ARGUMENT, "code: 65536");
    FAILS(tr_server_end_session(server, session, 0, "\xff"), TR_ERROR_ARGUMENT, "text: it is not UTF-8");
    FAILS(tr_server_end_session(7, session, 0, NULL), TR_ERROR_HANDLE, "server: ");

    OK(tr_server_end_session(server, session, TR_GOODBYE_IDLE, "asleep \xc3\xa9"));
    await_client(unwanted, TR_EVENT_GOODBYE);
    CHECK(event.code == TR_GOODBYE_IDLE && strcmp(event.text, "asleep \xc3\xa9") == 0);
    tr_result ended;
    while ((ended = tr_client_wait(unwanted, LIMIT, &event)) == TR_OK) CHECK(event.kind != TR_EVENT_NONE);
    CHECK(ended == TR_ERROR_CLOSED || ended == TR_ERROR_NETWORK);
    await_server(TR_EVENT_DISCONNECTED);
    CHECK(event.session == session && strcmp(event.text, "asleep \xc3\xa9") == 0);
    FAILS(tr_server_end_session(server, session, TR_GOODBYE_IDLE, NULL), TR_ERROR_STATE, "no session");
    FAILS(tr_client_reconnect(unwanted, LIMIT), TR_ERROR_REFUSED, "as often as they may");

    CHECK(tr_server_sessions(server) == 1);
    OK(tr_client_key(other, 'a', 0, true));
    await_server(TR_EVENT_KEY);
    CHECK(event.session == stays);

    OK(tr_event_release(&event));
    OK(tr_client_destroy(unwanted));
    OK(tr_client_destroy(other));
    OK(tr_server_destroy(server));
    return 0;
}
