"""What is used of Pillow beyond its documentation, in one place, so that a new version can be held
to it."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageFile, JpegImagePlugin

# What `formats` overrides: methods that Pillow calls while it loads a picture.
OVERRIDDEN: tuple[tuple[type[ImageFile.ImageFile], str], ...] = (
    (ImageFile.ImageFile, "load_prepare"),
    (ImageFile.ImageFile, "load_end"),
    (JpegImagePlugin.JpegImageFile, "load_read"),
    (JpegImagePlugin.JpegImageFile, "_read_dpi_from_exif"),
)


def stored_size(image: Image.Image) -> tuple[int, int]:
    """(width, height) of the pixels that are there; `size` is what some TIFFs will have once they
    are turned."""
    width, height = image.im.size
    return width, height


def sampling(image: JpegImagePlugin.JpegImageFile) -> list[tuple[int, int]]:
    """How finely each component of a JPEG is sampled, across and down (T.81, A.1.1)."""
    return [(layer[1], layer[2]) for layer in image.layer]


def take_as_loaded(image: ImageFile.ImageFile) -> None:
    """Let a picture whose decoder has failed show what there is of it."""
    image.tile = []
    image.load()


def raw_pixels(image: ImageFile.ImageFile) -> bool:
    """Whether the pixels of a picture stand in its file as they are, and are copied by C code."""
    return [each[0] for each in image.tile] == ["raw"]


def show_raw(image: ImageFile.ImageFile, mode: str, size: tuple[int, int], pixels: bytes) -> None:
    """Let a picture have a mode, a (width, height) and pixels that somebody else has decoded."""
    image._mode, image._size = mode, size
    image.fp = BytesIO(pixels)
    image.tile = [ImageFile._Tile("raw", (0, 0, *size), 0, mode)]
