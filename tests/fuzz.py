"""Pictures that are decoded apart, cut, flipped and spliced, many thousands of them.

Run as a script with how many to make, and the number of the first if not 0; the same numbers give
the same files. Some are made of the pictures in `tests/corpus`, some of photographs of 256 x 192.
It says how many there were of each outcome, how often what decoded one died, and whether what
stays alive still decodes whole files to the same pixels.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import repeat
from pathlib import Path

import hostile
import numpy as np
from PIL import Image

from facemo.library import heif
from facemo.library.apart import Apart
from facemo.library.limits import PictureError
from facemo.library.picture import read_picture, silent_decoders

HERE = Path(__file__).parent
NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 2**15, 2**16 - 1, 2**31, 2**32 - 1)


class Counted(Apart):
    """That counts the processes which it has started."""

    started = 0

    def _start(self):
        self.started += 1
        return super()._start()


def seeds():
    """Whole files, each as bytes."""
    paths = sorted(p for p in hostile.CORPUS.iterdir() if p.suffix in (".heic", ".jp2", ".j2k"))
    yield from (path.read_bytes() for path in paths)
    import pillow_heif

    photo = Image.open(HERE.parent / "data" / "face.png").convert("RGB").resize((256, 192))
    tiled = pillow_heif.from_pillow(photo)
    pillow_heif.options.GRID_TILE_SIZE = 64
    yield _saved(tiled, quality=50)
    pillow_heif.options.GRID_TILE_SIZE = 0
    yield _saved(pillow_heif.from_pillow(photo), quality=30)


def _saved(image, **options):
    buffer = BytesIO()
    image.save(buffer, **options)
    return buffer.getvalue()


def damaged(number, whole):
    """The damaged file that has this number."""
    rng = np.random.default_rng(number)
    data = bytearray(whole[rng.integers(len(whole))])
    for _ in range(rng.integers(1, 5)):
        # Half of the changes are to the boxes in front, which say what and where everything is.
        at = int(rng.integers(min(len(data), 700) if rng.random() < 0.5 else len(data)))
        kind = rng.integers(6)
        if kind < 2:
            data[at] ^= 1 << int(rng.integers(8))
        elif kind == 2:
            width = int(rng.choice([1, 2, 4]))
            value = NUMBERS[rng.integers(len(NUMBERS))] % 256**width
            data[at : at + width] = value.to_bytes(width, "big")
        elif kind == 3:
            data[at : at + 16] = rng.bytes(min(16, len(data) - at))
        elif kind == 4:
            other = whole[rng.integers(len(whole))]
            start, length = int(rng.integers(len(other))), int(rng.integers(64))
            grown = int(rng.integers(64)) if rng.random() < 0.2 else length
            data[at : at + length] = other[start : start + grown]
        elif rng.random() < 0.1:
            del data[max(at, 1) :]
    return bytes(data)


def outcome(number, whole, folder):
    """What became of a damaged file."""
    path = Path(folder, str(threading.get_ident()))
    path.write_bytes(damaged(number, whole))
    try:
        read_picture(path, (16, 16) if number % 2 else None)
    except PictureError as error:
        return str(error)
    return "a picture"


def main(count, first=0):
    heif.decoders = counted = Counted()
    whole = list(seeds())
    start, said = time.monotonic(), Counter()
    with tempfile.TemporaryDirectory() as folder, silent_decoders():
        before = [_pixels(folder, each) for each in whole]
        numbers = range(first, first + count)
        with ThreadPoolExecutor(2) as pool:
            for done, reason in enumerate(
                pool.map(outcome, numbers, repeat(whole), repeat(folder))
            ):
                said[reason] += 1
                if (done + 1) % 10_000 == 0:
                    print(done + 1, f"{time.monotonic() - start:.0f} s", flush=True)
        for pixels, each in zip(before, whole, strict=True):
            np.testing.assert_array_equal(pixels, _pixels(folder, each))
    counted.close()
    for reason, times in said.most_common():
        print(f"{times:8,} {reason}")
    seconds = time.monotonic() - start
    print(f"{counted.started} processes, {seconds:.0f} s, {hostile.peak():.0f} MB at most")


def _pixels(folder, content):
    path = Path(folder, "whole")
    path.write_bytes(content)
    return read_picture(path)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
