"""Pictures as sRGB, through the ICC profiles that they bring."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageCms

from facemo.kinds import Color

_MAX_PROFILE = 4 << 20


def as_srgb(image: Image.Image, profile: bytes | None, background: Color | None) -> Image.Image:
    """`image` as sRGB through its ICC `profile`, laid over `background` where it is transparent.

    Without one it keeps its alpha.
    """
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    if alpha is not None:
        image = image.convert(image.mode.removesuffix("A"))
    to_srgb = _transform(profile, image.mode)
    image = image.convert("RGB") if to_srgb is None else to_srgb.apply(image)
    if alpha is None:
        return image
    if background is None:
        image.putalpha(alpha)
        return image
    page = Image.new("RGB", image.size, background)
    page.paste(image, mask=alpha)
    return page


@lru_cache(maxsize=16)
def _transform(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From `profile` to sRGB; None where there is nothing to convert.

    That is: no profile, one that says it is sRGB, or one that is damaged, larger than any that is
    made (4 MB) or meant for another colour mode, which viewers ignore too.
    """
    srgb = ImageCms.createProfile("sRGB")
    if mode == "LAB":
        return ImageCms.buildTransform(ImageCms.createProfile("LAB"), srgb, "LAB", "RGB")
    if not profile or len(profile) > _MAX_PROFILE:
        return None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if ImageCms.getProfileDescription(source).startswith("sRGB"):
            return None
        return ImageCms.buildTransform(source, srgb, mode, "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None
