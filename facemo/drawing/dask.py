"""A picture in chunks: how large they are, and as a dask array of them."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Protocol
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from facemo.errors import InputError

_SIDE = 1024


class Region(Protocol):
    """What can be cut into chunks: its shape, and its regions."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, 3)."""

    def __getitem__(self, key: Any) -> NDArray[np.uint8]:
        """A region."""


def chunk_sides(tile: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of chunks of whole tiles, of about 1,024 pixels a side.

    >>> chunk_sides((64, 300))
    (1024, 900)
    """
    height, width = (side * max(1, _SIDE // side) for side in tile)
    return height, width


def extra(name: str, what: str) -> Any:
    """The package `name` of the extra, or an InputError that says how to get it."""
    try:
        return import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise InputError(
            f"{what} needs {package}, of facemo's extra [dask]: pip install {package}"
        ) from None


def as_dask(picture: Region, chunks: tuple[int, int]) -> Any:
    """`picture` as a dask array whose chunks are drawn from it, wherever they are computed.

    With a client of ``dask.distributed`` at work the picture is handed to its workers as one piece
    of data, so that each gets it once; else it is part of the graph, and goes where that goes.
    """
    array, delayed = extra("dask.array", "to_dask"), extra("dask", "to_dask").delayed
    client = _client()
    given = (
        delayed(picture, traverse=False)
        if client is None
        else delayed(client.scatter(picture, hash=False))
    )
    return array.map_blocks(
        _draw,
        picture=given,
        # A name of its own rather than a hash: that would read gigabytes of tiles.
        name=f"mosaic-{uuid4().hex}",
        chunks=array.core.normalize_chunks((*chunks, 3), picture.shape),
        dtype=np.uint8,
        meta=np.empty((0, 0, 0), np.uint8),
    )


def _draw(picture: Region, block_info: Any = None) -> NDArray[np.uint8]:
    (y0, y1), (x0, x1), _ = block_info[None]["array-location"]
    return picture[y0:y1, x0:x1]


def _client() -> Any:
    """The client of dask.distributed that can be given data here and now, if there is one."""
    distributed = sys.modules.get("distributed")
    try:
        client = distributed and distributed.default_client()
    except ValueError:
        return None
    ready = client and not client.asynchronous and client.scheduler_info()["workers"]
    return client if ready else None
