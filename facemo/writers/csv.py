"""Which photo stands where, as a table that any spreadsheet opens."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from facemo.drawing.mosaic import Mosaic
from facemo.drawing.recolour import tints
from facemo.drawing.variants import EMPTY
from facemo.errors import printable
from facemo.options import Encoding, Progress
from facemo.writers.format import Forecast, Format, Order
from facemo.writers.whole import whole_file

_COLUMNS = ("row", "column", "x", "y", "width", "height", "mirrored", "tint", "file")
# What a spreadsheet takes a cell for a formula by, or strips before it looks.
_FORMULA = tuple("=+-@＝＋－＠")


def write(mosaic: Mosaic, path: str, options: Encoding, report: Progress) -> None:
    """Write a line for each cell that shows a photo, row by row: the line is of that photo.

    Rows and columns count from 0, the rest is in pixels.
    """
    (rows, cols), (height, width) = mosaic.cells.shape, mosaic.tiles.size
    variants = mosaic.variants
    # An empty cell has no name, and no line.
    names = ["" if n == EMPTY else _harmless(mosaic.tiles.names[n]) for n in variants.tile]
    turned = variants.mirrored.astype(int).tolist()
    shown, means = (~variants.empty).tolist(), mosaic.means
    with whole_file(path) as file:
        # Without a byte order mark Excel takes UTF-8 for something else.
        file.write(codecs.BOM_UTF8 + _lines([_COLUMNS]))
        for row in range(rows):
            moved, whole = tints(variants, means, mosaic.cells[row], mosaic.colors[row])
            tint = np.clip(moved / np.maximum(whole, 1e-9), 0, 1).astype(np.float64).round(2)
            cells = zip(mosaic.cells[row].tolist(), tint.tolist(), strict=True)
            file.write(
                _lines(
                    (row, col, col * width, row * height, width, height, turned[n], by, names[n])
                    for col, (n, by) in enumerate(cells)
                    if shown[n]
                )
            )
            report((row + 1) * cols, rows * cols)


def forecast(order: Order) -> Forecast:
    """What writing `order` will take."""
    return Forecast(order.cells * 45, order.tiles * 100)


def _lines(cells: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(cells)
    return text.getvalue().encode()


def _harmless(name: str) -> str:
    """`name` for a spreadsheet: control characters escaped, and nothing that begins a formula.

    A name that would is put behind ``./``, which leaves it the same path.
    """
    printed = printable(name)
    return "./" + printed if printed.lstrip().startswith(_FORMULA) else printed


FORMAT = Format((".csv",), write, forecast, printed=False, measured=False, of_cells=True)
