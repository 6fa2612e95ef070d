"""A picture that numpy and Pillow take for an array, and that is drawn when they ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image


class LazyPicture(Protocol):
    """What follows for any picture from its `shape`, and from drawing regions of it."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, 3) of the picture in pixels."""

    def __getitem__(self, key: Any) -> NDArray[np.uint8]:
        """Draw a region."""

    @property
    def dtype(self) -> np.dtype[np.uint8]:
        """What its values are: uint8."""
        return np.dtype(np.uint8)

    @property
    def ndim(self) -> int:
        """How many axes its picture has: 3."""
        return 3

    @property
    def size(self) -> int:
        """How many values the picture has."""
        height, width, channels = self.shape
        return height * width * channels

    @property
    def nbytes(self) -> int:
        """How many bytes the picture takes as an array."""
        return self.size

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (self[y] for y in range(len(self)))

    def __array__(
        self, dtype: np.typing.DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        """Draw the whole picture; ``copy=False`` cannot be had."""
        if copy is False:
            raise ValueError("a Mosaic is drawn when it is asked for: it has no array to share")
        pixels = self[:]
        return pixels if dtype is None else pixels.astype(dtype, copy=False)

    @property
    def __array_struct__(self) -> object:
        """The whole picture, drawn: what numpy asks for first, so that the next is Pillow's."""
        return self[:].__array_struct__

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """What Pillow's ``Image.fromarray`` asks for, and then for `tobytes`."""
        strides = self.shape[1] * 3, 3, 1
        return {"version": 3, "shape": self.shape, "typestr": "|u1", "strides": strides}

    def tobytes(self) -> bytes:
        """Draw the whole picture as bytes, line by line, each pixel as red, green and blue.

        Returns
        -------
        bytes
            As many as `nbytes`.

        Raises
        ------
        InputError
            If it is larger than free memory.

        Examples
        --------
        >>> from facemo import plan
        >>> len(plan(np.eye(9), np.zeros((1, 8, 8, 3), np.uint8), cols=9).tobytes())
        15552
        """
        return self[:].tobytes()

    def to_image(self) -> Image.Image:
        """Draw the whole picture as a Pillow image, whose methods then are at hand.

        Returns
        -------
        PIL.Image.Image
            In RGB; empty cells show the background.

        Raises
        ------
        InputError
            If it is larger than free memory.

        Examples
        --------
        >>> from facemo import plan
        >>> plan(np.eye(9), np.zeros((1, 8, 8, 3), np.uint8), cols=9).to_image().size
        (72, 72)
        """
        return Image.fromarray(self[:])
