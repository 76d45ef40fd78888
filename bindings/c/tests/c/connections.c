/* Both sides of a connection, joined by nothing but memory and a clock of our own. */
#include "check.h"

#define WIDTH 200
#define HEIGHT 120

static uint8_t desktop[WIDTH * HEIGHT * 4];
static tr_server_connection server;
static tr_client_connection client;
static uint64_t now_us;
static tr_event event;
static int sound_offered;

static void begin(uint32_t offered, uint32_t accepted) {
    OK(tr_server_connection_create(WIDTH, HEIGHT, "desk Ä", offered, NULL,
                                   TR_SERVER_CONNECTION_SOUND | TR_SERVER_CONNECTION_MICROPHONE | TR_SERVER_CONNECTION_POWER,
                                   1, &server));
    OK(tr_client_connection_create(accepted, TR_ENCODING_TIGHT, -1, 2, TR_CLIENT_CONNECTION_SOUND, 1, &client));
}

static void end(void) {
    OK(tr_event_release(&event));
    OK(tr_server_connection_destroy(server));
    OK(tr_client_connection_destroy(client));
}

/* Moves what both sides have to say; whether that was anything. */
static int carry(void) {
    int moved = 0;
    const uint8_t *bytes;
    size_t length;
    uint8_t buffer[7];
    now_us += 10000;
    for (;;) {
        OK(tr_server_connection_poll_output(server, &bytes, &length));
        if (length == 0)
            break;
        OK(tr_client_connection_handle_bytes(client, now_us, bytes, length));
        moved = 1;
    }
    for (;;) {
        OK(tr_client_connection_read_output(client, buffer, sizeof buffer, &length));
        if (length == 0)
            break;
        OK(tr_server_connection_handle_bytes(server, now_us, buffer, length));
        moved = 1;
    }
    return moved;
}

/* The client's next event, into `event`. */
static tr_result poll_client(void) {
    tr_result result = tr_client_connection_poll_event(client, &event);
    sound_offered |= event.kind == TR_EVENT_SOUND_OFFERED;
    return result;
}

/* Runs both sides until the server tells of this; the event is kept. */
static void server_tells(tr_event_kind kind) {
    for (int round = 0; round < 100; round++) {
        carry();
        for (;;) {
            OK(tr_server_connection_poll_event(server, &event));
            if (event.kind == kind)
                return;
            if (event.kind == TR_EVENT_NONE)
                break;
        }
        poll_client();
    }
    fprintf(stderr, "the server never told of %d\n", kind);
    exit(1);
}

/* The same for the client, with updates of the desktop. */
static void client_tells(tr_event_kind kind) {
    for (int round = 0; round < 100; round++) {
        OK(tr_server_connection_update(server, now_us, desktop, sizeof desktop, WIDTH, HEIGHT, 0, 0));
        carry();
        for (;;) {
            OK(poll_client());
            if (event.kind == kind)
                return;
            if (event.kind == TR_EVENT_NONE)
                break;
        }
        tr_event other = {0};
        OK(tr_server_connection_poll_event(server, &other));
        OK(tr_event_release(&other));
    }
    fprintf(stderr, "the client never told of %d\n", kind);
    exit(1);
}

static int is_shown(void) {
    tr_picture picture;
    OK(tr_client_connection_picture(client, &picture));
    CHECK(picture.width == WIDTH && picture.height == HEIGHT && picture.length == sizeof desktop);
    return memcmp(picture.pixels, desktop, sizeof desktop) == 0;
}

static void paint(int seed) {
    for (size_t own = 0; own < sizeof desktop; own++)
        desktop[own] = own % 4 == 3 ? 0 : (uint8_t)(own / 4 % WIDTH / 8 * 8 + (size_t)seed);
}

/* By each of the ways in, with the right password and a wrong one. */
static void ways_in(void) {
    begin(TR_METHOD_NONE, TR_METHOD_NONE);
    FAILS(tr_server_connection_accept(server), TR_ERROR_STATE, "nothing that is to be judged");
    FAILS(tr_client_connection_give_password(client, "secret"), TR_ERROR_STATE, "not asked");
    FAILS(tr_client_connection_give_credentials(client, "ann", "secret"), TR_ERROR_STATE, "not asked");
    FAILS(tr_client_connection_key(client, 'a', 0, true), TR_ERROR_STATE, "not connected");
    server_tells(TR_EVENT_CONNECTED);
    end();

    for (int right = 0; right < 2; right++) {
        bool is_right = !right;
        begin(TR_METHOD_VNC_AUTH, TR_METHOD_VNC_AUTH | TR_METHOD_NONE);
        client_tells(TR_EVENT_PASSWORD_WANTED);
        OK(tr_client_connection_give_password(client, right ? "secret" : "guess"));
        server_tells(TR_EVENT_PROOF);
        CHECK(event.code == TR_METHOD_VNC_AUTH && event.password == NULL);
        OK(tr_server_connection_check_password(server, "secret", &is_right));
        CHECK(is_right == right);
        if (right) {
            OK(tr_server_connection_accept(server));
            server_tells(TR_EVENT_CONNECTED);
        } else {
            OK(tr_server_connection_refuse(server, "go away"));
            carry();
            FAILS(tr_client_connection_poll_event(client, &event), TR_ERROR_REFUSED, "go away");
            CHECK(event.kind == TR_EVENT_NONE && event.content == 0);
            FAILS(tr_client_connection_poll_event(client, &event), TR_ERROR_REFUSED, "go away");
        }
        FAILS(tr_server_connection_check_password(server, "secret", &is_right), TR_ERROR_STATE, "judged");
        end();
    }

    begin(TR_METHOD_PLAIN, TR_METHOD_PLAIN);
    client_tells(TR_EVENT_CREDENTIALS_WANTED);
    OK(tr_client_connection_give_credentials(client, "ann", "Grüße"));
    server_tells(TR_EVENT_PROOF);
    CHECK(event.code == TR_METHOD_PLAIN);
    CHECK(strcmp(event.user, "ann") == 0 && strcmp(event.password, "Grüße") == 0);
    bool is_right = false;
    OK(tr_server_connection_check_password(server, "Grüße", &is_right));
    CHECK(is_right);
    OK(tr_server_connection_accept(server));
    client_tells(TR_EVENT_CONNECTED);
    CHECK(strcmp(event.text, "desk Ä") == 0 && event.width == WIDTH && event.height == HEIGHT);
    end();

    begin(TR_METHOD_VNC_AUTH, TR_METHOD_NONE);
    tr_result result = TR_OK;
    for (int round = 0; result == TR_OK && round < 100; round++) {
        carry();
        OK(tr_server_connection_poll_event(server, &event));
        result = poll_client();
    }
    CHECK(result == TR_ERROR_PROTOCOL && strstr(tr_error_message(), "security-types") != NULL);
    end();
}

static void pictures(void) {
    paint(1);
    client_tells(TR_EVENT_CONNECTED);
    client_tells(TR_EVENT_UPDATED);
    CHECK(event.rects_count == 1 && event.rects[0].width == WIDTH && event.rects[0].height == HEIGHT);
    CHECK(is_shown());

    /* What is not told of is not sent; what is drawn is drawn where the picture was before. */
    tr_picture before_update, after_update;
    OK(tr_client_connection_picture(client, &before_update));
    paint(2);
    tr_rect top = {0, 0, WIDTH, 10};
    OK(tr_server_connection_add_damage(server, &top, 1));
    OK(tr_server_connection_set_captured(server, now_us));
    client_tells(TR_EVENT_UPDATED);
    CHECK(event.rects_count == 1 && event.rects[0].height == 10 && !is_shown());
    CHECK(event.captured_us > 0);
    OK(tr_client_connection_picture(client, &after_update));
    CHECK(after_update.pixels == before_update.pixels && memcmp(after_update.pixels, desktop, WIDTH * 10 * 4) == 0);
    OK(tr_server_connection_add_damage(server, NULL, 0));

    /* The same in three steps, of which one is anybody's. */
    tr_update_job job = 0, none = 7;
    for (int round = 0; job == 0 && round < 100; round++) {
        OK(tr_server_connection_begin_update(server, now_us, 0, &job));
        carry();
        OK(tr_server_connection_poll_event(server, &event));
        OK(poll_client());
    }
    CHECK(job != 0);
    OK(tr_server_connection_begin_update(server, now_us, 0, &none));
    CHECK(none == 0);
    FAILS(tr_server_connection_finish_update(server, now_us, job), TR_ERROR_STATE, "not been encoded");
    FAILS(tr_update_job_encode(job, desktop, sizeof desktop, WIDTH, HEIGHT - 1, 0), TR_ERROR_ARGUMENT, "200x120");
    OK(tr_update_job_encode(job, desktop, sizeof desktop, WIDTH, HEIGHT, 0));
    FAILS(tr_update_job_encode(job, desktop, sizeof desktop, WIDTH, HEIGHT, 0), TR_ERROR_STATE, "encoded already");
    OK(tr_server_connection_finish_update(server, now_us, job));
    FAILS(tr_update_job_destroy(job), TR_ERROR_HANDLE, "was destroyed");
    client_tells(TR_EVENT_UPDATED);
    CHECK(is_shown());

    /* A scroll is told as one. */
    tr_connection_stats before, after;
    OK(tr_client_connection_get_stats(client, &before));
    memmove(desktop, desktop + 40 * WIDTH * 4, 80 * WIDTH * 4);
    tr_rect up = {0, 0, WIDTH, 80};
    OK(tr_server_connection_add_copy(server, 0, 40, &up));
    client_tells(TR_EVENT_UPDATED);
    CHECK(is_shown());
    OK(tr_client_connection_get_stats(client, &after));
    CHECK(after.received.pictures - before.received.pictures < 200 && after.rectangles > before.rectangles);
    OK(tr_server_connection_get_stats(server, &after));
    CHECK(after.damaged_pixels == 0 && after.sent.pictures > 0);
    uint64_t at = 1;
    OK(tr_server_connection_poll_timeout(server, &at));
    CHECK(at == 0);
}

static void input(void) {
    OK(tr_client_connection_key(client, 0x61, 30, true));
    server_tells(TR_EVENT_KEY);
    CHECK(event.keysym == 0x61 && event.keycode == 30 && event.down);
    OK(tr_client_connection_pointer(client, 30, 40, 5));
    server_tells(TR_EVENT_POINTER);
    CHECK(event.x == 30 && event.y == 40 && event.buttons == 5);
    OK(tr_client_connection_power(client, TR_POWER_REBOOT));
    server_tells(TR_EVENT_POWER);
    CHECK(event.code == TR_POWER_REBOOT);
    OK(tr_server_connection_refuse_power(server));
    client_tells(TR_EVENT_POWER_REFUSED);
    OK(tr_client_connection_request_size(client, 300, 200));
    server_tells(TR_EVENT_RESIZE_REQUESTED);
    CHECK(event.width == 300 && event.height == 200);
    OK(tr_server_connection_refuse_resize(server, TR_RESIZE_PROHIBITED));
    client_tells(TR_EVENT_RESIZE_REFUSED);
    CHECK(event.code == TR_RESIZE_PROHIBITED);
}

static void news(void) {
    const char *text = "Grüße, 10 €";
    tr_clipboard clipboard = {0};
    clipboard.text = text;
    clipboard.text_length = strlen(text);
    OK(tr_client_connection_set_clipboard(client, &clipboard));
    server_tells(TR_EVENT_CLIPBOARD);
    CHECK(strcmp(event.clipboard.text, text) == 0);
    text = "zurück: 20 £";
    clipboard.text = text;
    clipboard.text_length = strlen(text);
    OK(tr_server_connection_set_clipboard(server, &clipboard));
    client_tells(TR_EVENT_CLIPBOARD);
    CHECK(strcmp(event.clipboard.text, text) == 0 && event.clipboard.text_length == strlen(text));

    const uint8_t shape[2 * 2 * 4] = {1, 2, 3, 255, 4, 5, 6, 255, 7, 8, 9, 255, 10, 11, 12, 255};
    OK(tr_server_connection_set_cursor(server, shape, sizeof shape, 2, 2, 1, 0));
    client_tells(TR_EVENT_CURSOR);
    tr_cursor cursor;
    OK(tr_client_connection_cursor(client, &cursor));
    CHECK(cursor.width == 2 && cursor.hot_x == 1 && memcmp(cursor.pixels, shape, sizeof shape) == 0);
    OK(tr_server_connection_set_pointer(server, 70, 80));
    client_tells(TR_EVENT_POINTER);
    CHECK(event.x == 70 && event.y == 80);
    OK(tr_server_connection_set_leds(server, TR_LED_CAPS));
    client_tells(TR_EVENT_LEDS);
    CHECK(event.code == TR_LED_CAPS);
    OK(tr_server_connection_set_name(server, "other"));
    client_tells(TR_EVENT_RENAMED);
    CHECK(strcmp(event.text, "other") == 0);
    OK(tr_server_connection_bell(server));
    client_tells(TR_EVENT_BELL);
    OK(tr_client_connection_compare_clocks(client, now_us));
    client_tells(TR_EVENT_CLOCK);
    CHECK(event.clock.asked_us < event.clock.returned_us);
    bool is_asked = false;
    OK(tr_client_connection_measure_round_trip(client, now_us, &is_asked));
    if (is_asked)
        client_tells(TR_EVENT_ROUND_TRIP);
}

static void sound(void) {
    const tr_sound_format format = {2, 20, 64000};
    OK(tr_client_connection_start_sound(client, &format));
    server_tells(TR_EVENT_SOUND_STARTED);
    CHECK(event.format.channels == 2 && event.format.packet_ms == 20 && event.format.bit_rate == 64000);
    client_tells(TR_EVENT_SOUND_STARTED);
    const uint8_t data[3] = {1, 2, 3};
    tr_sound_packet packet = {0};
    packet.captured_us = 77;
    packet.sequence = 5;
    packet.data = data;
    packet.data_length = sizeof data;
    OK(tr_server_connection_send_sound(server, &packet));
    client_tells(TR_EVENT_SOUND_PACKET);
    CHECK(event.packet.captured_us == 77 && event.packet.sequence == 5 && event.packet.data_length == 3);
    CHECK(memcmp(event.packet.data, data, 3) == 0 && event.packet.repair == NULL);
    OK(tr_client_connection_start_microphone(client, &format));
    server_tells(TR_EVENT_MICROPHONE_STARTED);
    client_tells(TR_EVENT_MICROPHONE_STARTED);
    OK(tr_client_connection_send_sound(client, &packet));
    server_tells(TR_EVENT_SOUND_PACKET);
    OK(tr_server_connection_end_microphone(server));
    client_tells(TR_EVENT_MICROPHONE_STOPPED);
    OK(tr_client_connection_stop_sound(client));
    server_tells(TR_EVENT_SOUND_STOPPED);
}

int main(void) {
    ways_in();
    begin(TR_METHOD_NONE, TR_METHOD_NONE);
    pictures();
    input();
    news();
    CHECK(sound_offered);
    sound();
    OK(tr_client_connection_goodbye(client, TR_GOODBYE_IDLE, "too long"));
    server_tells(TR_EVENT_GOODBYE);
    CHECK(event.code == TR_GOODBYE_IDLE && strcmp(event.text, "too long") == 0);
    OK(tr_server_connection_goodbye(server, TR_GOODBYE_APPLICATION_ENDED, NULL));
    client_tells(TR_EVENT_GOODBYE);

    /* A peer that sends nonsense is told about, again and again. */
    OK(tr_server_connection_handle_bytes(server, now_us, (const uint8_t *)"\xff\xff\xff\xff", 4));
    for (int round = 0; round < 2; round++)
        FAILS(tr_server_connection_poll_event(server, &event), TR_ERROR_DATA, "message-type");
    end();
    return 0;
}
