"""One option at several values, side by side: a picture that explains it."""

from __future__ import annotations

from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from facemo.drawing.mosaic import Mosaic
from facemo.drawing.variants import Variants
from facemo.errors import InputError, one_of
from facemo.library.tensor import AnyTiles, as_tiles
from facemo.options import Loading, MosaicOptions, Planning, Progress
from facemo.planning.plan import plan
from facemo.planning.target import Target, as_image
from facemo.reports.score import Score, score
from facemo.signatures import takes
from facemo.tiles import Tiles

if TYPE_CHECKING:
    from typing_extensions import Unpack

# Of an option that is a number, what is compared.
_SHARES = (0, 0.25, 0.5, 0.75, 1)
_NUMBERS: dict[str, tuple[Any, ...]] = {
    "cols": (25, 50, 75, 100, 150),
    "rows": (25, 50, 75, 100, 150),
    "detail": (1, 2, 4, 8),
    "k": (1, 2, 5, 10, 20),
    "spacing": (0, 1, 2, 4, 8),
    "max_uses": (5, 10, 20, 50, 100),
    "even": _SHARES,
    "tint": _SHARES,
    "shade": _SHARES,
    "palette": (100, 300, 1000, 3000, None),
    "seed": (0, 1, 2, 3, 4),
}
_SIDE = 400  # pixels of the longer side of each whole mosaic, and across the part shown close by
_MARGIN, _TITLE, _TEXT = 12, 24, 15  # pixels around what is shown, and of letters
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


class Setting(NamedTuple):
    """A value of an option, the mosaic that it makes, and its score."""

    label: str
    mosaic: Mosaic
    score: Score


@takes(Planning, Loading)
def compare(
    target: Target,
    tiles: AnyTiles,
    option: str,
    *,
    progress: Progress | None = None,
    **options: Unpack[MosaicOptions],
) -> Mosaic:
    """Show what an option does: mosaics at several of its values, side by side.

    Each is shown whole, then its middle as it is, with its value and its score above. Values that
    these tiles or this target do not allow are left out.

    Parameters
    ----------
    target : path, picture or array
        As for `plan`.
    tiles : Tiles, path or paths, pictures, or (N, h, w, 3) uint8
        As for `plan`.
    option : str
        An option of `plan`, by name, as "tint" or "cols"; what is given for it is not heeded.
    {options}
    progress : callable
        Called as ``progress(done, total)`` with numbers of mosaics.

    Returns
    -------
    Mosaic
        A row of cells, a value each, which `save` writes and a notebook shows.

    Raises
    ------
    InputError
        For an option that cannot be compared, and as `plan` does where fewer than two values work.

    Examples
    --------
    >>> tiles = np.repeat(np.arange(0, 256, 8, dtype=np.uint8), 8 * 8 * 3).reshape(-1, 8, 8, 3)
    >>> sheet = compare(np.eye(60), tiles, "tint", cols=10)
    >>> sheet.tiles.names
    ('tint=0', 'tint=0.25', 'tint=0.5', 'tint=0.75', 'tint=1')
    """
    values, image = values_of(option), as_image(target)
    tiles = as_tiles(tiles, Loading.own(options))
    wanted = {"background": Loading.of(options).background, **Planning.own(options)}
    settings, refused = [], InputError("")
    for done, value in enumerate(values):
        if progress is not None:
            progress(done, len(values))
        try:
            mosaic = plan(image, tiles, **{**wanted, option: value})
        except InputError as error:
            refused = error
        else:
            settings.append(Setting(f"{option}={value}", mosaic, score(mosaic, image)))
    if progress is not None:
        progress(len(values), len(values))
    if len(settings) < 2:
        raise InputError(f"fewer than two values of {option} to compare: {refused}")
    return _side_by_side(settings, image.shape)


def values_of(option: object) -> tuple[Any, ...]:
    """The values of an option of `plan` that are compared; InputError if there are none.

    >>> values_of("space"), values_of("mirror")
    (('rgb', 'lab'), (False, True))
    """
    compared = {each.name: _values(each) for each in fields(Planning)}
    names = [name for name, values in compared.items() if values]
    return compared[one_of("what is compared", option, names)]


def _values(each: Field[Any]) -> tuple[Any, ...]:
    """Numbers as above, both of a flag, or the words that there are."""
    metavar = each.metadata["kind"].metavar
    if each.name in _NUMBERS:
        return _NUMBERS[each.name]
    if metavar is None:
        return False, True
    words = tuple(word for word in metavar.split("|") if word.islower())
    return words if len(words) > 1 else ()


def _side_by_side(settings: list[Setting], target: tuple[int, ...]) -> Mosaic:
    """Mosaics of a target of this (height, width, …) as cells of one."""
    scale = _SIDE / max(target[:2])
    size = max(1, round(target[1] * scale)), max(1, round(target[0] * scale))
    tiles = Tiles(
        np.stack([_shown(each, size) for each in settings]),
        tuple(each.label for each in settings),
    )
    cells = np.arange(len(tiles), dtype=np.int32)
    colors = np.rint(tiles.pixels.mean(axis=(1, 2))).astype(np.uint8)
    return Mosaic(tiles, Variants(cells), cells[np.newaxis], colors[np.newaxis])


def _shown(setting: Setting, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A mosaic, (width, height) of it small, below its label and its score, above its middle."""
    lines = [setting.label, *_said(setting.score)]
    top = 2 * _MARGIN + _TITLE + len(lines[1:]) * (_TEXT + 5)
    close = _SIDE * 2 // 3
    picture = Image.new(
        "RGB", (_SIDE + 2 * _MARGIN, top + size[1] + close + 2 * _MARGIN), color=_WHITE
    )
    draw = ImageDraw.Draw(picture)
    y = _MARGIN
    for line in lines:
        letters = _TEXT if y > _MARGIN else _TITLE
        draw.text((_MARGIN, y), line, _BLACK, ImageFont.load_default(letters))
        y += letters + 5
    small = Image.fromarray(setting.mosaic.preview(max(size)))
    picture.paste(small.resize(size), (_MARGIN + (_SIDE - size[0]) // 2, top))
    middle = Image.fromarray(_middle(setting.mosaic, close, _SIDE))
    left = _MARGIN + (_SIDE - middle.width) // 2
    picture.paste(middle, (left, top + size[1] + _MARGIN))
    return np.asarray(picture)


def _middle(mosaic: Mosaic, height: int, width: int) -> NDArray[np.uint8]:
    """The middle of a mosaic, of at most so many of its pixels."""
    y, x = (
        max(0, (whole - part) // 2)
        for whole, part in zip(mosaic.shape[:2], (height, width), strict=True)
    )
    return mosaic[y : y + height, x : x + width]


def _said(score: Score) -> list[str]:
    """A score in lines of less than fifty letters."""
    photos = f"{score.distinct:,} photos, one of them {score.most_used:,} times"
    return [
        f"differs by {score.flip_1:.2f} from afar, {score.flip_8:.2f} close by",
        f"photos keep {score.contrast_kept:.0%} of their contrast",
        photos if score.most_used > 1 else f"{score.distinct:,} photos, each once",
    ]
