/* A server is taken for the right one once, remembered, and known from then on; another in its place is not. */
#include "check.h"

enum { LIMIT = 20000 };

static tr_server serve(const char *listen) {
    tr_server server;
    tr_server_config config;
    OK(tr_server_config_create(&config));
    OK(tr_server_config_set_listen(config, listen));
    OK(tr_server_config_set_password(config, "geheim"));
    /* A client under valgrind may say nothing for so long that it would be taken for one that waits for RFB. */
    OK(tr_server_config_set_allow(config, "tls", false));
    /* The library lets go of a port a moment after a server's end. */
    tr_result result;
    while ((result = tr_server_create(config, 64, 48, &server)) == TR_ERROR_NETWORK) continue;
    OK(result);
    OK(tr_server_config_destroy(config));
    return server;
}

static tr_client_config config_of(const char *url, const char *file) {
    tr_client_config config;
    OK(tr_client_config_create(url, &config));
    OK(tr_client_config_set_password(config, "geheim"));
    OK(tr_client_config_set_known_hosts(config, file));
    return config;
}

int main(int count, char **words) {
    CHECK(count == 2);
    const char *file = words[1];
    tr_server server = serve("127.0.0.1:0");
    char listen[32], url[64];
    snprintf(listen, sizeof listen, "127.0.0.1:%u", tr_server_port(server));
    snprintf(url, sizeof url, "vncs://%s", listen);

    tr_client client = 0;
    tr_client_config config;
    OK(tr_client_config_create(url, &config));
    FAILS(tr_client_config_remember(config, tr_server_fingerprint(server)), TR_ERROR_STATE, "set_known_hosts");
    FAILS(tr_client_config_set_known_hosts(config, ""), TR_ERROR_ARGUMENT, "file: it is empty");
    FAILS(tr_client_config_set_known_hosts(config, "\xff"), TR_ERROR_ARGUMENT, "file: it is not UTF-8");
    OK(tr_client_config_destroy(config));

    config = config_of(url, file);
    FAILS(tr_client_connect(config, LIMIT, &client), TR_ERROR_UNKNOWN_SERVER, "is not known");
    FAILS(tr_client_config_remember(config, "sha256:12"), TR_ERROR_ARGUMENT, "fingerprint: ");
    FAILS(tr_client_config_remember(config, NULL), TR_ERROR_ARGUMENT, "fingerprint: it is NULL");
    OK(tr_client_config_remember(config, tr_server_fingerprint(server)));
    OK(tr_client_config_remember(config, tr_server_fingerprint(server)));
    OK(tr_client_connect(config, LIMIT, &client));
    OK(tr_client_destroy(client));
    OK(tr_client_config_destroy(config));

    /* Another config, that knows no more than the file, and is told so only by a server that is where it was. */
    config = config_of(url, file);
    tr_link_quality quality;
    OK(tr_probe(config, LIMIT, &quality));
    OK(tr_server_destroy(server));
    server = serve(listen);
    client = 0;
    FAILS(tr_client_connect(config, LIMIT, &client), TR_ERROR_WRONG_SERVER, file);
    CHECK(strstr(tr_error_message(), "line 1") && client == 0);
    CHECK(strcmp(tr_error_fingerprint(), tr_server_fingerprint(server)) == 0);
    FAILS(tr_probe(config, LIMIT, &quality), TR_ERROR_WRONG_SERVER, "line 1");
    FAILS(tr_client_config_remember(config, tr_server_fingerprint(server)), TR_ERROR_CREDENTIALS, "line 1");
    /* What the config says itself counts more. */
    OK(tr_client_config_set_fingerprint(config, tr_server_fingerprint(server)));
    OK(tr_client_connect(config, LIMIT, &client));
    OK(tr_client_destroy(client));
    OK(tr_client_config_destroy(config));
    OK(tr_server_destroy(server));
    return 0;
}
