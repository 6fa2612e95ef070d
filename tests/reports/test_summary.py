from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from facemo import plan
from facemo.faces import detector
from facemo.options import Planning
from facemo.reports.summary import summary


@pytest.fixture
def photos(rng):
    return rng.integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)


def said(target, photos, **options):
    return summary(plan(target, photos, cols=6, **options), Planning(**options)).splitlines()


def told(target, photos, **options):
    mosaic = plan(target, photos, cols=6, **options)
    return summary(mosaic, Planning(**options), target).splitlines()


def test_it_says_what_was_made_of_how_many_and_how_strongly_recoloured(rng, photos):
    lines = said(rng.random((60, 60)), photos, tint=1)
    assert lines[0].startswith("6 x 6 cells, 48 x 48 pixels, ")
    assert " of 60 photos, one of them " in lines[0]
    assert lines[1].startswith(
        "photos are recoloured (tint 100%): their mean colours are moved a little, by a ΔE of "
    )
    assert lines[1].endswith(" variants")
    assert lines[2] == "light runs across each photo as it does in its cell (shade 70%)"


def test_what_was_not_done_is_not_spoken_of(rng, photos):
    lines = said(rng.random((60, 60)), photos, tint=0, view="screen")
    assert lines[1] == "photos keep their own colours (tint 0%)"
    assert not any(line.startswith(("light", "made for print")) for line in lines)


def test_a_print_and_cells_that_stay_empty_are_said(rng, photos):
    mask = np.zeros((60, 60))
    mask[:, :30] = 1
    lines = said(rng.random((60, 60)), photos, tint=1, shade=0.3, view="print", mask=mask)
    assert lines[0].startswith("6 x 6 cells, 18 of them filled, ")
    assert any("(shade 30%)" in line for line in lines)
    assert "made for print: from far off, where eyes average light" in lines


def test_what_would_make_it_better_is_said(photos):
    lines = said(np.full((60, 60, 3), (0.0, 0.0, 0.5)), photos[:1], tint=0, spacing=0)
    assert (
        "better with more photos of: dark blues (100%); 100% of the cells lack near ones" in lines
    )
    assert "better with more photos: those used are laid 36 times on average" in lines


def test_whether_a_face_was_found_is_said_where_one_was_sought(photos):
    image = np.asarray(Image.open("data/face.png").convert("RGB"))
    by = " by YuNet" if detector().startswith("YuNet") else ""
    found = f"a face was found in the target{by}, where likeness counts more"
    assert found in told(image, photos)
    lines = told(np.eye(60), photos)
    assert any(line.startswith("no face was found in the target: ") for line in lines)
    assert not any("face" in line for line in told(image, photos, weights="edges"))


@pytest.mark.parametrize(
    ("shade", "word"),
    [
        (101, "hardly moved, by a ΔE below 1"),
        (104, "hardly moved, by a ΔE of "),
        (110, "moved a little, by a ΔE of "),
        (130, "moved clearly, by a ΔE of "),
        (190, "moved strongly, by a ΔE of "),
    ],
)
def test_how_strongly_photos_are_recoloured_is_a_word(shade, word):
    tiles = np.full((9, 8, 8, 3), 100, np.uint8)
    lines = said(np.full((60, 60), shade, np.uint8), tiles, tint=1, spacing=0)
    assert f": their mean colours are {word}" in lines[1]


def test_photos_of_which_only_the_light_changes_keep_their_mean_colours(photos, rng):
    target = rng.random((60, 60))
    assert "photos keep their own colours (tint 0%)" in said(target, photos, tint=0)
    lines = said(target, photos, tint=0, shade=0.7)
    assert "photos keep their mean colours (tint 0%)" in lines
    assert any(line.startswith("light runs across each photo") for line in lines)
