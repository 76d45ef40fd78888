/* Sound without devices: Opus there and back, packets through a jitter buffer, and clocks. */
#include <math.h>

#include "check.h"

#define FRAMES 960 /* 20 ms */
#define MILLISECOND 1000

static float tone[FRAMES * 2], heard[FRAMES * 2];

/* The next 20 ms of a tone of 440 Hz. */
static void play(int number) {
    for (int frame = 0; frame < FRAMES; frame++)
        tone[2 * frame] = tone[2 * frame + 1] = 0.5f * sinf((float)(number * FRAMES + frame) * 440 * 6.2831853f / 48000);
}

static double power(const float *samples, size_t count) {
    double sum = 0;
    for (size_t own = 0; own < count; own++)
        sum += samples[own] * samples[own];
    return sum / (double)count;
}

static void opus(const tr_sound_format *format) {
    tr_opus_encoder encoder = 0;
    tr_opus_decoder decoder = 0;
    OK(tr_opus_encoder_create(format, TR_OPUS_LOW_DELAY, 5, 0, &encoder));
    OK(tr_opus_decoder_create(format, &decoder));
    CHECK(tr_opus_encoder_lookahead(encoder) == 120);
    uint8_t packet[TR_OPUS_PACKET_LIMIT];
    size_t length = 0, frames = 0;
    for (int number = 0; number < 10; number++) {
        play(number);
        OK(tr_opus_encoder_encode(encoder, tone, FRAMES, packet, sizeof packet, &length));
        CHECK(0 < length && length < 600);
        OK(tr_opus_decoder_decode(decoder, packet, length, heard, FRAMES, &frames));
        CHECK(frames == FRAMES);
    }
    double loud = power(heard, FRAMES * 2);
    CHECK(0.1 < loud && loud < 0.15);
    OK(tr_opus_decoder_conceal(decoder, heard, FRAMES, &frames));
    CHECK(power(heard, FRAMES * 2) > 0.01);
    OK(tr_opus_decoder_recover(decoder, packet, length, heard, FRAMES, &frames));
    OK(tr_opus_encoder_set_bit_rate(encoder, 24000));
    OK(tr_opus_encoder_reset(encoder));
    OK(tr_opus_decoder_reset(decoder));

    FAILS(tr_opus_encoder_encode(encoder, tone, 959, packet, sizeof packet, &length), TR_ERROR_ARGUMENT, "frames: 959");
    FAILS(tr_opus_encoder_encode(encoder, tone, FRAMES, packet, 100, &length), TR_ERROR_ROOM, "room: 100");
    FAILS(tr_opus_encoder_set_bit_rate(encoder, 5), TR_ERROR_ARGUMENT, "bit-rate");
    FAILS(tr_opus_decoder_decode(decoder, packet, 0, heard, FRAMES, &frames), TR_ERROR_DATA, "empty");
    FAILS(tr_opus_decoder_decode(decoder, packet, 3, heard, 100, &frames), TR_ERROR_ROOM, "room: 100");
    OK(tr_opus_encoder_destroy(encoder));
    OK(tr_opus_decoder_destroy(decoder));
}

/* A sender, a link of 30 ms that loses each tenth packet and swaps others, and a jitter buffer. */
static void packets(const tr_sound_format *format) {
    tr_sound_sender sender = 0;
    tr_playout playout = 0;
    OK(tr_sound_sender_create(format, TR_OPUS_LOW_DELAY, 5, 0, &sender));
    OK(tr_sound_sender_set_repair(sender, true));
    OK(tr_sound_sender_set_bit_rate(sender, 64000));
    OK(tr_playout_create(format, 0, &playout));
    tr_clock_sample compared = {1000000, 31000, 31000, 1060000};
    OK(tr_playout_compare(playout, &compared));
    double loud = 0;
    int sent = 0;
    for (int number = 0; number < 200; number++) {
        /* The sender's clock is a second behind ours. */
        uint64_t captured = (uint64_t)number * 20 * MILLISECOND;
        play(number);
        OK(tr_sound_sender_push(sender, tone, FRAMES, captured));
        tr_sound_packet packet;
        for (;;) {
            OK(tr_sound_sender_poll(sender, &packet));
            if (packet.data == NULL)
                break;
            if (++sent % 10 != 0)
                OK(tr_playout_handle_packet(playout, 1030000 + captured, &packet));
        }
        uint64_t now = 1035000 + captured;
        OK(tr_playout_fill(playout, now, now + 10 * MILLISECOND, heard, FRAMES));
        if (number >= 100)
            loud += power(heard, FRAMES * 2) / 100;
    }
    CHECK(0.1 < loud && loud < 0.15);
    tr_sound_stats stats;
    OK(tr_playout_get_stats(playout, &stats));
    CHECK(stats.packets == (uint64_t)(sent - sent / 10));
    CHECK(stats.lost > 10 && stats.recovered == stats.lost);
    CHECK(stats.delay_us > 0 && !stats.silent);
    uint64_t due = 0;
    OK(tr_playout_due(playout, 199 * 20 * MILLISECOND, &due));
    CHECK(due > 1000000);

    OK(tr_playout_set_muted(playout, true));
    OK(tr_playout_set_muted(playout, false));
    OK(tr_playout_set_volume(playout, 0.5f));
    FAILS(tr_playout_set_volume(playout, NAN), TR_ERROR_ARGUMENT, "volume");
    FAILS(tr_playout_set_volume(playout, -1), TR_ERROR_ARGUMENT, "volume: -1");
    OK(tr_playout_reset(playout));
    OK(tr_playout_due(playout, 1, &due));
    CHECK(due == 0);
    OK(tr_playout_handle_samples(playout, 9000000, tone, FRAMES));
    OK(tr_playout_end_samples(playout));
    OK(tr_playout_fill(playout, 9000000, 9010000, heard, FRAMES));
    OK(tr_playout_destroy(playout));
    OK(tr_sound_sender_destroy(sender));
}

static void clocks(void) {
    tr_clock clock = 0;
    uint64_t moment = 0;
    OK(tr_clock_create(&clock));
    FAILS(tr_clock_to_local(clock, 5, &moment), TR_ERROR_STATE, "not been compared");
    tr_clock_sample sample = {10000, 500, 600, 11100};
    OK(tr_clock_compare(clock, &sample));
    OK(tr_clock_to_local(clock, 550, &moment));
    CHECK(moment == 10550);
    OK(tr_clock_to_remote(clock, 10550, &moment));
    CHECK(moment == 550);
    sample.returned_us = 9000;
    FAILS(tr_clock_compare(clock, &sample), TR_ERROR_ARGUMENT, "sample.returned_us");
    OK(tr_clock_destroy(clock));
}

int main(void) {
    const tr_sound_format format = {2, 20, 80000};
    opus(&format);
    packets(&format);
    clocks();
    return 0;
}
