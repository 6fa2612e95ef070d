"""ICC profiles of colour spaces that a file names by number only."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

# Chromaticities of red, green, blue and white, by the numbers of H.273 (ITU-T, table 2). Those of
# old television differ little from sRGB's and are often told of by mistake.
_D65 = (0.3127, 0.3290)
_PRIMARIES = {
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
}
_D50 = np.array([0.9642, 1.0, 0.8249])  # of the space that profiles are joined in
# Cones as Bradford has them, in which white is adapted (ICC.1:2022, annex E).
_CONES = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
# sRGB's curve, of type 3: exponent, then a, b, c and d.
_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def profile_of(primaries: int) -> bytes | None:
    """An ICC profile of the colour space with these `primaries` and the curve of sRGB.

    The numbers are H.273's: 9 for BT.2020, 12 for Display P3. None for sRGB's own (1) and those
    that are unknown.

    >>> len(profile_of(12)), profile_of(1)
    (384, None)
    """
    if primaries not in _PRIMARIES:
        return None
    red, green, blue = _to_xyz(*_PRIMARIES[primaries]).T
    curve = b"para" + struct.pack(">4xHxx5i", 3, *map(_fixed, _CURVE))
    name = f"H.273 {primaries:>2}".encode("utf-16-be")
    named = b"mluc" + struct.pack(">4xII4sII", 1, 12, b"enUS", len(name), 28) + name
    parts = {
        b"desc": named,
        b"wtpt": _xyz(_D50),
        b"rXYZ": _xyz(red),
        b"gXYZ": _xyz(green),
        b"bXYZ": _xyz(blue),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    return _joined(parts)


def _to_xyz(*chromaticities: tuple[float, float]) -> NDArray[np.float64]:
    """From linear RGB to XYZ under D50, (3, 3), for the x and y of red, green, blue and white."""
    xyz = np.array([(x / y, 1, (1 - x - y) / y) for x, y in chromaticities]).T
    colors, white = xyz[:, :3], xyz[:, 3]
    linear = colors * np.linalg.solve(colors, white)
    adapted = np.diag((_CONES @ _D50) / (_CONES @ white))
    matrix: NDArray[np.float64] = np.linalg.inv(_CONES) @ adapted @ _CONES @ linear
    return matrix


def _joined(parts: dict[bytes, bytes]) -> bytes:
    """A profile of these tags; equal ones share their bytes."""
    at = 128 + 4 + 12 * len(parts)
    table, data = struct.pack(">I", len(parts)), b""
    places: dict[bytes, int] = {}
    for tag, part in parts.items():
        if part not in places:
            places[part] = at + len(data)
            data += part
        table += struct.pack(">4sII", tag, places[part], len(part))
    kinds = 0x04000000, b"mntr", b"RGB ", b"XYZ ", b"acsp"
    head = struct.pack(">I4xI4s4s4s12x4s28x", at + len(data), *kinds)
    return head + struct.pack(">3i", *map(_fixed, _D50)) + bytes(48) + table + data


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ " + struct.pack(">4x3i", *map(_fixed, values))


def _fixed(value: float) -> int:
    return round(value * 65536)
