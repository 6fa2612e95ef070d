"""How kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic

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


def _prefetch(_context: Any, array: Any, index: Any) -> Any:
    """Begin to bring a value of an array into the cache; `index` counts as they lie in memory.

    Numba has no word for it, LLVM has. Any place may be asked for, in the array or not.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.bitcast(builder.gep(data, [args[1]]), pointer)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        # To be read, into the nearest cache, as data rather than code.
        builder.call(fetch, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, index), code


prefetch: Callable[[Any, Any], None] = intrinsic(_prefetch)
