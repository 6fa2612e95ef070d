"""Rebuild a picture out of many small pictures.

The public names are imported when they are first used, so that ``import facemo`` and
``facemo --help`` cost nothing before there is work to do.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facemo.drawing.mosaic import Mosaic as Mosaic
    from facemo.errors import InputError as InputError
    from facemo.library.cache import CacheInfo as CacheInfo
    from facemo.library.cache import CacheWarning as CacheWarning
    from facemo.library.cache import cache_info as cache_info
    from facemo.library.cache import clear_cache as clear_cache
    from facemo.library.load import load_tiles as load_tiles
    from facemo.library.picture import read_image as read_image
    from facemo.planning.plan import plan as plan
    from facemo.planning.plan import render as render
    from facemo.reports.coverage import Coverage as Coverage
    from facemo.reports.coverage import coverage as coverage
    from facemo.reports.score import Score as Score
    from facemo.reports.score import score as score
    from facemo.tiles import Rejected as Rejected
    from facemo.tiles import Tiles as Tiles
    from facemo.writers.npz import load_plan as load_plan
    from facemo.writers.preflight import Preflight as Preflight
    from facemo.writers.preflight import preflight as preflight
    from facemo.writers.preflight import tile_side as tile_side
    from facemo.writers.save import save as save

__version__ = "0.1.0"

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
    "coverage",
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

_HOMES = {
    "CacheInfo": "facemo.library.cache",
    "CacheWarning": "facemo.library.cache",
    "Coverage": "facemo.reports.coverage",
    "InputError": "facemo.errors",
    "Mosaic": "facemo.drawing.mosaic",
    "Preflight": "facemo.writers.preflight",
    "Rejected": "facemo.tiles",
    "Score": "facemo.reports.score",
    "Tiles": "facemo.tiles",
    "cache_info": "facemo.library.cache",
    "clear_cache": "facemo.library.cache",
    "coverage": "facemo.reports.coverage",
    "load_plan": "facemo.writers.npz",
    "load_tiles": "facemo.library.load",
    "plan": "facemo.planning.plan",
    "preflight": "facemo.writers.preflight",
    "read_image": "facemo.library.picture",
    "render": "facemo.planning.plan",
    "save": "facemo.writers.save",
    "score": "facemo.reports.score",
    "tile_side": "facemo.writers.preflight",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'facemo' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
