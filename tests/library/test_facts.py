from __future__ import annotations

import struct
from io import BytesIO

import pytest
from helpers import encoded
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin, TiffImagePlugin, features

from facemo.library.facts import Facts, exif_tags, facts_of, read_facts, with_name
from facemo.library.picture import read_picture

PHOTO = Image.new("RGB", (24, 16))


def exif(**tags):
    """EXIF data with a date, a rating, a make, software and a comment."""
    data = Image.Exif()
    numbers = {"make": 0x010F, "software": 0x0131, "rating": 0x4746}
    for name in numbers.keys() & tags.keys():
        data[numbers[name]] = tags[name]
    below = {"taken": 0x9003, "comment": 0x9286}
    inside = {below[name]: tags[name] for name in below.keys() & tags.keys()}
    if inside:
        data[0x8769] = inside
    return data


def facts(content):
    file = BytesIO(content)
    with Image.open(file) as image:
        at = file.tell()
        found = facts_of(image, file)
        assert file.tell() == at
    return found


def of(image=PHOTO, format_name="JPEG", **options):
    return facts(encoded(image, format_name, **options))


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_date_and_a_rating_are_read_from_every_format_with_exif(format_name):
    data = exif(taken="2020:05:31 12:30:00", rating=4)
    assert of(format_name=format_name, exif=data) == Facts("2020-05-31T12:30:00", 4)


def test_a_tiff_is_exif_data_itself():
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x4746], tags[0x8769] = 4, 2**20
    tags[0x8769] = len(encoded(PHOTO, "TIFF", tiffinfo=tags))
    content = encoded(PHOTO, "TIFF", tiffinfo=tags)
    below = struct.pack("<HHHIII", 1, 0x9003, 2, 20, len(content) + 18, 0)
    assert facts(content + below + b"2020:05:31 12:30:00\0") == Facts("2020-05-31T12:30:00", 4)


@pytest.mark.parametrize("format_name", ["GIF", "BMP", "JPEG", "TIFF"])
def test_a_file_that_says_nothing_has_no_facts(format_name):
    assert of(format_name=format_name) == Facts()


@pytest.mark.parametrize("order", ["<", ">"])
def test_either_order_of_bytes_is_read(order):
    head = {"<": b"II*\0", ">": b"MM\0*"}[order]
    table = struct.pack(order + "IHHHIHH", 8, 1, 0x4746, 3, 1, 5, 0)
    assert exif_tags(BytesIO(head + table)) == {0x4746: 5}
    assert exif_tags(BytesIO(b"Exif\0\0" + head + table)) == {0x4746: 5}


@pytest.mark.parametrize(
    "text", ["", "0000:00:00 00:00:00", "2020:02:30 10:00:00", "    :  :     :  :  ", "yesterday"]
)
def test_what_is_no_date_says_nothing(text):
    assert of(exif=exif(taken=text)).taken == ""


@pytest.mark.parametrize(
    ("xmp", "rating"),
    [
        (b'<rdf:Description xmp:Rating="5"/>', 5),
        (b"<xmp:Rating>3</xmp:Rating>", 3),
        (b"<xap:Rating> 2 </xap:Rating>", 2),
        (b"<x xmp:Rating = '-1'/>", -1),
        (b'<x xmp:Rating="0"/>', 0),
        (b'<x xmp:Rating="4.0"/>', 4),
        (b'<x xmp:Rating="99"/>', 0),
        (b'<x MicrosoftPhoto:Rating="75"/>', 0),
        (b"xmp:Rating", 0),
        (b'<x my-xmp:Rating="4"/>', 0),
        (b'<!-- <x xmp:Rating="4"/> --><x xmp:Rating="2"/>', 2),
        (b'<!-- <!-- --><x xmp:Rating="3"/><!-- xmp:Rating="4"', 3),
    ],
)
def test_a_rating_in_xmp_is_read_as_an_attribute_and_as_an_element(xmp, rating):
    assert read_facts({}, xmp).rating == rating
    assert of(xmp=xmp).rating == rating
    assert of(format_name="WEBP", xmp=xmp).rating == rating


@pytest.mark.skipif(not features.check("jpg_2000"), reason="this Pillow has no JPEG 2000")
@pytest.mark.parametrize("more", [b"", b"\0\0\0\x08free"])
def test_a_rating_in_xmp_is_read_from_jpeg_2000(more):
    box = b"uuid" + bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + b'<x xmp:Rating="4"/>'
    box = struct.pack(">I", 4 + len(box)) + box
    told = []
    read_picture(encoded(PHOTO, "JPEG2000") + box + more, tell=told.append)
    assert told == [Facts(rating=4)]


def test_xmp_comes_before_exif():
    assert of(exif=exif(rating=2), xmp=b'<x xmp:Rating="5"/>').rating == 5
    assert of(exif=exif(rating=2), xmp=b"<x/>").rating == 2


def test_entities_of_xml_are_not_expanded():
    bomb = b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 1000 + b'">]><x>&a;</x><y xmp:Rating="4"/>'
    assert read_facts({}, bomb).rating == 4


@pytest.mark.parametrize(
    "comment", [b"ASCII\0\0\0Screenshot", b"UNICODE\0" + "Screenshot".encode("utf-16-le")]
)
def test_a_screenshot_is_what_says_so_in_exif(comment):
    assert of(exif=exif(comment=comment)).screenshot
    assert of(format_name="PNG", exif=exif(comment=comment, make="Phone")).screenshot
    assert not of(exif=exif(comment=b"ASCII\0\0\0A day by the sea")).screenshot


def test_a_screenshot_is_what_says_so_in_xmp_or_in_the_texts_of_a_png():
    element = b"<exif:UserComment><rdf:Alt><rdf:li xml:lang='x-default'>Screenshot</rdf:li>"
    assert read_facts({}, element).screenshot
    assert read_facts({}, b'<x exif:UserComment="screenshot"/>').screenshot
    assert not read_facts({}, b"<dc:title>How I made a screenshot</dc:title>").screenshot
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Software", "gnome-screenshot")
    assert of(format_name="PNG", pnginfo=texts).screenshot


def test_texts_of_a_png_that_are_called_like_data_are_none():
    texts = PngImagePlugin.PngInfo()
    texts.add_text("exif", "II*")
    texts.add_text("xmp", 'xmp:Rating="4"')
    assert of(format_name="PNG", pnginfo=texts) == Facts()


@pytest.mark.parametrize(
    ("size", "format_name", "make", "expected"),
    [
        ((1170, 2532), "PNG", None, True),
        ((2532, 1170), "PNG", None, True),
        ((1170, 2531), "PNG", None, False),
        ((1170, 2532), "JPEG", None, False),
        ((1920, 1080), "PNG", "Camera", False),
        ((1024, 768), "PNG", None, False),  # of old cameras, too
    ],
)
def test_a_screenshot_is_a_png_of_a_screens_size_that_no_camera_made(
    size, format_name, make, expected
):
    data = exif() if make is None else exif(make=make)
    assert of(Image.new("L", size), format_name, exif=data).screenshot is expected


@given(
    st.builds(
        Facts,
        st.just("") | st.datetimes().map(lambda when: when.isoformat(timespec="seconds")),
        st.integers(-1, 5),
        st.booleans(),
    )
)
def test_facts_are_read_from_their_text(known):
    assert Facts.parse(str(known)) == known


@pytest.mark.parametrize(
    "text", [None, 5, b";;", "", ";", ";6;", "2020;;", ";;photo", ";;screenshot\n", "x" * 100]
)
def test_any_other_text_is_no_facts(text):
    assert Facts.parse(text) is None


WHOLE = exif(taken="2020:05:31 12:30:00", rating=4, make="M", comment=b"x" * 40).tobytes()


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=8))
def test_damaged_exif_data_say_less_or_nothing(changes):
    data = bytearray(WHOLE)
    for at, value in changes:
        data[at] = value
    for end in (len(data), len(data) // 2, 9):
        found = read_facts(exif_tags(BytesIO(bytes(data[:end]))))
        assert Facts.parse(str(found)) == found


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_bytes_are_too_odd(data, xmp):
    for start in (b"", b"Exif\0\0II*\0", b"MM\0*"):
        found = read_facts(exif_tags(BytesIO(start + data)), b"xmp:Rating=" + xmp)
        assert Facts.parse(str(found)) == found


def test_a_directory_that_claims_much_is_read_in_no_time():
    entry = struct.pack("<HHI4s", 0x9286, 2, 2**32 - 1, b"\x08\0\0\0")
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 65535) + entry * 65535
    assert len(exif_tags(BytesIO(data))[0x9286]) <= 200
    loop = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x8769, 4, 1, 8)
    assert exif_tags(BytesIO(loop)) == {0x8769: 8}


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("IMG-20230501-WA0001.jpg", "2023-05-01T00:00:00"),
        ("IMG_20230501_1234.jpg", "2023-05-01T00:00:00"),
        ("IMG_20230501_101010.jpg", "2023-05-01T10:10:10"),
        ("PXL_20230501_123456789.PORTRAIT.jpg", "2023-05-01T12:34:56"),
        ("BURST20230501123005.jpg", "2023-05-01T12:30:05"),
        ("20230501_123005.jpg", "2023-05-01T12:30:05"),
        ("2023-05-01 12.30.05.jpg", "2023-05-01T12:30:05"),
        ("signal-2023-05-01-123005_002.jpeg", "2023-05-01T12:30:05"),
        ("signal-2023-05-01-12-30-05-123.jpg", "2023-05-01T12:30:05"),
        ("photo_2023-05-01_12-30-05.jpg", "2023-05-01T12:30:05"),
        ("WhatsApp Image 2023-05-01 at 12.30.05 (1).jpeg", "2023-05-01T12:30:05"),
        ("Screenshot_20230501-101010.png", "2023-05-01T10:10:10"),
        ("Screenshot 2023-05-01 at 10.30.05\u202fPM.png", "2023-05-01T00:00:00"),
        ("2023-05-01_250000.jpg", "2023-05-01T00:00:00"),
        ("2023_05_01.jpg", "2023-05-01T00:00:00"),
    ],
)
def test_a_name_tells_a_date_where_the_header_does_not(name, taken):
    assert with_name(Facts(), f"20010101_101010/{name}").taken == taken
    assert with_name(Facts("2020-05-31T12:30:00"), name).taken == "2020-05-31T12:30:00"


@pytest.mark.parametrize(
    "name",
    [
        "20230501.jpg",
        "pexels-photo-20101112.jpeg",
        "IMG_20231301_101010.jpg",
        "DSC_12302023050112.jpg",
        "2023-05.jpg",
        "2023-05-0112.jpg",
        "1850-01-01.jpg",
        "IMG_2023.jpg",
        "2023-02-30.jpg",
    ],
)
def test_other_numbers_are_no_dates(name):
    assert with_name(Facts(), name) == Facts()


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("a/Screenshot_20230201-101010_Chrome.jpg", True),
        ("a/screenshot.jpg", True),
        ("a/Screen Shot 2019-02-01 at 10.10.10.png", True),
        ("a/Bildschirmfoto 2023-02-01 um 10.10.10.png", True),
        ("DCIM/Screenshots/1.jpg", True),
        ("Screenshots/aunt/1.jpg", False),
        ("a/screenshotting.jpg", False),
        ("a/my screenshot.jpg", False),
    ],
)
def test_a_screenshot_is_known_by_its_name_or_its_folder(path, is_one):
    assert with_name(Facts(), path).screenshot == is_one


@pytest.mark.parametrize(("text", "mosaic"), [("facemo", True), ("facemo 2", False), ("", False)])
def test_a_mosaic_is_what_says_that_facemo_made_it_and_nothing_more(text, mosaic):
    data, info = exif(software=text), PngImagePlugin.PngInfo()
    info.add_text("Software", text)
    assert of(comment=text).mosaic is of(format_name="WEBP", exif=data).mosaic is mosaic
    assert of(format_name="PNG", pnginfo=info).mosaic is of(exif=data).mosaic is mosaic
    said = of(comment=text)
    assert Facts.parse(str(said)) == said
