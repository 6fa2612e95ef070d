"""A window slid over a picture: where a cascade of local binary patterns takes it for a face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled, inlined


@compiled
def face_windows(
    sums: NDArray[np.int32],
    blocks: NDArray[np.int32],
    votes: NDArray[np.float32],
    stages: NDArray[np.int32],
    least: NDArray[np.float32],
    step: int,
    out: NDArray[np.bool_],
) -> None:
    """Say which windows every stage of the cascade takes for a face.

    sums : (H + 1, W + 1) int32, of the greys above and left of each corner
    blocks : (F, 4) int32, of each feature the left, top, width and height of one of its 3 x 3
    votes : (F, 256) float32, what each pattern says for a face
    stages : (S,) int32, the number of features up to the end of each stage
    least : (S,) float32, the sum of votes that each asks for
    step : a window every so many pixels is looked at, and around those that pass all
    out : (rows, cols) bool, a window a pixel, by its top left one
    """
    pitch = sums.shape[1]
    flat = sums.ravel()
    corners = np.empty((len(blocks), 16), np.uint32)
    for feature in range(len(blocks)):
        left, top, width, height = blocks[feature]
        for i in range(16):
            corners[feature, i] = (top + i // 4 * height) * pitch + left + i % 4 * width
    rows, cols = out.shape
    out[:] = False
    for row in range(0, rows, step):
        for col in range(0, cols, step):
            if _is_face(flat[row * pitch + col :], corners, votes, stages, least):
                for y in range(max(row - step + 1, 0), min(row + step, rows)):
                    for x in range(max(col - step + 1, 0), min(col + step, cols)):
                        near = flat[y * pitch + x :]
                        out[y, x] = _is_face(near, corners, votes, stages, least)


@inlined
def _is_face(
    window: NDArray[np.int32],
    corners: NDArray[np.uint32],
    votes: NDArray[np.float32],
    stages: NDArray[np.int32],
    least: NDArray[np.float32],
) -> bool:
    """Whether every stage takes a window for a face; most fail the first, of three features."""
    feature = 0
    for stage in range(stages.size):
        vote = np.float32(0)
        while feature < stages[stage]:
            vote += votes[feature, _pattern(window, corners[feature])]
            feature += 1
        if vote < least[stage]:
            return False
    return True


@inlined
def _pattern(sums: NDArray[np.int32], at: NDArray[np.uint32]) -> int:
    """Which of the eight blocks around the one in the middle are as bright as it: a bit for each.

    at : (16,) uint32, where in `sums` the corners of the blocks are, line by line

    Clockwise from the top left block, the highest bit first.
    """
    s00, s01, s02, s03 = sums[at[0]], sums[at[1]], sums[at[2]], sums[at[3]]
    s10, s11, s12, s13 = sums[at[4]], sums[at[5]], sums[at[6]], sums[at[7]]
    s20, s21, s22, s23 = sums[at[8]], sums[at[9]], sums[at[10]], sums[at[11]]
    s30, s31, s32, s33 = sums[at[12]], sums[at[13]], sums[at[14]], sums[at[15]]
    middle = s11 + s22 - s12 - s21
    pattern: int = (
        128 * (s00 + s11 - s01 - s10 >= middle)
        + 64 * (s01 + s12 - s02 - s11 >= middle)
        + 32 * (s02 + s13 - s03 - s12 >= middle)
        + 16 * (s12 + s23 - s13 - s22 >= middle)
        + 8 * (s22 + s33 - s23 - s32 >= middle)
        + 4 * (s21 + s32 - s22 - s31 >= middle)
        + 2 * (s20 + s31 - s21 - s30 >= middle)
        + (s10 + s21 - s11 - s20 >= middle)
    )
    return pattern
