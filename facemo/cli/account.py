"""What a program may want to know of a mosaic, as one JSON object."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from facemo.options import Planning

if TYPE_CHECKING:
    from facemo import Bound, Mosaic, Score


def account(
    mosaic: Mosaic,
    outputs: Sequence[str],
    planning: Planning,
    score: Score | None,
    bound: Bound | None,
    seconds: float,
) -> str:
    """A mosaic and what was written of it as JSON, in one line.

    ``outputs``: what was written, each a ``path`` and its ``bytes`` (null for a folder).
    ``cells``: ``cols`` and ``rows``, and how many of them are ``filled``. ``pixels``, ``tile``:
    ``width`` and ``height``. ``photos``: how many were ``loaded``, ``used``, ``merged`` into equal
    ones, ``set_aside`` and ``left_out``. ``rejected``: each file that was set aside, a ``path`` and
    a ``reason``. ``left_out``: how many files nobody asked for, by the reason.
    ``recoloured``: ``tint``, from 0 to 1, ``delta_e``, how far mean colours were moved (CIEDE2000),
    and in how many ``variants``. ``lacking``: the colours that few photos come near, each a
    ``name`` and its ``share`` of the cells. ``score``, ``bound``: as in Python, null if not asked
    for. ``seconds``: how long it took. A number that is none is null.
    """
    from facemo.reports.coverage import coverage
    from facemo.reports.summary import looks, moved

    (rows, cols), (height, width) = mosaic.cells.shape, mosaic.shape[:2]
    tiles, filled = mosaic.tiles, mosaic.filled
    made: dict[str, Any] = {
        "outputs": [{"path": path, "bytes": _size(path)} for path in outputs],
        "cells": {
            "cols": cols,
            "rows": rows,
            "filled": rows * cols if filled is None else int(filled.sum()),
        },
        "pixels": {"width": width, "height": height},
        "tile": {"width": tiles.size[1], "height": tiles.size[0]},
        "photos": {
            "loaded": len(tiles),
            "used": len(mosaic.variants.tiles),
            "merged": len(tiles.merged),
            "set_aside": len(tiles.rejected),
            "left_out": sum(count for _, count in tiles.left_out),
        },
        "rejected": [
            {"path": os.path.join(tiles.root, file.path), "reason": file.reason}
            for file in tiles.rejected
        ],
        "left_out": dict(tiles.left_out),
        "recoloured": {"tint": mosaic.tint, "delta_e": moved(mosaic), "variants": looks(mosaic)},
        "lacking": [{"name": lack.name, "share": lack.share} for lack in coverage(mosaic).lacks],
        "score": None if score is None else asdict(score),
        "bound": None if bound is None else asdict(bound),
        "seconds": round(seconds, 3),
    }
    return json.dumps(_finite(made))


def _size(path: str) -> int | None:
    return None if os.path.isdir(path) else os.path.getsize(path)


def _finite(value: Any) -> Any:
    """A value with None for numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
