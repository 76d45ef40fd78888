/* Credentials are made, and both sides come by them alone. */
#include "check.h"

enum { LIMIT = 60000 };

int main(int count, char **words) {
    CHECK(count == 2);
    char agent[512], other[512];
    snprintf(agent, sizeof agent, "%s/agent", words[1]);
    snprintf(other, sizeof other, "%s/client", words[1]);
    const char *urls[] = {"vncs://127.0.0.1:1"};
    FAILS(tr_credentials_create(words[1], 0, urls, 1), TR_ERROR_CREDENTIALS, "");
    FAILS(tr_credentials_create(words[1], 60, NULL, 1), TR_ERROR_ARGUMENT, "urls: it is NULL");
    FAILS(tr_credentials_create(words[1], 60, urls, 65), TR_ERROR_ARGUMENT, "urls_count: 65");
    OK(tr_credentials_create(words[1], 60, urls, 1));
    FAILS(tr_credentials_create(words[1], 60, urls, 1), TR_ERROR_CREDENTIALS, words[1]);

    tr_server_config serving;
    tr_server server;
    OK(tr_server_config_create(&serving));
    FAILS(tr_server_config_set_credentials(serving, words[1]), TR_ERROR_CREDENTIALS, "anybody could come in");
    OK(tr_server_config_set_credentials(serving, agent));
    OK(tr_server_create(serving, 64, 48, &server));
    OK(tr_server_config_destroy(serving));

    /* The address that the credentials tell is not where it listens: one that is given comes first. */
    char url[64];
    snprintf(url, sizeof url, "vncs://127.0.0.1:%u", tr_server_port(server));
    tr_client_config config;
    tr_client client;
    OK(tr_client_config_create(url, &config));
    OK(tr_client_config_set_credentials(config, other));
    OK(tr_client_connect(config, LIMIT, &client));
    OK(tr_client_config_destroy(config));
    char found[64];
    OK(tr_client_url(client, found, sizeof found));
    CHECK(strcmp(found, url) == 0);

    /* Without an address of its own it is the one of the credentials. */
    tr_client nobody;
    OK(tr_client_config_create(NULL, &config));
    OK(tr_client_config_set_credentials(config, other));
    FAILS(tr_client_connect(config, LIMIT, &nobody), TR_ERROR_NETWORK, "127.0.0.1:1");
    OK(tr_client_config_destroy(config));

    OK(tr_client_destroy(client));
    OK(tr_server_destroy(server));
    return 0;
}
