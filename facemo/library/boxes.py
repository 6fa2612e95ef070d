"""Where faces are in a picture: found when it is asked for, and written down for a cache."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.faces import detector, faces_in

NONE = np.empty((0, 4))
# Parts of a side. Rounding moves a box by less than a pixel of any picture.
_PARTS = 2**16 - 1
_MOST = 64  # boxes: more faces than a tile shows
_TEXT = re.compile(rf"(\d{{1,6}})x(\d{{1,6}}):((?:[0-9a-f]{{16}}){{0,{_MOST}}})")


class Boxes(NamedTuple):
    """The boxes of the faces in a picture.

    size : (width, height) in pixels of the picture in which they were sought
    shares : (F, 4) float64, top, left, bottom and right, from 0 to 1 of its sides
    """

    size: tuple[int, int]
    shares: NDArray[np.float64]

    @classmethod
    def found(cls, size: tuple[int, int], image: NDArray[np.uint8]) -> Boxes | None:
        """Those in a picture of that size, which is shown small: (H, W, 3) uint8, sRGB.

        They are rounded as they are where they are read back. None if what finds them fails.
        """
        found = faces_in(image, max(size))
        if found is None:
            return None
        shares = found[:_MOST] / np.tile(image.shape[:2], 2)
        return cls(size, np.rint(shares.clip(0, 1) * _PARTS) / _PARTS)

    def __str__(self) -> str:
        parts = np.rint(self.shares * _PARTS).astype(">u2")
        return f"{self.size[0]}x{self.size[1]}:{parts.tobytes().hex()}"

    @classmethod
    def parse(cls, text: object) -> Boxes | None:
        """The boxes of which `text` is the text, or None if it is none.

        >>> Boxes.parse("400x300:00000000ffff3333")
        Boxes(size=(400, 300), shares=array([[0. , 0. , 1. , 0.2]]))
        """
        read = _TEXT.fullmatch(text) if isinstance(text, str) else None
        if read is None:
            return None
        size = int(read[1]), int(read[2])
        if not read[3]:
            return cls(size, NONE)
        parts = np.frombuffer(bytes.fromhex(read[3]), ">u2").reshape(-1, 4)
        return None if (parts[:, :2] > parts[:, 2:]).any() else cls(size, parts / _PARTS)


class Faces:
    """The faces of one picture, which are looked for only when somebody asks where they are."""

    def __init__(self, known: Boxes | None = None) -> None:
        """What is known of them."""
        self._known = known
        self.new: Boxes | None = None  # what was found and not known
        self.found_by = ""  # what looked for them, if that was not known
        self.failed = False  # whether it could not look

    def boxes(
        self, size: tuple[int, int], look: Callable[[], NDArray[np.uint8]]
    ) -> NDArray[np.float64]:
        """Where they are in the picture of this (width, height): (F, 4), as `Boxes.shares`.

        What is known of the same picture at another size does not count: a decoder that reduces
        makes other pixels, and what is found must not depend on what was asked for before. A
        picture in which what finds faces fails is one without.
        """
        if self._known is None or self._known.size != size:
            self.found_by = detector()
            self._known = self.new = Boxes.found(size, look())
            self.failed = self.new is None
        return NONE if self._known is None else self._known.shares
