"""Encodings on their own."""

import struct
import subprocess
import sys
import threading

import numpy as np
import pytest
import scenes

import tightrope
from tightrope import codec

LOSSLESS: tuple[codec.EncodingName, ...] = tuple(name for name in codec.ENCODINGS if name != "jpeg")


@pytest.mark.parametrize("encoding", LOSSLESS)
def test_what_was_encoded_without_loss_is_decoded_to_the_same_pixels(encoding: codec.EncodingName) -> None:
    encoder, decoder = codec.Encoder(encoding), codec.Decoder(encoding)
    shown = np.zeros((240, 400, 4), np.uint8)
    for number in range(3):
        picture = scenes.moving(number)
        encoded = encoder.encode(picture)
        assert encoded.left == ()
        drawn = decoder.decode(encoded, shown)
        assert np.array_equal(shown, picture)
        written = [(own.rect, own.encoding, own.kind, own.bytes) for own in encoded.rectangles]
        assert [(own.rect, own.encoding, own.kind, own.bytes) for own in drawn] == written


def test_the_rectangles_of_an_update_are_told_with_kind_bytes_and_time() -> None:
    picture = scenes.desktop()
    encoded = tightrope.TightEncoder(quality=8).encode(picture)
    kinds = {own.kind for own in encoded.rectangles}
    assert {"fill", "jpeg"} < kinds and kinds & {"mono", "palette"}
    assert sum(own.bytes for own in encoded.rectangles) == len(encoded) == len(encoded.data)
    covered = np.zeros(picture.shape[:2], np.uint8)
    at = 0
    for own in encoded.rectangles:
        covered[own.rect.slices] += 1
        head = struct.unpack_from(">HHHHi", encoded.data, at)
        assert head == (*own.rect, 7) and own.encoding == "tight"
        assert (own.quality == 92) == (own.kind == "jpeg")
        assert 0.0 < own.seconds
        at += own.bytes
    # Some may lie below others.
    assert (covered >= 1).all()
    assert sum(own.seconds for own in encoded.rectangles) <= encoded.seconds


def test_asking_for_times_changes_no_byte() -> None:
    picture = scenes.desktop()
    one = tightrope.TightEncoder(quality=5, threads=1).encode(picture)
    again = tightrope.TightEncoder(quality=5, threads=2).encode(picture)
    assert one.data == again.data


def test_less_quality_is_fewer_bytes_and_more_distance() -> None:
    picture = scenes.desktop()
    sizes, distances = [], []
    for quality in (1, 5, 9):
        encoded = tightrope.JpegEncoder(quality=quality).encode(picture)
        shown = np.zeros_like(picture)
        tightrope.JpegDecoder().decode(encoded, shown)
        sizes.append(len(encoded))
        distances.append(float(np.mean((shown[..., :3].astype(float) - picture[..., :3]) ** 2)))
    assert sizes == sorted(sizes) and distances == sorted(distances, reverse=True)
    assert len(set(sizes)) == 3


def test_settings_can_be_changed_between_pictures() -> None:
    encoder = tightrope.TightEncoder(quality=9)
    picture = scenes.desktop()
    good = encoder.encode(picture)
    encoder.set(quality=1)
    poor = encoder.encode(picture)
    assert len(poor) < len(good) and encoder.settings == {"quality": 1}
    encoder.set(quality=None)
    shown = np.zeros_like(picture)
    decoder = tightrope.TightDecoder()
    for encoded in (good, poor, encoder.encode(picture)):
        decoder.decode(encoded, shown)
    assert np.array_equal(shown, picture)


def test_a_part_of_an_array_is_encoded_where_it_lies() -> None:
    wide = scenes.desktop(800, 300)
    part = wide[30:270, 100:500]
    assert not part.flags.c_contiguous
    encoded = tightrope.ZrleEncoder().encode(part)
    target = np.full((300, 700, 4), 9, np.uint8)
    tightrope.ZrleDecoder().decode(encoded, target[10:250, 50:450])
    assert np.array_equal(target[10:250, 50:450], part)
    target[10:250, 50:450] = 9
    assert (target == 9).all()


def test_any_buffer_of_pixels_will_do() -> None:
    picture = scenes.desktop()
    lent = memoryview(picture.tobytes()).cast("B", picture.shape)
    assert tightrope.RawEncoder().encode(lent).data == tightrope.RawEncoder().encode(picture).data


def test_only_the_region_is_written() -> None:
    picture = scenes.desktop()
    encoder = tightrope.TightEncoder()
    (one,) = encoder.encode(picture, (8, 8, 16, 16)).rectangles
    assert one.rect == (8, 8, 16, 16)
    two = encoder.encode(picture, [(0, 0, 4, 4), (50, 50, 4, 4)])
    assert sorted(own.rect for own in two.rectangles) == [(0, 0, 4, 4), (50, 50, 4, 4)]
    assert encoder.encode(picture, []).data == b""


def test_a_budget_leaves_the_rest_over() -> None:
    picture = scenes.desktop()
    encoder, decoder = tightrope.TightEncoder(quality=8), tightrope.TightDecoder()
    shown = np.zeros_like(picture)
    left: codec.Region = [(0, 0, 400, 240)]
    rounds = 0
    while left:
        encoded = encoder.encode(picture, left, budget=4000)
        decoder.decode(encoded, shown)
        left = encoded.left
        rounds += 1
    assert rounds > 3
    assert np.abs(shown.astype(int) - picture)[..., :3].mean() < 5


def test_a_client_may_ask_for_fewer_colours() -> None:
    picture = scenes.desktop()
    encoded = tightrope.ZrleEncoder(pixel_format="rgb565").encode(picture)
    shown = np.zeros_like(picture)
    tightrope.ZrleDecoder(pixel_format="rgb565").decode(encoded, shown)
    distance = np.abs(shown.astype(int) - picture)[..., :3]
    assert 0 < distance.max() <= 8


def test_encoders_of_several_threads_do_not_wait_for_each_other() -> None:
    picture = scenes.desktop(1280, 800)
    alone = tightrope.TightEncoder().encode(picture).data
    done: list[bytes] = []
    at_once = threading.Barrier(4)

    def work() -> None:
        encoder = tightrope.TightEncoder()
        at_once.wait()
        done.append(encoder.encode(picture).data)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [alone] * 4


def test_one_encoder_may_be_used_by_several_threads() -> None:
    picture = scenes.desktop()
    encoder, decoder = tightrope.ZrleEncoder(), tightrope.ZrleDecoder()
    shown = np.zeros_like(picture)
    turns = threading.Lock()

    def work() -> None:
        for _ in range(10):
            # What goes through a stream must be decoded in the order in which it was written.
            with turns:
                decoder.decode(encoder.encode(picture), shown)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.array_equal(shown, picture)


MEMORY = """
import numpy as np, resource, tightrope

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

picture, shown = (np.full((4000, 4000, 4), shade, np.uint8) for shade in (50, 7))
encoder, decoder = tightrope.TightEncoder(), tightrope.TightDecoder()
decoder.decode(encoder.encode(picture, (0, 0, 64, 64)), shown)
before = most()
for place in range(64, 3000, 64):
    decoder.decode(encoder.encode(picture[10:, 5:], (place, place, 64, 64)), shown[10:, 5:])
print("copies", most() - before)
for number in range(3000):
    encoded = tightrope.TightEncoder(quality=number % 10).encode(picture[:64, :64])
    tightrope.TightDecoder().decode(encoded, shown[:64, :64])
    if number == 500:
        before = most()
print("leaks", most() - before)
"""


def test_no_picture_is_copied_and_nothing_is_left_behind() -> None:
    done = subprocess.run([sys.executable, "-P", "-c", MEMORY], capture_output=True, text=True, check=True)
    grown = {name: int(length) for name, length in (line.split() for line in done.stdout.splitlines())}
    # The pictures have 64 MB each.
    assert grown["copies"] < 8 << 20 and grown["leaks"] < 5 << 20


def test_bytes_that_are_no_rectangles_are_an_error_and_nothing_else() -> None:
    picture = scenes.desktop()
    encoded = tightrope.TightEncoder(quality=8).encode(picture)
    shown = np.zeros_like(picture)
    with pytest.raises(tightrope.ProtocolError, match="data: it ends inside a rectangle"):
        tightrope.TightDecoder().decode(encoded.data[:-3], shown)
    with pytest.raises(tightrope.ProtocolError, match="data: .*rectangle"):
        tightrope.TightDecoder().decode(encoded, np.zeros((100, 100, 4), np.uint8))
    with pytest.raises(tightrope.ProtocolError, match="data: unreadable message: encoding-type"):
        tightrope.ZrleDecoder().decode(encoded, shown)
    numbers = np.random.default_rng(3)
    for _ in range(300):
        junk = bytearray(encoded.data[:400])
        for place in numbers.integers(0, len(junk), 8):
            junk[place] = int(numbers.integers(0, 256))
        try:
            tightrope.TightDecoder().decode(junk, shown)
        except tightrope.ProtocolError:
            continue


def test_what_is_no_picture_is_refused_by_name() -> None:
    encoder, decoder = tightrope.TightEncoder(), tightrope.TightDecoder()
    picture = scenes.desktop()
    with pytest.raises(TypeError, match="array: expected an array of uint8.*float64"):
        encoder.encode(np.zeros((4, 4, 4)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"array: expected an array of uint8 of shape \(height, width, 4\)"):
        encoder.encode(np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="array: .*strides"):
        encoder.encode(picture[:, ::2])
    with pytest.raises(ValueError, match="array: .*strides"):
        encoder.encode(picture[::-1])
    with pytest.raises(TypeError, match="array: expected an array"):
        encoder.encode("picture")  # type: ignore[arg-type]
    frozen = picture.copy()
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="array: .*writable"):
        decoder.decode(encoder.encode(frozen), frozen)
    with pytest.raises(ValueError, match="region: expected rectangles .* within 400x240"):
        encoder.encode(picture, (390, 0, 20, 20))
    with pytest.raises(ValueError, match="budget: expected at least 1 byte"):
        encoder.encode(picture, budget=0)


def test_settings_that_are_none_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="quality: expected 0 to 9"):
        tightrope.TightEncoder(quality=10)
    with pytest.raises(ValueError, match="compression: expected 0 to 9"):
        tightrope.TightEncoder(compression=-1)
    with pytest.raises(ValueError, match="threads: expected 1 to 256"):
        tightrope.TightEncoder(threads=0)
    with pytest.raises(ValueError, match="subsampling: expected one of 4:4:4"):
        tightrope.TightEncoder(subsampling="5:5:5")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="encoding: expected one of raw"):
        codec.Encoder("h264")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="encoding: expected one that there is an encoder of, got zywrle"):
        codec.Encoder("zywrle")
    with pytest.raises(TypeError, match="qualty: expected one of quality"):
        tightrope.TightEncoder(qualty=3)  # type: ignore[call-arg]
    encoder = tightrope.TightEncoder(quality=3)
    with pytest.raises(ValueError, match="fine_quality"):
        encoder.set(quality=5, fine_quality=101)
    assert encoder.settings == {"quality": 3}


@pytest.mark.parametrize("encoding", codec.ENCODINGS)
def test_every_encoding_has_classes_of_its_name(encoding: str) -> None:
    name = encoding.title().replace("-", "")
    assert getattr(tightrope, f"{name}Encoder")().encoding == encoding
    assert getattr(tightrope, f"{name}Decoder")().encoding == encoding
