"""explore: a notebook's sliders for the options of a plan, and the mosaic that follows them."""

from __future__ import annotations

from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facemo.drawing.mosaic import Mosaic
from facemo.errors import InputError
from facemo.kinds import WHITE, Color
from facemo.library.tensor import AnyTiles, as_tiles
from facemo.options import Loading, MosaicOptions, Planning
from facemo.planning.plan import plan
from facemo.planning.target import Target, as_image
from facemo.signatures import takes
from facemo.tiles import SHOWN, Tiles

if TYPE_CHECKING:
    from typing_extensions import Unpack

_TENTHS = tuple(n / 10 for n in range(11))
# Those of a slider's values that are numbers; "auto" comes before them.
_CHOICES = {"detail": (*range(1, 9),), "spacing": (*range(21),), "even": _TENTHS, "tint": _TENTHS}
_COLS, _K = (16, 150), (1, 30)


@takes(Planning, Loading)
def explore(target: Target, tiles: AnyTiles, **options: Unpack[MosaicOptions]) -> Explorer:
    """Show sliders for what a plan can be asked, in a notebook; the mosaic follows them.

    Parameters
    ----------
    target : path, picture or array
        As for `plan`.
    tiles : Tiles, path or paths, pictures, or (N, h, w, 3) uint8
        As for `plan`.
    {options}

    Returns
    -------
    Explorer
        What a notebook shows, with the `mosaic` as the sliders left it.

    Raises
    ------
    InputError
        If ipywidgets is not installed (``pip install "facemo[notebook]"``), and as `plan` does.

    Examples
    --------
    >>> explorer = explore("data/face.png", "data/tiles", cols=20, cache=False)
    >>> explorer.sliders["tint"].value = 0.5
    >>> round(explorer.mosaic.tint, 2), explorer.options
    (0.5, {'cols': 20, 'k': 5, 'tint': 0.5})
    """
    wanted, background = Planning.of(options), Loading.of(options).background
    own = {name: getattr(wanted, name) for name in Planning.own(options)}
    return Explorer(as_image(target), as_tiles(tiles, Loading.own(options)), own, background)


class Explorer:
    """Sliders, and the mosaic that follows them.

    Parameters
    ----------
    target : array
        As for `plan`.
    tiles : Tiles
        As for `plan`.
    options : dict
        Options of `plan` to begin with; those without a slider stay.
    background : colour name or (r, g, b)
        As for `plan`.

    Attributes
    ----------
    mosaic : Mosaic
        As the sliders left it.
    options : dict
        The options of `plan` that it was made with.
    sliders : dict
        An ipywidgets slider an option, by its name.
    message, picture : widgets
        What is said below the sliders, and shown beside them.
    """

    mosaic: Mosaic
    options: dict[str, Any]

    def __init__(
        self,
        target: NDArray[np.uint8],
        tiles: Tiles,
        options: dict[str, Any],
        background: str | Color = WHITE,
    ) -> None:
        """Draw the first mosaic."""
        try:
            import ipywidgets
        except ImportError:
            raise InputError('sliders need ipywidgets: pip install "facemo[notebook]"') from None
        self.sliders = _sliders(ipywidgets, options)
        self.message = ipywidgets.HTML(layout={"width": "300px"})
        self.picture = ipywidgets.Image(format="jpeg", layout={"width": f"{SHOWN}px"})
        self._target, self._tiles, self._background = target, tiles, background
        self._others = {name: options[name] for name in options.keys() - self.sliders.keys()}
        self._lay(self._asked())
        for slider in self.sliders.values():
            slider.observe(self._moved, "value")
        column = ipywidgets.VBox([*self.sliders.values(), self.message])
        self._box = ipywidgets.HBox([column, self.picture])

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """What a notebook shows: the sliders beside the picture."""
        return self._box._repr_mimebundle_(**kwargs)

    def _asked(self) -> dict[str, Any]:
        """The options as the sliders are."""
        moved = {name: slider.value for name, slider in self.sliders.items()}
        return {**self._others, **{name: x for name, x in moved.items() if x != "auto"}}

    def _moved(self, change: Any) -> None:
        """Follow a slider; what cannot be had is explained, and the picture stays."""
        try:
            self._lay(self._asked())
        except InputError as error:
            self.message.value = escape(str(error))

    def _lay(self, options: dict[str, Any]) -> None:
        """Plan, and show, what the options ask for."""
        self.mosaic = plan(self._target, self._tiles, background=self._background, **options)
        self.options = options
        cells = max(self.mosaic.cells.shape)
        pixels = -(-SHOWN // cells) * cells  # the same number for each cell: quickest to draw
        jpeg = BytesIO()
        Image.fromarray(self.mosaic.preview(pixels)).save(jpeg, "JPEG", quality=90)
        self.picture.value = jpeg.getvalue()
        height, width = self.mosaic.shape[:2]
        self.message.value = f"{width:,} × {height:,} pixels, tint {self.mosaic.tint:.2f}"


def _sliders(widgets: Any, options: dict[str, Any]) -> dict[str, Any]:
    """A slider an option, by its name, set to what was given."""
    cols, k = options.get("cols") or 64, options.get("k", Planning.k)
    sliders = {
        "cols": widgets.IntSlider(
            cols, min(cols, _COLS[0]), max(cols, _COLS[1]), description="cells across"
        ),
        "k": widgets.IntSlider(k, _K[0], max(k, _K[1]), description="k"),
    }
    for name, values in _CHOICES.items():
        given = options.get(name)
        value = "auto" if given is None else given
        more = [] if value == "auto" or value in values else [value]
        sliders[name] = widgets.SelectionSlider(
            options=["auto", *sorted([*values, *more])], value=value, description=name
        )
    return sliders
