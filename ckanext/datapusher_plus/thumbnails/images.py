"""Pictures of images of any mode: upright, on white, without what else is in the file, such as its place."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Sequence
from math import isfinite
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from .picture import NothingToDraw

#: Formats that Pillow reads without other programs; no vector graphics.
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "JPEG2000")
#: A picture is at most so many times as high as it is wide.
HIGHEST = 2
#: Most pixels of an image.
MOST_PIXELS = 100_000_000

_ORIENTATION = 0x0112
#: Beyond this a number means that there is no value.
_NO_VALUE = 1e37
_NOT_AN_IMAGE = "The file is not an image of a kind that can be shown."
_TOO_MANY_PIXELS = "The image has more than {pixels:,} pixels, the most for a picture."
_DAMAGED = "The image is damaged or cut off."


def draw(path: Path, folder: Path, widths: Sequence[int]) -> dict[int, tuple[str, int, int]]:
    """Write the pictures of an image into the folder, each named by its width, and return their types and sizes."""
    return save_photo(_read(path, max(widths)), folder, widths)


def save_photo(image: Image.Image, folder: Path, widths: Sequence[int]) -> dict[int, tuple[str, int, int]]:
    """Write an RGB image in several widths as JPEG, and return types and sizes."""
    made = {}
    for width in widths:
        picture = image.resize(size_within(image.size, width), Image.Resampling.LANCZOS, reducing_gap=3)
        # comments would be written too
        picture.info.clear()
        picture.save(folder / str(width), "JPEG", quality=82, progressive=True, optimize=True)
        made[width] = ("image/jpeg", *picture.size)
    return made


def size_within(size: tuple[int, int], width: int) -> tuple[int, int]:
    """Return the size of a picture at most ``width`` wide; a smaller image keeps its size."""
    scale = min(1.0, width / size[0], HIGHEST * width / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _read(path: Path, width: int) -> Image.Image:
    """Return the first frame of an image, upright and in RGB on white, and not much larger than wanted."""
    largest = (2 * width, 2 * HIGHEST * width)
    image, orientation = _loaded(path, largest)
    small = _flat(_smaller(image, max(largest)))
    small.getexif()[_ORIENTATION] = orientation
    return ImageOps.exif_transpose(small)


def _loaded(path: Path, largest: tuple[int, int]) -> tuple[Image.Image, int]:
    """Return the first frame of an image, and its orientation."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(path, formats=FORMATS)
            # a JPEG is read at a fraction of its size if that is large enough
            image.draft(None, largest)
            image.load()
            # not before: Pillow turns a TIFF image itself, and some files have their orientation at the end
            orientation = image.getexif().get(_ORIENTATION, 1)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NothingToDraw(_TOO_MANY_PIXELS.format(pixels=MOST_PIXELS)) from error
    except UnidentifiedImageError as error:
        raise NothingToDraw(_NOT_AN_IMAGE) from error
    # what Pillow raises for files that end early or contradict themselves
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, struct.error) as error:
        raise NothingToDraw(_DAMAGED) from error
    return image, orientation


def _smaller(image: Image.Image, most: int) -> Image.Image:
    """Return an image of at most about ``most`` pixels a side, so that changes of its mode cost little memory."""
    if image.mode == "1":
        image = image.convert("L")
    factor = max(1, min(image.width, image.height) // most)
    # an average of palette entries, or of numbers with some for no value, has no meaning
    if factor == 1 or image.mode in ("P", "PA", "F", "I") or image.mode.startswith("I;"):
        return image
    return image.reduce(factor)


def _flat(image: Image.Image) -> Image.Image:
    """Return an image of any mode in RGB, on white where it is transparent."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _grey(image).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image)
    return white.convert("RGB")


def _grey(image: Image.Image) -> Image.Image:
    """Return an image of whole or real numbers as shades of grey, from black for the least to white."""
    image.thumbnail((2000, 2000), Image.Resampling.NEAREST)
    code = "f" if image.mode == "F" else "i"
    values = memoryview(image.convert({"f": "F", "i": "I"}[code]).tobytes()).cast(code).tolist()
    known = [value for value in values if isfinite(value) and abs(value) < _NO_VALUE]
    low, high = _range(min(known, default=0), max(known, default=1), whole=code == "i")
    scale = 255 / (high - low)
    shades = (min(255, max(0, round((value - low) * scale))) if isfinite(value) else 255 for value in values)
    return Image.frombytes("L", image.size, bytes(shades))


def _range(least: float, greatest: float, *, whole: bool) -> tuple[float, float]:
    """Return the numbers of black and white: the range of a usual depth if the numbers are in one, else their own."""
    if least >= 0:
        depths = (255, 1023, 4095, 16383, 65535) if whole else (1, 255, 65535)
        for depth in depths:
            if greatest <= depth:
                return 0, depth
    return least, greatest if greatest > least else least + 1
