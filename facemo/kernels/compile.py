"""How kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile on first use, and keep the result on disk if there is a place to keep it."""
    try:
        return cast(F, njit(nogil=True, cache=True)(function))
    except RuntimeError:  # numba found no folder to write to
        return cast(F, njit(nogil=True)(function))


def inlined(function: F) -> F:
    """Compile as part of what calls it.

    A small function that is given an array in an inner loop costs four times its work otherwise,
    in counting references to the array.
    """
    return cast(F, njit(inline="always")(function))
