/* RSA-AES with a key that the program gives: the client pins the key. Plain clients, that announce no extension, come in so too. */
#include "check.h"

enum { LIMIT = 20000 };

int main(int count, char **words) {
    CHECK(count == 2);
    static char key[8192];
    FILE *file = fopen(words[1], "r");
    CHECK(file);
    size_t length = fread(key, 1, sizeof key, file);
    CHECK(length > 0 && fclose(file) == 0);

    tr_server_config serving;
    OK(tr_server_config_create(&serving));
    FAILS(tr_server_config_set_rsa_key(serving, NULL, 0), TR_ERROR_ARGUMENT, "key: it is NULL");
    FAILS(tr_server_config_set_rsa_key(serving, NULL, 9), TR_ERROR_ARGUMENT, "key: it is NULL");
    FAILS(tr_server_config_set_rsa_key(serving, "\xff", 1), TR_ERROR_ARGUMENT, "key: it is not UTF-8");
    FAILS(tr_server_config_set_rsa_key(serving, key, length / 2), TR_ERROR_CREDENTIALS, "");
    OK(tr_server_config_set_rsa_key(serving, key, length));
    OK(tr_server_config_set_allow(serving, "ra2", false));
    tr_server server;
    OK(tr_server_create(serving, 64, 48, &server));
    OK(tr_server_config_destroy(serving));

    char url[64];
    snprintf(url, sizeof url, "vnc://127.0.0.1:%u", tr_server_port(server));
    tr_client_config config;
    tr_client client;
    OK(tr_client_config_create(url, &config));
    OK(tr_client_config_set_password(config, tr_server_password(server)));
    OK(tr_client_config_set_plain(config, true));
    FAILS(tr_client_connect(config, LIMIT, &client), TR_ERROR_UNKNOWN_SERVER, "");
    OK(tr_client_config_set_fingerprint(config, tr_error_fingerprint()));
    OK(tr_client_connect(config, LIMIT, &client));
    tr_stats stats;
    OK(tr_client_stats(client, &stats));
    CHECK(stats.encrypted);
    OK(tr_client_config_destroy(config));
    OK(tr_client_destroy(client));
    OK(tr_server_destroy(server));
    return 0;
}
