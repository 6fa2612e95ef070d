from __future__ import annotations

import numpy as np
from skimage.color import rgb2lab

from facemo.kernels.color import lab


def test_lab_is_that_of_scikit_image(rng):
    greys = np.repeat(np.arange(256.0), 3).reshape(-1, 3)
    colors = np.concatenate([rng.random((5000, 3)) * 255, rng.random((500, 3)) * 9, greys])
    out = np.empty_like(colors)
    lab(colors, out)
    np.testing.assert_allclose(out, rgb2lab(colors / 255), atol=0.005)
