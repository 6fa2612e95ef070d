"""show: look at a mosaic, or any picture, with whatever shows pictures here."""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageShow

from facemo.drawing.mosaic import Mosaic
from facemo.errors import InputError, whole_number
from facemo.library.given import Picture, as_picture
from facemo.tiles import Tiles, contact_sheet


def show(picture: Mosaic | Tiles | Picture, limit: int = 1600) -> None:
    """Show a mosaic, or any picture: below the cell of a notebook, else with the system's viewer.

    Parameters
    ----------
    picture : Mosaic, Tiles, or a picture
        What to show; of tiles up to 128. A picture may be whatever `plan` takes for a target.
    limit : int
        Pixels of the longer side: a larger mosaic or picture is shown reduced.

    Raises
    ------
    InputError
        For what is no picture, and where no program shows pictures.

    Examples
    --------
    >>> from facemo import plan
    >>> show(plan(np.eye(9), np.zeros((1, 8, 8, 3), np.uint8), cols=9))  # doctest: +SKIP
    """
    image = Image.fromarray(_drawn(picture, whole_number("limit", limit)))
    if _in_notebook():
        from IPython.display import display

        display(image)
    elif not ImageShow.show(image, title="facemo"):
        raise InputError('no program shows pictures here: facemo.save(mosaic, "mosaic.png")')


def _drawn(picture: Mosaic | Tiles | Picture, limit: int) -> NDArray[np.uint8]:
    """A picture of at most `limit` pixels a side: (h, w), (h, w, 3) or (h, w, 4) uint8."""
    if isinstance(picture, Mosaic):
        return picture.preview(limit)
    if isinstance(picture, Tiles):
        return contact_sheet(picture.pixels)
    image = Image.fromarray(as_picture(picture, "picture"))
    image.thumbnail((limit, limit))
    return np.asarray(image)


def _in_notebook() -> bool:
    """Whether a kernel runs this, whose front end shows what is displayed."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None
