"""Profiles made from numbers, as a colour management system reads them."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from facemo.library.profiles import profile_of

# From linear Display P3 and BT.2020 to linear sRGB, as CSS Color 4 and BT.2087 have them.
TO_SRGB = {
    12: [[1.2249, -0.2247, 0], [-0.0420, 1.0419, 0], [-0.0197, -0.0786, 1.0979]],
    9: [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
}
COLORS = np.array([[200, 100, 50], [120, 130, 110], [90, 95, 140], [10, 12, 11], [255, 255, 255]])


@pytest.mark.parametrize("primaries", TO_SRGB)
def test_colours_are_converted_as_their_primaries_say(primaries):
    profile = ImageCms.ImageCmsProfile(BytesIO(profile_of(primaries)))
    srgb = ImageCms.createProfile("sRGB")
    image = Image.fromarray(COLORS.astype(np.uint8)[None])
    found = ImageCms.profileToProfile(image, profile, srgb)
    linear = np.where(COLORS / 255 <= 0.04045, COLORS / 255 / 12.92, 0)
    linear = np.where(COLORS / 255 > 0.04045, ((COLORS / 255 + 0.055) / 1.055) ** 2.4, linear)
    linear = np.clip(linear @ np.array(TO_SRGB[primaries]).T, 0, 1)
    curve = 1.055 * linear ** (1 / 2.4) - 0.055
    expected = 255 * np.where(linear <= 0.0031308, 12.92 * linear, curve)
    np.testing.assert_allclose(np.asarray(found)[0], expected, atol=1.2)


@pytest.mark.parametrize("primaries", [0, 1, 2, 6, 65535])
def test_others_have_none(primaries):
    assert profile_of(primaries) is None
