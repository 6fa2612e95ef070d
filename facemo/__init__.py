"""Rebuild a picture out of many small pictures.

The public names are imported when they are first used, so that ``import facemo`` and
``facemo --help`` cost nothing before there is work to do.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facemo.cache import CacheInfo as CacheInfo
    from facemo.cache import CacheWarning as CacheWarning
    from facemo.cache import cache_info as cache_info
    from facemo.cache import clear_cache as clear_cache
    from facemo.coverage import Coverage as Coverage
    from facemo.errors import InputError as InputError
    from facemo.load import load_tiles as load_tiles
    from facemo.metrics import Score as Score
    from facemo.metrics import score as score
    from facemo.mosaic import Mosaic as Mosaic
    from facemo.planning import plan as plan
    from facemo.planning import render as render
    from facemo.target import read_image as read_image
    from facemo.tiles import Rejected as Rejected
    from facemo.tiles import Tiles as Tiles
    from facemo.writers import Preflight as Preflight
    from facemo.writers import preflight as preflight
    from facemo.writers import save as save
    from facemo.writers import tile_side as tile_side
    from facemo.writers.npz import load_plan as load_plan

__version__ = "0.1.0"

_HOMES = {
    "CacheInfo": "facemo.cache",
    "CacheWarning": "facemo.cache",
    "Coverage": "facemo.coverage",
    "InputError": "facemo.errors",
    "Mosaic": "facemo.mosaic",
    "Preflight": "facemo.writers",
    "Rejected": "facemo.tiles",
    "Score": "facemo.metrics",
    "Tiles": "facemo.tiles",
    "cache_info": "facemo.cache",
    "clear_cache": "facemo.cache",
    "load_plan": "facemo.writers.npz",
    "load_tiles": "facemo.load",
    "plan": "facemo.planning",
    "preflight": "facemo.writers",
    "read_image": "facemo.target",
    "render": "facemo.planning",
    "save": "facemo.writers",
    "score": "facemo.metrics",
    "tile_side": "facemo.writers",
}

__all__ = [
    "CacheInfo",
    "CacheWarning",
    "Coverage",
    "InputError",
    "Mosaic",
    "Preflight",
    "Rejected",
    "Score",
    "Tiles",
    "cache_info",
    "clear_cache",
    "load_plan",
    "load_tiles",
    "plan",
    "preflight",
    "read_image",
    "render",
    "save",
    "score",
    "tile_side",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'facemo' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
