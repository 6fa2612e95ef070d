"""The public names as a user's type checker sees them; nothing here is run.

mypy and pyright read this file. What works has to be accepted, with the type that it has; what
does not has to be refused, each such line for the one reason that its comment names: both
complain of a comment that is not needed.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import facemo

if TYPE_CHECKING:
    from typing_extensions import assert_type


def targets(array: NDArray[np.uint8], floats: NDArray[np.float64], tiles: facemo.Tiles) -> None:
    """A target may be a path, a file or its bytes, a picture of Pillow's, or an array."""
    assert_type(facemo.plan("face.png", tiles), facemo.Mosaic)
    assert_type(facemo.plan(Path("face.png"), tiles), facemo.Mosaic)
    assert_type(facemo.plan(Image.new("L", (8, 8)), tiles), facemo.Mosaic)
    assert_type(facemo.plan(array, tiles), facemo.Mosaic)
    assert_type(facemo.plan(b"content", tiles), facemo.Mosaic)
    with open("face.png", "rb") as file:
        assert_type(facemo.plan(file, tiles), facemo.Mosaic)
    assert_type(facemo.plan(floats, tiles), facemo.Mosaic)
    assert_type(facemo.plan([[0.0, 0.5], [1.0, 0.25]], tiles), facemo.Mosaic)
    assert_type(facemo.render("face.png", tiles), NDArray[np.uint8])
    facemo.plan(None, tiles)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    facemo.plan({1, 2}, tiles)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def tiles(array: NDArray[np.uint8], floats: NDArray[np.float64]) -> None:
    """Tiles may be loaded ones, paths, an array, or a list of arrays or of Pillow's pictures."""
    pictures = [Image.new("RGB", (8, 8)), Image.new("L", (8, 8))]
    assert_type(facemo.plan("face.png", array), facemo.Mosaic)
    assert_type(facemo.plan("face.png", [array[0], array[1]]), facemo.Mosaic)
    assert_type(facemo.plan("face.png", (array[0], array[1])), facemo.Mosaic)
    assert_type(facemo.plan("face.png", pictures), facemo.Mosaic)
    assert_type(facemo.render("face.png", pictures), NDArray[np.uint8])
    assert_type(facemo.coverage(pictures, "face.png"), facemo.Coverage)
    assert_type(facemo.plan("face.png", "photos"), facemo.Mosaic)
    assert_type(facemo.plan("face.png", [Path("a.jpg"), Path("b.jpg")], size=32), facemo.Mosaic)
    assert_type(facemo.plan("face.png", (Path(name) for name in "ab")), facemo.Mosaic)
    assert_type(facemo.plan("face.png", floats), facemo.Mosaic)
    assert_type(facemo.save_tiles(array, Path("crops")), list[str])
    facemo.plan("face.png", None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    facemo.plan("face.png", "photos", sise=32)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def planning(target: Path, tiles: facemo.Tiles) -> None:
    """Every option of a plan has a type; a name that there is not is refused."""
    facemo.plan(
        target,
        tiles,
        cols=64,
        rows=48,
        detail=4,
        space="rgb",
        mirror=True,
        k=1,
        spacing=0,
        max_uses=5,
        fixed={(3, 4): "aunt.jpg"},
        include=["IMG_*"],
        exclude="uncle.jpg",
        once=False,
        mask=Path("mask.png"),
        tint=0.5,
        seed=7,
        background=(0, 0, 0),
    )
    facemo.plan(target, tiles, mask=np.ones((3, 4), bool), background="black")
    facemo.plan(target, tiles, mask="none", background=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    facemo.render(
        target, tiles, cols=None, rows=None, detail=None, spacing=None, max_uses=None, tint="auto"
    )
    mosaic = facemo.plan(target, tiles, tint=1)
    assert_type(facemo.replan(mosaic, target, tiles, exclude=["a*"], tint=1), facemo.Mosaic)
    facemo.plan(target, tiles, fixed=["aunt.jpg"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    facemo.plan(target, tiles, once=True, progress=lambda done, total: None)
    facemo.render(target, tiles, once=True, progress=None)
    facemo.plan(target, tiles, 64)  # type: ignore[call-arg,arg-type]  # pyright: ignore[reportCallIssue]
    facemo.plan(target, tiles, spaceing=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    facemo.plan(target, tiles, quality=92)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    facemo.plan(target, tiles, cols="64")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    facemo.plan(target, tiles, tint="much")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    facemo.plan(target, tiles, space="hsv")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    facemo.render(target, tiles, mirror=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def loading(folder: Path, progress: Callable[[int, int], None], executor: Executor) -> None:
    """Pictures are loaded from paths, by whoever is given, as the options say."""
    assert_type(facemo.load_tiles("photos"), facemo.Tiles)
    assert_type(facemo.load_tiles(folder), facemo.Tiles)
    assert_type(facemo.load_tiles(["photos", folder]), facemo.Tiles)
    facemo.load_tiles(
        folder,
        size=(48, 64),
        crop="attention",
        background=(255, 255, 255),
        duplicates="near",
        truncated="keep",
        cache=folder / "cache",
        progress=progress,
        executor=executor,
    )
    facemo.load_tiles(folder, size=64, background="white", cache=False, executor=None)
    facemo.load_tiles(folder, since="2020-05", until=date(2021, 5, 31), min_rating=3)
    facemo.load_tiles(folder, since=2020, only=["*.jpg"], screenshots=False, hidden=True)
    facemo.load_tiles(folder, where="rating:4")
    facemo.load_tiles(folder, where=["since:2020", "*/holiday/*"])
    facemo.load_tiles(folder, size="auto", crop="centre")
    facemo.load_tiles(folder, cache=None, executor=lambda: ProcessPoolExecutor(2))
    facemo.load_tiles(folder, executor=ProcessPoolExecutor)
    facemo.load_tiles(folder, 64)  # type: ignore[call-arg,arg-type]  # pyright: ignore[reportCallIssue]
    facemo.load_tiles(folder, tile=64)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    facemo.load_tiles(folder, size=64.0)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    facemo.load_tiles(folder, duplicates="no")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    facemo.load_tiles(folder, executor=4)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    facemo.load_tiles(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def saving(mosaic: facemo.Mosaic, path: Path, progress: Callable[[int, int], None]) -> None:
    """What is written is a mosaic, as the options say; nothing is returned."""
    assert_type(facemo.save(mosaic, path), None)
    facemo.save(
        mosaic,
        "poster.jpg",
        quality=95,
        subsampling="4:2:0",
        compression="jpeg",
        dpi=150,
        progress=progress,
    )
    facemo.save(mosaic, path, dpi=299.5)
    facemo.save(np.asarray(mosaic), path)
    facemo.save(mosaic.to_image(), path)
    facemo.save(path, mosaic)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    facemo.save(mosaic, path, 95)  # type: ignore[call-arg,arg-type]  # pyright: ignore[reportCallIssue]
    facemo.save(mosaic, path, cols=64)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    facemo.save(mosaic, path, compression="lzw")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def before_the_work(path: Path) -> None:
    """What a mosaic will take: with the options of all three."""
    flight = facemo.preflight(
        Image.new("RGB", (8, 8)), path, reads=["photos", path], size=32, cols=100, quality=80
    )
    assert_type(flight, facemo.Preflight)
    assert_type(flight.path, str)
    assert_type(flight.shape, tuple[int, int, int])
    assert_type(flight.dpi, float)
    assert_type(flight.disk, int)
    assert_type(flight.memory, int)
    assert_type(flight.files, int)
    assert_type(flight.tiles, int | None)
    assert_type(facemo.tile_side([[0.0]], 24, dpi=300, cols=100), int)
    assert_type(facemo.tile_side("face.png", 23.5, rows=100), int)
    facemo.preflight("face.png", path, sise=32)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    facemo.tile_side("face.png", "24in")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def the_plan(mosaic: facemo.Mosaic, tiles: facemo.Tiles, array: NDArray[np.uint8]) -> None:
    """A mosaic is its plan, and an array of its pixels that nobody writes to."""
    assert_type(mosaic.tiles, facemo.Tiles)
    assert_type(mosaic.index, NDArray[np.int32])
    assert_type(mosaic.colors, NDArray[np.uint8])
    assert_type(mosaic.tint, float)
    assert_type(mosaic.shape, tuple[int, int, int])
    assert_type(mosaic[:256, :256], NDArray[np.uint8])
    assert_type(mosaic[0, ..., 1], NDArray[np.uint8])
    assert_type(mosaic.preview(), NDArray[np.uint8])
    assert_type(mosaic.preview(limit=400), NDArray[np.uint8])
    assert_type(mosaic.reduced(1), facemo.Mosaic)
    assert_type(mosaic.with_tiles(tiles), facemo.Mosaic)
    assert_type(mosaic.with_tiles([array[0], array[1]]), facemo.Mosaic)
    assert_type(facemo.load_plan("plan.npz", tiles), facemo.Mosaic)
    assert_type(facemo.load_plan(Path("plan.npz"), [Image.new("L", (8, 8))]), facemo.Mosaic)
    mosaic.to_dask((512, 512)).to_zarr("huge.zarr")
    pixels: NDArray[Any] = np.asarray(mosaic)
    assert_type(mosaic.variants, facemo.Variants)
    assert_type(mosaic.variants.mean, NDArray[np.float32])
    facemo.Mosaic(tiles, facemo.Variants(mosaic.index[0]), mosaic.cells, pixels[:, :, :3])
    mosaic.cells = mosaic.index  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    mosaic[0] = array  # type: ignore[index]  # pyright: ignore[reportIndexIssue]


def what_is_known(mosaic: facemo.Mosaic, array: NDArray[np.uint8]) -> None:
    """The results have plain types."""
    scored = facemo.score(mosaic, "face.png")
    assert_type(scored, facemo.Score)
    assert_type(scored.delta_e, float)
    assert_type(scored.flip_8, float)
    assert_type(scored.contrast_kept, float)
    assert_type(scored.distinct, int)
    assert_type(scored.nearest_repeat, int | None)
    lacking = facemo.coverage(mosaic)
    assert_type(lacking, facemo.Coverage)
    assert_type(lacking.delta_e, NDArray[np.float32])
    assert_type(lacking.lacking, float)
    assert_type([lack.name for lack in lacking.lacks], list[str])
    assert_type(facemo.coverage(array, array, cols=9, rows=9), facemo.Coverage)
    assert_type(facemo.read_image(Path("face.png")), NDArray[np.uint8])
    facemo.score(array, "face.png")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    facemo.read_image(array)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def looking(mosaic: facemo.Mosaic, array: NDArray[np.uint8]) -> None:
    """What is shown is a picture of any kind; sliders keep the mosaic as they left it."""
    assert_type(mosaic.to_image(), Image.Image)
    assert_type(facemo.show(mosaic), None)
    facemo.show(array, limit=800)
    assert_type(facemo.explore("face.png", "photos", size=32, cols=50), facemo.Explorer)
    assert_type(facemo.explore("face.png", array).mosaic, facemo.Mosaic)


def the_tiles(array: NDArray[np.uint8]) -> None:
    """Tiles say what they are made of, and what was set aside."""
    made = facemo.Tiles(array, names=("a.png", "b.png"))
    assert_type(made.pixels, NDArray[np.uint8])
    assert_type(made.names, tuple[str, ...])
    assert_type(made.rejected, tuple[facemo.Rejected, ...])
    assert_type(made.merged, tuple[tuple[str, str], ...])
    assert_type(made.root, str)
    assert_type(made.size, tuple[int, int])
    assert_type(len(made), int)
    assert_type([(file.path, file.reason) for file in made.rejected], list[tuple[str, str]])


def the_cache(folder: Path) -> None:
    """The cache is the user's own, or a folder."""
    assert_type(facemo.cache_info(), facemo.CacheInfo)
    held = facemo.clear_cache(folder)
    assert_type(held.folder, str)
    assert_type(held.files, dict[str, int])
    assert_type(held.nbytes, int)
    facemo.cache_info(1.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def errors() -> None:
    """What is raised is a ValueError, what is warned of a UserWarning."""
    error: type[ValueError] = facemo.InputError
    warning: type[UserWarning] = facemo.CacheWarning
    assert error is not None
    assert warning is not None
