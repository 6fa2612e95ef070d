"""The command line: what it writes, what it says, and what it says when it cannot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import imageio.v3 as iio
import numpy as np
import pytest
from helpers import encoded, noise
from PIL import Image

import facemo
from facemo.cli import main
from facemo.errors import nbytes
from facemo.options import Planning
from facemo.reports.summary import summary
from facemo.writers import registry


@pytest.fixture
def face(save_picture):
    return save_picture(Image.linear_gradient("L"), "face.png")


def run(*arguments):
    return main([str(argument) for argument in arguments])


def test_a_face_and_a_folder_become_a_mosaic(face, photos, tmp_path, capsys):
    output = tmp_path / "mosaic.png"
    options = ["--cols", 8, "--rows", 6, "--tile", "5x7", "--k", 2, "--seed", 3, "--tint", 0.5]
    assert run(face, photos, "-o", output, *options) == 0
    tiles = facemo.load_tiles(photos, size=(5, 7))
    expected = facemo.plan(face, tiles, cols=8, rows=6, k=2, seed=3, tint=0.5)
    np.testing.assert_array_equal(iio.imread(output), expected)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"'{output}': 56 x 30 pixels, 0.5 x 0.3 cm (0.2 x 0.1 in) at 300 dpi")
    assert said[1:] == [
        *summary(expected, Planning(tint=0.5), face).splitlines()[:-3],
        "2 files set aside",
        "  1 truncated: 'broken.jpg'",
        "  1 not a picture",
        f"written to {output} ({nbytes(os.path.getsize(output))})",
    ]


def test_a_library_that_lacks_little_is_left_in_peace(face, save_picture, tmp_path, capsys):
    for shade in range(0, 256, 8):
        save_picture(Image.new("L", (8, 8), shade), f"greys/{shade}.png")
    assert run(face, tmp_path / "greys", "-o", tmp_path / "a.png", "--cols", 8) == 0
    assert "with more photos of" not in capsys.readouterr().out


def test_quiet_says_nothing(face, photos, tmp_path, capsys):
    assert run(face, photos, "-o", tmp_path / "a.jpg", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_files_set_aside_are_grouped_and_the_first_few_named(face, photos, tmp_path, capsys):
    for number in range(5):
        (photos / f"empty{number}.jpg").touch()
    assert run(face, photos, "-o", tmp_path / "a.png") == 0
    line = next(x for x in capsys.readouterr().out.splitlines() if "empty file" in x)
    assert line.startswith("  5 empty files: '")
    assert line.endswith("empty2.jpg' and 2 more")


def test_pictures_that_are_there_twice_are_counted_and_named(face, photos, tmp_path, capsys):
    for number in range(4):
        (photos / f"red{number}.png").write_bytes((photos / "red.png").read_bytes())
    assert run(face, photos, "-o", tmp_path / "a.png") == 0
    line = next(x for x in capsys.readouterr().out.splitlines() if " merged " in x)
    assert line == "4 merged into others like them: 'red0.png' into 'red.png' and 3 more"


def test_how_near_the_best_each_photo_once_comes_is_said(face, photos, tmp_path, capsys):
    assert run(face, photos, "-o", tmp_path / "a.png", "--once", "--tile", 8) == 0
    assert "of the best that each photo once allows (proven)" in capsys.readouterr().out
    assert run(face, photos, "-o", tmp_path / "a.png", "--cols", 3, "--tile", 8) == 0
    assert "allows" not in capsys.readouterr().out


def test_the_photos_that_once_leaves_over_are_counted_and_named(face, photos, tmp_path, capsys):
    for shade in range(0, 100, 10):
        Image.new("L", (8, 8), 100 + shade).save(photos / f"{shade}.png")
    assert run(face, photos, "-o", tmp_path / "a.png", "--once", "--tile", 8, "--tint", 0) == 0
    said = capsys.readouterr().out.splitlines()
    assert ": if 16 photos can be used, 32 x 32 pixels, " in said[0]
    assert said[1] == "3 x 4 cells, 24 x 32 pixels, made of 12 of 14 photos, each once"
    mosaic = facemo.plan(face, facemo.load_tiles(photos, size=8), once=True, tint=0)
    names = np.delete(mosaic.tiles.names, mosaic.variants.tile)
    assert f"2 left over: '{names[0]}', '{names[1]}'" in said
    assert run(face, photos, "-o", tmp_path / "a.png", "--max-uses", 1, "--cols", 3) == 0
    assert "left over" not in capsys.readouterr().out


def test_what_an_option_does_is_written_as_one_picture(face, photos, tmp_path, capsys):
    output = tmp_path / "sheet.png"
    options = ["--cols", 8, "--tile", 8, "--compare", "max-uses"]
    assert run(face, photos, "-o", output, *options) == 0
    expected = facemo.compare(face, facemo.load_tiles(photos, size=8), "max_uses", cols=8)
    np.testing.assert_array_equal(iio.imread(output), expected)
    said = capsys.readouterr().out.splitlines()
    assert said == [f"written to {output} ({nbytes(os.path.getsize(output))})"]


def test_a_logo_becomes_a_mosaic_in_its_shape(photos, tmp_path, capsys):
    logo = Image.new("RGBA", (80, 80), (0, 0, 0, 0))
    logo.paste((200, 0, 0, 255), (20, 0, 60, 80))
    logo.save(tmp_path / "logo.png")
    outputs = [tmp_path / name for name in ("a.png", "a.jpg", "a.csv")]
    options = ["--cols", 8, "--tile", 8, "--background", "#00ff00", "--quality", 100]
    arguments = [part for output in outputs for part in ("-o", output)]
    assert run(tmp_path / "logo.png", photos, *arguments, *options, "--score") == 0
    said = capsys.readouterr().out
    assert "8 x 8 cells, 32 of them filled, 64 x 64 pixels, " in said
    assert "differs by 0.0" in said
    with Image.open(outputs[0]) as image:
        alpha = np.asarray(image.convert("RGBA"))[..., 3]
    assert (alpha[:, 16:48] == 255).all()
    assert not alpha[:, :16].any()
    assert np.abs(iio.imread(outputs[1])[:, :16].astype(int) - (0, 255, 0)).max() < 9
    assert len(outputs[2].read_text("utf-8-sig").splitlines()) == 1 + 32
    assert run(tmp_path / "logo.png", photos, "-o", outputs[0], *options, "--mask", "none") == 0
    assert "8 x 8 cells, 64 x 64 pixels, " in capsys.readouterr().out


def test_a_mask_may_be_a_picture(face, photos, tmp_path, capsys):
    mask = np.zeros((64, 64), np.uint8)
    mask[:, :32] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    options = ["-o", tmp_path / "a.png", "--cols", 8, "--tile", 8, "--mask", tmp_path / "mask.png"]
    assert run(face, photos, *options) == 0
    assert "8 x 8 cells, 32 of them filled" in capsys.readouterr().out
    assert run(face, photos, *options[:-1], tmp_path / "no.png") == 2
    assert capsys.readouterr().err == (
        f"facemo: error: mask '{tmp_path / 'no.png'}': no such file\n"
    )
    Image.new("L", (64, 64)).save(tmp_path / "mask.png")
    assert run(face, photos, *options) == 2
    assert "8 x 8 cells none is seen by half" in capsys.readouterr().err


def test_the_photos_that_once_leaves_over_fit_the_shape(photos, face, tmp_path, capsys):
    mask = Image.new("L", (64, 64))
    mask.paste(255, (0, 0, 32, 64))
    mask.save(tmp_path / "mask.png")
    options = ["-o", tmp_path / "a.png", "--once", "--tile", 8, "--mask", tmp_path / "mask.png"]
    assert run(face, photos, *options) == 0
    assert "of them filled" in capsys.readouterr().out


def test_the_cache_is_named_shown_and_cleared(face, photos, tmp_path, capsys):
    folder = tmp_path / "cache"
    assert run(face, photos, "-o", tmp_path / "a.png", "--cache", folder, "--quiet") == 0
    for option, start in (
        ("--cache-info", ""),
        ("--clear-cache", "deleted "),
        ("--cache-info", ""),
    ):
        assert run(option, "--cache", folder) == 0
        said = capsys.readouterr().out.splitlines()
        assert said[0].startswith(f"{start}{folder}: ")
    assert said == [f"{folder}: 0 bytes"]


def test_wishes_are_met_and_counted(face, photos, tmp_path, capsys):
    (tmp_path / "kin.csv").write_text("who,file\nann,red.png\n")
    wishes = ["--fix", "0,1=black.png", "--fix", "5,7=sub/green.png", "--exclude", "w*"]
    options = ["--cols", 8, "--rows", 6, "--tile", 5, "--include", f"@{tmp_path / 'kin.csv'}"]
    assert run(face, photos, "-o", tmp_path / "a.csv", *options, *wishes) == 0
    said = capsys.readouterr().out.splitlines()
    assert "wishes met: 2 of 2 fixed, 1 of 1 included, 1 of 1 excluded" in said
    pinned = ["--fix", f"@{tmp_path / 'a.csv'}", "--spacing", 0]
    assert run(face, photos, "-o", tmp_path / "b.csv", *options, *pinned) == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert run(face, photos, "-o", tmp_path / "a.png", "--fix", "0,1=back.png") == 2
    said = capsys.readouterr().err
    assert (
        said
        == "facemo: error: --fix 0,1: no photo is called 'back.png': did you mean 'black.png'?\n"
    )


def test_the_photos_that_are_left_out_are_not_left_over(face, photos, tmp_path, capsys):
    assert run(face, photos, "-o", tmp_path / "a.png", "--once", "--exclude", "red.png") == 0
    said = capsys.readouterr().out.splitlines()
    assert "wishes met: 1 of 1 excluded" in said
    assert "1 left over: 'sub/green.png'" in said


@pytest.mark.filterwarnings("default::facemo.CacheWarning")
def test_a_cache_that_cannot_be_used_is_one_line_and_no_error(face, photos, tmp_path, capsys):
    assert run(face, photos, "-o", tmp_path / "a.png", "--cache", face, "--quiet") == 0
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith(f"facemo: warning: the cache '{face}' cannot be used (File exists)")


def test_several_sources_are_taken_together(face, photos, tmp_path, capsys):
    sources = [photos / "red.png", photos / "sub"]
    assert run(face, *sources, "-o", tmp_path / "a.png", "--k", 1) == 0
    assert " of 2 photos" in capsys.readouterr().out


def test_a_full_disk_is_one_line(face, photos, tmp_path, monkeypatch, capsys):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("facemo.writers.png._chunk", full)
    assert run(face, photos, "-o", tmp_path / "a.png", "--quiet") == 2
    said = capsys.readouterr().err
    assert said.startswith("facemo: error: No space left on device: make room, ")
    assert not list(tmp_path.glob("*a.png*"))


def test_damaged_files_with_odd_names_cost_neither_the_run_nor_its_silence(face, tmp_path, rng):
    folder = tmp_path / "photos"
    folder.mkdir()
    noise(rng, 20, 20).save(folder / "good.png")
    content = bytearray(encoded(noise(rng, 64, 64), "TIFF", compression="tiff_adobe_deflate"))
    content[200:900] = bytes(700)
    (folder / "b\u00e4d\n.tif").write_bytes(content)
    result = subprocess.run(
        [sys.executable, "-m", "facemo", face, folder, "-o", tmp_path / "a.png"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"b\\xe4d\\n.tif" in result.stdout


class Swallowing:
    """What is interrupted where Python swallows it: while it is deleted."""

    def __init__(self, number):
        self.number = number

    def __del__(self):
        signal.raise_signal(self.number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stage", ["load_tiles", "plan", "save"])
def test_an_interrupt_that_is_swallowed_is_heeded_all_the_same(
    face, photos, tmp_path, monkeypatch, capsys, stage, number
):
    work = getattr(facemo, stage)

    def interrupted(*arguments, **options):
        Swallowing(number)
        return work(*arguments, **options)

    monkeypatch.setattr(facemo, stage, interrupted)
    assert run(face, photos, "-o", tmp_path / "a.png", "--quiet") == 130
    assert capsys.readouterr().err == "facemo: interrupted, nothing was written\n"
    assert not (tmp_path / "a.png").exists()


def test_an_error_that_a_library_makes_of_an_interrupt_is_one(
    face, photos, tmp_path, monkeypatch, capsys
):
    def interrupted(*arguments, **options):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise RuntimeError("of LLVM") from None

    monkeypatch.setattr(facemo, "plan", interrupted)
    assert run(face, photos, "-o", tmp_path / "a.png", "--quiet") == 130
    assert capsys.readouterr().err == "facemo: interrupted, nothing was written\n"


def test_an_interrupt_while_the_command_is_imported_is_no_traceback():
    code = """
import builtins, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
whole = builtins.__import__
def interrupted(name, *rest):
    if name == "facemo.cli":
        signal.raise_signal(signal.SIGINT)
    return whole(name, *rest)
builtins.__import__ = interrupted
from facemo.__main__ import main
main()
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (130, "facemo: interrupted, nothing was written\n")


def test_the_process_ends_with_all_that_is_to_be_done_and_said():
    code = """
import atexit, sys
atexit.register(print, "bye")
sys.argv[1:] = ["no.jpg", "photos"]
print("begun")
from facemo.__main__ import main
main()
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (2, "begun\nbye\n")
    assert result.stderr.startswith("facemo: error: ")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is full")
def test_a_full_stdout_is_called_so():
    command = [sys.executable, "-m", "facemo", "--help"]
    with open("/dev/full", "w") as full:
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 2
    assert result.stderr.startswith("facemo: error: stdout takes nothing more: ")


def test_a_reader_who_has_gone_is_no_error(face, photos, tmp_path):
    output = tmp_path / "a.png"
    command = f"{sys.executable} -m facemo {face} {photos} -o {output}"
    for ending in (
        ">&- 2>&-",
        "2>&- <&-",
        ">&- 2>&- <&-",
        "| true; exit ${PIPESTATUS[0]}",
        "|& true; exit ${PIPESTATUS[0]}",
    ):
        assert subprocess.run(["bash", "-c", f"{command} {ending}"]).returncode == 0
        assert output.exists()
        output.unlink()


def test_the_host_gets_its_signal_handlers_back(face, photos, tmp_path):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    run(face, photos, "-o", tmp_path / "a.png", "--quiet")
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_the_score_is_printed_on_request(face, photos, tmp_path, capsys):
    assert run(face, photos, "-o", tmp_path / "a.png", "--score", "--quiet") == 0
    assert "ΔE2000" in capsys.readouterr().out


def test_several_outputs_are_written_in_one_run(face, photos, tmp_path, capsys):
    names = ["a.png", "a.jpg", "a.tif", "a.dzi", "a.npz", "a.csv"]
    outputs = [part for name in names for part in ("-o", tmp_path / name)]
    assert run(face, photos, *outputs, "--cols", 9, "--tile", 32, "--tint", 0) == 0
    assert {*names, "a_files"} <= set(os.listdir(tmp_path))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("'")[1] for line in lines[:6]] == [str(tmp_path / name) for name in names]
    assert " files, " in lines[3]
    assert [line.startswith("written to ") for line in lines[-6:]] == [True] * 6
    tiles = facemo.load_tiles(photos, size=32)
    again = facemo.load_plan(tmp_path / "a.npz", tiles)
    np.testing.assert_array_equal(iio.imread(tmp_path / "a.png"), again)


def test_a_width_chooses_the_side_of_the_tiles(face, photos, tmp_path):
    options = ["--cols", 10, "--width", "10.16cm", "--dpi", 150, "--quiet"]
    assert run(face, photos, "-o", tmp_path / "a.png", *options) == 0
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (600, 600)
        assert image.info["dpi"] == pytest.approx((150, 150), abs=0.02)


def test_an_interrupted_run_says_what_was_written_before(face, photos, tmp_path, capsys):
    def interrupted(mosaic, path, options, report):
        raise KeyboardInterrupt

    formats = [
        replace(each, write=interrupted) if ".jpg" in each.suffixes else each
        for each in registry.FORMATS
    ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "FORMATS", formats)
        outputs = ["-o", tmp_path / "a.png", "-o", tmp_path / "a.jpg"]
        assert run(face, photos, *outputs, "--quiet") == 130
    assert capsys.readouterr().err == f"facemo: interrupted, after '{tmp_path / 'a.png'}'\n"


@pytest.mark.parametrize("names", [["a.npz", "a.html"], ["a.png", "a.html"], ["a.jpg", "a.csv"]])
def test_the_result_is_opened_on_request(face, photos, tmp_path, monkeypatch, names):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    outputs = [part for name in names for part in ("-o", tmp_path / name)]
    assert run(face, photos, *outputs, "--quiet") == 0
    assert opened == []
    assert run(face, photos, *outputs, "--quiet", "--open") == 0
    looked_at = next(name for name in reversed(names) if name.endswith(("html", "jpg")))
    assert opened == [(tmp_path / looked_at).as_uri()]


def test_what_cannot_be_opened_is_said_before_the_work(face, photos, tmp_path, capsys):
    assert run(face, photos, "-o", tmp_path / "a.npz", "--open") == 2
    assert "--open shows .html, .png, .jpg" in capsys.readouterr().err
    assert not (tmp_path / "a.npz").exists()


def test_a_machine_that_opens_nothing_is_told_so(face, photos, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    assert run(face, photos, "-o", tmp_path / "a.html", "--quiet", "--open") == 0
    said = f"facemo: warning: nothing here opens '{tmp_path / 'a.html'}': open it by hand\n"
    assert capsys.readouterr().err == said


def test_a_slash_behind_an_output_is_no_part_of_its_name(face, photos, tmp_path, capsys):
    assert run(face, photos, "-o", f"{tmp_path}/a.png/") == 0
    assert f"written to {tmp_path}/a.png (" in capsys.readouterr().out
