/*
 * Tightrope: remote desktops over RFB, for C and C++. SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What holds everywhere:
 *
 * - Functions return TR_OK (0) or a negative tr_result; tr_error_message() says what was wrong. What a function gives, it
 *   writes where the last arguments point, and only when it returns TR_OK.
 * - Handles (tr_server, tr_client, ...) are numbers. 0 is never one. One that was destroyed, or is of another kind, is
 *   TR_ERROR_HANDLE, and does no harm.
 * - A function may be called from any thread, and from several at once. No function of yours is ever called.
 * - Memory that you pass is read or written during the call only. What points into memory of the library says how
 *   long it is there.
 * - Text is UTF-8 that ends with a zero byte, except where a length stands beside it.
 * - A pixel is four bytes: blue, green, red, and one that is ignored (0 in what the library gives). In an uint32_t of a
 *   little-endian machine that is 0x00RRGGBB.
 * - Names say the unit: _ms milliseconds, _us microseconds. Moments are microseconds of CLOCK_MONOTONIC, as
 *   tr_now_us() gives them.
 * - Sound is 48 kHz, two channels, interleaved, float from -1 to 1. A frame is one sample of each channel.
 */


#ifndef TIGHTROPE_H
#define TIGHTROPE_H

/* Made of bindings/c/src by cbindgen: `TR_HEADER=write cargo test -p tightrope-c --test header`. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * A colour for every pixel.
 */
#define TR_SUBSAMPLING_444 0

/**
 * A colour for two by two pixels.
 */
#define TR_SUBSAMPLING_420 1

/**
 * A colour for two pixels side by side.
 */
#define TR_SUBSAMPLING_422 2

/**
 * No colour.
 */
#define TR_SUBSAMPLING_GRAY 3

/**
 * There is plain text.
 */
#define TR_CLIPBOARD_TEXT 1

/**
 * There is HTML.
 */
#define TR_CLIPBOARD_HTML 2

/**
 * There is Rich Text Format.
 */
#define TR_CLIPBOARD_RTF 4

/**
 * There is an image. If `image` is NULL it moves when somebody asks for it.
 */
#define TR_CLIPBOARD_IMAGE 8

/**
 * Keys, the pointer, and asking for another size.
 */
#define TR_RIGHT_CONTROL 1

/**
 * The clipboard, in both directions.
 */
#define TR_RIGHT_CLIPBOARD 2

/**
 * Hearing what the desktop plays, if it has sound.
 */
#define TR_RIGHT_SOUND 4

/**
 * Sending what its microphone hears, if the server allows that.
 */
#define TR_RIGHT_MICROPHONE 8

/**
 * Asking for shutting down and restarting, if the server allows that.
 */
#define TR_RIGHT_POWER 16

/**
 * All that the server allows at all.
 */
#define TR_RIGHTS_FULL 31

/**
 * Looking and listening.
 */
#define TR_RIGHTS_VIEW_ONLY TR_RIGHT_SOUND

/**
 * The server, or the viewer, is going away.
 */
#define TR_GOODBYE_SHUTTING_DOWN 0

/**
 * The application that was shown has ended.
 */
#define TR_GOODBYE_APPLICATION_ENDED 1

/**
 * The session is not wanted any more.
 */
#define TR_GOODBYE_REFUSED 2

/**
 * Nothing happened for too long.
 */
#define TR_GOODBYE_IDLE 3

/**
 * The quality of pictures follows the link for clients that say that what they ask for is the most that they want.
 */
#define TR_ADAPT_ANNOUNCED 0

/**
 * For all clients that allow any loss.
 */
#define TR_ADAPT_ALWAYS 1

/**
 * For none.
 */
#define TR_ADAPT_NEVER 2

/**
 * Resizing is administratively prohibited.
 */
#define TR_RESIZE_PROHIBITED 1

/**
 * Out of resources.
 */
#define TR_RESIZE_OUT_OF_RESOURCES 2

/**
 * The layout is not one the server can show.
 */
#define TR_RESIZE_INVALID_LAYOUT 3

/**
 * Scroll Lock.
 */
#define TR_LED_SCROLL 1

/**
 * Num Lock.
 */
#define TR_LED_NUM 2

/**
 * Caps Lock.
 */
#define TR_LED_CAPS 4

/**
 * End it properly.
 */
#define TR_POWER_SHUTDOWN 0

/**
 * End it properly and start it again.
 */
#define TR_POWER_REBOOT 1

/**
 * Start it again at once.
 */
#define TR_POWER_RESET 2

/**
 * The binary interface that this header describes: the number in the name of the shared library. A program that was
 * compiled with one works with every later library of the same number.
 */
#define TR_ABI_VERSION 0

/**
 * What became of a call. Errors are negative.
 */
enum tr_result
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Done.
     */
    TR_OK = 0,
    /**
     * An argument is wrong: the message names it, and what was expected.
     */
    TR_ERROR_ARGUMENT = -1,
    /**
     * A handle was destroyed, was never made, or is of another kind.
     */
    TR_ERROR_HANDLE = -2,
    /**
     * What was asked for cannot be now; the message says why.
     */
    TR_ERROR_STATE = -3,
    /**
     * The memory that was given is too small for what was to be written.
     */
    TR_ERROR_ROOM = -4,
    /**
     * The system gives no threads, descriptors or files.
     */
    TR_ERROR_SYSTEM = -5,
    /**
     * The network failed. It is worth trying again.
     */
    TR_ERROR_NETWORK = -6,
    /**
     * The session is over. tr_client_reconnect() may go on with it.
     */
    TR_ERROR_CLOSED = -7,
    /**
     * The other side sent what the protocol does not allow. Trying again will not help.
     */
    TR_ERROR_PROTOCOL = -8,
    /**
     * Bytes cannot be decoded.
     */
    TR_ERROR_DATA = -9,
    /**
     * The server refused us: a wrong password, or too many clients.
     */
    TR_ERROR_REFUSED = -10,
    /**
     * The server wants a password and there is none.
     */
    TR_ERROR_PASSWORD = -11,
    /**
     * The server's certificate is not known: nothing was sent to it. tr_error_fingerprint() is what it showed.
     */
    TR_ERROR_UNKNOWN_SERVER = -12,
    /**
     * The server has another certificate than the one that was pinned: nothing was sent to it. tr_error_fingerprint()
     * is what it showed.
     */
    TR_ERROR_WRONG_SERVER = -13,
    /**
     * The server offers nothing that is encrypted, and what is not encrypted was not allowed.
     */
    TR_ERROR_INSECURE = -14,
    /**
     * Certificates, keys or a directory of credentials cannot be read.
     */
    TR_ERROR_CREDENTIALS = -15,
    /**
     * The library has a fault. What the call was about should be destroyed.
     */
    TR_ERROR_INTERNAL = -16,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tr_result tr_result;
#else
typedef int32_t tr_result;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a link is good for.
 */
enum tr_grade
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It was not measured.
     */
    TR_GRADE_UNKNOWN = 0,
    /**
     * Work is slow.
     */
    TR_GRADE_POOR = 1,
    /**
     * Work is possible; moving pictures are rough.
     */
    TR_GRADE_FAIR = 2,
    /**
     * As if it were near.
     */
    TR_GRADE_GOOD = 3,
    /**
     * As if it were here.
     */
    TR_GRADE_EXCELLENT = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tr_grade tr_grade;
#else
typedef int32_t tr_grade;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What happened. Later versions know more: ignore what you do not know.
 */
enum tr_event_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing did.
     */
    TR_EVENT_NONE = 0,
    /**
     * Server: a client has come in. `session`, `rights`, `text` (its address).
     */
    TR_EVENT_CONNECTED = 1,
    /**
     * Server: a client has gone. `session`, `text` (why).
     */
    TR_EVENT_DISCONNECTED = 2,
    /**
     * Server: a client's connection is lost; it may come back. `session`, `text` (why). Release its keys.
     */
    TR_EVENT_PARTED = 3,
    /**
     * Server: a client that had parted is back. `session`, `text` (its address).
     */
    TR_EVENT_RESUMED = 4,
    /**
     * Server: somebody wants to come in: answer within 30 s with tr_server_answer_login() or tr_server_refuse_login(). Only if
     * tr_server_config_set_login_events() says so. `login`, `text` (its address), `user`, `password`, `fingerprint` (each NULL if
     * there is none), `code` (1 if it only measures the link: it is shown nothing).
     */
    TR_EVENT_LOGIN = 5,
    /**
     * Server: a key went down or up. `session`, `keysym`, `keycode`, `down`.
     */
    TR_EVENT_KEY = 6,
    /**
     * Server: the pointer moved or a button changed. `session`, `x`, `y`, `buttons`.
     * Client: the desktop moved the pointer by itself. `x`, `y`.
     */
    TR_EVENT_POINTER = 7,
    /**
     * The other side's clipboard has this now. `session`, `clipboard`.
     */
    TR_EVENT_CLIPBOARD = 8,
    /**
     * The image that was asked for. `session`, `clipboard.image`, NULL if it is no longer there.
     */
    TR_EVENT_CLIPBOARD_IMAGE = 9,
    /**
     * The other side wants the image that was offered: give it. `session`.
     */
    TR_EVENT_CLIPBOARD_IMAGE_WANTED = 10,
    /**
     * Server: a client wants another size: call tr_server_resize() or tr_server_refuse_resize(). `session`, `width`,
     * `height`, `rects` (its screens).
     */
    TR_EVENT_RESIZE_REQUESTED = 11,
    /**
     * Server: a client wants the machine, or the application, shut down or restarted. `session`, `code` (TR_POWER_*).
     */
    TR_EVENT_POWER = 12,
    /**
     * Server: a client's microphone is on. `session`.
     */
    TR_EVENT_MICROPHONE_STARTED = 13,
    /**
     * Server: a client's microphone is off. `session`.
     * Client: the server takes no microphone now.
     */
    TR_EVENT_MICROPHONE_STOPPED = 14,
    /**
     * Client: the picture changed. `rects` (where), `captured_us`.
     */
    TR_EVENT_UPDATED = 32,
    /**
     * Client: all has come of the picture that was captured at `captured_us`. Only from servers that tell.
     */
    TR_EVENT_PICTURE_ENDED = 33,
    /**
     * Client: the desktop has another size or other screens: call tr_client_picture() again. `width`, `height`, `rects` (its
     * screens, if the server tells).
     */
    TR_EVENT_RESIZED = 34,
    /**
     * Client: the size that was asked for will not be. `code` (TR_RESIZE_*).
     */
    TR_EVENT_RESIZE_REFUSED = 35,
    /**
     * Client: the pointer has another shape: see tr_client_cursor().
     */
    TR_EVENT_CURSOR = 36,
    /**
     * Client: the lights of the keyboard changed. `code` (TR_LED_* together).
     */
    TR_EVENT_LEDS = 37,
    /**
     * Client: the server will not do what tr_client_power() asked for.
     */
    TR_EVENT_POWER_REFUSED = 38,
    /**
     * Client: the desktop has another name. `text`.
     */
    TR_EVENT_RENAMED = 39,
    /**
     * Client: ring the bell.
     */
    TR_EVENT_BELL = 40,
    /**
     * Client: the desktop's sound follows.
     */
    TR_EVENT_SOUND_STARTED = 41,
    /**
     * Client: no sound follows.
     */
    TR_EVENT_SOUND_STOPPED = 42,
    /**
     * Client: the server says why it will end the session. `code` (TR_GOODBYE_*), `text`.
     */
    TR_EVENT_GOODBYE = 43,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tr_event_kind tr_event_kind;
#else
typedef int32_t tr_event_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where to connect to, as whom, and what to ask for.
 */
typedef uint64_t tr_client_config;

/**
 * A session with a server.
 */
typedef uint64_t tr_client;

/**
 * How good a link is. What is not known is -1.
 */
typedef struct tr_link_quality {
    /**
     * All of it in a word.
     */
    tr_grade grade;
    /**
     * How long it takes to the other side and back.
     */
    int64_t round_trip_us;
    /**
     * How far that varies.
     */
    int64_t jitter_us;
    /**
     * What this side can send, in bits a second.
     */
    int64_t rate_up;
    /**
     * What this side can receive, in bits a second.
     */
    int64_t rate_down;
    /**
     * How many of a million packets of this side are lost. TCP does not tell.
     */
    int64_t loss_ppm;
    /**
     * For later versions.
     */
    uint64_t reserved[4];
} tr_link_quality;

/**
 * Bytes of one direction, by what they are for, before encryption.
 */
typedef struct tr_traffic {
    /**
     * Updates of the picture.
     */
    uint64_t pictures;
    /**
     * What was copied on either side.
     */
    uint64_t clipboard;
    /**
     * Sound.
     */
    uint64_t sound;
    /**
     * Everything else.
     */
    uint64_t control;
} tr_traffic;

/**
 * What a session has moved so far, over all its connections. What is not known is -1.
 */
typedef struct tr_stats {
    /**
     * Bytes that came, with what encryption adds.
     */
    uint64_t bytes_received;
    /**
     * Bytes that went.
     */
    uint64_t bytes_sent;
    /**
     * Bits a second that come now.
     */
    int64_t rate_received;
    /**
     * Bits a second that go now.
     */
    int64_t rate_sent;
    /**
     * What came.
     */
    struct tr_traffic received;
    /**
     * What went.
     */
    struct tr_traffic sent;
    /**
     * Updates with pixels.
     */
    uint64_t updates;
    /**
     * Rectangles drawn. Client.
     */
    uint64_t rectangles;
    /**
     * Pixels damaged, summed over the updates. Client.
     */
    uint64_t pixels;
    /**
     * Pixels that were sent with loss. Server.
     */
    uint64_t lossy_pixels;
    /**
     * The JPEG quality that they were sent with, 1 to 100, on average. Server.
     */
    int64_t jpeg_quality;
    /**
     * How long updates wait on the way, beyond what the link takes when nothing else is sent. Server.
     */
    int64_t queue_us;
    /**
     * How old pictures are when the client shows them, from their capture on. Server.
     */
    int64_t picture_age_us;
    /**
     * Packets of ours that were lost. TCP does not tell.
     */
    int64_t packets_lost;
    /**
     * From the first byte of this connection to the end of the handshakes.
     */
    int64_t handshake_us;
    /**
     * How often the session went on over another connection.
     */
    uint64_t reconnects;
    /**
     * How often a connection went on from another address.
     */
    uint64_t migrations;
    /**
     * Whether nobody on the way can read along.
     */
    bool encrypted;
    /**
     * How good the link is.
     */
    struct tr_link_quality link;
    /**
     * For later versions.
     */
    uint64_t reserved[8];
} tr_stats;

/**
 * One thing that was copied, in as many forms as there are: what is NULL is not there. In what the library gives, `text` and
 * `html` end with a zero byte besides, which their lengths do not count.
 */
typedef struct tr_clipboard {
    /**
     * What there is: TR_CLIPBOARD_* together. What you give may leave it 0, but for an image on request, which is
     * TR_CLIPBOARD_IMAGE with `image` NULL.
     */
    uint32_t formats;
    /**
     * Plain text, UTF-8; lines end in \n.
     */
    const char *text;
    /**
     * Its bytes.
     */
    size_t text_length;
    /**
     * HTML, UTF-8.
     */
    const char *html;
    /**
     * Its bytes.
     */
    size_t html_length;
    /**
     * Rich Text Format.
     */
    const uint8_t *rtf;
    /**
     * Its bytes.
     */
    size_t rtf_length;
    /**
     * A device-independent bitmap (DIB).
     */
    const uint8_t *image;
    /**
     * Its bytes.
     */
    size_t image_length;
} tr_clipboard;

/**
 * A rectangle in pixels, from the top left.
 */
typedef struct tr_rect {
    /**
     * First column.
     */
    uint32_t left;
    /**
     * First row.
     */
    uint32_t top;
    /**
     * Columns.
     */
    uint32_t width;
    /**
     * Rows.
     */
    uint32_t height;
} tr_rect;

/**
 * One thing that happened: `kind` says which of the other members mean something, the others are 0.
 *
 * It must be all zero before it is first given to a function that waits: `tr_event event = {0};`, in C++ `{}`. What it points to belongs
 * to it, and is gone when it is given to such a function again, or to tr_event_release().
 */
typedef struct tr_event {
    /**
     * The library's own: what the pointers point to.
     */
    uint64_t content;
    /**
     * What happened.
     */
    tr_event_kind kind;
    /**
     * A number whose meaning depends on `kind`.
     */
    int32_t code;
    /**
     * Whose doing it was, at a server.
     */
    uint64_t session;
    /**
     * Which login is to be answered.
     */
    uint64_t login;
    /**
     * What a client may do: TR_RIGHT_* together.
     */
    uint32_t rights;
    /**
     * An X11 keysym.
     */
    uint32_t keysym;
    /**
     * The key itself, if the client tells, else 0: its code in the PC's set 1, with 0x80 added for those behind 0xe0.
     */
    uint32_t keycode;
    /**
     * The buttons held down: bit 0 is the left one, 1 the middle, 2 the right, 3 to 6 the wheel up, down, left, right, 7 and
     * 8 back and forward.
     */
    uint32_t buttons;
    /**
     * Column.
     */
    uint32_t x;
    /**
     * Row.
     */
    uint32_t y;
    /**
     * Columns.
     */
    uint32_t width;
    /**
     * Rows.
     */
    uint32_t height;
    /**
     * Pressed, or released.
     */
    bool down;
    /**
     * When a picture was captured, on the server's clock: see tr_client_due_us(). 0 if that is not told.
     */
    uint64_t captured_us;
    /**
     * Text for people.
     */
    const char *text;
    /**
     * Who somebody says to be.
     */
    const char *user;
    /**
     * The password that somebody gives.
     */
    const char *password;
    /**
     * The fingerprint of the certificate that somebody showed, and has the key of.
     */
    const char *fingerprint;
    /**
     * Rectangles.
     */
    const struct tr_rect *rects;
    /**
     * How many.
     */
    size_t rects_count;
    /**
     * What was copied.
     */
    struct tr_clipboard clipboard;
    /**
     * For later versions.
     */
    uint64_t reserved[8];
} tr_event;

/**
 * What a desktop looks like.
 */
typedef struct tr_picture {
    /**
     * Its pixels, top to bottom.
     */
    const void *pixels;
    /**
     * All of their bytes.
     */
    size_t length;
    /**
     * Bytes from one row to the next.
     */
    size_t stride;
    /**
     * Columns.
     */
    uint32_t width;
    /**
     * Rows.
     */
    uint32_t height;
} tr_picture;

/**
 * A pointer's shape.
 */
typedef struct tr_cursor {
    /**
     * Blue, green, red, alpha (not premultiplied), rows without gaps; NULL while the server has sent none.
     */
    const void *pixels;
    /**
     * Columns; 0 while the pointer is hidden.
     */
    uint32_t width;
    /**
     * Rows.
     */
    uint32_t height;
    /**
     * The column that points.
     */
    uint32_t hot_x;
    /**
     * The row that points.
     */
    uint32_t hot_y;
} tr_cursor;

/**
 * How sound has played.
 */
typedef struct tr_sound_stats {
    /**
     * Packets that came.
     */
    uint64_t packets;
    /**
     * Frames that did not come in time.
     */
    uint64_t lost;
    /**
     * Of these, frames that were had from repairs exactly.
     */
    uint64_t recovered;
    /**
     * Frames something else was played for.
     */
    uint64_t concealed;
    /**
     * Packets that came too late, or more than once.
     */
    uint64_t late;
    /**
     * Frames that could not be decoded.
     */
    uint64_t malformed;
    /**
     * The buffer was found empty while sound played.
     */
    uint64_t underruns;
    /**
     * How much sound waits.
     */
    int64_t depth_us;
    /**
     * How much is aimed at.
     */
    int64_t target_us;
    /**
     * From capture to leaving the device; -1 if it is not known.
     */
    int64_t delay_us;
    /**
     * By so many millionths is the sender's sound card fast against ours.
     */
    float drift_ppm;
    /**
     * Nothing plays: there is no sound, or it is silent.
     */
    bool silent;
    /**
     * For later versions.
     */
    uint64_t reserved[4];
} tr_sound_stats;

/**
 * Where and to whom a desktop is to be served.
 */
typedef uint64_t tr_server_config;

/**
 * A desktop that is being served.
 */
typedef uint64_t tr_server;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Connects, proves both sides, and reads what the server says of itself, for at most `timeout_ms`, for ever if that is negative.
 * `config` is only read, and may be destroyed or used again.
 *
 * TR_ERROR_NETWORK is worth trying again; other errors say what is missing. The client ends by tr_client_destroy().
 */
tr_result tr_client_connect(tr_client_config config,
                            int32_t timeout_ms,
                            tr_client *client);

/**
 * Ends the session, if it is not over, and the client: what was queued is still sent behind it. Whoever waits in tr_client_wait()
 * gets TR_ERROR_CLOSED.
 */
tr_result tr_client_destroy(tr_client client);

/**
 * Writes what is queued, says goodbye and ends the session, which takes at most about a second. The client is still to be destroyed.
 */
tr_result tr_client_close(tr_client client);

/**
 * Tries once to go on with the session over a new connection, after tr_client_wait() has failed with TR_ERROR_NETWORK or
 * TR_ERROR_CLOSED, or at any time: picture and statistics are kept, and a server of ours sends only what has changed since. Errors
 * are those of tr_client_connect(); after TR_ERROR_NETWORK try again a little later. It takes up to 30 s.
 */
tr_result tr_client_reconnect(tr_client client);

/**
 * Measures how good the link to a server is, in about two seconds, without a session: nothing is shown, and no use of the
 * credentials is counted by servers of ours. Errors are those of tr_client_connect().
 */
tr_result tr_probe(tr_client_config config,
                   struct tr_link_quality *quality);

/**
 * What the session has moved so far, and how good its link is.
 */
tr_result tr_client_stats(tr_client client, struct tr_stats *stats);

/**
 * Writes the desktop's name, with a zero byte behind it, into `capacity` bytes at `text`. TR_ERROR_ROOM if it is longer.
 */
tr_result tr_client_name(tr_client client,
                         char *text,
                         size_t capacity);

/**
 * Writes where the server was found, as "vncs://host:port", as tr_client_name() does.
 */
tr_result tr_client_url(tr_client client, char *text, size_t capacity);

/**
 * Presses or releases a key: its X11 keysym (0 if unknown), and, where `keycode` is not 0, its own code: that of the PC's set 1,
 * with 0x80 added for those behind 0xe0. A server that takes no key codes is told the keysym alone.
 */
tr_result tr_client_key(tr_client client,
                        uint32_t keysym,
                        uint32_t keycode,
                        bool down);

/**
 * Puts the pointer at a pixel of the desktop, with these buttons held down: bit 0 is the left one, 1 the middle, 2 the right, 3 to
 * 6 the wheel up, down, left, right, 7 and 8 back and forward.
 */
tr_result tr_client_pointer(tr_client client,
                            uint32_t x,
                            uint32_t y,
                            uint32_t buttons);

/**
 * Tells the server that the local clipboard has this.
 */
tr_result tr_client_set_clipboard(tr_client client, const struct tr_clipboard *clipboard);

/**
 * The same for text alone.
 */
tr_result tr_client_set_clipboard_text(tr_client client, const char *text);

/**
 * Asks for the image on the server's clipboard: TR_EVENT_CLIPBOARD_IMAGE answers. Nothing happens if there is none.
 */
tr_result tr_client_request_clipboard_image(tr_client client);

/**
 * Gives the image of TR_EVENT_CLIPBOARD_IMAGE_WANTED, a DIB; NULL and 0 if there is none after all.
 */
tr_result tr_client_give_clipboard_image(tr_client client,
                                         const uint8_t *image,
                                         size_t image_length);

/**
 * Asks for a desktop of this size; nothing happens if the server cannot. TR_EVENT_RESIZED or TR_EVENT_RESIZE_REFUSED answers.
 */
tr_result tr_client_request_size(tr_client client,
                                 uint32_t width,
                                 uint32_t height);

/**
 * The same for a desktop made of several screens, 1 to 255, which lie within it.
 */
tr_result tr_client_request_screens(tr_client client,
                                    uint32_t width,
                                    uint32_t height,
                                    const struct tr_rect *screens,
                                    size_t screens_count);

/**
 * Asks for pictures of this quality from now on: see tr_client_config_set_quality().
 */
tr_result tr_client_set_quality(tr_client client, int32_t quality, uint32_t compression);

/**
 * Asks for the whole picture again.
 */
tr_result tr_client_refresh(tr_client client);

/**
 * Asks for the machine, or the application, to be shut down or restarted: one of TR_POWER_*. Nothing happens if the server does not
 * offer it.
 */
tr_result tr_client_power(tr_client client,
                          int32_t action);

/**
 * Tells the server that the picture of `captured_us` (an event's) is seen now, so that it knows how old pictures get.
 */
tr_result tr_client_presented(tr_client client,
                              uint64_t captured_us);

/**
 * Makes a config for the server at `url`: "vncs://host[:port][?fingerprint=sha256:...]", or "quic", "wss", "vnc" or "ws" instead of
 * "vncs". It may be NULL if tr_client_config_set_credentials() brings addresses. It ends by tr_client_config_destroy().
 */
tr_result tr_client_config_create(const char *url,
                                  tr_client_config *config);

/**
 * Ends a config. Clients that were made with it go on.
 */
tr_result tr_client_config_destroy(tr_client_config config);

/**
 * Adds another address of the same server: the first that answers is used, in the order of these calls.
 */
tr_result tr_client_config_add_url(tr_client_config config,
                                   const char *url);

/**
 * Takes addresses, fingerprint, certificate and password from a directory, as `tightrope-viewer credentials new DIR` makes
 * DIR/client. Addresses that the config has already are kept.
 */
tr_result tr_client_config_set_credentials(tr_client_config config,
                                           const char *directory);

/**
 * Sets the fingerprint of the server's certificate: "sha256:" and 64 digits. NULL for none: then nothing encrypted is connected to,
 * and tr_client_connect() fails with what the server showed, TR_ERROR_UNKNOWN_SERVER.
 */
tr_result tr_client_config_set_fingerprint(tr_client_config config,
                                           const char *fingerprint);

/**
 * Sets whether what is not encrypted is connected to. Not so at first.
 */
tr_result tr_client_config_set_insecure(tr_client_config config, bool insecure);

/**
 * Sets the user's name, for servers that ask; NULL for none.
 */
tr_result tr_client_config_set_user(tr_client_config config, const char *user);

/**
 * Sets the password, for servers that ask; NULL for none.
 */
tr_result tr_client_config_set_password(tr_client_config config, const char *password);

/**
 * Sets our own certificate and its key, both in PEM, for servers that know it.
 */
tr_result tr_client_config_set_identity(tr_client_config config,
                                        const char *certificate,
                                        size_t certificate_length,
                                        const char *key,
                                        size_t key_length);

/**
 * Goes through this machine, "[user@]host", by the system's OpenSSH; NULL for straight on. Not for QUIC.
 */
tr_result tr_client_config_set_via(tr_client_config config,
                                   const char *host);

/**
 * Sets whether other clients may stay connected, which is so at first.
 */
tr_result tr_client_config_set_shared(tr_client_config config, bool shared);

/**
 * Sets how good pictures are: JPEG quality level 0 to 9 (8 at first), or -1 for lossless, and compression level 0 (fast) to 9
 * (small), 2 at first. What moves may come with less where the link is slow, unless `fixed`; what stands still becomes
 * exact.
 */
tr_result tr_client_config_set_quality(tr_client_config config,
                                       int32_t quality,
                                       uint32_t compression,
                                       bool fixed);

/**
 * Sets JPEG quality in finer steps, 0 to 100, and one of TR_SUBSAMPLING_*, for servers that know them; -1 for what the quality
 * level stands for.
 */
tr_result tr_client_config_set_fine_quality(tr_client_config config,
                                            int32_t quality,
                                            int32_t subsampling);

/**
 * Sets which encoding is asked for first, by its number in RFB (7 is Tight, 16 ZRLE, 5 Hextile, 0 Raw), and whether for no other
 * but Raw and CopyRect.
 */
tr_result tr_client_config_set_encoding(tr_client_config config,
                                        int32_t encoding,
                                        bool only);

/**
 * Sets whether the desktop's sound is wanted: see tr_client_sound_fill(). Not so at first.
 */
tr_result tr_client_config_set_sound(tr_client_config config, bool sound);

/**
 * Sets how many threads decode; 0 for as many as there are processors, which is so at first.
 */
tr_result tr_client_config_set_threads(tr_client_config config, uint32_t threads);

/**
 * Waits at most `timeout_ms` for what happens next, for ever if that is negative; 0 only looks. `event` is TR_EVENT_NONE if nothing
 * did. It must be zero, or come from the library: what it held is freed first.
 *
 * The picture changes only in here. Meanwhile the session goes on by itself: changes that were not fetched become one.
 *
 * Fails when the session is over, with the reason: TR_ERROR_NETWORK, TR_ERROR_CLOSED, TR_ERROR_PROTOCOL; after that with
 * TR_ERROR_CLOSED.
 */
tr_result tr_client_wait(tr_client client,
                         int32_t timeout_ms,
                         struct tr_event *event);

/**
 * A descriptor that is readable while tr_client_wait() would give something without waiting, for poll() and the like. Read nothing
 * from it. It belongs to the client and ends with it; -1 if there is no such client.
 */
int32_t tr_client_descriptor(tr_client client);

/**
 * Where the desktop's pixels are. They stay where they are, and change only in tr_client_wait(), until that tells of another size
 * (TR_EVENT_RESIZED): then ask again. The memory is there until then, or until the client is destroyed.
 */
tr_result tr_client_picture(tr_client client,
                            struct tr_picture *picture);

/**
 * The pointer's shape. Its pixels are there until this is called again for this client, or the client is destroyed.
 */
tr_result tr_client_cursor(tr_client client,
                           struct tr_cursor *cursor);

/**
 * Fills `samples` with what the desktop plays: `frames` frames whose first leaves the device at `plays_us` (0: now). Silence while
 * the server sends none. For the callback of a sound card: it waits for no network, and does not allocate once sound plays.
 */
tr_result tr_client_sound_fill(tr_client client,
                               float *samples,
                               size_t frames,
                               uint64_t plays_us);

/**
 * Sets how loud it plays: 1 as it is, at most 4.
 */
tr_result tr_client_sound_set_volume(tr_client client, float gain);

/**
 * Sets whether the desktop is heard. While it is not, the server sends no sound, if it can be told.
 */
tr_result tr_client_sound_set_muted(tr_client client, bool muted);

/**
 * How sound has played. TR_ERROR_STATE before the server has sent any.
 */
tr_result tr_client_sound_stats(tr_client client, struct tr_sound_stats *stats);

/**
 * When a picture that was captured at `captured_us` (an event's) is to be shown, so that it is in step with the sound. 0 for at
 * once: no sound plays. Never more than half a second from now.
 */
uint64_t tr_client_due_us(tr_client client,
                          uint64_t captured_us);

/**
 * Asks the server to take what a microphone hears: TR_EVENT_MICROPHONE_STARTED or TR_EVENT_MICROPHONE_STOPPED answers.
 */
tr_result tr_client_microphone_start(tr_client client);

/**
 * Says that the microphone is off.
 */
tr_result tr_client_microphone_stop(tr_client client);

/**
 * The microphone heard this: `frames` frames, the first of which was captured at `captured_us` (0: now). It goes nowhere while the
 * server does not take it.
 */
tr_result tr_client_microphone_push(tr_client client,
                                    const float *samples,
                                    size_t frames,
                                    uint64_t captured_us);

/**
 * What was wrong with the last call on this thread that failed; empty if none has. Valid until the next one fails on this
 * thread.
 */
const char *tr_error_message(void);

/**
 * The fingerprint of the server that the last call on this thread refused: "sha256:" and 64 digits. NULL if it failed for
 * another reason. Valid as tr_error_message().
 */
const char *tr_error_fingerprint(void);

/**
 * Frees what `event` points to, and makes it all zero.
 */
tr_result tr_event_release(struct tr_event *event);

/**
 * Begins to serve a desktop of `width` by `height` pixels (1 to 65535 each), which stays black until the first
 * tr_server_update(). `config` says where and to whom; it is only read, and may be destroyed or used again. 0 stands for:
 * any free port of 127.0.0.1, encrypted, with a fresh certificate and a fresh password.
 *
 * The server ends by tr_server_destroy().
 */
tr_result tr_server_create(tr_server_config config,
                           uint32_t width,
                           uint32_t height,
                           tr_server *server);

/**
 * Ends the server at once: clients see the connection end. tr_server_shutdown() says goodbye before. Whoever waits in
 * tr_server_wait() gets TR_ERROR_CLOSED.
 */
tr_result tr_server_destroy(tr_server server);

/**
 * Tells all clients why the desktop goes away, and waits until they have gone: two seconds at most. `code` is one of
 * TR_GOODBYE_*, `text` is for people, or NULL.
 */
tr_result tr_server_shutdown(tr_server server,
                             uint32_t code,
                             const char *text);

/**
 * What a viewer on this machine is given: the address by the best protocol that is allowed, with the fingerprint of the
 * certificate. Valid until the server is destroyed; NULL if there is no such server.
 */
const char *tr_server_url(tr_server server);

/**
 * The fingerprint of the certificate, "sha256:" and 64 digits, which clients pin. NULL if no certificate is ever shown.
 * Valid as tr_server_url().
 */
const char *tr_server_fingerprint(tr_server server);

/**
 * The password that lets clients in. NULL if there is none. Valid as tr_server_url().
 */
const char *tr_server_password(tr_server server);

/**
 * The port that it listens on, of TCP and, for QUIC, of UDP. 0 if there is no such server.
 */
uint32_t tr_server_port(tr_server server);

/**
 * How many clients are in. 0 if there is no such server.
 */
uint32_t tr_server_sessions(tr_server server);

/**
 * Gives the desktop another name.
 */
tr_result tr_server_set_name(tr_server server, const char *name);

/**
 * Makes a config that says: any free port of 127.0.0.1, encrypted, with a fresh certificate and a fresh password, without
 * sound. It ends by tr_server_config_destroy().
 */
tr_result tr_server_config_create(tr_server_config *config);

/**
 * Ends a config. Servers that were made with it go on.
 */
tr_result tr_server_config_destroy(tr_server_config config);

/**
 * Sets the desktop's name, which viewers show in their title.
 */
tr_result tr_server_config_set_name(tr_server_config config, const char *name);

/**
 * Sets where to listen: "127.0.0.1:5900", "[::]:5900"; port 0 for any free one.
 */
tr_result tr_server_config_set_listen(tr_server_config config, const char *address);

/**
 * Sets the password that lets clients in; NULL for none. Without this, there is a fresh one: see tr_server_password().
 */
tr_result tr_server_config_set_password(tr_server_config config,
                                        const char *password);

/**
 * Sets the password that lets clients in who may look but not touch; NULL for none, which is so at first.
 */
tr_result tr_server_config_set_view_only_password(tr_server_config config,
                                                  const char *password);

/**
 * Takes certificate, passwords, known clients and expiry from a directory, as `tightrope-viewer credentials new DIR` makes
 * DIR/agent. What it does not hold is taken away: without a password in it, none lets in.
 */
tr_result tr_server_config_set_credentials(tr_server_config config,
                                           const char *directory);

/**
 * Sets the certificate and its key, both in PEM, of so many bytes.
 */
tr_result tr_server_config_set_identity(tr_server_config config,
                                        const char *certificate,
                                        size_t certificate_length,
                                        const char *key,
                                        size_t key_length);

/**
 * Sets whether TR_EVENT_LOGIN asks who may come in, and what they may do. It asks about every client that does not come with a trusted
 * certificate or goes on with its session; what is answered holds, whatever the passwords are. These then let in only by VncAuth, where
 * nobody else can judge; set the password to NULL for that not to be offered. Not so at first.
 */
tr_result tr_server_config_set_login_events(tr_server_config config,
                                            bool ask);

/**
 * Lets in, without a password, who shows the certificate of this fingerprint. May be called for several.
 */
tr_result tr_server_config_add_trusted_client(tr_server_config config,
                                              const char *fingerprint);

/**
 * Sets what is spoken, names with commas between. At first it is "tls,wss,quic,vencrypt"; there are also "ra2", for which the
 * credentials need an RSA key, and, not encrypted, "ra2ne", "ws" and "plain". What is not encrypted needs `insecure`.
 */
tr_result tr_server_config_set_allow(tr_server_config config,
                                     const char *protocols,
                                     bool insecure);

/**
 * Sets which web pages may connect by WebSocket: origins with commas between, "https://example.org"; "*" for all. At first
 * only those of the server's own host.
 */
tr_result tr_server_config_set_origins(tr_server_config config,
                                       const char *origins);

/**
 * Sets how often passwords and certificates let in; 0 for any number of times, which is so at first.
 */
tr_result tr_server_config_set_uses(tr_server_config config,
                                    uint32_t uses);

/**
 * Sets for how many seconds from now passwords, certificates and the tickets of sessions are good; 0 for ever, which is so
 * at first.
 */
tr_result tr_server_config_set_lifetime(tr_server_config config,
                                        uint64_t lifetime_s);

/**
 * Sets how long a session is kept whose connection is lost: a minute at first.
 */
tr_result tr_server_config_set_linger(tr_server_config config, uint64_t linger_ms);

/**
 * Sets after how long a client is dropped that takes nothing while something waits for it: 20 s at first.
 */
tr_result tr_server_config_set_stall_timeout(tr_server_config config,
                                             uint64_t timeout_ms);

/**
 * Sets whether clients that may touch the desktop may ask for a shutdown or restart: see TR_EVENT_POWER. Not so at first.
 */
tr_result tr_server_config_set_power(tr_server_config config,
                                     bool power);

/**
 * Sets whether the desktop has sound: see tr_server_push_sound(). Not so at first.
 */
tr_result tr_server_config_set_sound(tr_server_config config, bool sound);

/**
 * Sets whether clients that may touch the desktop may speak into it: see tr_server_microphone_fill(). It needs sound. Not so
 * at first.
 */
tr_result tr_server_config_set_microphone(tr_server_config config,
                                          bool microphone);

/**
 * Sets for whom the quality of pictures follows the link, below what the client asks for: one of TR_ADAPT_*.
 */
tr_result tr_server_config_set_adapt(tr_server_config config,
                                     uint32_t adapt);

/**
 * Sets how many bits a second are sent to one client at most, with all that encryption adds; 0 for as many as the link
 * takes, which is so at first.
 */
tr_result tr_server_config_set_max_rate(tr_server_config config,
                                        uint64_t bits_per_second);

/**
 * Sets how many clients may be in at once: 8 at first.
 */
tr_result tr_server_config_set_max_clients(tr_server_config config, uint32_t clients);

/**
 * Sets how many threads share the work on one picture; 0 for as many as there are processors, which is so at first.
 */
tr_result tr_server_config_set_threads(tr_server_config config,
                                       uint32_t threads);

/**
 * The desktop looks like this now: all of its `pixels`, BGRX, top to bottom, in rows that begin `stride` bytes apart (0:
 * `width * 4`), and in `damage` where to look for changes (NULL and 0: everywhere). What lies outside the desktop is ignored,
 * and what did not change costs the clients nothing. `width` and `height` must be those of the desktop.
 *
 * The pixels are borrowed for the call. It takes up to some 30 ms for a large picture of which everything changed; what is
 * sent is encoded and sent behind it.
 */
tr_result tr_server_update(tr_server server,
                           const void *pixels,
                           size_t pixels_length,
                           uint32_t width,
                           uint32_t height,
                           size_t stride,
                           const struct tr_rect *damage,
                           size_t damage_count);

/**
 * As tr_server_update(), of what is known to have been drawn at `drawn_us`: clients show it in step with the sound of that
 * moment. 0 is now.
 */
tr_result tr_server_update_drawn(tr_server server,
                                 const void *pixels,
                                 size_t pixels_length,
                                 uint32_t width,
                                 uint32_t height,
                                 size_t stride,
                                 const struct tr_rect *damage,
                                 size_t damage_count,
                                 uint64_t drawn_us);

/**
 * Nobody looks, so pictures stop coming: what is held is shown to no new client until the next one.
 */
tr_result tr_server_invalidate(tr_server server);

/**
 * The desktop has another size, because of the wish of `session` (TR_EVENT_RESIZE_REQUESTED), or by itself: 0. What is new is
 * black until it is drawn.
 */
tr_result tr_server_resize(tr_server server,
                           uint32_t width,
                           uint32_t height,
                           uint64_t session);

/**
 * The same for a desktop made of several screens, 1 to 255, which lie within it.
 */
tr_result tr_server_resize_screens(tr_server server,
                                   uint32_t width,
                                   uint32_t height,
                                   const struct tr_rect *screens,
                                   size_t screens_count,
                                   uint64_t session);

/**
 * The size that a client asked for will not be: `reason` is one of TR_RESIZE_*.
 */
tr_result tr_server_refuse_resize(tr_server server, uint64_t session, uint32_t reason);

/**
 * What a client asked for in TR_EVENT_POWER will not be.
 */
tr_result tr_server_refuse_power(tr_server server, uint64_t session);

/**
 * The pointer has another shape: `width` by `height` pixels of blue, green, red, alpha (not premultiplied), rows without gaps,
 * of which the one in column `hot_x` of row `hot_y` points. 0 by 0 pixels hide the pointer.
 */
tr_result tr_server_set_cursor(tr_server server,
                               const void *pixels,
                               size_t pixels_length,
                               uint32_t width,
                               uint32_t height,
                               uint32_t hot_x,
                               uint32_t hot_y);

/**
 * The pointer is here, whoever moved it. Clients that did not move it there themselves are told.
 */
tr_result tr_server_set_pointer(tr_server server, uint32_t x, uint32_t y);

/**
 * The lights of the desktop's keyboard that are on: TR_LED_* together.
 */
tr_result tr_server_set_leds(tr_server server, uint32_t leds);

/**
 * Rings the clients' bells.
 */
tr_result tr_server_bell(tr_server server);

/**
 * The desktop's clipboard has this now. Clients without the right to it are not told.
 */
tr_result tr_server_set_clipboard(tr_server server, const struct tr_clipboard *clipboard);

/**
 * The same for text alone.
 */
tr_result tr_server_set_clipboard_text(tr_server server, const char *text);

/**
 * Asks for the image on a client's clipboard: TR_EVENT_CLIPBOARD_IMAGE answers, unless the client leaves or copies something
 * else.
 */
tr_result tr_server_request_clipboard_image(tr_server server,
                                            uint64_t session);

/**
 * Gives the image of TR_EVENT_CLIPBOARD_IMAGE_WANTED, a DIB; NULL and 0 if there is none after all.
 */
tr_result tr_server_give_clipboard_image(tr_server server,
                                         uint64_t session,
                                         const uint8_t *image,
                                         size_t image_length);

/**
 * Waits at most `timeout_ms` for what clients do next, for ever if that is negative; 0 only looks. `event` is
 * TR_EVENT_NONE if they did nothing. It must be zero, or come from the library: what it held is freed first. If it is NULL, this
 * waits all that time, and what clients do is thrown away.
 *
 * Events wait until they are fetched; of those of somebody who never fetches any, some are dropped in the end.
 */
tr_result tr_server_wait(tr_server server,
                         int32_t timeout_ms,
                         struct tr_event *event);

/**
 * Lets in who asked by TR_EVENT_LOGIN, to do what `rights` says (TR_RIGHT_* together; 0 is looking). TR_ERROR_STATE if nobody waits for the
 * answer: it was given, it took longer than 30 s, or the client went away.
 */
tr_result tr_server_answer_login(tr_server server,
                                 uint64_t login,
                                 uint32_t rights);

/**
 * Turns away who asked by TR_EVENT_LOGIN. As tr_server_answer_login().
 */
tr_result tr_server_refuse_login(tr_server server, uint64_t login);

/**
 * A descriptor that is readable while tr_server_wait() would give something without waiting, for poll() and the like. Read
 * nothing from it. It belongs to the server and ends with it; -1 if there is no such server.
 */
int32_t tr_server_descriptor(tr_server server);

/**
 * The desktop plays this: `frames` frames, the first of which was captured at `captured_us` (0: now). For 10 ms it takes about
 * 0.1 ms, and nothing while nobody listens. The config must say that there is sound.
 */
tr_result tr_server_push_sound(tr_server server,
                               const float *samples,
                               size_t frames,
                               uint64_t captured_us);

/**
 * Whether any client listens to the desktop's sound. False if there is no such server.
 */
bool tr_server_sound_wanted(tr_server server);

/**
 * Fills `samples` with what a client's microphone hears: `frames` frames whose first leaves the device at `plays_us` (0: now).
 * Silence while no microphone is on. For the callback of a device: it waits for no network.
 */
tr_result tr_server_microphone_fill(tr_server server,
                                    float *samples,
                                    size_t frames,
                                    uint64_t plays_us);

/**
 * What a session has moved so far, and how good its link is. TR_ERROR_STATE if it is over, or never was.
 */
tr_result tr_server_stats(tr_server server,
                          uint64_t session,
                          struct tr_stats *stats);

/**
 * The present moment: microseconds of CLOCK_MONOTONIC.
 */
uint64_t tr_now_us(void);

/**
 * The library's version, as "0.1.0". Never freed.
 */
const char *tr_version(void);

/**
 * The binary interface of the library that the program runs with: TR_ABI_VERSION, if it is the right one.
 */
uint32_t tr_abi_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TIGHTROPE_H */
