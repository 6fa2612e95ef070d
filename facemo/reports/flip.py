"""FLIP: how much two pictures differ to someone who sees one flip into the other in place.

Andersson, Nilsson, Akenine-Möller, Oskarsson, Åström and Fairchild, "FLIP: A Difference Evaluator
for Alternating Images", Proc. ACM Comput. Graph. Interact. Tech. 3(2), 2020; of that the part for
pictures in sRGB. Symbols are the paper's.
"""

from __future__ import annotations

from math import ceil, pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

Array = NDArray[np.float32]

# On a 4K display 0.7 m wide, seen from 0.7 m: the paper's.
PIXELS_PER_DEGREE = 67.0

# What an eye makes out of a luminance and two opponent colours: sums of Gaussians, (weight, width
# b) each, a weight in space being a * sqrt(pi / b) * exp(-(pi * degrees)² / b).
_SENSITIVITY = (
    ((1.0, 0.0047),),
    ((1.0, 0.0053),),
    ((34.1, 0.04), (13.5, 0.025)),
)
_WIDEST = 0.04
_FEATURE_WIDTH = 0.082  # degrees that an edge or a point takes
# Weights beyond, beside 1 in the middle: narrow filters take half the time without them.
_NOTHING = 1e-6
_Q_COLOR, _Q_FEATURE = 0.7, 0.5
_P_COLOR, _P_TOP = 0.4, 0.95

# Linear RGB to XYZ (IEC 61966-2-1), white having 1 of each; and XYZ to the luminance and opponent
# colours of YyCxCz, which differ from these by factors and an offset that no filter minds.
_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_XYZ /= _XYZ.sum(axis=1, keepdims=True)
_OPPONENT = np.array([[0, 1, 0], [1, -1, 0], [0, 1, -1]]) @ _XYZ


class _Filters(NamedTuple):
    """Of a Gaussian: itself and its first and second derivative, as weights along a line."""

    smooth: NDArray[np.float64]
    edge: NDArray[np.float64]
    point: NDArray[np.float64]


def flip(
    test: NDArray[np.floating],
    reference: NDArray[np.floating],
    pixels_per_degree: float = PIXELS_PER_DEGREE,
) -> Array:
    """The FLIP error of each pixel, 0 where nothing is seen to differ, at most 1.

    test, reference : (H, W, 3) floats, sRGB values of 0 to 255
    pixels_per_degree : how many pixels a degree of the eye's field takes

    Returns (H, W) float32. Beyond its edges a picture goes on as it ends. A pixel depends on no
    others than those within `reach`.

    >>> black, white = np.zeros((2, 3, 3)), np.full((2, 3, 3), 255.0)
    >>> flip(black, white)[0].round(2), flip(white, white)[0]
    (array([0.97, 0.97, 0.97], dtype=float32), array([0., 0., 0.], dtype=float32))
    """
    linear = [_linear(picture) for picture in (test, reference)]
    one, other = (_hunt(_seen(picture, pixels_per_degree)) for picture in linear)
    color = _redistributed(_hyab(one, other) ** np.float32(_Q_COLOR))
    luminance = [picture @ _OPPONENT[0].astype(np.float32) for picture in linear]
    one, other = (_features(each, pixels_per_degree) for each in luminance)
    feature = np.abs(one - other).max(axis=0) / np.float32(sqrt(2))
    error: Array = color ** (1 - feature ** np.float32(_Q_FEATURE))
    return error


def reach(pixels_per_degree: float = PIXELS_PER_DEGREE) -> int:
    """How many pixels away something still changes a pixel's error.

    >>> reach()
    10
    """
    return max(
        ceil(3 * sqrt(_WIDEST / (2 * pi**2)) * pixels_per_degree),
        ceil(3 * _FEATURE_WIDTH / 2 * pixels_per_degree),
    )


def _linear(picture: NDArray[np.floating]) -> Array:
    """sRGB values of 0 to 255 as linear ones of 0 to 1."""
    value = np.asarray(picture, np.float32) / np.float32(255)
    curve = ((value + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    linear: Array = np.where(value <= np.float32(0.04045), value / np.float32(12.92), curve)
    return linear


def _seen(linear: Array, pixels_per_degree: float) -> Array:
    """A picture without what is too fine for an eye: linear RGB to the same."""
    radius = ceil(3 * sqrt(_WIDEST / (2 * pi**2)) * pixels_per_degree)
    degrees = np.arange(-radius, radius + 1) / pixels_per_degree
    opponent = linear @ _OPPONENT.T.astype(np.float32)
    for channel, gaussians in enumerate(_SENSITIVITY):
        lines = [np.exp(-((pi * degrees) ** 2) / b) for _, b in gaussians]
        lines = [line[line > _NOTHING] for line in lines]
        shares = [a * sqrt(pi / b) for a, b in gaussians]
        total = sum(share * line.sum() ** 2 for share, line in zip(shares, lines, strict=True))
        opponent[:, :, channel] = sum(
            np.float32(share / total) * _filtered(opponent[:, :, channel], line, line)
            for share, line in zip(shares, lines, strict=True)
        )
    seen: Array = opponent @ np.linalg.inv(_OPPONENT).T.astype(np.float32)
    return np.clip(seen, 0, 1)


def _hunt(linear: Array) -> Array:
    """Linear RGB as L*a*b*, whose colours fade with lightness as Hunt found."""
    xyz = linear @ _XYZ.T.astype(np.float32)
    edge = np.float32(6 / 29)
    f = np.where(xyz > edge**3, np.cbrt(xyz), xyz / (3 * edge**2) + np.float32(4 / 29))
    lightness = 116 * f[..., 1] - 16
    a = 5 * lightness * (f[..., 0] - f[..., 1])
    b = 2 * lightness * (f[..., 1] - f[..., 2])
    return np.stack([lightness, a, b])


def _hyab(one: Array, other: Array) -> Array:
    """The distance of colours that are far apart (Abasi et al. 2020): (3, ...) each."""
    lightness, a, b = one - other
    apart: Array = np.abs(lightness) + np.hypot(a, b)
    return apart


def _redistributed(error: Array) -> Array:
    """Colour errors as 0 to 1: most of the range for the smaller ones."""
    green, blue = _hunt(np.eye(3, dtype=np.float32)[1:])[:, :, np.newaxis].swapaxes(0, 1)
    most = float(_hyab(green, blue)[0]) ** _Q_COLOR
    knee = _P_COLOR * most
    return np.interp(error, [0, knee, most], [0, _P_TOP, 1]).astype(np.float32)


def _features(luminance: Array, pixels_per_degree: float) -> Array:
    """How much of an edge, and of a point, each pixel is: (2, H, W)."""
    smooth, edge, point = _filters(_FEATURE_WIDTH / 2 * pixels_per_degree)
    return np.stack(
        [
            np.hypot(_filtered(luminance, smooth, line), _filtered(luminance, line, smooth))
            for line in (edge, point)
        ]
    )


def _filters(sigma: float) -> _Filters:
    """Weights for features `sigma` pixels wide; positive ones, and negative ones, add up to 1."""
    x = np.arange(-ceil(3 * sigma), ceil(3 * sigma) + 1)
    smooth = np.exp(-(x**2) / (2 * sigma**2))
    edge, point = x * smooth, (x**2 / sigma**2 - 1) * smooth
    edge, point = (
        np.where(line > 0, line / line[line > 0].sum(), line / -line[line < 0].sum())
        for line in (edge, point)
    )
    return _Filters(smooth / smooth.sum(), edge, point)


def _filtered(channel: Array, down: NDArray[np.float64], across: NDArray[np.float64]) -> Array:
    """A channel, (H, W), weighed along both axes; beyond its edges it goes on as it ends."""
    half = correlate1d(channel, down, axis=0, mode="nearest")
    filtered: Array = correlate1d(half, across, axis=1, mode="nearest")
    return filtered
