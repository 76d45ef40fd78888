/* A server begins, is given pictures, and ends; what is wrong is told by name. */
#include "check.h"

static unsigned char pixels[48 * 64 * 4];

int main(void) {
    CHECK(strcmp(tr_version(), "0.1.0") == 0);
    CHECK(tr_abi_version() == TR_ABI_VERSION);

    tr_server server = 0;
    OK(tr_server_create(0, 64, 48, &server));
    CHECK(server != 0);
    CHECK(strncmp(tr_server_url(server), "vncs://127.0.0.1:", 17) == 0);
    CHECK(strncmp(tr_server_fingerprint(server), "sha256:", 7) == 0);
    CHECK(strlen(tr_server_password(server)) == 26);
    CHECK(tr_server_port(server) > 0);
    OK(tr_server_update(server, pixels, sizeof pixels, 64, 48, 0, NULL, 0));
    tr_rect damage = {0, 0, 1000, 1};
    OK(tr_server_update(server, pixels, sizeof pixels, 64, 48, 64 * 4, &damage, 1));

    FAILS(tr_server_update(server, NULL, 4, 64, 48, 0, NULL, 0), TR_ERROR_ARGUMENT, "pixels: it is NULL");
    FAILS(tr_server_update(server, pixels, 100, 64, 48, 0, NULL, 0), TR_ERROR_ARGUMENT, "pixels_length: 100");
    FAILS(tr_server_update(server, pixels, sizeof pixels, 64, 48, 5, NULL, 0), TR_ERROR_ARGUMENT, "stride: 5");
    FAILS(tr_server_update(server, pixels, sizeof pixels, 0, 48, 0, NULL, 0), TR_ERROR_ARGUMENT, "width: 0");
    FAILS(tr_server_update(server, pixels, sizeof pixels, 64, 24, 0, NULL, 0), TR_ERROR_ARGUMENT, "64x48");
    FAILS(tr_server_update(server, pixels, sizeof pixels, 64, 48, 0, NULL, 1), TR_ERROR_ARGUMENT, "damage");
    FAILS(tr_server_create(0, 64, 70000, &server), TR_ERROR_ARGUMENT, "height: 70000");
    FAILS(tr_server_create(0, 64, 48, NULL), TR_ERROR_ARGUMENT, "server: it is NULL");
    FAILS(tr_server_create(77, 64, 48, &server), TR_ERROR_HANDLE, "config of a server");

    tr_event event = {0};
    OK(tr_server_wait(server, 0, &event));
    CHECK(event.kind == TR_EVENT_NONE);
    OK(tr_event_release(&event));

    OK(tr_server_destroy(server));
    FAILS(tr_server_destroy(server), TR_ERROR_HANDLE, "was destroyed");
    FAILS(tr_server_update(server, pixels, sizeof pixels, 64, 48, 0, NULL, 0), TR_ERROR_HANDLE, "was destroyed");
    CHECK(tr_server_url(server) == NULL);
    CHECK(tr_server_url(0) == NULL);
    return 0;
}
