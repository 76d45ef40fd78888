/* Encoders and decoders alone: every encoding there and back, with what each rectangle took. */
#include "check.h"

#define WIDTH 320
#define HEIGHT 200

static uint8_t desktop[WIDTH * HEIGHT * 4], shown[WIDTH * HEIGHT * 4];

/* A desktop with something for everybody: one colour, a pattern of two, a gradient, and noise. */
static void paint(void) {
    uint32_t noise = 1;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            uint8_t *pixel = desktop + (y * WIDTH + x) * 4;
            noise = noise * 1664525u + 1013904223u;
            if (x < WIDTH / 2)
                pixel[0] = pixel[1] = pixel[2] = y < HEIGHT / 2 ? 77 : ((x ^ y) & 4) != 0 ? 255 : 0;
            else {
                pixel[0] = (uint8_t)(y < HEIGHT / 2 ? x : (int)(noise >> 24));
                pixel[1] = (uint8_t)(y < HEIGHT / 2 ? y : (int)(noise >> 16));
                pixel[2] = (uint8_t)(y < HEIGHT / 2 ? x + y : (int)(noise >> 8));
            }
            pixel[3] = 0;
        }
}

/* Decodes bytes, so many at a time; how many rectangles there were. */
static size_t decode(tr_decoder decoder, const uint8_t *bytes, size_t length, size_t chunk) {
    size_t rects = 0;
    tr_decoded decoded;
    memset(&decoded, 0, sizeof decoded);
    for (size_t at = 0; at < length; at += chunk) {
        size_t part = length - at < chunk ? length - at : chunk;
        OK(tr_decoder_decode(decoder, bytes + at, part, shown, sizeof shown, WIDTH, HEIGHT, 0, &decoded));
        for (size_t own = 0; own < decoded.rects_count; own++)
            CHECK(decoded.rects[own].bytes > 12);
        rects += decoded.rects_count;
    }
    CHECK(decoded.unread == 0);
    return rects;
}

static void there_and_back(int32_t encoding, size_t chunk) {
    tr_encoder encoder = 0;
    tr_decoder decoder = 0;
    OK(tr_encoder_create(encoding, 2, &encoder));
    OK(tr_decoder_create(NULL, &decoder));
    if (encoding == TR_ENCODING_JPEG)
        OK(tr_encoder_set_quality(encoder, 9, 2));
    for (int round = 0; round < 3; round++) {
        tr_encoded encoded;
        tr_rect half = {0, 100, WIDTH, 100};
        OK(tr_encoder_encode(encoder, desktop, sizeof desktop, WIDTH, HEIGHT, WIDTH * 4, round == 1 ? &half : NULL,
                             round == 1, 0, &encoded));
        CHECK(encoded.left_count == 0 && encoded.rects_count > 0);
        size_t bytes = 0, pixels = 0;
        for (size_t own = 0; own < encoded.rects_count; own++) {
            const tr_coded_rect *rect = encoded.rects + own;
            CHECK(rect->encoding == encoding || rect->encoding == TR_ENCODING_RAW);
            bytes += rect->bytes;
            pixels += (size_t)rect->rect.width * rect->rect.height;
        }
        CHECK(bytes == encoded.bytes_length);
        CHECK(pixels == (round == 1 ? WIDTH * 100 : WIDTH * HEIGHT));
        memset(shown, round == 1 ? 0 : 9, round == 1 ? 0 : sizeof shown);
        CHECK(decode(decoder, encoded.bytes, encoded.bytes_length, chunk) == encoded.rects_count);
        if (encoding != TR_ENCODING_JPEG)
            CHECK(memcmp(desktop, shown, sizeof shown) == 0);
    }
    OK(tr_encoder_destroy(encoder));
    OK(tr_decoder_destroy(decoder));
}

/* The way that one of the four parts was coded, as a whole. */
static tr_coding kind_of(tr_encoder encoder, uint32_t column, uint32_t row, uint32_t *colours, uint32_t *quality) {
    tr_rect part = {column * WIDTH / 2, row * HEIGHT / 2, WIDTH / 2, HEIGHT / 2};
    tr_encoded encoded;
    OK(tr_encoder_encode(encoder, desktop, sizeof desktop, WIDTH, HEIGHT, 0, &part, 1, 0, &encoded));
    CHECK(encoded.rects_count > 0 && encoded.time_ns > 0);
    for (size_t own = 1; own < encoded.rects_count; own++)
        CHECK(encoded.rects[own].coding == encoded.rects[0].coding);
    *colours = encoded.rects[0].colours;
    *quality = encoded.rects[0].quality;
    return encoded.rects[0].coding;
}

/* What Tight chose for each of the four parts, and that loss is told. */
static void kinds(void) {
    tr_encoder encoder = 0;
    tr_encoded encoded;
    uint32_t colours, quality;
    OK(tr_encoder_create(TR_ENCODING_TIGHT, 1, &encoder));
    CHECK(kind_of(encoder, 0, 0, &colours, &quality) == TR_CODING_FILL && colours == 0);
    CHECK(kind_of(encoder, 0, 1, &colours, &quality) == TR_CODING_PALETTE && colours == 2);
    tr_coding smooth = kind_of(encoder, 1, 0, &colours, &quality);
    CHECK(smooth == TR_CODING_GRADIENT || smooth == TR_CODING_FULL_COLOUR);
    CHECK(kind_of(encoder, 1, 1, &colours, &quality) == TR_CODING_FULL_COLOUR && quality == 0);
    OK(tr_encoder_encode(encoder, desktop, sizeof desktop, WIDTH, HEIGHT, 0, NULL, 0, 0, &encoded));
    size_t exact = encoded.bytes_length;

    OK(tr_encoder_set_quality(encoder, 3, 1));
    OK(tr_encoder_set_fine_quality(encoder, 40, TR_SUBSAMPLING_420));
    OK(tr_encoder_set_options(encoder, TR_ENCODE_GRADIENT | TR_ENCODE_THRIFTY));
    CHECK(kind_of(encoder, 1, 1, &colours, &quality) == TR_CODING_JPEG && quality == 40);
    OK(tr_encoder_encode(encoder, desktop, sizeof desktop, WIDTH, HEIGHT, 0, NULL, 0, 0, &encoded));
    CHECK(encoded.bytes_length < exact);

    /* A budget is kept, and what is left is told. */
    OK(tr_encoder_encode(encoder, desktop, sizeof desktop, WIDTH, HEIGHT, 0, NULL, 0, 1000, &encoded));
    CHECK(encoded.left_count > 0 && encoded.bytes_length < exact);
    OK(tr_encoder_destroy(encoder));
}

/* Pixels of 16 bits, from a picture with room behind its rows. */
static void formats(void) {
    tr_pixel_format format = {16, 16, 0, 1, 31, 63, 31, 11, 5, 0};
    tr_encoder encoder = 0;
    tr_decoder decoder = 0;
    OK(tr_encoder_create(TR_ENCODING_RAW, 1, &encoder));
    OK(tr_encoder_set_format(encoder, &format));
    OK(tr_decoder_create(&format, &decoder));
    tr_encoded encoded;
    tr_decoded decoded;
    OK(tr_encoder_encode(encoder, desktop, sizeof desktop, WIDTH / 2, HEIGHT, WIDTH * 4, NULL, 0, 0, &encoded));
    CHECK(encoded.bytes_length == WIDTH / 2 * HEIGHT * 2 + 12 * encoded.rects_count);
    memset(shown, 3, sizeof shown);
    OK(tr_decoder_decode(decoder, encoded.bytes, encoded.bytes_length, shown, sizeof shown, WIDTH / 2, HEIGHT, WIDTH * 4,
                         &decoded));
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH * 4; x++) {
            int at = y * WIDTH * 4 + x;
            int off = desktop[at] - shown[at];
            CHECK(x < WIDTH / 2 * 4 ? -8 < off && off < 8 : shown[at] == 3);
        }
    OK(tr_encoder_destroy(encoder));
    OK(tr_decoder_destroy(decoder));
}

/* A CopyRect takes from the picture, and nonsense ends the decoder. */
static void copies_and_nonsense(void) {
    const uint8_t copy[] = {0, 0, 0, 0, 0, 160, 0, 100, 0, 0, 0, 1, 0, 160, 0, 0};
    tr_decoder decoder = 0;
    tr_decoded decoded;
    OK(tr_decoder_create(NULL, &decoder));
    memcpy(shown, desktop, sizeof shown);
    OK(tr_decoder_decode(decoder, copy, 10, shown, sizeof shown, WIDTH, HEIGHT, 0, &decoded));
    CHECK(decoded.unread == 10 && decoded.rects_count == 0);
    OK(tr_decoder_decode(decoder, copy + 10, 6, shown, sizeof shown, WIDTH, HEIGHT, 0, &decoded));
    CHECK(decoded.rects_count == 1 && decoded.rects[0].encoding == TR_ENCODING_COPY_RECT);
    for (int y = 0; y < 100; y++)
        CHECK(memcmp(shown + y * WIDTH * 4, desktop + (y * WIDTH + 160) * 4, 160 * 4) == 0);

    const uint8_t unknown[] = {0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 99, 7};
    for (int round = 0; round < 2; round++)
        FAILS(tr_decoder_decode(decoder, unknown, sizeof unknown, shown, sizeof shown, WIDTH, HEIGHT, 0, &decoded),
              TR_ERROR_DATA, "encoding-type");
    OK(tr_decoder_destroy(decoder));
}

int main(void) {
    paint();
    const int32_t all[] = {TR_ENCODING_RAW,  TR_ENCODING_RRE,  TR_ENCODING_CORRE, TR_ENCODING_HEXTILE, TR_ENCODING_ZLIB,
                           TR_ENCODING_TRLE, TR_ENCODING_ZRLE, TR_ENCODING_TIGHT, TR_ENCODING_JPEG,    TR_ENCODING_TIGHT_PNG};
    for (size_t own = 0; own < sizeof all / sizeof *all; own++)
        there_and_back(all[own], own % 2 != 0 ? 1000 : SIZE_MAX);
    kinds();
    formats();
    copies_and_nonsense();
    return 0;
}
