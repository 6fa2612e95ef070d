"""Packs: tiles of one size, one after another, in memory or in a file that is memory-mapped."""

from __future__ import annotations

import math
import os
import re
import stat
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from facemo import machine
from facemo.machine import divide

# Tiles handled at a time.
_BATCH_BYTES = 8 << 20


PACK = re.compile(r"facemo-[0-9a-f]{32}\.pixels")


def new_name() -> str:
    """A name for a pack that no other has."""
    return f"facemo-{uuid.uuid4().hex}.pixels"


def packs_in(folder: str) -> dict[str, os.stat_result]:
    """The packs in `folder`; the modification time of each tells when it was written or used."""
    packs = {}
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as listing:
        for entry in listing:
            if PACK.fullmatch(entry.name):
                with suppress(OSError):
                    packs[entry.name] = entry.stat(follow_symlinks=False)
    return packs


class MemoryPack:
    """At most `most` tiles of (height, width) in memory."""

    def __init__(self, most: int, size: tuple[int, int]) -> None:
        """Reserve the memory; the system grants it as it is filled."""
        self._pixels = np.empty((most, *size, 3), np.uint8)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, tiles: NDArray[np.uint8]) -> None:
        """Add (m, h, w, 3) uint8."""
        self._pixels[self._count : self._count + len(tiles)] = tiles
        self._count += len(tiles)

    def tiles(self) -> NDArray[np.uint8]:
        """All of them as (n, h, w, 3) uint8, not copied."""
        return self._pixels[: self._count]


class FilePack:
    """Tiles of (height, width) in a file of their own, which holds nothing else."""

    def __init__(self, path: str, size: tuple[int, int]) -> None:
        """Create the file; raises OSError if there is one, or where there can be none."""
        self.path = path
        self._size = size
        self._count = 0
        # Unbuffered, so that what a full disk refused is not tried again when it is closed.
        self._file = open(path, "x+b", buffering=0)  # noqa: SIM115

    def __len__(self) -> int:
        return self._count

    def append(self, tiles: NDArray[np.uint8]) -> None:
        """Add (m, h, w, 3) uint8; raises OSError for what the disk refuses."""
        rest = memoryview(np.ascontiguousarray(tiles).tobytes())
        while rest:
            rest = rest[self._file.write(rest) :]
        self._count += len(tiles)

    def tiles(self) -> NDArray[np.uint8]:
        """All of them as (n, h, w, 3) uint8, memory-mapped, though the name may be gone."""
        if not self._count:
            return np.empty((0, *self._size, 3), np.uint8)
        return np.memmap(self._file, np.uint8, "r", shape=(self._count, *self._size, 3))

    def close(self) -> None:
        """Let no more be appended, by anybody: `is_finished` tells."""
        self._file.close()
        with suppress(OSError):
            os.chmod(self.path, os.stat(self.path).st_mode & ~0o222)


def is_finished(status: os.stat_result) -> bool:
    """Whether the process that wrote the pack of this status has written all of it."""
    return not status.st_mode & stat.S_IWUSR


def mapped(path: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The whole tiles in the file at `path` as (n, h, w, 3) uint8, read when they are touched."""
    count = os.stat(path).st_size // (size[0] * size[1] * 3)
    if not count:
        return np.empty((0, *size, 3), np.uint8)
    return np.memmap(path, np.uint8, "r", shape=(count, *size, 3))


def compacted(pixels: NDArray[np.uint8], slots: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The tiles at ascending slots, moved to the front of `pixels` instead of copied.

    >>> compacted(np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1), np.array([0, 2])).ravel()
    array([0, 2], dtype=uint8)
    """
    for part in batches(len(slots), pixels.shape[1:3]):
        pixels[part] = pixels[slots[part]]
    return pixels[: len(slots)]


def batches(count: int, size: tuple[int, int]) -> Iterator[slice]:
    """Slices of a few megabytes of tiles of (height, width) that make up ``range(count)``."""
    return machine.batches(count, _BATCH_BYTES // (size[0] * size[1] * 3))


def checksum(tile: NDArray[np.uint8]) -> int:
    """The CRC-32 of a tile's bytes; `tile` must be contiguous.

    By isal: 11 GB/s on two processors, where zlib's takes twice as long and BLAKE2b seven times.
    """
    return isal_zlib.crc32(tile.reshape(-1))


def checksums(pixels: NDArray[np.uint8], slots: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The checksums of the tiles at some slots of `pixels`, (n, h, w, 3) uint8: (m,) uint32.

    >>> checksums(np.zeros((2, 2, 1, 3), np.uint8), np.array([0, 1]))
    array([2982322595, 2982322595], dtype=uint32)
    """
    sums = np.empty(len(slots), np.uint32)
    content = memoryview(pixels.reshape(-1))  # type: ignore[arg-type]
    size = math.prod(pixels.shape[1:])

    def work(part: slice) -> None:
        starts = (slots[part] * size).tolist()
        sums[part] = [isal_zlib.crc32(content[start : start + size]) for start in starts]

    divide(work, len(slots), len(slots) * size)
    return sums


@dataclass
class Places:
    """Where the tile of each of N files is, or why it has none.

    pack : (N,) int32, which of `packs`; -1 for a file that has no tile
    slot : (N,) int64, which tile of the pack
    crc : (N,) uint32, the checksum of the tile
    reasons : N reasons why a file has no tile, None where there is one, or nothing known
    left_out : why files are none of those asked for, by their numbers
    facts : what the headers of files say, as text, by their numbers
    packs : arrays of tiles, (n, h, w, 3) uint8
    """

    pack: NDArray[np.int32]
    slot: NDArray[np.int64]
    crc: NDArray[np.uint32]
    reasons: list[str | None]
    left_out: dict[int, str] = field(default_factory=dict)
    facts: dict[int, str] = field(default_factory=dict)
    packs: list[NDArray[np.uint8]] = field(default_factory=list)

    @classmethod
    def of(cls, files: int) -> Places:
        """The places of so many files, of which nothing is known yet."""
        pack = np.full(files, -1, np.int32)
        return cls(pack, np.zeros(files, np.int64), np.zeros(files, np.uint32), [None] * files)

    def unknown(self) -> list[int]:
        """The files that have neither a tile nor a reason why not."""
        without = np.flatnonzero(self.pack < 0).tolist()
        return [n for n in without if self.reasons[n] is None and n not in self.left_out]

    def put(
        self,
        numbers: NDArray[np.int64],
        pack: NDArray[np.uint8],
        slot: NDArray[np.int64],
        crc: NDArray[np.uint32],
    ) -> None:
        """Say that the tiles of these files are in `pack`."""
        self.pack[numbers] = len(self.packs)
        self.slot[numbers] = slot
        self.crc[numbers] = crc
        self.packs.append(pack)

    def take(self, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The tiles of some files, copied: (m, h, w, 3) uint8."""
        packs = self.pack[numbers]
        tiles = np.empty((len(numbers), *self.packs[packs[0]].shape[1:]), np.uint8)
        for pack in np.unique(packs):
            chosen = packs == pack
            tiles[chosen] = self.packs[pack][self.slot[numbers[chosen]]]
        return tiles

    def together(self, numbers: NDArray[np.int64]) -> NDArray[np.uint8] | None:
        """The tiles of some files, not copied, if they stand one after another in one pack."""
        packs, slots = self.pack[numbers], self.slot[numbers]
        if (packs != packs[0]).any() or (np.diff(slots) != 1).any():
            return None
        tiles: NDArray[np.uint8] = self.packs[packs[0]][slots[0] : slots[-1] + 1]
        return tiles
