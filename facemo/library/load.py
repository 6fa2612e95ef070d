"""load_tiles: find files, take what the cache knows, decode the rest, make them one tensor."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import features

import facemo
from facemo.errors import InputError, shown
from facemo.faces import detector
from facemo.kinds import parse_color
from facemo.library.batches import Outcome, Recipe, Workers, decode, path_of
from facemo.library.cache import Cache, cache_folder
from facemo.library.choose import chosen_files
from facemo.library.duplicates import equal, near
from facemo.library.facts import NOTHING
from facemo.library.filters import MOSAIC, Filters
from facemo.library.find import Source
from facemo.library.heif import heif_version
from facemo.library.packs import FilePack, MemoryPack, Places, batches, compacted
from facemo.library.picture import DECODING
from facemo.library.shape import common_shape
from facemo.machine import require_memory
from facemo.options import Loading, LoadingOptions, Progress
from facemo.signatures import takes
from facemo.tiles import Rejected, Tiles, by_reason, counted, of_files

if TYPE_CHECKING:
    from typing_extensions import Unpack

# Libraries that Pillow decodes with: other versions may give other pixels.
_DECODERS = ("jpg", "libjpeg_turbo", "jpg_2000", "webp", "avif", "libtiff", "littlecms2", "zlib")
_REMEDY = "load fewer of them or smaller tiles, or use a cache, from which they are memory-mapped"


@takes(Loading)
def load_tiles(
    source: Source | Iterable[Source],
    *,
    progress: Progress | None = None,
    executor: Workers | None = None,
    **options: Unpack[LoadingOptions],
) -> Tiles:
    """Load pictures into one (N, h, w, 3) uint8 tensor.

    Each is what a person sees: turned upright (EXIF), converted to sRGB (ICC), its first frame if
    it moves, cropped to the tile's aspect so that faces stay in, or else what it is of, and shrunk
    (or enlarged) to its size.
    Files are taken for what they contain, whatever they are called: JPEG, PNG, WebP, GIF, TIFF,
    BMP, AVIF, PPM, JPEG 2000, RAW (the JPEG inside) and, with ``facemo[heic]``, HEIC, of up to 64
    megapixels, and baseline JPEGs of up to 256. A RAW beside a JPEG or HEIC of its name is the same
    picture, and is left out, unless `duplicates` are kept. What cannot be used is listed in the
    result's `rejected`, and stops nothing; `left_out` counts the files that nobody asked for. Each
    file found is a tile, `merged` into one, or among those.

    What is decoded is kept in a cache, and the tensor is memory-mapped from there, so that a
    library may be larger than memory; with ``cache=False`` or ``duplicates="near"`` it is an array
    in memory. A file is decoded again if it was moved or changed, or for another `size`, `crop`,
    `background` or `truncated`, but not to choose by date or rating; where its faces are is mostly
    known then. An interrupted run goes on where it was. The cache takes the bytes of the tiles (12
    kB for one of 64 x 64), twice that while files are added, and never more of the disk than it
    leaves free; what was not used for longest goes first, and what was not used for 90 days.

    Parameters
    ----------
    source : path, or iterable of paths
        A folder, searched with all folders in it, linked ones too, or a file; a pattern, as
        ``"~/Photos/*/IMG_*.jpg"``, stands for what matches it. What is hidden or was deleted, and
        what programs keep beside photos, is left out, unless it is named itself; and what facemo
        made, which says so, is no photo even then (`hidden`). The tiles are in
        the order of the bytes of their paths relative to the folder that holds them all, whatever
        the order in `source`.
    {options}
    progress : callable
        Called as ``progress(done, total)`` with numbers of files.
    executor : concurrent.futures.Executor, or a function that makes one
        Who decodes, in batches; by default a thread for each processor. The result does not depend
        on it: what workers crop by faces that something else finds than here, as without the extra
        ``faces``, is decoded again here. Processes, and other machines
        (``dask.distributed.Client.get_executor()``), read the files by their paths themselves. If a
        worker dies, a function, as ``lambda: ProcessPoolExecutor()``, is asked for another
        executor, and the file that did it is set aside. A process pool may wait for ever for a
        worker that was killed from outside while it handed over an answer.

    Returns
    -------
    Tiles
        One a picture, but for those that equal another, or could not be used.

    Raises
    ------
    InputError
        If there is no such path or not one usable picture, or not enough memory where there is no
        cache.

    Warns
    -----
    CacheWarning
        Where the cache cannot be used; it says why.

    Examples
    --------
    >>> tiles = load_tiles("data/tiles", size=32, cache=False)
    >>> tiles.pixels.shape
    (1000, 32, 32, 3)
    """
    wanted = Loading.of(options)
    if not (executor is None or callable(executor) or hasattr(executor, "submit")):
        raise InputError(f"executor must be a concurrent.futures.Executor, got {executor!r}")
    if not (progress is None or callable(progress)):
        raise InputError(f"progress must be a function, got {progress!r}")
    folder = cache_folder(wanted.cache)
    root, names, unreadable, left_out = chosen_files(source, wanted)
    filters = Filters.of(wanted)
    size = wanted.tile or common_shape(root, names, filters)
    recipe = Recipe(size, parse_color(wanted.background), wanted.truncated, wanted.crop)
    places = Places.of(len(names))
    with _opened(folder, recipe) as kept:
        if kept is not None:
            kept.find(root, names, places, filters)
        _decode_unknown(_Library(root, names, places, recipe, filters), kept, progress, executor)
        rejected = _rejected(root, names, unreadable, places)
        left_out.update(places.left_out.values())
        files = np.flatnonzero(places.pack >= 0)
        if not len(files):
            raise InputError(_nothing_usable(root, rejected, left_out))
        first = files
        if wanted.duplicates != "keep":
            first = files[equal(partial(_tile, places, files), places.crc[files])]
        pixels, pack = _one_tensor(places, files[first == files], recipe, kept)
        if kept is not None and pack is not None:
            paths = [path_of(root, names[number]) for number in files]
            slots = np.searchsorted(files[first == files], first)
            kept.move(paths, places.crc[files], pack, slots)
    if wanted.duplicates == "near":
        pixels, first = _without_near(pixels, files, first, recipe)
    merged = [(names[n], names[other]) for n, other in zip(files, first, strict=True) if n != other]
    chosen = files[first == files].tolist()
    return Tiles(
        pixels,
        tuple(names[number] for number in chosen),
        tuple(rejected),
        root,
        tuple(merged),
        tuple(left_out.most_common()),
        tuple(
            (names[n], said) for n in chosen if (said := places.facts.get(n, NOTHING)) != NOTHING
        ),
    )


def tile_size(source: Source | Iterable[Source], wanted: Loading) -> tuple[int, int]:
    """(height, width) of the tiles that `load_tiles` would make; it decodes none for that."""
    if wanted.tile is not None:
        return wanted.tile
    root, names, *_ = chosen_files(source, wanted)
    return common_shape(root, names, Filters.of(wanted))


class _Library(NamedTuple):
    """The files below `root`, where their tiles are, and how these are made."""

    root: str
    names: Sequence[str]
    places: Places
    recipe: Recipe
    filters: Filters


def _rejected(
    root: str, names: Sequence[str], unreadable: list[tuple[str, str]], places: Places
) -> list[Rejected]:
    # As names are, or whole if it lies elsewhere: a link led there.
    below = os.path.join(root, "")
    folders = ((path.removeprefix(below).replace(os.sep, "/"), why) for path, why in unreadable)
    reasons = zip(names, places.reasons, strict=True)
    files = ((name, reason) for name, reason in reasons if reason is not None)
    return [Rejected(name, reason) for name, reason in (*folders, *files)]


@contextmanager
def _opened(folder: str | None, recipe: Recipe) -> Iterator[Cache | None]:
    """The cache in `folder`, if one is wanted, for tiles made as the recipe says."""
    if folder is None:
        yield None
        return
    tiles, faces = _settings(recipe)
    with closing(Cache(folder, tiles, recipe.size, faces)) as kept:
        yield kept


def _settings(recipe: Recipe) -> tuple[str, str]:
    """What a cache calls the tiles of a recipe, and faces in pictures that are decoded like that.

    The former begins with the size.
    """
    decoders = [f"{name} {features.version(name)}" for name in _DECODERS]
    made_by = facemo.__version__, DECODING, PIL.__version__, heif_version(), *decoders
    decoded = *made_by, recipe.background, recipe.truncated
    height, width = recipe.size
    found_by = detector() if recipe.crop == "faces" else ""
    tiles = f"{height}x{width} {_digest(*decoded, recipe.size, recipe.crop, found_by)}"
    return tiles, f"faces {_digest(*decoded, found_by)}"


def _digest(*settings: object) -> str:
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:16]


def _decode_unknown(
    library: _Library,
    kept: Cache | None,
    progress: Progress | None,
    executor: Workers | None,
) -> None:
    """Decode the files that have neither a tile nor a reason, and fill in their places."""
    root, names, places, recipe, filters = library
    unknown = places.unknown()
    done = len(names) - len(unknown)
    if progress is not None and done:
        progress(done, len(names))
    if not unknown:
        return
    waiting = iter(unknown)
    wanted, remember = [names[n] for n in unknown], kept is not None
    sought = recipe.crop == "faces"
    boxes = kept.noted(root, names, unknown) if kept is not None and sought else {}
    with (
        closing(_Shelf(len(unknown), recipe, kept)) as shelf,
        closing(
            decode(root, wanted, recipe, executor, filters=filters, remember=remember, boxes=boxes)
        ) as results,
    ):
        for decoded in results:
            numbers = list(islice(waiting, len(decoded.outcomes)))
            good = [n for n, out in zip(numbers, decoded.outcomes, strict=True) if out.has_tile]
            pack, slot = shelf.put(good, decoded.pixels, decoded.crc, places)
            for number, outcome in zip(numbers, decoded.outcomes, strict=True):
                places.reasons[number] = outcome.reason
                if outcome.left_out is not None:
                    places.left_out[number] = outcome.left_out
                if outcome.facts is not None:
                    places.facts[number] = outcome.facts
                _keep(kept, path_of(root, names[number]), outcome, pack, slot)
                slot += outcome.has_tile
            done += len(numbers)
            if progress is not None:
                progress(done, len(names))
        shelf.settle(places)


def _keep(
    kept: Cache | None, path: str, outcome: Outcome, pack: FilePack | None, slot: int
) -> None:
    """Have the cache keep what became of a file, unless its tile is where no cache can find it."""
    if kept is not None and outcome.entry is not None:
        if outcome.boxes is not None:
            kept.note(path, outcome.entry, outcome.boxes)
        if not outcome.has_tile:
            kept.add(path, outcome.entry)
        elif pack is not None:
            kept.add(path, outcome.entry, pack, slot)


class _Shelf:
    """Where tiles are put as they come: in a pack of the cache, or in memory once that refuses."""

    def __init__(self, most: int, recipe: Recipe, kept: Cache | None) -> None:
        """Make room for at most so many tiles."""
        self._most = most
        self._recipe = recipe
        self._kept = kept
        self._numbers: list[int] = []
        self._crc: list[NDArray[np.uint32]] = []
        pack = None if kept is None else kept.pack(most)
        self._pack = _in_memory(most, recipe) if pack is None else pack

    def put(
        self,
        numbers: list[int],
        tiles: NDArray[np.uint8],
        crc: NDArray[np.uint32],
        places: Places,
    ) -> tuple[FilePack | None, int]:
        """Put the tiles of these files; the pack, if it is a file, and slot where they stand."""
        try:
            self._pack.append(tiles)
        except OSError as error:
            assert self._kept is not None
            self._kept.stand_aside(error, self._pack if isinstance(self._pack, FilePack) else None)
            self.settle(places)
            self._pack = _in_memory(self._most, self._recipe)
            self._pack.append(tiles)
        self._most -= len(tiles)
        self._numbers += numbers
        self._crc.append(crc)
        pack = self._pack if isinstance(self._pack, FilePack) else None
        return pack, len(self._pack) - len(tiles)

    def settle(self, places: Places) -> None:
        """Fill in the places of all files whose tiles were put on the shelf since the last time."""
        if self._numbers:
            numbers = np.array(self._numbers)
            slots = np.arange(len(numbers))
            places.put(numbers, self._pack.tiles(), slots, np.concatenate(self._crc))
        self._numbers, self._crc = [], []
        self.close()

    def close(self) -> None:
        """Put nothing more on the shelf."""
        if isinstance(self._pack, FilePack):
            self._pack.close()


def _in_memory(most: int, recipe: Recipe) -> MemoryPack:
    height, width = recipe.size
    what = f"{most:,} files as tiles of {width} x {height} px"
    require_memory(most * recipe.nbytes, what, _REMEDY)
    return MemoryPack(most, recipe.size)


def _one_tensor(
    places: Places, chosen: NDArray[np.int64], recipe: Recipe, kept: Cache | None
) -> tuple[NDArray[np.uint8], FilePack | None]:
    """The tiles of the chosen files as (n, h, w, 3) uint8; and the pack, if they were moved to one.

    Where they stand as they should, nothing is copied.
    """
    pixels = places.together(chosen)
    if pixels is not None:
        return pixels, None
    pack = kept.pack(len(chosen)) if kept is not None else None
    if kept is not None and pack is not None:
        try:
            _fill(pack, places, chosen, recipe)
            return pack.tiles(), pack
        except OSError as error:
            kept.stand_aside(error, pack)
        finally:
            pack.close()
    if len(places.packs) == 1 and places.packs[0].flags.writeable:
        return compacted(places.packs[0], places.slot[chosen]), None
    memory = _in_memory(len(chosen), recipe)
    _fill(memory, places, chosen, recipe)
    return memory.tiles(), None


def _fill(
    pack: FilePack | MemoryPack, places: Places, chosen: NDArray[np.int64], recipe: Recipe
) -> None:
    for part in batches(len(chosen), recipe.size):
        pack.append(places.take(chosen[part]))


def _without_near(
    pixels: NDArray[np.uint8], files: NDArray[np.int64], first: NDArray[np.int64], recipe: Recipe
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The tiles that none before nearly equals, copied; and for each file the one it goes to."""
    chosen = files[first == files]
    leaders = near(pixels)
    unlike = leaders == np.arange(len(pixels))
    wanted = int(unlike.sum()) * recipe.nbytes
    what = f"{unlike.sum():,} tiles without those nearly equal"
    require_memory(wanted, what, "load fewer of them or smaller tiles")
    return pixels[unlike], chosen[leaders[np.searchsorted(chosen, first)]]


def _tile(places: Places, files: NDArray[np.int64], number: int) -> NDArray[np.uint8]:
    tile: NDArray[np.uint8] = places.take(files[number : number + 1])[0]
    return tile


def _nothing_usable(root: str, rejected: list[Rejected], left_out: Counter[str]) -> str:
    parts = [of_files(len(files), reason) for reason, files in by_reason(rejected)[:5]]
    if left_out:
        reasons = f"; {'; '.join(parts)}" if parts else ""
        hint = ": hidden=True takes mosaics, too" if MOSAIC in left_out else ""
        return (
            f"no picture is left in {shown(root)}: {counted(left_out.most_common())}{reasons}{hint}"
        )
    if len(rejected) == 1:
        path = path_of(root, rejected[0].path)
        return f"no usable picture: {shown(path)} ({rejected[0].reason})"
    if not rejected:
        return f"no file in {shown(root)}: tiles are made of at least one picture"
    return f"no usable picture in {shown(root)} ({'; '.join(parts)})"
