from __future__ import annotations

import pytest

from facemo.writers.bands import bands


@pytest.mark.parametrize("shape", [(1, 1, 3), (1000, 3, 3), (5000, 5000, 3), (100, 9_000_000, 3)])
@pytest.mark.parametrize("multiple", [1, 8, 16])
def test_bands_cover_every_line_once_in_order(shape, multiple):
    found = list(bands(shape, multiple))
    assert [line for band in found for line in range(band.start, band.stop)] == list(
        range(shape[0])
    )
    assert all((band.stop - band.start) % multiple == 0 for band in found[:-1])


def test_a_band_has_few_bytes_unless_a_line_has_many():
    assert max(band.stop - band.start for band in bands((10_000, 10_000, 3))) * 30_000 <= 2 << 20
    assert {band.stop - band.start for band in bands((48, 9_000_000, 3), 16)} == {16}
