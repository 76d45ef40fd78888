"""Rate–distortion curves: how many bytes each encoding takes for how much quality.

    python rate_distortion.py --out curves.svg [--recording session.vtz]

Every picture of the recording goes through encoder and decoder; without a recording, pictures are made up.
"""

import argparse
import math
import tempfile
from pathlib import Path

import chart
import numpy as np
import scenes

from tightrope import codec
from tightrope.recording import VtzReader

LOSSY: tuple[codec.EncodingName, ...] = ("tight", "jpeg")
LOSSLESS: tuple[codec.EncodingName, ...] = ("zrle", "hextile", "zlib")
EQUAL = 99.0
"""Stands for equal pictures, whose PSNR has no bound."""


def measure(recording: Path, encoding: codec.EncodingName, quality: int | None) -> tuple[float, float, float]:
    """Megabytes, PSNR in dB over what changed, and seconds of encoding, of all pictures."""
    encoder, decoder = codec.Encoder(encoding, quality=quality), codec.Decoder(encoding)
    length, squares, samples, seconds = 0, 0.0, 0, 0.0
    with VtzReader(recording) as frames:
        shown = np.zeros_like(frames.picture)
        for frame in frames:
            encoded = encoder.encode(frame.picture, frame.damage)
            decoder.decode(encoded, shown)
            length += len(encoded)
            seconds += encoded.seconds
            for rect in frame.damage:
                wanted, got = (own[rect.slices][..., :3].astype(np.float32) for own in (frame.picture, shown))
                squares += float(np.sum((wanted - got) ** 2))
                samples += wanted.size
    decibels = EQUAL if squares == 0.0 else 10.0 * math.log10(255.0**2 * samples / squares)
    return length / 1e6, decibels, seconds


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recording", type=Path, help="a .vtz; made up without it")
    parser.add_argument("--out", type=Path, default=Path("rate_distortion.svg"))
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        recording = options.recording or scenes.record(Path(directory) / "scenes.vtz")
        curves: dict[str, list[tuple[float, float]]] = {}
        print(f"{'encoding':<10} {'quality':>8} {'MB':>8} {'PSNR':>7} {'seconds':>8}")
        for encoding in LOSSY + LOSSLESS:
            levels = [*range(0, 10, 3), None] if encoding in LOSSY else [None]
            for quality in levels:
                if encoding == "jpeg" and quality is None:
                    continue
                megabytes, decibels, seconds = measure(recording, encoding, quality)
                word = "lossless" if quality is None else str(quality)
                print(f"{encoding:<10} {word:>8} {megabytes:>8.3f} {decibels:>7.2f} {seconds:>8.3f}")
                name = f"{encoding} (lossless)" if quality is None else encoding
                curves.setdefault(name, []).append((megabytes, min(decibels, 60.0)))
    chart.save(options.out, "Bytes for quality", "MB", "PSNR in dB (60: exact)", curves)


if __name__ == "__main__":
    main()
