"""Drawing 8192 x 8192 pixels in more and smaller cells, against copying the same picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures import placed

from facemo import Mosaic
from facemo.kernels.draw import assemble, assemble_changed
from facemo.machine import divide

SIDE = 8192


def assemble_into(mosaic: Mosaic, drawn: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    pixels, index = mosaic.tiles.pixels, mosaic.index
    lines, region = pixels.reshape(*pixels.shape[:2], -1), out.reshape(len(out), -1)
    divide(
        lambda part: assemble(lines, index, part.start, 0, index.shape[1], region[part]),
        len(out),
        out.nbytes,
    )


def copy_divided(mosaic: Mosaic, drawn: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    divide(lambda part: np.copyto(out[part], drawn[part]), len(out), out.nbytes)


def recoloured(mosaic: Mosaic) -> Mosaic:
    """The same cells, each half of the way to a colour at random."""
    colors = np.random.default_rng(1).integers(0, 256, (*mosaic.cells.shape, 3), np.uint8)
    # As many variants as a plan has; colours at random would ask for more.
    palette = None if mosaic.cells.size <= 1 << 14 else 10_240
    return placed(mosaic.tiles, mosaic.index, colors, 0.5, palette)


def assemble_changed_into(mosaic: Mosaic, drawn: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    pixels, changes = mosaic.tiles.pixels, mosaic.layout.changes
    lines, region = pixels.reshape(*pixels.shape[:2], -1), out.reshape(len(out), -1)
    divide(
        lambda part: assemble_changed(lines, changes, mosaic.cells, part.start, 0, region[part]),
        len(out),
        out.nbytes,
    )


WAYS = {
    ("in place", "facemo"): assemble_into,
    ("in place", "`np.copyto`, all processors"): copy_divided,
    ("in place", "`np.copyto`, one thread"): lambda mosaic, drawn, out: np.copyto(out, drawn),
    ("in place", "facemo, recoloured on the way"): assemble_changed_into,
    ("new array", "facemo"): lambda mosaic, drawn, out: np.asarray(mosaic),
    ("new array", "facemo, recoloured"): lambda mosaic, drawn, out: np.asarray(mosaic),
    ("new array", "`np.copy`, one thread"): lambda mosaic, drawn, out: np.copy(drawn),
}


@pytest.mark.parametrize(("where", "way"), WAYS)
@pytest.mark.parametrize("cells", [64, 128, 256, 512])
def test_assemble(
    measure: Callable[..., None],
    mosaic: Callable[[int, int], Mosaic],
    cells: int,
    where: str,
    way: str,
) -> None:
    plan = mosaic(cells, SIDE // cells)
    if "recoloured" in way:
        plan = recoloured(plan)
    drawn = np.asarray(plan)
    out = np.empty_like(drawn)
    case = f"{where}, {cells} x {cells} cells of {SIDE // cells} px"
    work = WAYS[where, way]
    measure(way, work, plan, drawn, out, case=case, amount=out.nbytes / 1e6, unit="MB")
