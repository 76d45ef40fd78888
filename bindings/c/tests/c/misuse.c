/* What must not be done: each call fails with the code that is documented and names what is wrong, and nothing is harmed. */
#include <pthread.h>

#include "check.h"

#define ARGUMENT(call, words) FAILS(call, TR_ERROR_ARGUMENT, words)
#define HANDLE(call, words) FAILS(call, TR_ERROR_HANDLE, words)
#define STATE(call, words) FAILS(call, TR_ERROR_STATE, words)

static uint8_t pixels[16 * 16 * 4];
static const tr_sound_format stereo = {2, 20, 64000};
static const char *not_utf8 = "a\xff";

static void nulls(void) {
    tr_encoder encoder = 0;
    tr_decoder decoder = 0;
    tr_encoded encoded;
    tr_decoded decoded;
    ARGUMENT(tr_encoder_create(TR_ENCODING_RAW, 1, NULL), "encoder: it is NULL");
    ARGUMENT(tr_decoder_create(NULL, NULL), "decoder: it is NULL");
    OK(tr_encoder_create(TR_ENCODING_RAW, 1, &encoder));
    OK(tr_decoder_create(NULL, &decoder));
    ARGUMENT(tr_encoder_encode(encoder, NULL, 1024, 16, 16, 0, NULL, 0, 0, &encoded), "pixels: it is NULL");
    ARGUMENT(tr_encoder_encode(encoder, pixels, 1024, 16, 16, 0, NULL, 3, 0, &encoded), "damage: it is NULL");
    ARGUMENT(tr_encoder_encode(encoder, pixels, 1024, 16, 16, 0, NULL, 0, 0, NULL), "encoded: it is NULL");
    ARGUMENT(tr_decoder_decode(decoder, NULL, 5, pixels, 1024, 16, 16, 0, &decoded), "bytes: it is NULL");
    ARGUMENT(tr_decoder_decode(decoder, pixels, 5, NULL, 1024, 16, 16, 0, &decoded), "pixels: it is NULL");
    OK(tr_encoder_destroy(encoder));
    OK(tr_decoder_destroy(decoder));

    tr_opus_encoder opus = 0;
    tr_playout playout = 0;
    tr_clock clock = 0;
    ARGUMENT(tr_opus_encoder_create(NULL, 0, 5, 0, &opus), "format: it is NULL");
    ARGUMENT(tr_opus_encoder_create(&stereo, 0, 5, 0, NULL), "encoder: it is NULL");
    ARGUMENT(tr_playout_create(&stereo, 0, NULL), "playout: it is NULL");
    OK(tr_playout_create(&stereo, 0, &playout));
    ARGUMENT(tr_playout_handle_packet(playout, 0, NULL), "packet: it is NULL");
    ARGUMENT(tr_playout_fill(playout, 0, 0, NULL, 10), "samples: it is NULL");
    ARGUMENT(tr_playout_due(playout, 0, NULL), "due_us: it is NULL");
    OK(tr_playout_destroy(playout));
    ARGUMENT(tr_clock_create(NULL), "clock: it is NULL");
    OK(tr_clock_create(&clock));
    ARGUMENT(tr_clock_compare(clock, NULL), "sample: it is NULL");
    OK(tr_clock_destroy(clock));

    tr_server_connection server = 0;
    tr_client_connection client = 0;
    const uint8_t *bytes;
    size_t length;
    tr_event event = {0};
    ARGUMENT(tr_server_connection_create(16, 16, NULL, TR_METHOD_NONE, NULL, 0, 1, &server), "name: it is NULL");
    ARGUMENT(tr_server_connection_create(16, 16, "a", TR_METHOD_NONE, NULL, 0, 1, NULL), "connection: it is NULL");
    OK(tr_server_connection_create(16, 16, "a", TR_METHOD_NONE, NULL, 0, 1, &server));
    OK(tr_client_connection_create(TR_METHOD_NONE, TR_ENCODING_TIGHT, 8, 2, 0, 1, &client));
    ARGUMENT(tr_server_connection_handle_bytes(server, 0, NULL, 9), "bytes: it is NULL");
    ARGUMENT(tr_server_connection_poll_event(server, NULL), "event: it is NULL");
    ARGUMENT(tr_server_connection_poll_output(server, NULL, &length), "bytes: it is NULL");
    ARGUMENT(tr_server_connection_poll_output(server, &bytes, NULL), "bytes_length: it is NULL");
    ARGUMENT(tr_server_connection_read_output(server, NULL, 9, &length), "buffer: it is NULL");
    ARGUMENT(tr_server_connection_check_password(server, NULL, NULL), "is_right: it is NULL");
    ARGUMENT(tr_server_connection_set_cursor(server, NULL, 4, 1, 1, 0, 0), "pixels: it is NULL");
    ARGUMENT(tr_server_connection_set_clipboard(server, NULL), "clipboard: it is NULL");
    ARGUMENT(tr_server_connection_send_sound(server, NULL), "packet: it is NULL");
    ARGUMENT(tr_server_connection_add_copy(server, 0, 0, NULL), "to: it is NULL");
    ARGUMENT(tr_client_connection_picture(client, NULL), "picture: it is NULL");
    ARGUMENT(tr_client_connection_give_credentials(client, NULL, "b"), "user: it is NULL");
    ARGUMENT(tr_client_connection_get_stats(client, NULL), "stats: it is NULL");
    OK(tr_client_connection_poll_event(client, &event));
    CHECK(event.kind == TR_EVENT_NONE);
    OK(tr_server_connection_destroy(server));
    OK(tr_client_connection_destroy(client));
}

static void sizes_and_numbers(void) {
    tr_encoder encoder = 0;
    tr_encoded encoded;
    ARGUMENT(tr_encoder_create(9999, 1, &encoder), "encoding: 9999");
    ARGUMENT(tr_encoder_create(TR_ENCODING_COPY_RECT, 1, &encoder), "encoding: 1");
    OK(tr_encoder_create(TR_ENCODING_TIGHT, UINT32_MAX, &encoder));
    ARGUMENT(tr_encoder_encode(encoder, pixels, 1023, 16, 16, 0, NULL, 0, 0, &encoded), "pixels_length: 1023");
    ARGUMENT(tr_encoder_encode(encoder, pixels, 1024, 16, 16, 63, NULL, 0, 0, &encoded), "stride: 63");
    ARGUMENT(tr_encoder_encode(encoder, pixels, 1024, 16, 16, SIZE_MAX, NULL, 0, 0, &encoded), "pixels_length: 1024");
    ARGUMENT(tr_encoder_encode(encoder, pixels, SIZE_MAX, 16, 16, 0, NULL, 0, 0, &encoded), "more than memory holds");
    ARGUMENT(tr_encoder_encode(encoder, pixels, 1024, 0, 16, 0, NULL, 0, 0, &encoded), "width: 0 is not 1 to 65535");
    ARGUMENT(tr_encoder_encode(encoder, pixels, 1024, 16, 65536, 0, NULL, 0, 0, &encoded), "height: 65536");
    ARGUMENT(tr_encoder_set_quality(encoder, 10, 2), "quality: 10");
    ARGUMENT(tr_encoder_set_quality(encoder, INT32_MIN, 2), "quality: -2147483648");
    ARGUMENT(tr_encoder_set_quality(encoder, 5, 10), "compression: 10");
    ARGUMENT(tr_encoder_set_fine_quality(encoder, 101, -1), "quality: 101");
    ARGUMENT(tr_encoder_set_fine_quality(encoder, 50, 5), "subsampling: 5");
    ARGUMENT(tr_encoder_set_options(encoder, 1u << 20), "options: 0x100000");
    tr_pixel_format odd = {32, 24, 0, 1, 255, 255, 255, 40, 8, 0};
    ARGUMENT(tr_encoder_set_format(encoder, &odd), "format: pixel-format");
    tr_decoder decoder = 0;
    ARGUMENT(tr_decoder_create(&odd, &decoder), "format: pixel-format");
    /* An address where no such thing can be. */
    static const uint64_t memory[8] = {0};
    const tr_rect *odd_rect = (const tr_rect *)(const void *)((const char *)memory + 1);
    ARGUMENT(tr_encoder_encode(encoder, pixels, 1024, 16, 16, 0, odd_rect, 1, 0, &encoded), "damage: its address is no multiple of");
    /* What is written must not be what is read. */
    static float shared[960 * 2];
    uint8_t *inside = (uint8_t *)shared + 8;
    size_t length = 7;
    tr_decoded decoded;
    OK(tr_decoder_create(NULL, &decoder));
    ARGUMENT(tr_decoder_decode(decoder, pixels + 1000, 100, pixels, 1024, 16, 16, 0, &decoded), "pixels: some of it is bytes too");
    OK(tr_decoder_decode(decoder, pixels + 1024, 0, pixels, 1024, 16, 16, 0, &decoded));
    OK(tr_decoder_destroy(decoder));
    tr_opus_encoder coder = 0;
    tr_opus_decoder opener = 0;
    OK(tr_opus_encoder_create(&stereo, 0, 5, 0, &coder));
    OK(tr_opus_decoder_create(&stereo, &opener));
    ARGUMENT(tr_opus_encoder_encode(coder, shared, 960, inside, 1275, &length), "packet: some of it is samples too");
    ARGUMENT(tr_opus_decoder_decode(opener, inside, 20, shared, 960, &length), "samples: some of it is packet too");
    ARGUMENT(tr_opus_decoder_recover(opener, inside, 20, shared, 960, &length), "samples: some of it is next too");
    CHECK(length == 7);
    OK(tr_opus_encoder_destroy(coder));
    OK(tr_opus_decoder_destroy(opener));
    /* Damage outside the picture is no damage. */
    tr_rect outside[] = {{16, 0, 5, 5}, {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}};
    OK(tr_encoder_encode(encoder, pixels, 1024, 16, 16, 0, outside, 2, 0, &encoded));
    CHECK(encoded.bytes_length == 0 && encoded.bytes == NULL && encoded.rects_count == 0);
    OK(tr_encoder_destroy(encoder));

    tr_opus_encoder opus = 0;
    const tr_sound_format formats[] = {{0, 20, 64000}, {3, 20, 64000}, {2, 15, 64000}, {2, 20, 5999}, {1, 20, 510001}};
    const char *words[] = {"format.channels: 0", "format.channels: 3", "format.packet_ms: 15", "format.bit_rate: 5999",
                           "format.bit_rate: 510001"};
    for (int own = 0; own < 5; own++)
        ARGUMENT(tr_opus_encoder_create(formats + own, 0, 5, 0, &opus), words[own]);
    ARGUMENT(tr_opus_encoder_create(&stereo, 3, 5, 0, &opus), "profile: 3");
    ARGUMENT(tr_opus_encoder_create(&stereo, 0, 11, 0, &opus), "complexity");
    ARGUMENT(tr_opus_encoder_create(&stereo, 0, 5, 4, &opus), "options: 0x4");

    tr_playout playout = 0;
    float samples[4] = {0};
    OK(tr_playout_create(&stereo, UINT32_MAX, &playout));
    ARGUMENT(tr_playout_fill(playout, 0, 0, samples, SIZE_MAX), "frames");
    ARGUMENT(tr_playout_fill(playout, 0, 0, samples, SIZE_MAX / 3), "samples");
    tr_sound_packet packet = {0};
    packet.data = pixels;
    packet.data_length = 1276;
    ARGUMENT(tr_playout_handle_packet(playout, 0, &packet), "packet.data_length: 1276");
    packet.data_length = 0;
    ARGUMENT(tr_playout_handle_packet(playout, 0, &packet), "packet.data_length");
    packet.data_length = 5;
    packet.captured_us = UINT64_MAX;
    for (int own = 0; own < 3; own++)
        OK(tr_playout_handle_packet(playout, UINT64_MAX, &packet));
    OK(tr_playout_fill(playout, UINT64_MAX, UINT64_MAX, samples, 2));
    OK(tr_playout_destroy(playout));

    tr_server_connection server = 0;
    tr_client_connection client = 0;
    ARGUMENT(tr_server_connection_create(16, 16, "a", 0, NULL, 0, 1, &server), "methods: 0x0");
    ARGUMENT(tr_server_connection_create(16, 16, "a", 64, NULL, 0, 1, &server), "methods: 0x40");
    ARGUMENT(tr_server_connection_create(16, 16, "a", 1, NULL, 1u << 31, 1, &server), "options: 0x80000000");
    ARGUMENT(tr_server_connection_create(70000, 16, "a", 1, NULL, 0, 1, &server), "width: 70000");
    ARGUMENT(tr_client_connection_create(1, 12345, 8, 2, 0, 1, &client), "encoding: 12345");
    ARGUMENT(tr_client_connection_create(1, TR_ENCODING_RAW, -5, 2, 0, 1, &client), "quality: -5");
    OK(tr_server_connection_create(16, 16, "a", 1, NULL, 0, 1, &server));
    OK(tr_client_connection_create(1, TR_ENCODING_RAW, 8, 2, 0, 1, &client));
    ARGUMENT(tr_server_connection_update(server, 0, pixels, 1024, 16, 15, 0, 0), "the desktop is 16x16");
    ARGUMENT(tr_server_connection_resize(server, 0, 16), "width: 0");
    ARGUMENT(tr_server_connection_set_pointer(server, 70000, 1), "x: 70000");
    ARGUMENT(tr_server_connection_set_leds(server, 99), "leds");
    ARGUMENT(tr_server_connection_refuse_resize(server, 0), "code");
    ARGUMENT(tr_server_connection_goodbye(server, 70000, NULL), "code: 70000");
    ARGUMENT(tr_server_connection_set_cursor(server, pixels, 63, 4, 4, 0, 0), "63");
    tr_rect to = {8, 8, 16, 8};
    ARGUMENT(tr_server_connection_add_copy(server, 0, 0, &to), "to: it is not on the desktop");
    to.width = UINT32_MAX;
    ARGUMENT(tr_server_connection_add_copy(server, 0, 0, &to), "to: ");
    to.width = to.height = 8;
    ARGUMENT(tr_server_connection_add_copy(server, 9, 0, &to), "from_x and from_y");
    ARGUMENT(tr_client_connection_pointer(client, 1, 70000, 0), "y: 70000");
    ARGUMENT(tr_client_connection_pointer(client, 1, 1, 512), "buttons");
    ARGUMENT(tr_client_connection_power(client, 3), "action: 3");
    OK(tr_server_connection_destroy(server));
    OK(tr_client_connection_destroy(client));
}

static void handles(void) {
    tr_encoder encoder = 0;
    tr_decoder decoder = 0;
    tr_encoded encoded;
    OK(tr_encoder_create(TR_ENCODING_RAW, 1, &encoder));
    OK(tr_decoder_create(NULL, &decoder));
    const uint64_t forged[] = {0, 1, UINT64_MAX, encoder + 1, encoder ^ (uint64_t)1 << 32, encoder ^ (uint64_t)1 << 63};
    for (size_t own = 0; own < sizeof forged / sizeof *forged; own++)
        if (forged[own] != decoder) {
            HANDLE(tr_encoder_destroy(forged[own]), "encoder: the handle");
            HANDLE(tr_encoder_encode(forged[own], pixels, 1024, 16, 16, 0, NULL, 0, 0, &encoded), "encoder: the handle");
        }
    HANDLE(tr_encoder_destroy(decoder), "encoder: the handle is one of a decoder");
    HANDLE(tr_server_connection_bell(encoder), "server connection: the handle is one of a encoder");
    OK(tr_decoder_destroy(decoder));
    OK(tr_encoder_destroy(encoder));
    for (int own = 0; own < 100; own++) {
        tr_encoder other = 0;
        OK(tr_encoder_create(TR_ENCODING_RAW, 1, &other));
        CHECK(other != encoder && other != 0);
        HANDLE(tr_encoder_set_quality(encoder, 1, 1), "was destroyed");
        OK(tr_encoder_destroy(other));
    }
    HANDLE(tr_playout_reset(7), "playout");
    HANDLE(tr_clock_destroy(7), "clock");
    HANDLE(tr_sound_sender_destroy(7), "sound sender");
    HANDLE(tr_opus_decoder_destroy(7), "opus decoder");
    HANDLE(tr_update_job_destroy(7), "update job");
    HANDLE(tr_client_connection_destroy(7), "client connection");
    CHECK(tr_opus_encoder_lookahead(7) == 0);
}

static void text(void) {
    tr_server_connection server = 0;
    tr_client_connection client = 0;
    ARGUMENT(tr_server_connection_create(16, 16, not_utf8, 1, NULL, 0, 1, &server), "name: it is not UTF-8");
    OK(tr_server_connection_create(16, 16, "a", 1, NULL, 0, 1, &server));
    OK(tr_client_connection_create(1, TR_ENCODING_TIGHT, 8, 2, 0, 1, &client));
    ARGUMENT(tr_server_connection_set_name(server, not_utf8), "name: it is not UTF-8");
    ARGUMENT(tr_server_connection_goodbye(server, 0, not_utf8), "text: it is not UTF-8");
    ARGUMENT(tr_server_connection_refuse(server, not_utf8), "reason: it is not UTF-8");
    ARGUMENT(tr_client_connection_give_credentials(client, not_utf8, "a"), "user: it is not UTF-8");
    tr_clipboard clipboard = {0};
    clipboard.text = not_utf8;
    clipboard.text_length = 2;
    ARGUMENT(tr_client_connection_set_clipboard(client, &clipboard), "clipboard.text: it is not UTF-8");
    static char longer[1100];
    memset(longer, 'a', 1099);
    ARGUMENT(tr_client_connection_give_credentials(client, longer, "a"), "user: its 1099 bytes");
    OK(tr_server_connection_destroy(server));
    OK(tr_client_connection_destroy(client));
}

/* After its end a connection says so, and takes everything without harm. */
static void closed(void) {
    tr_server_connection server = 0;
    tr_event event = {0};
    const uint8_t *bytes;
    size_t length;
    OK(tr_server_connection_create(16, 16, "a", TR_METHOD_NONE, NULL, 0, 1, &server));
    OK(tr_server_connection_handle_bytes(server, 0, (const uint8_t *)"GET / HTTP/1.0\r\n\r\n", 18));
    for (int own = 0; own < 3; own++) {
        FAILS(tr_server_connection_poll_event(server, &event), TR_ERROR_DATA, "");
        CHECK(event.kind == TR_EVENT_NONE);
        OK(tr_server_connection_handle_bytes(server, 0, (const uint8_t *)"more", 4));
        OK(tr_server_connection_update(server, 0, pixels, 1024, 16, 16, 0, 0));
        OK(tr_server_connection_bell(server));
        OK(tr_server_connection_poll_output(server, &bytes, &length));
        STATE(tr_server_connection_accept(server), "judged");
    }
    OK(tr_server_connection_destroy(server));
    HANDLE(tr_server_connection_poll_event(server, &event), "was destroyed");
    HANDLE(tr_server_connection_poll_output(server, &bytes, &length), "was destroyed");
}

/* One of two event loops: a connection of its own, through its handshake, over and over; its errors are its own. */
static void *loop(void *mark) {
    uint8_t own[16 * 16 * 4];
    memset(own, *(int *)mark, sizeof own);
    for (int round = 0; round < 30; round++) {
        tr_server_connection server = 0;
        tr_client_connection client = 0;
        tr_event event = {0};
        OK(tr_server_connection_create(16, 16, "a", TR_METHOD_NONE, NULL, 0, 2, &server));
        OK(tr_client_connection_create(TR_METHOD_NONE, TR_ENCODING_TIGHT, -1, 2, 0, 2, &client));
        int is_shown = 0;
        for (uint64_t now = 0; !is_shown && now < 100; now++) {
            const uint8_t *bytes;
            size_t length;
            OK(tr_server_connection_poll_output(server, &bytes, &length));
            OK(tr_client_connection_handle_bytes(client, now, bytes, length));
            OK(tr_client_connection_poll_output(client, &bytes, &length));
            OK(tr_server_connection_handle_bytes(server, now, bytes, length));
            OK(tr_server_connection_poll_event(server, &event));
            OK(tr_server_connection_update(server, now, own, sizeof own, 16, 16, 0, 0));
            OK(tr_client_connection_poll_event(client, &event));
            if (event.kind == TR_EVENT_UPDATED) {
                tr_picture picture;
                OK(tr_client_connection_picture(client, &picture));
                is_shown = *(const uint8_t *)picture.pixels == *(int *)mark;
            }
        }
        CHECK(is_shown);
        char words[32];
        sprintf(words, "x: 70%03d", *(int *)mark);
        ARGUMENT(tr_server_connection_set_pointer(server, 70000 + (uint32_t)*(int *)mark, 0), words);
        OK(tr_event_release(&event));
        OK(tr_server_connection_destroy(server));
        OK(tr_client_connection_destroy(client));
    }
    return NULL;
}

/* Several threads with one encoder, which is destroyed under their hands. */
static void *encode(void *handle) {
    tr_encoder encoder = *(tr_encoder *)handle;
    tr_encoded encoded;
    tr_result result;
    do
        result = tr_encoder_encode(encoder, pixels, sizeof pixels, 16, 16, 0, NULL, 0, 0, &encoded);
    while (result == TR_OK);
    CHECK(result == TR_ERROR_HANDLE && strstr(tr_error_message(), "was destroyed") != NULL);
    return NULL;
}

static void threads(void) {
    pthread_t all[3];
    int marks[2] = {11, 22};
    for (int own = 0; own < 2; own++)
        CHECK(pthread_create(all + own, NULL, loop, marks + own) == 0);
    for (int own = 0; own < 2; own++)
        CHECK(pthread_join(all[own], NULL) == 0);
    tr_encoder encoder = 0;
    OK(tr_encoder_create(TR_ENCODING_ZRLE, 1, &encoder));
    for (int own = 0; own < 3; own++)
        CHECK(pthread_create(all + own, NULL, encode, &encoder) == 0);
    tr_encoded encoded;
    for (int own = 0; own < 50; own++)
        OK(tr_encoder_encode(encoder, pixels, sizeof pixels, 16, 16, 0, NULL, 0, 0, &encoded));
    OK(tr_encoder_destroy(encoder));
    for (int own = 0; own < 3; own++)
        CHECK(pthread_join(all[own], NULL) == 0);
}

int main(void) {
    CHECK(strcmp(tr_error_message(), "") == 0);
    nulls();
    sizes_and_numbers();
    handles();
    text();
    closed();
    threads();
    return 0;
}
