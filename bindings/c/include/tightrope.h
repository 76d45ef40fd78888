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
 * - Servers and clients live on threads of the library. A process that was forked from one that has any does not have
 *   those threads: there, what needs them is TR_ERROR_STATE.
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
 * The longest packet that is taken or made, in bytes.
 */
#define TR_OPUS_PACKET_LIMIT 1275

/**
 * The shortest delay: 2.5 ms besides the packet itself.
 */
#define TR_OPUS_LOW_DELAY 0

/**
 * Whatever mode suits the sound: 6.5 ms of delay, more time of the processor.
 */
#define TR_OPUS_MUSIC 1

/**
 * For voices at low bit rates.
 */
#define TR_OPUS_VOICE 2

/**
 * Each packet carries the one before it once more, in low quality: see tr_opus_decoder_recover(). Not for
 * TR_OPUS_LOW_DELAY, nor in packets of 5 ms.
 */
#define TR_OPUS_REPAIR 1

/**
 * Packets without anything to hear become one or two bytes.
 */
#define TR_OPUS_DISCONTINUOUS 2

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
 * Pixels as they are.
 */
#define TR_ENCODING_RAW 0

/**
 * A copy from elsewhere in the picture. Decoded only: encoders find no movement.
 */
#define TR_ENCODING_COPY_RECT 1

/**
 * One-coloured rectangles on a background.
 */
#define TR_ENCODING_RRE 2

/**
 * The same, in parts of at most 255 by 255.
 */
#define TR_ENCODING_CORRE 4

/**
 * One-coloured rectangles in tiles of 16 by 16.
 */
#define TR_ENCODING_HEXTILE 5

/**
 * Raw through zlib.
 */
#define TR_ENCODING_ZLIB 6

/**
 * Fills, palettes, gradients, full colour through zlib, and JPEG: whichever suits.
 */
#define TR_ENCODING_TIGHT 7

/**
 * Run-length coded tiles of 16 by 16.
 */
#define TR_ENCODING_TRLE 15

/**
 * Run-length coded tiles of 64 by 64 through zlib.
 */
#define TR_ENCODING_ZRLE 16

/**
 * ZRLE with wavelets. Decoded only.
 */
#define TR_ENCODING_ZYWRLE 17

/**
 * JPEG images alone.
 */
#define TR_ENCODING_JPEG 21

/**
 * Tight with PNG instead of zlib.
 */
#define TR_ENCODING_TIGHT_PNG -260

/**
 * Tight: rectangles may be written without zlib, for decoders that know it. (Ours do.)
 */
#define TR_ENCODE_WITHOUT_ZLIB 1

/**
 * Tight: the gradient filter may be used. On at first.
 */
#define TR_ENCODE_GRADIENT 2

/**
 * Bytes are dearer than time: JPEG images get Huffman tables of their own.
 */
#define TR_ENCODE_THRIFTY 4

/**
 * What is encoded keeps changing, as videos do: mostly a photograph, it is sent as one altogether.
 */
#define TR_ENCODE_MOVING 8

/**
 * Nobody has to prove anything.
 */
#define TR_METHOD_NONE 1

/**
 * A challenge answered with the password, of which eight bytes count. It does not encrypt.
 */
#define TR_METHOD_VNC_AUTH 2

/**
 * User and password as they are: only where the stream is protected by something else.
 */
#define TR_METHOD_PLAIN 4

/**
 * Other clients of the desktop are to go. Many servers do not listen.
 */
#define TR_CLIENT_CONNECTION_EXCLUSIVE 1

/**
 * Sound is wanted, if there is any: see TR_EVENT_SOUND_OFFERED.
 */
#define TR_CLIENT_CONNECTION_SOUND 2

/**
 * The quality is what is wanted, however slow the link; else it is the most that is wanted.
 */
#define TR_CLIENT_CONNECTION_FIXED_QUALITY 4

/**
 * Only pixels and the desktop's size are asked for, and no extension.
 */
#define TR_CLIENT_CONNECTION_PLAIN 8

/**
 * There is sound for clients that want it: see TR_EVENT_SOUND_STARTED.
 */
#define TR_SERVER_CONNECTION_SOUND 1

/**
 * The client may send what its microphone hears. Only with sound.
 */
#define TR_SERVER_CONNECTION_MICROPHONE 2

/**
 * The client may ask for a shutdown or restart: see TR_EVENT_POWER.
 */
#define TR_SERVER_CONNECTION_POWER 4

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
     * The system gives no threads, descriptors or files, or not the port.
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
     * Server: a client's microphone is on. `session`. Connections: `format`, in which it is sent.
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
     * Client: the desktop's sound follows. Connections: also `format`; a server's is to send it from now on.
     */
    TR_EVENT_SOUND_STARTED = 41,
    /**
     * Client: no sound follows. Connections: a server's is to send no more.
     */
    TR_EVENT_SOUND_STOPPED = 42,
    /**
     * Client: the server says why it will end the session. `code` (TR_GOODBYE_*), `text`.
     */
    TR_EVENT_GOODBYE = 43,
    /**
     * Server connection: the client proves itself: look at it with tr_server_connection_check_password(), then call
     * tr_server_connection_accept() or tr_server_connection_refuse(). `code` (how: TR_METHOD_VNC_AUTH or TR_METHOD_PLAIN); of
     * TR_METHOD_PLAIN also `user`, `password`.
     */
    TR_EVENT_PROOF = 64,
    /**
     * Server connection: the client was turned away. Write the output, and close.
     */
    TR_EVENT_REFUSED = 65,
    /**
     * Server connection: the client shows the picture that was captured at `captured_us`, which was `duration_us` old by then.
     */
    TR_EVENT_PRESENTED = 66,
    /**
     * Client connection: the server asks for the password: call tr_client_connection_give_password().
     */
    TR_EVENT_PASSWORD_WANTED = 67,
    /**
     * Client connection: the server asks for user and password: call tr_client_connection_give_credentials().
     */
    TR_EVENT_CREDENTIALS_WANTED = 68,
    /**
     * Client connection: the server has sound: see tr_client_connection_start_sound(). `code` (1 if it takes a microphone).
     */
    TR_EVENT_SOUND_OFFERED = 69,
    /**
     * Connections: a packet of the desktop's sound, or of the client's microphone. `packet`.
     */
    TR_EVENT_SOUND_PACKET = 70,
    /**
     * Connections: how loud the other side wants the desktop's sound. `code` (in 256ths, 0 for muted).
     */
    TR_EVENT_SOUND_VOLUME = 71,
    /**
     * Client connection: how long it takes to the server and back. `duration_us`.
     */
    TR_EVENT_ROUND_TRIP = 72,
    /**
     * Client connection: the clocks were compared. `clock`.
     */
    TR_EVENT_CLOCK = 73,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tr_event_kind tr_event_kind;
#else
typedef int32_t tr_event_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a rectangle was coded, where its encoding has several ways. Later versions know more.
 */
enum tr_coding
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The encoding has only one way.
     */
    TR_CODING_ONLY = 0,
    /**
     * All pixels have one colour.
     */
    TR_CODING_FILL = 1,
    /**
     * Pixels are numbers of at most 256 colours: see `colours`.
     */
    TR_CODING_PALETTE = 2,
    /**
     * Pixels are differences from what their neighbours make likely.
     */
    TR_CODING_GRADIENT = 3,
    /**
     * Pixels are what they are.
     */
    TR_CODING_FULL_COLOUR = 4,
    /**
     * A JPEG image.
     */
    TR_CODING_JPEG = 5,
    /**
     * A PNG image.
     */
    TR_CODING_PNG = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tr_coding tr_coding;
#else
typedef int32_t tr_coding;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Maps another machine's clock to ours and back, from comparisons of the two.
 */
typedef uint64_t tr_clock;

/**
 * One comparison of two clocks: TR_EVENT_CLOCK gives them.
 */
typedef struct tr_clock_sample {
    /**
     * This side asked, on its own clock.
     */
    uint64_t asked_us;
    /**
     * The other side got the question, on its clock.
     */
    uint64_t received_us;
    /**
     * The other side answered, on its clock.
     */
    uint64_t answered_us;
    /**
     * This side got the answer, on its own clock.
     */
    uint64_t returned_us;
} tr_clock_sample;

/**
 * How a stream of sound is coded: with Opus, at 48 kHz.
 */
typedef struct tr_sound_format {
    /**
     * 1 or 2.
     */
    uint32_t channels;
    /**
     * The length of a packet: 5, 10 or 20 milliseconds.
     */
    uint32_t packet_ms;
    /**
     * Bits a second, 6,000 to 510,000.
     */
    uint32_t bit_rate;
} tr_sound_format;

/**
 * Codes one stream of sound.
 */
typedef uint64_t tr_opus_encoder;

/**
 * Decodes one stream of sound.
 */
typedef uint64_t tr_opus_decoder;

/**
 * A jitter buffer: reorders, repairs and conceals, is as late as packets have been lately, and follows the sender's sound
 * card. It knows when pictures are due beside the sound.
 */
typedef uint64_t tr_playout;

/**
 * A packet of sound.
 */
typedef struct tr_sound_packet {
    /**
     * When its first sample was captured, on the sender's clock.
     */
    uint64_t captured_us;
    /**
     * Packets since the stream began, those of silence that were not sent included. It wraps.
     */
    uint32_t sequence;
    /**
     * Nothing but silence follows until the next packet.
     */
    bool is_last;
    /**
     * What Opus made of it. NULL if this is no packet.
     */
    const uint8_t *data;
    /**
     * How many bytes.
     */
    size_t data_length;
    /**
     * What earlier packets can be had from if they were lost; NULL if it carries nothing of the kind.
     */
    const uint8_t *repair;
    /**
     * How many bytes.
     */
    size_t repair_length;
} tr_sound_packet;

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
 * Cuts captured sound into packets, codes, numbers and times them. After 200 ms of silence it says so, and makes none until
 * there is sound again.
 */
typedef uint64_t tr_sound_sender;

/**
 * Where to connect to, as whom, and what to ask for.
 *
 * What the library has beyond these functions, and this interface not: OpenSSH under another name (a program `ssh` in PATH does), limits
 * on what a server may send (they are fixed), and other pixel formats than BGRX on the way (tr_client_connection_create() has those).
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
     * How long something takes, or how old it is.
     */
    uint64_t duration_us;
    /**
     * How sound is coded.
     */
    struct tr_sound_format format;
    /**
     * A packet of sound.
     */
    struct tr_sound_packet packet;
    /**
     * A comparison of the clocks.
     */
    struct tr_clock_sample clock;
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
 * How pixels are laid out on the wire, as RFB has it (RFC 6143 7.4). In memory they are always BGRX.
 */
typedef struct tr_pixel_format {
    /**
     * 8, 16 or 32.
     */
    uint8_t bits_per_pixel;
    /**
     * Useful bits of those.
     */
    uint8_t depth;
    /**
     * 1 if the most significant byte comes first, else 0.
     */
    uint8_t big_endian;
    /**
     * 1 if pixels are red, green and blue; 0 if they are indices of a colour map.
     */
    uint8_t true_colour;
    /**
     * Largest value of red.
     */
    uint16_t red_max;
    /**
     * Largest value of green.
     */
    uint16_t green_max;
    /**
     * Largest value of blue.
     */
    uint16_t blue_max;
    /**
     * Bits to shift right to reach red.
     */
    uint8_t red_shift;
    /**
     * Bits to shift right to reach green.
     */
    uint8_t green_shift;
    /**
     * Bits to shift right to reach blue.
     */
    uint8_t blue_shift;
} tr_pixel_format;

/**
 * Draws rectangles of every encoding. It holds streams: it is to be given all that one encoder wrote, in order.
 */
typedef uint64_t tr_decoder;

/**
 * What one rectangle took.
 */
typedef struct tr_coded_rect {
    /**
     * Which pixels.
     */
    struct tr_rect rect;
    /**
     * TR_ENCODING_*: Tight writes some rectangles as Raw.
     */
    int32_t encoding;
    /**
     * How it was coded.
     */
    tr_coding coding;
    /**
     * Of a palette: how many colours it has.
     */
    uint32_t colours;
    /**
     * JPEG quality, 1 to 100; 0 if it was written without loss, or read.
     */
    uint32_t quality;
    /**
     * Bytes of it, its header of 12 among them.
     */
    size_t bytes;
    /**
     * Nanoseconds that a thread wrote it for; 0 if it was read.
     */
    uint64_t time_ns;
} tr_coded_rect;

/**
 * What tr_decoder_decode() gives. The pointer is the decoder's: valid until it decodes again or is destroyed.
 */
typedef struct tr_decoded {
    /**
     * The rectangles that are whole now.
     */
    const struct tr_coded_rect *rects;
    /**
     * How many.
     */
    size_t rects_count;
    /**
     * Bytes kept of a rectangle that is not whole yet: 0 between two of them.
     */
    size_t unread;
    /**
     * Nanoseconds that the call took.
     */
    uint64_t time_ns;
} tr_decoded;

/**
 * Writes rectangles of one encoding. It holds streams: what it writes is to be decoded in order, by one decoder.
 */
typedef uint64_t tr_encoder;

/**
 * What tr_encoder_encode() gives. The pointers are the encoder's: valid until it encodes again or is destroyed.
 */
typedef struct tr_encoded {
    /**
     * Rectangles, one after the other, each with its header of 12 bytes: what stands in a FramebufferUpdate behind the
     * number of rectangles.
     */
    const uint8_t *bytes;
    /**
     * How many bytes.
     */
    size_t bytes_length;
    /**
     * What each of the rectangles took.
     */
    const struct tr_coded_rect *rects;
    /**
     * How many rectangles.
     */
    size_t rects_count;
    /**
     * What was not encoded, for lack of budget.
     */
    const struct tr_rect *left;
    /**
     * How many rectangles of that.
     */
    size_t left_count;
    /**
     * Nanoseconds that the call took.
     */
    uint64_t time_ns;
} tr_encoded;

/**
 * The client's side of one connection. It opens no socket and reads no clock.
 *
 * Give it what comes from the socket by tr_client_connection_handle_bytes(), take events by tr_client_connection_poll_event()
 * until there are none, and write what tr_client_connection_poll_output() gives. Any order of calls is allowed. It asks for
 * updates by itself.
 */
typedef uint64_t tr_client_connection;

/**
 * What a connection has moved, and how long it takes.
 */
typedef struct tr_connection_stats {
    /**
     * Bytes given to be written.
     */
    struct tr_traffic sent;
    /**
     * Bytes understood.
     */
    struct tr_traffic received;
    /**
     * The last round trip; 0 until one was measured.
     */
    uint64_t round_trip_us;
    /**
     * The shortest of late.
     */
    uint64_t round_trip_minimum_us;
    /**
     * How old pictures are when the client shows them, smoothed; 0 until it has told. Server.
     */
    uint64_t picture_age_us;
    /**
     * Pixels that the client does not hold yet. Server.
     */
    uint64_t damaged_pixels;
    /**
     * Rectangles drawn. Client.
     */
    uint64_t rectangles;
    /**
     * For later versions.
     */
    uint64_t reserved[4];
} tr_connection_stats;

/**
 * The server's side of one connection. It opens no socket and reads no clock.
 *
 * Give it what comes from the socket by tr_server_connection_handle_bytes(), take events by tr_server_connection_poll_event()
 * until there are none, say what changed by tr_server_connection_add_damage(), have an update made by
 * tr_server_connection_update(), and write what tr_server_connection_poll_output() gives. Any order of calls is allowed.
 */
typedef uint64_t tr_server_connection;

/**
 * An update on its way: to be encoded by tr_update_job_encode() and brought back to its connection.
 */
typedef uint64_t tr_update_job;

/**
 * Where and to whom a desktop is to be served.
 *
 * How often pictures come is said by none of these functions: as often as tr_server_update() is called, and less often where a link takes
 * less. Limits on what a client may send are fixed.
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
 * Makes a clock that has not been compared. It ends by tr_clock_destroy().
 */
tr_result tr_clock_create(tr_clock *clock);

/**
 * Ends a clock.
 */
tr_result tr_clock_destroy(tr_clock clock);

/**
 * Takes one comparison. The one that can be wrong by least counts: half its round trip, and what drift adds with its age.
 */
tr_result tr_clock_compare(tr_clock clock,
                           const struct tr_clock_sample *sample);

/**
 * Gives the moment `remote_us` of the other clock on ours. TR_ERROR_STATE before they were compared.
 */
tr_result tr_clock_to_local(tr_clock clock,
                            uint64_t remote_us,
                            uint64_t *local_us);

/**
 * Gives our moment `local_us` on the other clock. TR_ERROR_STATE before they were compared.
 */
tr_result tr_clock_to_remote(tr_clock clock, uint64_t local_us, uint64_t *remote_us);

/**
 * Makes an encoder for `format`, for TR_OPUS_LOW_DELAY, TR_OPUS_MUSIC or TR_OPUS_VOICE. It tries as hard as `complexity`
 * says, 0 to 10; 5 is a good one. `options` are TR_OPUS_REPAIR and TR_OPUS_DISCONTINUOUS together. It ends by
 * tr_opus_encoder_destroy().
 */
tr_result tr_opus_encoder_create(const struct tr_sound_format *format,
                                 uint32_t profile,
                                 uint32_t complexity,
                                 uint32_t options,
                                 tr_opus_encoder *encoder);

/**
 * Ends an encoder.
 */
tr_result tr_opus_encoder_destroy(tr_opus_encoder encoder);

/**
 * So many frames later than they went in does the decoder give them out. 0 if there is no such encoder.
 */
uint32_t tr_opus_encoder_lookahead(tr_opus_encoder encoder);

/**
 * Sets the bits a second, 6,000 to 510,000, from the next packet on.
 */
tr_result tr_opus_encoder_set_bit_rate(tr_opus_encoder encoder, uint32_t bit_rate);

/**
 * Codes one packet: `frames` frames of interleaved `samples` in the channels of the format, exactly as many as a packet is
 * long (48 a millisecond). `packet` has room for `room` bytes, TR_OPUS_PACKET_LIMIT at least; `length` is how many it took.
 */
tr_result tr_opus_encoder_encode(tr_opus_encoder encoder,
                                 const float *samples,
                                 size_t frames,
                                 uint8_t *packet,
                                 size_t room,
                                 size_t *length);

/**
 * Forgets the sound before: the next packet begins another stretch.
 */
tr_result tr_opus_encoder_reset(tr_opus_encoder encoder);

/**
 * Makes a decoder for `format`, whose bit rate does not matter. It ends by tr_opus_decoder_destroy().
 */
tr_result tr_opus_decoder_create(const struct tr_sound_format *format,
                                 tr_opus_decoder *decoder);

/**
 * Ends a decoder.
 */
tr_result tr_opus_decoder_destroy(tr_opus_decoder decoder);

/**
 * Decodes one packet: its frames go to `samples`, which has room for `room` of them; `frames` is how many there were, always
 * the length of a packet. TR_ERROR_DATA, and the decoder is as it was, if it is no packet of this format.
 */
tr_result tr_opus_decoder_decode(tr_opus_decoder decoder,
                                 const uint8_t *packet,
                                 size_t packet_length,
                                 float *samples,
                                 size_t room,
                                 size_t *frames);

/**
 * Gives what stands in for a packet that was lost: the sound before it goes on, and fades if several are lost. Else as
 * tr_opus_decoder_decode().
 */
tr_result tr_opus_decoder_conceal(tr_opus_decoder decoder,
                                  float *samples,
                                  size_t room,
                                  size_t *frames);

/**
 * Gives a packet that was lost from what the one after it, `next`, repeats of it (TR_OPUS_REPAIR); concealed if it repeats
 * nothing. Decode `next` itself after that. Else as tr_opus_decoder_decode().
 */
tr_result tr_opus_decoder_recover(tr_opus_decoder decoder,
                                  const uint8_t *next,
                                  size_t next_length,
                                  float *samples,
                                  size_t room,
                                  size_t *frames);

/**
 * Forgets the sound before: the next packet begins another stream.
 */
tr_result tr_opus_decoder_reset(tr_opus_decoder decoder);

/**
 * Makes a playout for packets of `format`, which are waited for up to `max_wait_ms` (0: 300) after the earliest. It ends by
 * tr_playout_destroy().
 */
tr_result tr_playout_create(const struct tr_sound_format *format,
                            uint32_t max_wait_ms,
                            tr_playout *playout);

/**
 * Ends a playout.
 */
tr_result tr_playout_destroy(tr_playout playout);

/**
 * Takes a packet that came at `now_us`. Whatever it says, memory is bounded and what is played is within ±1. It is copied.
 */
tr_result tr_playout_handle_packet(tr_playout playout,
                                   uint64_t now_us,
                                   const struct tr_sound_packet *packet);

/**
 * Takes frames of two channels that came at `now_us` uncoded, which is all that is known of their time.
 */
tr_result tr_playout_handle_samples(tr_playout playout,
                                    uint64_t now_us,
                                    const float *samples,
                                    size_t frames);

/**
 * The samples of tr_playout_handle_samples() end here until there are more.
 */
tr_result tr_playout_end_samples(tr_playout playout);

/**
 * Takes a comparison of the clocks, for `delay_us` of the statistics.
 */
tr_result tr_playout_compare(tr_playout playout, const struct tr_clock_sample *sample);

/**
 * Fills `samples` with `frames` frames of two channels, of which the first leaves the sound card at `plays_us`. For the
 * callback of a sound card: it allocates nothing, and waits only for other calls with this playout.
 */
tr_result tr_playout_fill(tr_playout playout,
                          uint64_t now_us,
                          uint64_t plays_us,
                          float *samples,
                          size_t frames);

/**
 * What comes from here on is another stream, or the sender's clock is another.
 */
tr_result tr_playout_reset(tr_playout playout);

/**
 * Sets how loud: 1 leaves it as it is, 0 is silent, at most 4. It changes without a click.
 */
tr_result tr_playout_set_volume(tr_playout playout, float volume);

/**
 * Has nothing be heard, or no longer nothing.
 */
tr_result tr_playout_set_muted(tr_playout playout, bool muted);

/**
 * Gives when a picture that was captured at `captured_us` is to be shown, so that it is in step with the sound: at most half a
 * second ahead, in the past if it is late, and 0 if no sound plays.
 */
tr_result tr_playout_due(tr_playout playout,
                         uint64_t captured_us,
                         uint64_t *due_us);

/**
 * Gives how it does.
 */
tr_result tr_playout_get_stats(tr_playout playout, struct tr_sound_stats *stats);

/**
 * Makes a sender; the arguments are those of tr_opus_encoder_create(). It ends by tr_sound_sender_destroy().
 */
tr_result tr_sound_sender_create(const struct tr_sound_format *format,
                                 uint32_t profile,
                                 uint32_t complexity,
                                 uint32_t options,
                                 tr_sound_sender *sender);

/**
 * Ends a sender, and with it the packet it gave last.
 */
tr_result tr_sound_sender_destroy(tr_sound_sender sender);

/**
 * Takes any number of frames, always of two channels, the first of which was captured at `captured_us`. A format of one
 * channel gets the mean of both. The samples are borrowed for the call.
 */
tr_result tr_sound_sender_push(tr_sound_sender sender,
                               const float *samples,
                               size_t frames,
                               uint64_t captured_us);

/**
 * Gives the next packet that is to be sent; its `data` is NULL if there is none. What it points to is the sender's: valid
 * until the next packet is asked for.
 */
tr_result tr_sound_sender_poll(tr_sound_sender sender,
                               struct tr_sound_packet *packet);

/**
 * Has each packet carry what the two before it can be had from, or no longer. Only where packets can be lost, and only while
 * they are: it doubles the bit rate.
 */
tr_result tr_sound_sender_set_repair(tr_sound_sender sender,
                                     bool repair);

/**
 * Sets the bits a second, 6,000 to 510,000, from the next packet on.
 */
tr_result tr_sound_sender_set_bit_rate(tr_sound_sender sender, uint32_t bit_rate);

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
 * Ends the session, if it is not over, and the client. What was queued is still sent behind it, unless the program ends at once:
 * tr_client_close() waits for that. Whoever waits in tr_client_wait() gets TR_ERROR_CLOSED.
 */
tr_result tr_client_destroy(tr_client client);

/**
 * Writes what is queued, says goodbye and ends the session, which takes at most about a second. The client is still to be destroyed.
 */
tr_result tr_client_close(tr_client client);

/**
 * Tries once to go on with the session over a new connection, for at most `timeout_ms`, or as long as the library tries, some 30 s for
 * each address, if that is negative. It is for when tr_client_wait() has failed with TR_ERROR_NETWORK or TR_ERROR_CLOSED, and may be
 * called at any time: picture and statistics are kept, and a server of ours sends only what has changed since. What else is asked of the
 * client meanwhile waits, but that tr_client_close() and tr_client_destroy() end this.
 *
 * Errors are those of tr_client_connect(); after TR_ERROR_NETWORK, which is also that it took too long, try again a little later.
 * TR_ERROR_CLOSED if the client was closed by us.
 */
tr_result tr_client_reconnect(tr_client client,
                              int32_t timeout_ms);

/**
 * Measures how good the link to a server is, in about two seconds and for at most `timeout_ms`, however long it takes if that is negative,
 * without a session: nothing is shown, and no use of the credentials is counted by servers of ours. Errors are those of
 * tr_client_connect().
 */
tr_result tr_probe(tr_client_config config,
                   int32_t timeout_ms,
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
 * Makes a config for the server at `url`: `vncs://host[:port][?fingerprint=sha256:...]`, or "quic", "wss", "vnc" or "ws" instead of
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
 * Sets the fingerprint of the server's certificate: "sha256:" and 64 digits. NULL for none: then nothing encrypted is connected to
 * but what is remembered (tr_client_config_set_known_hosts()), and tr_client_connect() fails with what the server showed,
 * TR_ERROR_UNKNOWN_SERVER.
 *
 * There is no other way to know a server: certificate authorities are not asked. A desktop's certificate is made by whoever starts it, on
 * addresses of which no authority knows, and its fingerprint comes the way that its address does.
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
 * Goes through this machine, `[user@]host`, by the system's OpenSSH; NULL for straight on. Not for QUIC.
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
 * Sets which encoding is asked for first, one of TR_ENCODING_*, and whether for no other
 * but Raw and CopyRect.
 */
tr_result tr_client_config_set_encoding(tr_client_config config, int32_t encoding, bool only);

/**
 * Sets whether the desktop's sound is wanted: see tr_client_sound_fill(). Not so at first.
 */
tr_result tr_client_config_set_sound(tr_client_config config, bool sound);

/**
 * The same with a format: two channels or one, the length of a packet, and bits a second, as an encoder takes them. Servers of
 * others send their own.
 */
tr_result tr_client_config_set_sound_format(tr_client_config config,
                                            const struct tr_sound_format *format);

/**
 * Sets whether no extension is announced that not every program knows, for servers that stumble over them. Not so at first.
 */
tr_result tr_client_config_set_plain(tr_client_config config,
                                     bool plain);

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
 * Sets the file that remembers which certificate a server has: lines of `host:port sha256:...`, as tightrope-viewer keeps them; NULL for
 * that of the user, `tightrope/known_hosts` in $XDG_CONFIG_HOME or ~/.config. It need not be there yet. It is read when there is
 * something to connect to, if the config has no fingerprint.
 *
 * A server that is not in it is still TR_ERROR_UNKNOWN_SERVER: see tr_client_config_remember(). One that has changed is
 * TR_ERROR_WRONG_SERVER, and the message names file and line. TR_ERROR_STATE if `file` is NULL and the user has no home.
 */
tr_result tr_client_config_set_known_hosts(tr_client_config config,
                                           const char *file);

/**
 * Remembers, in the file of tr_client_config_set_known_hosts(), that the server at the config's addresses has the certificate of this
 * fingerprint: after TR_ERROR_UNKNOWN_SERVER, that of tr_error_fingerprint(), once a person has taken it for the right one.
 * TR_ERROR_CREDENTIALS if another one is remembered of any of them, or the file cannot be written; nothing is remembered then.
 */
tr_result tr_client_config_remember(tr_client_config config,
                                    const char *fingerprint);

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
 * Makes a decoder of rectangles whose pixels are written in `format`; NULL for BGRX. It ends by tr_decoder_destroy().
 */
tr_result tr_decoder_create(const struct tr_pixel_format *format,
                            tr_decoder *decoder);

/**
 * Ends a decoder, and with it what tr_decoder_decode() has given.
 */
tr_result tr_decoder_destroy(tr_decoder decoder);

/**
 * Tells the JPEG quality level, 0 to 9, that the encoder was asked for; -1 for none. ZYWRLE alone depends on it.
 */
tr_result tr_decoder_set_quality(tr_decoder decoder,
                                 int32_t quality);

/**
 * Draws the rectangles of `bytes`, as tr_encoder_encode() gives them, however they are cut, on a picture of the caller's:
 * `width` by `height` BGRX pixels, in rows that begin `stride` bytes apart (0: `width * 4`). What is not whole is kept until
 * the rest comes. The picture may move between calls if its pixels go with it: copies are taken from it.
 *
 * TR_ERROR_DATA if the bytes cannot be read, or a rectangle lies outside the picture. That ends the decoder: the streams
 * behind the error are lost, and every further call fails in the same way.
 */
tr_result tr_decoder_decode(tr_decoder decoder,
                            const uint8_t *bytes,
                            size_t bytes_length,
                            void *pixels,
                            size_t pixels_length,
                            uint32_t width,
                            uint32_t height,
                            size_t stride,
                            struct tr_decoded *decoded);

/**
 * Makes an encoder of `encoding` (TR_ENCODING_*), without loss at first, that works on at most `threads` threads; 0 for as
 * many as there are processors. It ends by tr_encoder_destroy().
 */
tr_result tr_encoder_create(int32_t encoding,
                            uint32_t threads,
                            tr_encoder *encoder);

/**
 * Ends an encoder, and with it what tr_encoder_encode() has given.
 */
tr_result tr_encoder_destroy(tr_encoder encoder);

/**
 * Sets the JPEG quality level, 0 (small) to 9 (good), or -1 for no loss, and how hard it tries, 0 (fast) to 9 (small). At
 * first -1 and 2.
 */
tr_result tr_encoder_set_quality(tr_encoder encoder,
                                 int32_t quality,
                                 uint32_t compression);

/**
 * Sets JPEG quality in finer steps, 0 to 100, and one of TR_SUBSAMPLING_*; -1 for what the quality level stands for, which is so
 * at first.
 */
tr_result tr_encoder_set_fine_quality(tr_encoder encoder,
                                      int32_t quality,
                                      int32_t subsampling);

/**
 * Sets how pixels are written; NULL for BGRX, which is so at first. Decoders must be told the same.
 */
tr_result tr_encoder_set_format(tr_encoder encoder, const struct tr_pixel_format *format);

/**
 * Sets options, TR_ENCODE_* together.
 */
tr_result tr_encoder_set_options(tr_encoder encoder, uint32_t options);

/**
 * Encodes the pixels of `damage` (NULL and 0: all) of a picture of `width` by `height` BGRX pixels, in rows that begin `stride`
 * bytes apart (0: `width * 4`). It ends once `budget` bytes were written (0: no limit); what is left then is told.
 *
 * The pixels are borrowed for the call.
 */
tr_result tr_encoder_encode(tr_encoder encoder,
                            const void *pixels,
                            size_t pixels_length,
                            uint32_t width,
                            uint32_t height,
                            size_t stride,
                            const struct tr_rect *damage,
                            size_t damage_count,
                            size_t budget,
                            struct tr_encoded *encoded);

/**
 * Makes the client's side of a connection. `methods` (TR_METHOD_* together) are the ways in that will do. Of all encodings,
 * `encoding` (TR_ENCODING_*) is asked for first: TR_ENCODING_TIGHT is a good one. `quality` is the JPEG quality level, 0 to 9, or
 * -1 for no loss; `compression` how hard the server tries, 0 to 9. `options` are TR_CLIENT_CONNECTION_* together, and `threads` is
 * how many may decode (0: as many as there are processors). It ends by tr_client_connection_destroy().
 */
tr_result tr_client_connection_create(uint32_t methods,
                                      int32_t encoding,
                                      int32_t quality,
                                      uint32_t compression,
                                      uint32_t options,
                                      uint32_t threads,
                                      tr_client_connection *connection);

/**
 * Ends a connection, and with it what it has given, its picture too.
 */
tr_result tr_client_connection_destroy(tr_client_connection connection);

/**
 * Takes bytes that came from the server at `now_us`, however they were cut. They are copied. The picture does not change before
 * tr_client_connection_poll_event().
 */
tr_result tr_client_connection_handle_bytes(tr_client_connection connection,
                                            uint64_t now_us,
                                            const uint8_t *bytes,
                                            size_t bytes_length);

/**
 * Gives what happened next, and draws it; TR_EVENT_NONE if nothing has. `event` must be zero, or come from the library.
 *
 * An error is the end of the connection, and comes again and again: the server sent what cannot be read (TR_ERROR_DATA) or what
 * is not allowed (TR_ERROR_PROTOCOL), or refused us (TR_ERROR_REFUSED). Close the socket.
 */
tr_result tr_client_connection_poll_event(tr_client_connection connection,
                                          struct tr_event *event);

/**
 * Answers TR_EVENT_PASSWORD_WANTED: the server learns that we know the password, of which eight bytes count, and not the password.
 * TR_ERROR_STATE if it has not asked.
 */
tr_result tr_client_connection_give_password(tr_client_connection connection,
                                             const char *password);

/**
 * Answers TR_EVENT_CREDENTIALS_WANTED: both are sent as they are, each at most 1024 bytes. `user` may be empty.
 * TR_ERROR_STATE if the server has not asked.
 */
tr_result tr_client_connection_give_credentials(tr_client_connection connection,
                                                const char *user,
                                                const char *password);

/**
 * Gives bytes to write to the server, whole messages; NULL and 0 if there are none. They are the connection's: valid until the
 * next call of this function or tr_client_connection_read_output(). Ask again only when they are written.
 */
tr_result tr_client_connection_poll_output(tr_client_connection connection,
                                           const uint8_t **bytes,
                                           size_t *bytes_length);

/**
 * The same, copied to `buffer`, which has room for `room` bytes; `length` is how many there were, 0 for none. What had no room
 * comes next time.
 */
tr_result tr_client_connection_read_output(tr_client_connection connection,
                                           uint8_t *buffer,
                                           size_t room,
                                           size_t *length);

/**
 * Gives the desktop as it was last drawn. The pixels are the connection's: there, and unchanged, until the next
 * tr_client_connection_poll_event() or its end. There are none before TR_EVENT_CONNECTED.
 */
tr_result tr_client_connection_picture(tr_client_connection connection,
                                       struct tr_picture *picture);

/**
 * Gives the pointer's shape. Its pixels are the connection's: there until the next tr_client_connection_poll_event() or its end.
 */
tr_result tr_client_connection_cursor(tr_client_connection connection,
                                      struct tr_cursor *cursor);

/**
 * Gives what the connection has moved.
 */
tr_result tr_client_connection_get_stats(tr_client_connection connection,
                                         struct tr_connection_stats *stats);

/**
 * Presses or releases a key: its X11 keysym (0 if it is not known) and its own code in the PC's set 1, with 0x80 added for those
 * behind 0xe0 (0 if it is not known).
 */
tr_result tr_client_connection_key(tr_client_connection connection,
                                   uint32_t keysym,
                                   uint32_t keycode,
                                   bool down);

/**
 * Puts the pointer somewhere, with these buttons held down (see `buttons` of tr_event).
 */
tr_result tr_client_connection_pointer(tr_client_connection connection,
                                       uint32_t x,
                                       uint32_t y,
                                       uint32_t buttons);

/**
 * Asks for pictures of another quality from now on: as tr_client_connection_create().
 */
tr_result tr_client_connection_set_quality(tr_client_connection connection,
                                           int32_t quality,
                                           uint32_t compression);

/**
 * Says that the clipboard here has this now. What is over a mebibyte, or of images 32, is not offered.
 */
tr_result tr_client_connection_set_clipboard(tr_client_connection connection,
                                             const struct tr_clipboard *clipboard);

/**
 * Asks for the image on the server's clipboard: TR_EVENT_CLIPBOARD_IMAGE answers. Nothing happens if there is none, or it was
 * asked for already.
 */
tr_result tr_client_connection_request_clipboard_image(tr_client_connection connection);

/**
 * Gives the image of TR_EVENT_CLIPBOARD_IMAGE_WANTED, a DIB; NULL and 0 if there is none after all.
 */
tr_result tr_client_connection_give_clipboard_image(tr_client_connection connection,
                                                    const uint8_t *image,
                                                    size_t image_length);

/**
 * Asks for a desktop of another size: TR_EVENT_RESIZED or TR_EVENT_RESIZE_REFUSED answers. TR_ERROR_STATE if the server cannot.
 */
tr_result tr_client_connection_request_size(tr_client_connection connection,
                                            uint32_t width,
                                            uint32_t height);

/**
 * Asks for the whole picture again.
 */
tr_result tr_client_connection_request_full_update(tr_client_connection connection);

/**
 * Asks how long it takes to the server and back: TR_EVENT_ROUND_TRIP answers. `is_asked` is false, and nothing is asked, if the
 * server knows no fences, or while another question is under way, whose answer it then is.
 */
tr_result tr_client_connection_measure_round_trip(tr_client_connection connection,
                                                  uint64_t now_us,
                                                  bool *is_asked);

/**
 * Asks for the server's clock: TR_EVENT_CLOCK answers. Nothing happens if the server does not tell it.
 */
tr_result tr_client_connection_compare_clocks(tr_client_connection connection,
                                              uint64_t now_us);

/**
 * Says that the picture that was captured at `captured_us` (TR_EVENT_PICTURE_ENDED) is seen from `now_us` on. For the server's
 * statistics; it is told at most 60 times a second.
 */
tr_result tr_client_connection_presented(tr_client_connection connection,
                                         uint64_t now_us,
                                         uint64_t captured_us);

/**
 * Asks for the machine, or the application, to be shut down or restarted: one of TR_POWER_*. TR_ERROR_STATE if the server does not
 * offer it.
 */
tr_result tr_client_connection_power(tr_client_connection connection,
                                     int32_t action);

/**
 * Says why the session will end, to servers that understand it: `code` is one of TR_GOODBYE_*, `text` is for people, or NULL.
 */
tr_result tr_client_connection_goodbye(tr_client_connection connection,
                                       uint32_t code,
                                       const char *text);

/**
 * Asks for the desktop's sound in this format: TR_EVENT_SOUND_STARTED, with the bit rate that suits the server, or
 * TR_EVENT_SOUND_STOPPED answers. TR_ERROR_STATE if the server has offered none (TR_EVENT_SOUND_OFFERED).
 */
tr_result tr_client_connection_start_sound(tr_client_connection connection,
                                           const struct tr_sound_format *format);

/**
 * Ends the desktop's sound.
 */
tr_result tr_client_connection_stop_sound(tr_client_connection connection);

/**
 * Asks to send what a microphone hears, in this format: TR_EVENT_MICROPHONE_STARTED, with the format to send, or
 * TR_EVENT_MICROPHONE_STOPPED answers. TR_ERROR_STATE if the server has offered no sound.
 */
tr_result tr_client_connection_start_microphone(tr_client_connection connection,
                                                const struct tr_sound_format *format);

/**
 * Sends a packet of the microphone. Nothing happens while the server takes none. It is copied.
 */
tr_result tr_client_connection_send_sound(tr_client_connection connection,
                                          const struct tr_sound_packet *packet);

/**
 * Ends what tr_client_connection_start_microphone() began.
 */
tr_result tr_client_connection_stop_microphone(tr_client_connection connection);

/**
 * Makes the next update, if the client waits for one and there is news for it, from the whole desktop as it is now: `width` by
 * `height` BGRX pixels in rows that begin `stride` bytes apart (0: `width * 4`). It goes to the output. About `budget` bytes are
 * encoded (0: no limit), the rest stays damage; half of what the link moves in a tenth of a second is a good one.
 *
 * Call it whenever bytes came, pixels changed, or the output was written. The pixels are borrowed for the call.
 * tr_server_connection_begin_update() is the same in three steps, of which the long one may run on another thread.
 */
tr_result tr_server_connection_update(tr_server_connection connection,
                                      uint64_t now_us,
                                      const void *pixels,
                                      size_t pixels_length,
                                      uint32_t width,
                                      uint32_t height,
                                      size_t stride,
                                      size_t budget);

/**
 * Begins an update, as tr_server_connection_update() does; `job` is 0 if there is nothing to send, or a job is out. Until it
 * is brought back by tr_server_connection_finish_update(), the connection sends no further picture.
 */
tr_result tr_server_connection_begin_update(tr_server_connection connection,
                                            uint64_t now_us,
                                            size_t budget,
                                            tr_update_job *job);

/**
 * Encodes an update, on any thread, from the whole desktop (as for tr_server_connection_update()), which must show at least
 * what was damage when it was begun. The pixels are borrowed for the call. TR_ERROR_STATE if it was encoded already.
 */
tr_result tr_update_job_encode(tr_update_job job,
                               const void *pixels,
                               size_t pixels_length,
                               uint32_t width,
                               uint32_t height,
                               size_t stride);

/**
 * Takes an update that was encoded to the connection's output, and destroys the job. TR_ERROR_STATE if it was not encoded,
 * TR_ERROR_ARGUMENT if it is another connection's: the job is kept then.
 */
tr_result tr_server_connection_finish_update(tr_server_connection connection,
                                             uint64_t now_us,
                                             tr_update_job job);

/**
 * Ends a job that will not be brought back. Its connection sends no further picture: for when that is over.
 */
tr_result tr_update_job_destroy(tr_update_job job);

/**
 * Makes the server's side of a connection, with a desktop of `width` by `height` pixels called `name`. What it says first is in
 * its output already.
 *
 * `methods` (TR_METHOD_* together) are the ways in that are offered: see TR_EVENT_PROOF. `challenge` is what VncAuth asks, 16
 * random bytes that were never used; NULL to have the system make them. `options` are TR_SERVER_CONNECTION_* together, and
 * `threads` is how many may encode (0: as many as there are processors). It ends by tr_server_connection_destroy().
 */
tr_result tr_server_connection_create(uint32_t width,
                                      uint32_t height,
                                      const char *name,
                                      uint32_t methods,
                                      const uint8_t *challenge,
                                      uint32_t options,
                                      uint32_t threads,
                                      tr_server_connection *connection);

/**
 * Ends a connection, and with it what it has given. Jobs that are out go on, for nothing.
 */
tr_result tr_server_connection_destroy(tr_server_connection connection);

/**
 * Takes bytes that came from the client at `now_us`, however they were cut. They are copied.
 */
tr_result tr_server_connection_handle_bytes(tr_server_connection connection,
                                            uint64_t now_us,
                                            const uint8_t *bytes,
                                            size_t bytes_length);

/**
 * Gives what happened next; TR_EVENT_NONE if nothing has. `event` must be zero, or come from the library.
 *
 * An error is the end of the connection, and comes again and again: the client sent what cannot be read (TR_ERROR_DATA) or
 * what is not allowed (TR_ERROR_PROTOCOL). Write the output that is left, and close the socket.
 */
tr_result tr_server_connection_poll_event(tr_server_connection connection,
                                          struct tr_event *event);

/**
 * Whether what the client shows (TR_EVENT_PROOF) is this password: of VncAuth the answer to its challenge, for which eight bytes
 * count; of Plain the password itself. It takes the same time wherever it is wrong. TR_ERROR_STATE if nothing is to be
 * judged.
 */
tr_result tr_server_connection_check_password(tr_server_connection connection,
                                              const char *password,
                                              bool *is_right);

/**
 * Lets the client in that showed its proof. TR_ERROR_STATE if nothing is to be judged.
 */
tr_result tr_server_connection_accept(tr_server_connection connection);

/**
 * Turns the client away that showed its proof: it is told `reason` (NULL: a wrong password). Write the output, and close.
 * TR_ERROR_STATE if nothing is to be judged.
 */
tr_result tr_server_connection_refuse(tr_server_connection connection,
                                      const char *reason);

/**
 * Gives bytes to write to the client, whole messages; NULL and 0 if there are none. They are the connection's: valid until the
 * next call of this function or tr_server_connection_read_output(). Ask again only when they are written: what waits in here
 * can still be overtaken by what is more urgent.
 */
tr_result tr_server_connection_poll_output(tr_server_connection connection,
                                           const uint8_t **bytes,
                                           size_t *bytes_length);

/**
 * The same, copied to `buffer`, which has room for `room` bytes; `length` is how many there were, 0 for none. What had no room
 * comes next time.
 */
tr_result tr_server_connection_read_output(tr_server_connection connection,
                                           uint8_t *buffer,
                                           size_t room,
                                           size_t *length);

/**
 * Gives when tr_server_connection_update() may have something to do though nothing has happened (a still picture is sent again
 * without loss); 0 for never.
 */
tr_result tr_server_connection_poll_timeout(tr_server_connection connection,
                                            uint64_t *at_us);

/**
 * Gives what the connection has moved.
 */
tr_result tr_server_connection_get_stats(tr_server_connection connection,
                                         struct tr_connection_stats *stats);

/**
 * Notes that the pixels of `damage` changed (NULL and 0: all of them). What lies outside the desktop is ignored.
 */
tr_result tr_server_connection_add_damage(tr_server_connection connection,
                                          const struct tr_rect *damage,
                                          size_t damage_count);

/**
 * Notes that the pixels of `to` are now what was at `from_x`, `from_y` before: a scroll, a window that moved. A client that can
 * is told to copy.
 */
tr_result tr_server_connection_add_copy(tr_server_connection connection,
                                        uint32_t from_x,
                                        uint32_t from_y,
                                        const struct tr_rect *to);

/**
 * The desktop, as it is from now on, was captured at this moment of the clock of `now_us`: clients show it in step with sound.
 */
tr_result tr_server_connection_set_captured(tr_server_connection connection,
                                            uint64_t captured_us);

/**
 * Gives the desktop another size; all of it is damage then.
 */
tr_result tr_server_connection_resize(tr_server_connection connection,
                                      uint32_t width,
                                      uint32_t height);

/**
 * Says that the size of TR_EVENT_RESIZE_REQUESTED will not be: `code` is one of TR_RESIZE_*.
 */
tr_result tr_server_connection_refuse_resize(tr_server_connection connection, uint32_t code);

/**
 * Gives the pointer a shape of `width` by `height` pixels (0 by 0 hides it), of which the one at `hot_x`, `hot_y` points. `pixels`
 * are rows without gaps of blue, green, red, alpha (not premultiplied).
 */
tr_result tr_server_connection_set_cursor(tr_server_connection connection,
                                          const void *pixels,
                                          size_t pixels_length,
                                          uint32_t width,
                                          uint32_t height,
                                          uint32_t hot_x,
                                          uint32_t hot_y);

/**
 * Says where the pointer is. A client that did not move it there itself is told; one that cannot draw it gets it in its picture.
 */
tr_result tr_server_connection_set_pointer(tr_server_connection connection,
                                           uint32_t x,
                                           uint32_t y);

/**
 * Gives the desktop another name.
 */
tr_result tr_server_connection_set_name(tr_server_connection connection, const char *name);

/**
 * Says which lights of the keyboard are on: TR_LED_* together.
 */
tr_result tr_server_connection_set_leds(tr_server_connection connection, uint32_t leds);

/**
 * Rings the client's bell.
 */
tr_result tr_server_connection_bell(tr_server_connection connection);

/**
 * Says that the desktop's clipboard has this now. What is over a mebibyte, or of images 32, is not offered.
 */
tr_result tr_server_connection_set_clipboard(tr_server_connection connection,
                                             const struct tr_clipboard *clipboard);

/**
 * Asks for the image on the client's clipboard: TR_EVENT_CLIPBOARD_IMAGE answers. Nothing happens if there is none, or it was
 * asked for already.
 */
tr_result tr_server_connection_request_clipboard_image(tr_server_connection connection);

/**
 * Gives the image of TR_EVENT_CLIPBOARD_IMAGE_WANTED, a DIB; NULL and 0 if there is none after all.
 */
tr_result tr_server_connection_give_clipboard_image(tr_server_connection connection,
                                                    const uint8_t *image,
                                                    size_t image_length);

/**
 * Says that what TR_EVENT_POWER asked for will not be.
 */
tr_result tr_server_connection_refuse_power(tr_server_connection connection);

/**
 * Says why the session will end, to clients that understand it: `code` is one of TR_GOODBYE_*, `text` is for people, or NULL.
 */
tr_result tr_server_connection_goodbye(tr_server_connection connection,
                                       uint32_t code,
                                       const char *text);

/**
 * Sends a packet of the desktop's sound, in the format of TR_EVENT_SOUND_STARTED. Nothing happens while the client wants none;
 * the oldest are dropped if more than 300 ms of them wait. It is copied.
 */
tr_result tr_server_connection_send_sound(tr_server_connection connection,
                                          const struct tr_sound_packet *packet);

/**
 * Ends the desktop's sound for this client: there is none any more.
 */
tr_result tr_server_connection_end_sound(tr_server_connection connection);

/**
 * Takes nothing more of the client's microphone.
 */
tr_result tr_server_connection_end_microphone(tr_server_connection connection);

/**
 * Makes the credentials of one session, good for `lifetime_s` seconds (1 to ten years), as the new directory `directory`: DIR/agent is
 * for who serves (tr_server_config_set_credentials()), DIR/client for who looks (tr_client_config_set_credentials()). Each side has a
 * certificate and knows the other's. `urls` are where the agent will be found, as far as that is known, at most 64; NULL and 0 if it is
 * not.
 *
 * The directory is there as a whole, for its owner alone, or not at all; one that is there already is TR_ERROR_CREDENTIALS.
 */
tr_result tr_credentials_create(const char *directory,
                                uint64_t lifetime_s,
                                const char *const *urls,
                                size_t urls_count);

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
 * Begins to serve a desktop of `width` by `height` pixels (1 to 65535 each, 67108864 together), which stays black until the first
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
 * tr_server_wait() gets TR_ERROR_CLOSED. When this returns, its port is free, unless another thread is still in a call.
 */
tr_result tr_server_destroy(tr_server server);

/**
 * Lets nobody in any more, tells all clients why the desktop goes away, and waits until they have gone: two seconds at most.
 * `code` is one of TR_GOODBYE_*, `text` is for people, or NULL. From then on tr_server_wait() gives TR_ERROR_CLOSED.
 */
tr_result tr_server_shutdown(tr_server server,
                             uint32_t code,
                             const char *text);

/**
 * Ends the session of one client, and waits for nothing: TR_EVENT_DISCONNECTED tells that it is gone, within two seconds. `code` is one of
 * TR_GOODBYE_*, `text` is for people, or NULL: viewers of ours are told both, once they have said what they read; for others the
 * connection ends. What was sent before still arrives.
 *
 * Nobody goes on with the session, not even if its connection was lost just now. As somebody new the client may come in again, if it is
 * let in: see tr_server_config_set_uses() and tr_server_config_set_login_events(). TR_ERROR_STATE if the session is over, or never was.
 */
tr_result tr_server_end_session(tr_server server,
                                uint64_t session,
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
 * Sets where to listen: `127.0.0.1:5900`, `[::]:5900`; port 0 for any free one.
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
 * Sets the private key of RSA-AES ("ra2" and "ra2ne"), in PEM, of so many bytes: 1024 to 8192 bits, without a passphrase.
 */
tr_result tr_server_config_set_rsa_key(tr_server_config config,
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
 * Sets what is spoken, names with commas between. At first it is "tls,wss,quic,vencrypt"; there are also "ra2", for which there
 * must be an RSA key (tr_server_config_set_rsa_key()), and, not encrypted, "ra2ne", "ws" and "plain". What is not encrypted needs `insecure`.
 */
tr_result tr_server_config_set_allow(tr_server_config config,
                                     const char *protocols,
                                     bool insecure);

/**
 * Sets which web pages may connect by WebSocket: origins with commas between, `https://example.org`; `*` for all. At first
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
