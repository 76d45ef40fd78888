/* What is over is over when the call returns: ports are free, nobody comes in, and a forked process has no server. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

enum { AGAIN = 20, LIMIT = 60000 };

static tr_server serve(tr_server_config config) {
    tr_server server;
    OK(tr_server_create(config, 64, 48, &server));
    return server;
}

static void the_same_port_again_and_again(void) {
    tr_server_config config;
    OK(tr_server_config_create(&config));
    tr_server first = serve(config);
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%u", tr_server_port(first));
    OK(tr_server_destroy(first));
    OK(tr_server_config_set_listen(config, address));
    for (int time = 0; time < AGAIN; time++) OK(tr_server_destroy(serve(config)));
    tr_server holder = serve(config), other;
    FAILS(tr_server_create(config, 64, 48, &other), TR_ERROR_SYSTEM, address);
    OK(tr_server_destroy(holder));
    OK(tr_server_config_destroy(config));
}

static void nobody_comes_in_after_the_goodbye(void) {
    tr_server server = serve(0);
    tr_client_config config;
    tr_client client;
    OK(tr_client_config_create(tr_server_url(server), &config));
    OK(tr_client_config_set_password(config, tr_server_password(server)));
    OK(tr_client_connect(config, LIMIT, &client));
    OK(tr_server_shutdown(server, TR_GOODBYE_SHUTTING_DOWN, "good night"));
    tr_result waited;
    do waited = tr_server_wait(server, LIMIT, NULL);
    while (waited == TR_OK);
    CHECK(waited == TR_ERROR_CLOSED);
    tr_client late;
    CHECK(tr_client_connect(config, LIMIT, &late) == TR_ERROR_NETWORK);
    OK(tr_client_destroy(client));
    OK(tr_client_config_destroy(config));
    OK(tr_server_destroy(server));
}

static void a_fork_is_told_that_it_has_no_threads(void) {
    static unsigned char pixels[48 * 64 * 4];
    tr_server server = serve(0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        tr_server own;
        FAILS(tr_server_update(server, pixels, sizeof pixels, 64, 48, 0, NULL, 0), TR_ERROR_STATE, "forked");
        FAILS(tr_server_create(0, 64, 48, &own), TR_ERROR_STATE, "forked");
        FAILS(tr_server_wait(server, LIMIT, NULL), TR_ERROR_STATE, "forked");
        FAILS(tr_server_destroy(server), TR_ERROR_STATE, "forked");
        /* Not _exit(): what threads had that are not here would be taken for a leak. */
        execl("/bin/true", "true", (char *)NULL);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    OK(tr_server_update(server, pixels, sizeof pixels, 64, 48, 0, NULL, 0));
    OK(tr_server_destroy(server));
}

static void what_nobody_could_see_or_anybody_could_is_refused(void) {
    tr_server server;
    FAILS(tr_server_create(0, 65535, 65535, &server), TR_ERROR_ARGUMENT, "65535x65535 is more than 67108864 pixels");
    tr_server_config config;
    OK(tr_server_config_create(&config));
    FAILS(tr_server_config_set_password(config, ""), TR_ERROR_ARGUMENT, "password: it is empty");
    FAILS(tr_server_config_set_view_only_password(config, ""), TR_ERROR_ARGUMENT, "password: it is empty");
    OK(tr_server_config_destroy(config));
}

int main(void) {
    the_same_port_again_and_again();
    nobody_comes_in_after_the_goodbye();
    a_fork_is_told_that_it_has_no_threads();
    what_nobody_could_see_or_anybody_could_is_refused();
    return 0;
}
