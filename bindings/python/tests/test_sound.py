"""Sound without a session."""

import numpy as np
import pytest

import tightrope
from tightrope import audio
from tightrope.audio import Clock, OpusDecoder, OpusEncoder, Packet, Playout, Sender
from tightrope.sound import Samples


def tone(start: int, samples: int, channels: int = 2) -> Samples:
    """Half a sine of 440 Hz, from a sample on."""
    times = np.arange(start, start + samples, dtype=np.float32) / audio.RATE
    wave = 0.5 * np.sin(2 * np.pi * 440 * times)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def loudness(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


@pytest.mark.parametrize(("channels", "frame_ms"), [(1, 10), (2, 20), (2, 5)])
def test_what_is_coded_sounds_the_same(channels: int, frame_ms: int) -> None:
    encoder = OpusEncoder(channels=channels, frame_ms=frame_ms, bit_rate=96_000)
    decoder = OpusDecoder(channels=channels, frame_ms=frame_ms)
    assert encoder.shape == decoder.shape == (frame_ms * 48, channels)
    length = encoder.shape[0]
    heard = [decoder.decode(encoder.encode(tone(n * length, length, channels))) for n in range(30)]
    assert all(own.shape == encoder.shape for own in heard)
    late = round(encoder.lookahead * audio.RATE)
    whole = np.concatenate(heard)[late:]
    wanted = tone(0, len(whole), channels)
    assert loudness(whole[2000:] - wanted[2000:]) < 0.05 * loudness(wanted)


def test_a_frame_is_decoded_where_it_is_wanted() -> None:
    encoder, decoder = OpusEncoder(), OpusDecoder()
    buffer = np.zeros((4, *decoder.shape), np.float32)
    for n in range(4):
        out = decoder.decode(encoder.encode(tone(n * 960, 960)), buffer[n])
        assert np.shares_memory(out, buffer[n])
    assert loudness(buffer[2:]) == pytest.approx(loudness(tone(0, 960)), rel=0.1)
    lost = decoder.conceal()
    assert lost.shape == (960, 2) and loudness(lost) > 0.1


def test_a_lower_bit_rate_makes_smaller_frames() -> None:
    encoder = OpusEncoder(bit_rate=128_000)
    large = len(encoder.encode(tone(0, 960)))
    encoder.bit_rate = 16_000
    assert encoder.bit_rate == 16_000
    frames = [len(encoder.encode(tone(n * 960, 960))) for n in range(1, 6)]
    assert max(frames) < large


def test_a_jitter_buffer_plays_what_was_sent_and_says_what_was_lost() -> None:
    sender, playout = Sender(frame_ms=20), Playout(frame_ms=20)
    sender.set_repair(True)
    packets: list[Packet] = []
    for n in range(150):
        packets += sender.push(tone(n * 960, 960), 10.0 + n * 0.02)
    assert [own.sequence for own in packets] == list(range(150))
    assert packets[0].captured == pytest.approx(10.0, abs=0.01)
    waiting = list(packets)
    del waiting[60], waiting[90]
    playout.handle_clock(5.0, 105.0, 105.0, 5.001)
    heard = []
    for step in range(150):
        now = step * 0.02
        while waiting and waiting[0].captured - 10.0 <= now:
            playout.handle(waiting.pop(0), now + 0.03)
        heard.append(playout.fill(np.empty((960, 2), np.float32), now, now + 0.01))
    stats = playout.stats
    assert stats.packets == 148 and stats.recovered == 2 and stats.malformed == 0
    assert loudness(np.concatenate(heard[50:100])) == pytest.approx(loudness(tone(0, 960)), rel=0.1)
    assert stats.depth > 0.0 and not stats.is_silent
    due = playout.due(12.0)
    captured = None if due is None else playout.captured(due)
    assert captured == pytest.approx(12.0, abs=0.001)


def test_silence_is_not_sent() -> None:
    sender = Sender()
    silent = np.zeros((960, 2), np.float32)
    assert sender.push(silent, 0.0) == []
    packets = sender.push(tone(0, 960), 0.02)
    for n in range(20):
        packets += sender.push(silent, 0.04 + n * 0.02)
    assert packets[-1].is_last and len(packets) < 15


def test_two_clocks_are_compared() -> None:
    clock = Clock()
    assert clock.local(5.0) is None and clock.there(5.0) is None
    clock.handle(101.0, 1.005, 1.006, 101.011)
    assert clock.local(3.0) == pytest.approx(103.0, abs=0.001)
    assert clock.there(103.0) == pytest.approx(3.0, abs=0.001)


def test_what_is_no_sound_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="channels: expected 1 or 2, got 3"):
        OpusEncoder(channels=3)
    with pytest.raises(ValueError, match="frame_ms: expected 5, 10 or 20"):
        OpusDecoder(frame_ms=7)
    with pytest.raises(ValueError, match="bit_rate: expected 6000 to 510000"):
        OpusEncoder(bit_rate=5)
    with pytest.raises(ValueError, match="profile: expected low-delay"):
        OpusEncoder(profile="loud")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="chanels: expected one of channels"):
        OpusEncoder(chanels=2)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="samples: expected one frame: 1920 numbers, got 4"):
        OpusEncoder().encode(np.zeros(4, np.float32))
    with pytest.raises(TypeError, match="samples: expected .*float32"):
        OpusEncoder().encode(np.zeros((960, 2)))  # type: ignore[arg-type]
    with pytest.raises(tightrope.ProtocolError, match="sound frame"):
        OpusDecoder().decode(b"")
    with pytest.raises(ValueError, match="out: expected one frame"):
        OpusDecoder().decode(OpusEncoder().encode(tone(0, 960)), np.zeros(4, np.float32))
    with pytest.raises(ValueError, match="now: expected seconds from 0 on"):
        Playout().fill(np.zeros((960, 2), np.float32), float("nan"))
    with pytest.raises(ValueError, match="volume: expected 0 to 4"):
        Playout().set_volume(9.0)
