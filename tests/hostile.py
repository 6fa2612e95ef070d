"""Files that mean harm: bombs, giants that are mostly holes, headers of nothing but pieces.

Run as a script with a folder: each file in it is loaded alone, and a line of JSON says how it went:
its name, the reason if it was refused, the seconds, and the peak of memory over the baseline in MB.
"""

from __future__ import annotations

import json
import struct
import sys
import time
import zlib
from pathlib import Path

import raws
from helpers import encoded
from PIL import Image

from facemo.library.limits import PictureError
from facemo.library.picture import read_picture, silent_decoders

CORPUS = Path(__file__).parent / "corpus"
GIANT = 900 << 20


def corpus():
    """The seeds that this Pillow can read, by name."""
    seeds = {path.name: path.read_bytes() for path in sorted(CORPUS.iterdir())}
    del seeds["README.md"]
    return {name: seed for name, seed in seeds.items() if is_read(CORPUS / name)}


def is_read(path):
    try:
        read_picture(path)
    except PictureError:
        return False
    return True


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, *, rows=None, before=b"", after=b"", kind=2):
    """A PNG of zeros, or of the first few rows."""
    channels = {0: 1, 2: 3, 3: 1, 6: 4}[kind]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))
    packer = zlib.compressobj(1)
    rows = height if rows is None else rows
    row = bytes(1 + width * channels) if rows else b""
    pixels = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    end = chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + before + chunk(b"IDAT", pixels) + after + end


def tiff_with(content, **tags):
    """`content` with the values of some tags replaced: t256=9 for a width of 9, c273=9 for nine."""
    content = bytearray(content)
    start = struct.unpack_from("<I", content, 4)[0]
    for entry in range(struct.unpack_from("<H", content, start)[0]):
        at = start + 2 + 12 * entry
        tag, kind, count, value = struct.unpack_from("<HHII", content, at)
        if f"t{tag}" in tags:
            kind, value = 4, tags[f"t{tag}"]
        struct.pack_into("<HHII", content, at, tag, kind, tags.get(f"c{tag}", count), value)
    return bytes(content)


def looped(content):
    """A TIFF whose first directory is followed by itself."""
    start = struct.unpack_from("<I", content, 4)[0]
    end = start + 2 + 12 * struct.unpack_from("<H", content, start)[0]
    return content[:end] + content[4:8] + content[end + 4 :]


def jpeg_of(content, width, height):
    """`content` with another size in its frame header."""
    content = bytearray(content)
    at = next(content.index(sof) for sof in (b"\xff\xc0", b"\xff\xc2") if sof in content)
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def segment(marker, data):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def directory(count, size):
    """A TIFF of many tags, all of which mean the same bytes."""
    tags = b"".join(struct.pack(">HHII", number, 7, size, 8) for number in range(count))
    return b"MM\0*\0\0\0\x08" + struct.pack(">H", count) + tags + bytes(4)


def jpeg2000_of(content, width, height):
    """A codestream with another size of the picture and of its tiles."""
    content = bytearray(content)
    content[8:16] = content[24:32] = struct.pack(">II", width, height)
    return bytes(content)


def heic_of(content, width, height):
    """`content` with another size in all of its properties."""
    parts = content.split(b"ispe")
    sized = [each[:4] + struct.pack(">II", width, height) + each[12:] for each in parts[1:]]
    return b"ispe".join([parts[0], *sized])


def in_three_scans(width, height):
    """A JPEG that is not progressive and must be held as a whole all the same."""
    content = jpeg_of(encoded(Image.new("RGB", (8, 8)), "JPEG", subsampling=0), width, height)
    scans = (
        b"\xff\xda\0\x08\x01" + bytes([component, 0x11 * (component > 1), 0, 63, 0]) + bytes(9)
        for component in (1, 2, 3)
    )
    return content[: content.index(b"\xff\xda")] + b"".join(scans) + b"\xff\xd9"


def runs(width, height, data):
    """A BMP of runs."""
    start = 54 + 1024
    sizes = struct.pack("<IHHI", start + len(data), 0, 0, start)
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(data), 0, 0, 256, 0)
    return b"BM" + sizes + header + bytes(range(256)) * 4 + data


def hostile():
    """(name, content, size of the file, start of the reason or None if it is loaded) for each."""
    small = Image.new("RGB", (64, 64))
    pixel = Image.new("P", (8, 8))
    jpeg, gif, tiff = encoded(small, "JPEG"), encoded(pixel, "GIF"), encoded(small, "TIFF")
    progressive = encoded(small, "JPEG", progressive=True, subsampling=0)
    flat = encoded(Image.new("RGB", (4000, 4000)), "JPEG", progressive=True)
    last = flat.rindex(b"\xff\xda")
    many, hidden = flat[last:-2] * 60 + flat[-2:], segment(0xFE, b"\xff\xd9")
    exif = segment(0xE1, b"Exif\0\0" + directory(5400, 64000))
    frames = segment(0xE2, b"MPF\0" + directory(5400, 64000))
    picture = gif[gif.index(b",") : -1]
    deep = tiff_with(tiff, t256=7400, t257=7400, t278=7400)
    lzw = encoded(Image.new("RGB", (7400, 7400)), "TIFF", compression="tiff_lzw")
    fax = encoded(small.convert("1"), "TIFF", compression="group4")
    tiles = (CORPUS / "tiles.tif").read_bytes()
    tile = tiff_with(tiles, t322=16, t323=1 << 25)
    zeros = zlib.compress(bytes(1 << 20), 9)
    heic, codestream = (CORPUS / "still.heic").read_bytes(), (CORPUS / "lossy.j2k").read_bytes()
    pixels, few, data = "over the limit of 64 mega", "megapixels in so few bytes", "more data than"
    yield from (
        ("png-64", png(7900, 7900), None, few),
        ("png-56", png(7400, 7400, kind=6), None, None),
        ("png-huge", png(2**31 - 1, 2**31 - 1, rows=0), None, pixels),
        ("png-text", png(8, 8, before=chunk(b"zTXt", b"k\0\0" + zeros) * 50), None, None),
        ("png-texts", png(8, 8, before=chunk(b"zTXt", b"k\0\0" + zeros) * 90), None, "damaged"),
        ("png-profile", png(8, 8, before=chunk(b"iCCP", b"k\0\0" + zeros * 9)), None, None),
        ("png-pieces", png(8, 8, before=chunk(b"abCd", b"") * 10**6), None, data),
        ("png-tail", png(8, 8, after=chunk(b"abCd", b"") * 10**6), None, data),
        ("png-exif", png(8, 8, before=chunk(b"eXIf", directory(60000, 700000))), None, None),
        ("jpeg-reduced", jpeg_of(jpeg, 15900, 15900), None, None),
        ("jpeg-progressive", jpeg_of(progressive, 7000, 7000), None, few),
        ("jpeg-less", jpeg_of(progressive, 6000, 6000), None, None),
        ("jpeg-scans", in_three_scans(15900, 15900), None, few),
        ("jpeg-passes", flat[:last] + many, None, "over the limit of 1000"),
        ("jpeg-hidden", flat[:last] + hidden + many, None, "over the limit of 1000"),
        ("jpeg-exif", jpeg[:2] + exif + jpeg[20:], None, None),
        ("jpeg-frames", jpeg[:2] + frames + jpeg[20:], None, None),
        ("jpeg-comments", jpeg[:2] + segment(0xFE, b"") * 10**6 + jpeg[2:], None, data),
        ("jpeg-hole", b"\xff\xd8\xff", GIANT, data),
        ("jpeg-giant", jpeg[:-2], GIANT, None),
        ("jpeg-progressive-giant", progressive[:-2], GIANT, data),
        ("png-giant", png(8, 8), GIANT, None),
        ("gif-giant", gif, GIANT, None),
        ("bmp-giant", encoded(small, "BMP"), GIANT, None),
        ("tiff-giant", tiff, GIANT, None),
        ("webp-giant", encoded(small, "WEBP"), GIANT, "over the limit of 64 MB"),
        ("avif-giant", b"\0\0\0\x1cftypavif", GIANT, "over the limit of 64 MB"),
        ("beyond", b"\x89PNG\r\n\x1a\n", 1 << 40, "over the limit of 1.1 GB"),
        ("gif-frames", gif[:-1] + picture * 100_000 + b";", None, None),
        ("gif-screen", gif[:6] + b"\xff" * 4 + gif[10:], None, pixels),
        ("gif-comments", gif[: gif.index(b",")] + b"!\xfe" + b"\1a" * 10**6, None, data),
        ("webp-bomb", encoded(Image.new("RGB", (3600, 3600)), "WEBP", method=0), None, few),
        ("bmp-runs", runs(7900, 7900, b"\0\0" * 7900), None, "over the limit of 16 mega"),
        ("bmp-lines", runs(4000, 4000, b"\1\5\0\0" * 4000), None, None),
        ("bmp-short-runs", runs(4000, 4000, b"\1\5" * 2 * 10**6), None, data),
        ("tiff-bomb", deep, None, "truncated"),
        ("tiff-bomb-giant", deep, GIANT, None),
        ("tiff-lzw", lzw, None, None),
        ("tiff-turned", tiff_with(lzw, t262=2, t274=6), None, None),
        ("tiff-fax", tiff_with(fax, t256=7900, t257=7900, t278=7900), None, None),
        ("tiff-offsets", tiff_with(tiff, c273=10**6, t273=8), GIANT, "more tags than"),
        ("tiff-tags", directory(60000, 700000), None, "more tags than"),
        ("tiff-endless", b"II+\0\x08\0\0\0\x10" + bytes(7) + b"\xff" * 8, GIANT, data),
        ("tiff-tile", tile, None, pixels),
        ("tiff-hidden-tile", tiff_with(tile, c305=10**6), None, ""),
        ("tiff-loop", looped(tiff), None, None),
        ("ppm-bomb", b"P6 7900 7900 255 ", None, few),
        ("ppm-comment", b"P6 #" + b"a" * 10**6, None, data),
        ("ppm-text", b"P1 9 9 " + b"#\n" * 10**6, None, "a kind of PPM"),
        ("ppm-giant", b"P6 8 8 255 " + bytes(192), GIANT, None),
        ("dng-bomb", raws.dng(jpeg_of(progressive, 7000, 7000)), None, few),
        ("dng-giant", raws.dng(jpeg), GIANT, None),
        ("jpeg2000-bomb", jpeg2000_of(codestream, 7000, 7000), None, few),
        ("jpeg2000-huge", jpeg2000_of(codestream, 2**31 - 1, 2**31 - 1), None, ""),
        ("jpeg2000-less", jpeg2000_of(codestream, 2500, 2500), None, ""),
        ("jpeg2000-giant", codestream, GIANT, "over the limit of 64 MB"),
        ("heic-bomb", heic_of(heic, 7000, 7000), None, ""),
        ("heic-huge", heic_of(heic, 2**31 - 1, 2**31 - 1), None, ""),
        ("heic-giant", heic, GIANT, ""),
    )


def peak():
    """The most memory that this process has held, in MB; 0 where nobody tells."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main(folder):
    read_picture(CORPUS / "turned.jpg", (8, 8))
    baseline = peak()
    with silent_decoders():
        for path in sorted(Path(folder).iterdir()):
            print(json.dumps(path.name), end=" ", flush=True)
            start, reason = time.monotonic(), None
            try:
                read_picture(path, (64, 64))
            except PictureError as error:
                reason = str(error)
            print(json.dumps([reason, time.monotonic() - start, peak() - baseline]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
