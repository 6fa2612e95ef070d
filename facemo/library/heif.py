"""Pictures that are decoded apart, for what decodes them has been taken over before.

HEIC (libheif, an extra: `decoder` imports it, and nothing else does) and JPEG 2000 (OpenJPEG, which
Pillow brings). They are opened with the header alone, as Pillow's own pictures are.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from PIL import ImageFile

from facemo.library.apart import decoders
from facemo.library.frames import HEADER, MAX_XMP, MODES, PIXELS, Question
from facemo.library.limits import PictureError
from facemo.library.pillow import show_raw
from facemo.library.profiles import profile_of

NEEDS_EXTRA = 'HEIC picture: pip install "facemo[heic]", or export it as JPEG'
_XMP_BOX = b"uuid" + bytes.fromhex("be7acfcb97a942e89c71999491e3afac")  # XMP, part 3, 1.1.4


def heif_version() -> str:
    """The version of the package that decodes HEIC, and brings its libraries; "" without it."""
    try:
        return version("pillow-heif")
    except (PackageNotFoundError, TypeError):  # the latter for a path of bytes in sys.path
        return ""


class ApartFile(ImageFile.ImageFile):
    """A picture in a file that is handed over, as a whole, to be decoded apart.

    A thumbnail may stand for it where `draft` has allowed that.
    """

    _content = b""
    _least = 0

    def _open(self) -> None:
        assert self.fp is not None
        self._content = self.fp.read()
        answer = decoders.ask(Question(HEADER, self._content))
        show_raw(self, MODES[answer.channels], answer.size, b"")
        profile = answer.profile or profile_of(answer.primaries)
        if profile:
            self.info["icc_profile"] = profile
        if answer.exif:
            self.info["exif"] = answer.exif
        if answer.xmp:
            self.info["xmp"] = answer.xmp

    def draft(self, mode: str | None, size: tuple[int, int] | None) -> None:
        """Allow a thumbnail instead, of at least this (width, height)."""
        self._least = max(size) if size else 0

    def load(self) -> object:  # type: ignore[override]
        """Have it decoded."""
        if self._content:
            width, height = self._size
            question = Question(PIXELS, self._content, self._least, width * height)
            answer = decoders.ask(question)
            self._content = b""
            show_raw(self, MODES[answer.channels], answer.size, answer.pixels)
        return super().load()


class HeifFile(ApartFile):
    """HEIC, HEIF: already upright, whatever its EXIF data say."""

    format = "HEIF"

    def _open(self) -> None:
        if find_spec("pillow_heif") is None:
            raise PictureError(NEEDS_EXTRA, lasting=False)
        super()._open()


class Jpeg2000File(ApartFile):
    """JPEG 2000, with or without boxes around its codestream."""

    format = "JPEG2000"

    def _open(self) -> None:
        super()._open()
        # Pillow does not look for it, and no codestream happens to hold these twenty bytes.
        at = self._content.find(_XMP_BOX)
        if at >= 4:
            end = at - 4 + int.from_bytes(self._content[at - 4 : at], "big")
            self.info["xmp"] = self._content[at + len(_XMP_BOX) : end][:MAX_XMP]
