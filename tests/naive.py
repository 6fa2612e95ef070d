"""The slow and obvious version of each kernel."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from skimage.color import rgb2lab


def block_sums(pixels, rows, cols):
    n, h, w, _ = pixels.shape
    out = np.zeros((n, rows, cols, 3), np.uint32)
    for tile in range(n):
        for r in range(rows):
            for c in range(cols):
                block = pixels[
                    tile,
                    r * h // rows : (r + 1) * h // rows,
                    c * w // cols : (c + 1) * w // cols,
                ]
                out[tile, r, c] = block.sum(axis=(0, 1), dtype=np.uint32)
    return out


def assemble(pixels, index):
    return np.concatenate(
        [np.concatenate([pixels[tile] for tile in row], axis=1) for row in index], axis=0
    )


def box_average(image, factor):
    h, w, _ = image.shape
    out = np.zeros((h // factor, w // factor, 3), np.uint8)
    for y in range(h // factor):
        for x in range(w // factor):
            block = image[y * factor : (y + 1) * factor, x * factor : (x + 1) * factor]
            out[y, x] = np.floor(block.mean(axis=(0, 1)) + 0.5)
    return out


def alpha_average(image, factor):
    """An RGBA image shrunk, box by box; the last boxes may be smaller."""
    rows, cols = (-(-side // factor) for side in image.shape[:2])
    out = np.zeros((rows, cols, 4), np.uint8)
    for y in range(rows):
        for x in range(cols):
            box = image[y * factor : (y + 1) * factor, x * factor : (x + 1) * factor]
            box = box.reshape(-1, 4).astype(float)
            out[y, x] = np.floor(box.mean(axis=0) + 0.5)
            if 0 < out[y, x, 3] < 255:
                mean = np.average(box[:, :3], axis=0, weights=box[:, 3])
                out[y, x, :3] = np.floor(mean + 0.5)
    return out


def cell_means(image, rows, cols):
    """The area average of each cell, one cell and one pixel at a time."""
    h, w, _ = image.shape
    out = np.zeros((rows, cols, 3))
    for r in range(rows):
        for c in range(cols):
            top, bottom = r * h / rows, (r + 1) * h / rows
            left, right = c * w / cols, (c + 1) * w / cols
            total = 0.0
            for y in range(int(top), min(math.ceil(bottom), h)):
                for x in range(int(left), min(math.ceil(right), w)):
                    share = (min(y + 1, bottom) - max(y, top)) * (min(x + 1, right) - max(x, left))
                    total = total + share * image[y, x]
            out[r, c] = total / ((bottom - top) * (right - left))
    return out


def nearest(tiles, cell, k):
    return sorted(range(len(tiles)), key=lambda n: np.sum((tiles[n] - cell) ** 2))[:k]


def draw(pixels, changes, cells):
    """The picture, one cell and then one value at a time; gain and offset may be empty."""
    h, w = pixels.shape[1:3]
    rows, cols = cells.shape
    out = np.zeros((rows * h, cols * w, 3), np.uint8)
    for r in range(rows):
        for c in range(cols):
            n = cells[r, c]
            tile = pixels[changes.tile[n]].astype(int)
            if changes.mirrored[n]:
                tile = tile[:, ::-1]
            if changes.gain.size and changes.gain[n, 0] < 256:
                light = rises(changes.ramp[n], h, w) if changes.ramp.size else 0
                offset, share = changes.offset[n] + light, changes.share[n]
                tile = recoloured(tile, changes.gain[n], offset, share)
            out[r * h : (r + 1) * h, c * w : (c + 1) * w] = tile
    return out


def rises(ramp, h, w):
    """What a ramp adds to the offset at each pixel, in 1/256: (h, w, 1)."""
    out = np.zeros((h, w, 1), int)
    for y in range(h):
        for x in range(w):
            for rise, bend, place, side in ((*ramp[::2], x, w), (*ramp[1::2], y, h)):
                off = Fraction(2 * place + 1 - side, side)
                out[y, x] += math.floor(128 * int(rise) * off)
                mean = (1 - Fraction(1, side * side)) / 3
                out[y, x] += math.floor(256 * int(bend) * (off * off - mean))
    return out


def muted(tile, share=128):
    """A tile without a share of its colourfulness, in 1/256, pixel by pixel."""
    less = Fraction(int(share), 256)
    out = np.zeros(tile.shape, int)
    for y, x in np.ndindex(*tile.shape[:2]):
        red, green, blue = (int(value) for value in tile[y, x])
        luma = math.floor((77 * red + 150 * green + 29 * blue) / 256 + 0.5)
        mixed = [value + less * (luma - value) for value in (red, green, blue)]
        out[y, x] = [math.floor(value + Fraction(1, 2)) for value in mixed]
    return out


def recoloured(tile, gain, offset, share=128):
    """A tile muted, and then moved by a gain and an offset a channel, in 1/256."""
    moved = np.floor((muted(tile, share) * gain.astype(float) + offset) / 256)
    return np.clip(moved, 0, 255).astype(int)


def gains(tile, means, strength=1.0):
    """The gain of each channel of a tile, in real numbers, when its means become others."""
    spreads = muted(tile, round(128 * strength)).reshape(-1, 3).std(axis=0)
    soft = 1.0
    if spreads.mean() > 0:
        soft = min(1, max(0.65, 44 / spreads.mean()))
    alone = [
        min(soft, 3 * mean / spread, 3 * (255 - mean) / spread) if spread > 0 else soft
        for spread, mean in zip(spreads, means, strict=True)
    ]
    return [1 - strength * (1 - min(gain, 2 * min(alone))) for gain in alone]


def nearest_repeat(index):
    """The smallest distance between two uses of one tile, the larger of down and across."""
    rows, cols = index.shape
    places = [(r, c) for r in range(rows) for c in range(cols)]
    apart = [
        max(abs(r - y), abs(c - x))
        for i, (r, c) in enumerate(places)
        for y, x in places[:i]
        if index[r, c] == index[y, x]
    ]
    return min(apart, default=np.inf)


def filtered(lines):
    """PNG's filters (specification, section 9), byte by byte: the first line by Sub, then Paeth."""
    out = []
    for y, line in enumerate(lines.tolist()):
        coded = [4 if y else 1]
        for i, value in enumerate(line):
            left = line[i - 3] if i >= 3 else 0
            up = int(lines[y - 1, i]) if y else 0
            corner = int(lines[y - 1, i - 3]) if y and i >= 3 else 0
            guess = min((left, up, corner), key=lambda near: abs(left + up - corner - near))
            coded.append((value - (guess if y else left)) % 256)
        out.append(bytes(coded))
    return out


def bits_of(words):
    """The bits of uint64 words, the lowest of each first."""
    return "".join(f"{int(word):064b}"[::-1] for word in words)


def leaders(points, reach):
    """The first leader within reach of each point, or itself, which then is one."""
    first = []
    for n, point in enumerate(points):
        near = (
            m
            for m in range(n)
            if first[m] == m and np.linalg.norm(point - points[m]) <= min(reach[n], reach[m])
        )
        first.append(next(near, n))
    return first


def boxed(pixels, ys, xs):
    """Averages of a picture over the rectangles between lines `ys` and columns `xs`."""
    averages = np.asarray(pixels, float)
    for axis, edges in ((0, ys), (1, xs)):
        lines = np.moveaxis(averages, axis, 0)
        sums = np.concatenate([np.zeros_like(lines[:1]), np.cumsum(lines, axis=0)])
        whole = np.clip(np.floor(edges).astype(int), 0, len(lines) - 1)
        parts = (edges - whole)[:, np.newaxis, np.newaxis]
        below = sums[whole] + parts * lines[whole]
        widths = np.diff(edges)[:, np.newaxis, np.newaxis]
        averages = np.moveaxis(np.diff(below, axis=0) / widths, 0, axis)
    return averages


def diffuse(wanted, centres):
    """Error diffusion, cell by cell, looking at every centre."""
    rows, cols = wanted.groups.shape
    out = np.zeros((rows, cols), np.int32)
    inherited = np.zeros((rows + 1, cols + 2, 3))
    for y in range(rows):
        for x in range(cols):
            group = wanted.groups[y, x]
            first, last = centres.starts[group], centres.starts[group + 1]
            mean = wanted.means[group].astype(float)
            want = mean + wanted.tint * (wanted.colors[y, x] - mean)
            want = want + np.clip(inherited[y, x + 1], -12, 12)
            lab = rgb2lab(np.clip(want, 0, 255) / 255)
            apart = ((centres.lab[first:last] - lab) ** 2).sum(axis=1)
            out[y, x] = first + apart.argmin()
            off = want - centres.rgb[out[y, x]]
            for dy, dx, share in ((0, 1, 7), (1, -1, 3), (1, 0, 5), (1, 1, 1)):
                inherited[y + dy, x + 1 + dx] += off * share / 16
    return out


def flip(test, reference, ppd):
    """FLIP (Andersson et al. 2020) as the paper has it: whole kernels, pixel by pixel."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    white = to_xyz.sum(axis=1)

    def kernel(radius, weight):
        return np.array(
            [[weight(x, y) for x in range(-radius, radius + 1)] for y in range(-radius, radius + 1)]
        )

    def convolved(channel, weights):
        radius = len(weights) // 2
        padded = np.pad(channel, radius, mode="edge")
        out = np.zeros(channel.shape)
        for y, x in np.ndindex(*channel.shape):
            out[y, x] = (padded[y : y + len(weights), x : x + len(weights)] * weights).sum()
        return out

    def sensitivity(a1, b1, a2, b2):
        def weight(x, y):
            square = (math.pi / ppd) ** 2 * (x * x + y * y)
            return a1 * math.sqrt(math.pi / b1) * math.exp(-square / b1) + a2 * math.sqrt(
                math.pi / b2
            ) * math.exp(-square / b2)

        weights = kernel(math.ceil(3 * math.sqrt(0.04 / (2 * math.pi**2)) * ppd), weight)
        return weights / weights.sum()

    def ycxcz(picture):
        linear = np.where(picture <= 0.04045, picture / 12.92, ((picture + 0.055) / 1.055) ** 2.4)
        x, y, z = np.moveaxis(linear @ to_xyz.T / white, 2, 0)
        return 116 * y - 16, 500 * (x - y), 200 * (y - z)

    def hunted(linear):
        x, y, z = np.moveaxis(linear @ to_xyz.T / white, -1, 0)
        x, y, z = (
            np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
            for t in (x, y, z)
        )
        lightness = 116 * y - 16
        return lightness, 0.01 * lightness * 500 * (x - y), 0.01 * lightness * 200 * (y - z)

    def seen(channels):
        filters = (1, 0.0047, 0, 1e-5), (1, 0.0053, 0, 1e-5), (34.1, 0.04, 13.5, 0.025)
        luma, cx, cz = (
            convolved(channel, sensitivity(*each))
            for channel, each in zip(channels, filters, strict=True)
        )
        y = (luma + 16) / 116
        xyz = np.stack([cx / 500 + y, y, y - cz / 200], axis=2) * white
        return hunted(np.clip(xyz @ np.linalg.inv(to_xyz).T, 0, 1))

    def apart(one, other):
        (l1, a1, b1), (l2, a2, b2) = one, other
        return np.abs(l1 - l2) + np.sqrt((a1 - a2) ** 2 + (b1 - b2) ** 2)

    def feature(luma, weight):
        sigma = 0.5 * 0.082 * ppd
        weights = kernel(math.ceil(3 * sigma), lambda x, y: weight(x, y, sigma))
        weights = np.where(
            weights > 0, weights / weights[weights > 0].sum(), weights / -weights[weights < 0].sum()
        )
        luma = (luma + 16) / 116
        return np.sqrt(convolved(luma, weights) ** 2 + convolved(luma, weights.T) ** 2)

    def edge(x, y, sigma):
        return -x * math.exp(-(x * x + y * y) / (2 * sigma**2))

    def point(x, y, sigma):
        return (x * x / sigma**2 - 1) * math.exp(-(x * x + y * y) / (2 * sigma**2))

    one, other = ycxcz(test / 255), ycxcz(reference / 255)
    color = apart(seen(one), seen(other)) ** 0.7
    green, blue = np.array([0.0, 1, 0]), np.array([0.0, 0, 1])
    most = apart(hunted(green), hunted(blue)) ** 0.7
    knee = 0.4 * most
    color = np.where(
        color < knee, 0.95 / knee * color, 0.95 + (color - knee) / (most - knee) * 0.05
    )
    features = [np.abs(feature(one[0], each) - feature(other[0], each)) for each in (edge, point)]
    return color ** (1 - (np.maximum(*features) / math.sqrt(2)) ** 0.5)


def once_grids(photos):
    """Every (rows, cols) that leaves fewer photos over than one more row or column would take."""
    sides = range(1, photos + 1)
    return [
        (rows, cols)
        for rows in sides
        for cols in sides
        if rows * cols <= photos and (photos < (rows + 1) * cols or photos < rows * (cols + 1))
    ]


def loss(rows, cols, photos, rows_per_col):
    """What such a grid costs: the share of photos left over, and ten times its stretch squared."""
    stretch = math.log(rows / cols / rows_per_col)
    return (photos - rows * cols) / photos + 10 * stretch**2


def choose(order, tile, cost, which, draws, tiles, grid, *, k, room, spacing, price):
    """Cell by cell: the free candidates by what they cost, and one of those that are as good."""
    grid = grid.copy()
    for cell in order:
        row, col = divmod(cell, grid.shape[1])
        before, grid[row, col] = grid[row, col], -1
        top, left = max(row - spacing, 0), max(col - spacing, 0)
        around = grid[top : row + spacing + 1, left : col + spacing + 1]
        seen = {number % tiles for number in around[around >= 0]}
        uses = [(grid[grid >= 0] % tiles == number).sum() for number in range(tiles)]
        look = which[cell]
        free = [
            (price * uses[number % tiles] + cost[look][j], number)
            for j, number in enumerate(tile[look])
            if number % tiles not in seen
        ]
        free.sort(key=lambda each: each[0])
        good = [number for value, number in free[:k] if value <= free[0][0] * room]
        if good:
            kept = before in good
            grid[row, col] = before if kept else good[int(draws[cell] * len(good))]
    return grid


def appraise(cells, i, weight, tiles, t, prices):
    """What one tile costs one cell, a part at a time."""
    kept, lost = [], []
    for c in range(3):
        mean = tiles.rgb[t, c] + prices.tint * (cells.rgb[i, c] - tiles.rgb[t, c])
        room = min(1, min(mean, 255 - mean) / tiles.spread[t, c]) if prices.tint else 1
        kept.append(1 - prices.tint * (1 - room))
        lost.append((1 - kept[-1]) * tiles.spread[t, c])
    left = (1 - prices.tint) * (cells.mean[i] - tiles.mean[t])
    total = prices.moved * prices.tint * np.linalg.norm(cells.evened[i] - tiles.evened[t])
    total += prices.lost * np.mean(lost) ** 2
    for p, price in enumerate(prices.parts):
        apart = cells.parts[i, :, p] - np.mean(kept) * tiles.parts[t, :, p] + left
        total += weight * price * np.linalg.norm(apart)
    return total


def face_windows(grey, blocks, votes, stages, least, side):
    out = np.ones((grey.shape[0] - side + 1, grey.shape[1] - side + 1), bool)
    clockwise = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            said = []
            for (left, top, w, h), vote in zip(blocks, votes, strict=True):
                area = grey[y + top : y + top + 3 * h, x + left : x + left + 3 * w]
                block = area.reshape(3, h, 3, w).sum(axis=(1, 3))
                bits = "".join(str(int(block[at] >= block[1, 1])) for at in clockwise)
                said.append(vote[int(bits, 2)])
            starts = [0, *stages[:-1]]
            for start, end, enough in zip(starts, stages, least, strict=True):
                out[y, x] &= sum(said[start:end]) >= enough
    return out


def shrunk(grey, rows, cols):
    def ends(count, side):
        at = np.clip((np.arange(count) + 0.5) * side / count - 0.5, 0, side - 1)
        start = np.minimum(at.astype(int), side - 2)
        return start, at - start

    (y, below), (x, beyond) = ends(rows, grey.shape[0]), ends(cols, grey.shape[1])
    lines = grey[y] * (1 - below[:, None]) + grey[y + 1] * below[:, None]
    return lines[:, x] * (1 - beyond) + lines[:, x + 1] * beyond


def agree(windows, same, part, fewest):
    def overlap(one, other):
        ends, starts = np.minimum(one[2:], other[2:]), np.maximum(one[:2], other[:2])
        common = np.clip(ends - starts, 0, None).prod()
        return common / (sum((box[2:] - box[:2]).prod() for box in (one, other)) - common)

    left, found = list(windows), []
    while left:
        groups = [[other for other in left if overlap(one, other) > same] for one in left]
        best = max(range(len(left)), key=lambda i: len(groups[i]))
        if len(groups[best]) >= fewest:
            found.append(np.mean(groups[best], 0))
        left = [window for window in left if overlap(left[best], window) <= part]
    return np.reshape(found, (-1, 4))


def edges_along(grey, factor, axis):
    rows, cols = (-(-side // factor) for side in grey.shape)
    means = [
        [grey[y * factor :, x * factor :][:factor, :factor].mean() for x in range(cols)]
        for y in range(rows)
    ]
    padded = np.pad(means, 1, "edge")
    down, across = padded[2:] - padded[:-2], padded[:, 2:] - padded[:, :-2]
    return np.hypot(down[:, 1:-1], across[1:-1]).sum(1 - axis)


def most_held(edges, length, favourite, pull):
    side = len(edges)
    total = np.append(0, np.cumsum(edges)) / (np.sum(edges) or 1)
    begins = np.linspace(0, 1 - length, 65)
    ends = np.interp((begins + length) * side, np.arange(side + 1), total)
    held = ends - np.interp(begins * side, np.arange(side + 1), total)
    return begins[(held - pull * (2 * (np.linspace(0, 1, 65) - favourite)) ** 2).argmax()]
