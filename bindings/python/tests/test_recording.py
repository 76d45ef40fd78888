"""Recordings, written and read."""

from pathlib import Path

import numpy as np
import pytest
import scenes

import tightrope
from tightrope.recording import FbsWriter, ServerStream, VtzReader, VtzWriter, convert


def test_what_was_recorded_is_read_again(tmp_path: Path) -> None:
    path = scenes.record(tmp_path / "a.vtz", frames=5, interval=0.25)
    with VtzReader(path) as recording:
        assert (recording.size, recording.frame_count) == ((400, 240), 5)
        for number, frame in enumerate(recording):
            assert (frame.index, frame.time) == (number, number * 0.25)
            assert np.array_equal(frame.picture, scenes.moving(number))
            if number > 0:
                # Tiles of 64 rows: the bar is in the second row of them.
                assert {(own.top, own.height) for own in frame.damage} == {(64, 64)}
                assert sum(own.area for own in frame.tiles) == sum(own.area for own in frame.damage)
        assert frame.index == 4 and not recording.is_cut_short


def test_pictures_are_read_into_one_place_without_a_copy(tmp_path: Path) -> None:
    path = scenes.record(tmp_path / "a.vtz")
    recording = VtzReader(path)
    addresses = {frame.picture.ctypes.data for frame in recording}
    assert addresses == {recording.picture.ctypes.data}
    picture = recording.picture
    del recording
    assert np.array_equal(picture, scenes.moving(5))
    with pytest.raises(ValueError, match="read-only"):
        picture[0, 0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        picture.flags.writeable = True
    assert picture.rgb().shape == (240, 400, 3)


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    picture = scenes.desktop()
    with VtzWriter(tmp_path / "a.vtz", (400, 240)) as writer:
        assert writer.add(picture, 0.0)
        assert not writer.add(picture, 1.0)
        picture[100:120, 40:60] = 7
        assert not writer.add(picture, 2.0, damage=(0, 0, 30, 30))
        assert writer.add(picture, 3.0, damage=[(0, 0, 1, 1), (32, 96, 64, 64)])
        summary = writer.finish()
    assert (summary.frames, summary.duration) == (2, 3.0)
    assert summary == writer.finish() and summary.bytes == (tmp_path / "a.vtz").stat().st_size
    with VtzReader(tmp_path / "a.vtz") as recording:
        assert [frame.time for frame in recording] == [0.0, 3.0]
    with pytest.raises(tightrope.ClosedError):
        writer.add(picture, 4.0)


def test_a_recording_that_was_cut_short_is_read_up_to_the_cut(tmp_path: Path) -> None:
    path = scenes.record(tmp_path / "a.vtz", frames=6)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    recording = VtzReader(path)
    assert len(list(recording)) < 6
    assert recording.is_cut_short


def test_a_recording_becomes_a_stream_and_pictures_again(tmp_path: Path) -> None:
    path = scenes.record(tmp_path / "a.vtz", frames=4)
    stream = convert(path, tmp_path / "a.fbs")
    assert stream.frames == 4 and not stream.is_cut_short
    back = convert(tmp_path / "a.fbs", tmp_path / "b.vtz", fps=100)
    assert back.files == (tmp_path / "b.vtz",)
    pictures = [frame.picture.copy() for frame in VtzReader(tmp_path / "b.vtz")]
    assert len(pictures) == 4
    for number, picture in enumerate(pictures):
        assert np.array_equal(picture, scenes.moving(number))


def test_a_stream_is_written_and_read_as_it_was_said(tmp_path: Path) -> None:
    path = tmp_path / "a.fbs"
    update = b"\0\0\0\1" + tightrope.RawEncoder().encode(scenes.desktop(64, 32)).data
    with FbsWriter(path, (64, 32), "désk") as writer:
        writer.add(0.5, update)
        writer.add(1.25, memoryview(b"\2"))
    stream = ServerStream(path)
    assert (stream.size, stream.name) == ((64, 32), "désk")
    assert (stream.pixel_format.bits_per_pixel, stream.pixel_format.shift) == (32, (16, 8, 0))
    (start, hello), *said = list(stream)
    assert start == 0.0 and hello.startswith(b"RFB 003.003\n")
    assert said == [(0.5, update), (1.25, b"\2")]
    assert not stream.is_cut_short
    with pytest.raises(tightrope.ClosedError):
        writer.add(2.0, b"\2")


def test_what_is_no_recording_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "junk.vtz").write_bytes(b"junk" * 100)
    with pytest.raises(tightrope.RecordingError, match="junk.vtz: this is no VTZ recording"):
        VtzReader(tmp_path / "junk.vtz")
    with pytest.raises(tightrope.RecordingError, match=r"none\.vtz: No such file"):
        VtzReader(tmp_path / "none.vtz")
    with pytest.raises(ValueError, match="path: expected a name that ends in .vtz or .fbs"):
        ServerStream(tmp_path / "a.mp4")
    with pytest.raises(ValueError, match="size: expected width and height"):
        VtzWriter(tmp_path / "a.vtz", (0, 10))
    with pytest.raises(ValueError, match="level: expected 1"):
        VtzWriter(tmp_path / "a.vtz", (10, 10), level=30)
    writer = VtzWriter(tmp_path / "a.vtz", (10, 10))
    with pytest.raises(ValueError, match="array: expected the recording's size, 10x10, got 11x10"):
        writer.add(np.zeros((10, 11, 4), np.uint8), 0.0)
    with pytest.raises(ValueError, match="time: expected seconds from 0 on"):
        writer.add(np.zeros((10, 10, 4), np.uint8), -1.0)
    with pytest.raises(ValueError, match="fps: expected 1 to 1000"):
        convert(tmp_path / "a.vtz", tmp_path / "b.fbs", fps=0)
