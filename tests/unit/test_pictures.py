"""Pictures of images and of PDF files, drawn by a process with limits; what cannot be drawn ends in a sentence."""

from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from ckanext.datapusher_plus.thumbnails import sandbox
from ckanext.datapusher_plus.thumbnails.draw import CannotDrawNow, NothingToDraw, Picture, kind_of, recipe_of

Render = Callable[..., dict[int, Picture]]


@pytest.fixture
def render(tmp_path: Path) -> Render:
    """Render the content of a file."""

    def rendered(content: bytes, kind: str = "image", widths: tuple[int, ...] = (240,), **limits: Any):
        path = tmp_path / "source"
        path.write_bytes(content)
        return sandbox.render({"kind": kind, "path": str(path)}, tmp_path, widths, **limits)

    return rendered


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.data))
    assert (image.size, image.get_format_mimetype()) == ((picture.width, picture.height), picture.content_type)
    return image


def sizes(made: dict[int, Picture]) -> dict[int, tuple[int, int]]:
    return {width: (picture.width, picture.height) for width, picture in made.items()}


def at(picture: Picture, x: float, y: float) -> tuple[int, ...]:
    """Return the colour at a place from 0 to 1, in steps of 32 so that JPEG's changes do not matter."""
    image = opened(picture)
    colour = image.convert("RGB").getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(colour, tuple)
    return tuple(round(part / 32) for part in colour)


WHITE, BLACK, RED, BLUE, GREY = (8, 8, 8), (0, 0, 0), (8, 0, 0), (0, 0, 8), (4, 4, 4)


def half_clear() -> Image.Image:
    """Return an image that is red above and transparent below."""
    image = Image.new("RGBA", (800, 450), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 800, 225))
    return image


def shades(mode: str, black: float, grey: float) -> Image.Image:
    """Return an image of numbers with ``black`` above and ``grey`` below."""
    image = Image.new(mode, (800, 450), black)
    image.paste(grey, (0, 225, 800, 450))
    return image


def deep(grey: int) -> Image.Image:
    """Return an image of 16 bits that is black above."""
    return Image.frombytes("I;16", (800, 450), b"\0\0" * 800 * 225 + struct.pack("<H", grey) * 800 * 225)


def indexed() -> bytes:
    image = Image.new("P", (800, 450), 1)
    image.putpalette([255, 0, 0, 0, 0, 0])
    image.paste(0, (0, 0, 800, 225))
    return saved(image, "GIF", transparency=1)


MODES = {
    "RGB": (saved(Image.new("RGB", (800, 450), "red"), "JPEG"), RED, RED),
    "RGBA": (saved(half_clear(), "PNG"), RED, WHITE),
    "WebP": (saved(half_clear(), "WEBP"), RED, WHITE),
    "LA": (saved(half_clear().convert("LA"), "PNG"), (2, 2, 2), WHITE),
    "P": (saved(half_clear().convert("RGB").convert("P"), "PNG"), RED, BLACK),
    "P, transparent": (indexed(), RED, WHITE),
    "L": (saved(shades("L", 0, 128), "PNG"), BLACK, GREY),
    "1": (saved(Image.new("1", (800, 450), 1), "PNG"), WHITE, WHITE),
    "CMYK": (saved(Image.new("CMYK", (800, 450), (0, 255, 255, 0)), "JPEG"), RED, RED),
    "I;16": (saved(deep(32768), "PNG"), BLACK, GREY),
    "I;16 of 12 bits": (saved(deep(2048), "TIFF"), BLACK, GREY),
    "I": (saved(shades("I", -70_000, 70_000), "TIFF"), BLACK, WHITE),
    "F": (saved(shades("F", 0.0, 0.5), "TIFF"), BLACK, GREY),
    "F without a value": (saved(shades("F", 1.0, float("nan")), "TIFF"), WHITE, WHITE),
    "BMP": (saved(Image.new("RGB", (800, 450), "blue"), "BMP"), BLUE, BLUE),
}


@pytest.mark.parametrize("mode", MODES)
def test_an_image_of_any_mode_is_shown_on_white(mode: str, render: Render) -> None:
    content, above, below = MODES[mode]
    picture = render(content)[240]
    assert (at(picture, 0.5, 0.2), at(picture, 0.5, 0.8)) == (above, below)
    assert (picture.content_type, picture.width, picture.height) == ("image/jpeg", 240, 135)


#: Where the upper left corner of the stored image is when it is upright.
UPRIGHT = {1: "left top", 2: "right top", 3: "right bottom", 4: "left bottom"} | {
    5: "left top", 6: "right top", 7: "right bottom", 8: "left bottom"
}  # fmt: skip


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_an_image_is_shown_upright(orientation: int, kind: str, render: Render) -> None:
    image = Image.new("RGB", (1600, 900), "white")
    ImageDraw.Draw(image).rectangle((0, 0, 500, 300), fill="red")
    exif = image.getexif()
    exif[0x0112] = orientation
    picture = render(saved(image, kind, exif=exif))[240]
    across, down = UPRIGHT[orientation].split()
    assert at(picture, 0.1 if across == "left" else 0.9, 0.1 if down == "top" else 0.9) == RED
    assert at(picture, 0.9 if across == "left" else 0.1, 0.9 if down == "top" else 0.1) == WHITE
    assert (picture.width, picture.height) == ((240, 135) if orientation < 5 else (240, 427))
    assert not opened(picture).getexif()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_shown(kind: str, render: Render) -> None:
    frames = [Image.new("RGB", (300, 200), colour) for colour in ("red", "blue")]
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    assert at(render(content)[240], 0.5, 0.5) == RED


def test_each_size_is_made_and_a_small_image_stays_small(render: Render) -> None:
    made = render(saved(Image.new("RGB", (500, 250)), "PNG"), widths=(240, 640))
    assert sizes(made) == {
        240: (240, 120),
        640: (500, 250),
    }
    assert render(saved(Image.new("RGB", (10, 5000)), "PNG"))[240].height == 480


def test_a_picture_of_a_photo_is_progressive_and_says_nothing_else(render: Render) -> None:
    image = Image.new("RGB", (800, 450))
    exif = image.getexif()
    exif[0x010F] = "camera"
    made = opened(render(saved(image, "JPEG", exif=exif, comment=b"secret"))[240])
    assert (made.info.get("progressive"), made.info.get("comment"), dict(made.getexif())) == (1, None, {})


def png(width: int, height: int) -> bytes:
    """Return a PNG file that declares a size and has one row."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = {b"IHDR": head, b"IDAT": zlib.compress(b"\0" * (width + 1)), b"IEND": b""}
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


NOISE, PHOTO = (saved(Image.effect_noise((400, 300), 50), kind) for kind in ("PNG", "JPEG"))
BROKEN = {
    "bomb": (png(50_000, 50_000), "more than 100,000,000 pixels"),
    "a little beyond": (png(10_001, 10_000), "more than 100,000,000 pixels"),
    "GIF bomb": (b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + b"," + b"\0" * 40, "more than 100,000,000"),
    "cut PNG": (NOISE[: len(NOISE) // 2], "damaged or cut off"),
    "cut JPEG": (PHOTO[: len(PHOTO) // 2], "damaged or cut off"),
    "head only": (PHOTO[:30], "not an image|damaged"),
    "nothing": (b"", "not an image"),
    "text": (b"a,b\n1,2\n", "not an image"),
    "page": (b"<!doctype html><html>", "not an image"),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect/></svg>", "not an image"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "not an image"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_no_sound_image_ends_in_a_sentence(what: str, render: Render) -> None:
    content, words = BROKEN[what]
    with pytest.raises(NothingToDraw, match=words):
        render(content)


def test_the_content_counts_not_the_extension(render: Render) -> None:
    for kind in ("JPEG", "PNG", "GIF", "TIFF"):
        assert at(render(saved(Image.new("RGB", (300, 200), "red"), kind))[240], 0.5, 0.5) == RED


def test_the_process_has_little_memory(render: Render) -> None:
    content = saved(Image.new("RGB", (6000, 4000)), "PNG")
    with pytest.raises(NothingToDraw, match="more than 64 MiB of memory"):
        render(content, memory=64 << 20)
    assert render(content)[240].height == 160


def test_the_process_has_little_time(render: Render) -> None:
    started = time.process_time()
    with pytest.raises((NothingToDraw, CannotDrawNow), match="more than 1 seconds|too busy"):
        render(pdf(b"0 0 1 rg " + b"0 0 500 500 re f " * 1_000_000), "pdf", seconds=1)
    assert time.process_time() - started < 1


def pdf(content: bytes = b"1 0 0 rg 0 421 595 421 re f", box: str = "0 0 595 842", page: str = "") -> bytes:
    """Return a PDF file of one page."""
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents 4 0 R{page}>>".encode(),
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
    ]
    made, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(b"%010d 00000 n \n" % len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(places)
    return made + table + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(made)


def locked() -> bytes:
    """Return a PDF file that needs a password: a wrong one opens nothing."""
    secret = "<" + "ab" * 32 + ">"
    trailer = f"/Encrypt<</Filter/Standard/V 1/R 2/O{secret}/U{secret}/P -4>>/ID[<00><00>]>>".encode()
    return pdf().replace(b"/Root 1 0 R>>", b"/Root 1 0 R" + trailer)


def test_of_a_pdf_file_the_first_page_is_shown(render: Render) -> None:
    made = render(pdf(), "pdf", (240, 640))
    assert sizes(made) == {
        240: (240, 340),
        640: (640, 906),
    }
    assert (at(made[240], 0.5, 0.2), at(made[240], 0.5, 0.8)) == (RED, WHITE)
    turned = render(pdf(page="/Rotate 90"), "pdf")[240]
    assert (at(turned, 0.8, 0.5), at(turned, 0.2, 0.5), turned.height) == (RED, WHITE, 170)


PDFS = {
    "empty page": (pdf(b""), "is empty"),
    "huge page": (pdf(box="0 0 20000 20000"), "too large"),
    "no pages": (pdf().replace(b"[3 0 R]/Count 1", b"[]/Count 0     "), "damaged|no pages"),
    "locked": (locked(), "password"),
    "cut": (pdf()[:100], "damaged"),
    "image": (PHOTO, "damaged"),
    "nothing": (b"", "damaged"),
}


@pytest.mark.parametrize("what", PDFS)
def test_a_pdf_file_without_a_first_page_ends_in_a_sentence(what: str, render: Render) -> None:
    content, words = PDFS[what]
    with pytest.raises(NothingToDraw, match=words):
        render(content, "pdf")


KINDS = [
    ({"format": "PNG"}, "image"),
    ({"format": ".jpg"}, "image"),
    ({"format": "image/tiff"}, "image"),
    ({"format": "Image", "mimetype": "image/webp"}, "image"),
    ({"url": "http://example.org/a/photo.JPEG?size=9#x"}, "image"),
    ({"format": "PDF"}, "pdf"),
    ({"mimetype": "application/pdf; charset=binary"}, "pdf"),
    ({"format": "CSV", "datastore_active": True}, "table"),
    ({"format": "PNG", "url": ""}, None),
    ({"format": "SVG", "url": "http://example.org/a.png"}, None),
    ({"mimetype": "image/svg+xml"}, None),
    ({"format": "ZIP", "mimetype": "image/png"}, None),
    ({"format": "CSV"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("resource", "kind"), KINDS)
def test_what_is_pictured_of_a_resource(resource: dict[str, Any], kind: str | None) -> None:
    resource = {"id": "r", "url": "http://example.org/file", **resource}
    assert kind_of(resource) == kind
    assert kind_of(resource, kinds=()) is None
    assert kind is None or recipe_of(kind).startswith(kind + "/")
