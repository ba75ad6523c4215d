"""A drawing with smooth lines, and with texts in any script for which the server has a font."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

#: Everything is drawn so many times larger and then scaled down.
SCALE = 2

BACKGROUND, INK, MUTED, GRID, ACCENT, AREA = "#ffffff", "#1f2937", "#4b5563", "#dfe3e8", "#1d5fa8", "#d6e4f3"
#: Instead of a text in a script for which there is no font.
_PLACEHOLDER = "#c3c9d1"

#: Fonts that Debian, Ubuntu and Fedora have; without any of them, Pillow's own, which has few letters besides ASCII.
_FONTS = (
    "DejaVuSansCondensed.ttf",
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
    "DroidSansFallbackFull.ttf",
    "wqy-microhei.ttc",
    "NotoSansArabic-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansThai-Regular.ttf",
)

Font = ImageFont.FreeTypeFont
Points = Sequence[tuple[float, float]]


class Canvas:
    """A drawing; positions are pixels of the finished picture."""

    def __init__(self, width: int) -> None:
        self.width, self.height = width, round(width * 9 / 16)
        self._image = Image.new("RGB", (width * SCALE, self.height * SCALE), BACKGROUND)
        self._draw = ImageDraw.Draw(self._image)
        #: height of a text
        self.size = max(11.0, width / 36)
        self.margin = max(6.0, width / 40)

    def save(self, path: Path) -> None:
        """Write the picture as a PNG file."""
        small = self._image.resize((self.width, self.height), Image.Resampling.LANCZOS)
        small.quantize(128).save(path, "PNG", optimize=True)

    def box(self, left: float, top: float, right: float, bottom: float, colour: str, round_: float = 0) -> None:
        """Draw a filled rectangle at least one pixel wide and high."""
        corners = [edge * SCALE for edge in (left, top, max(right, left + 1), max(bottom, top + 1))]
        corners[2:] = [edge - 1 for edge in corners[2:]]
        self._draw.rounded_rectangle(corners, round_ * SCALE, fill=colour)

    def line(self, points: Points, colour: str, width: float) -> None:
        """Draw a line."""
        self._draw.line(_scaled(points), fill=colour, width=max(1, round(width * SCALE)), joint="curve")

    def area(self, points: Points, colour: str) -> None:
        """Draw a filled polygon."""
        self._draw.polygon(_scaled(points), fill=colour)

    def dot(self, x: float, y: float, radius: float, colour: str, edge: str | None = None) -> None:
        """Draw a dot."""
        self._draw.circle((x * SCALE, y * SCALE), radius * SCALE, fill=colour, outline=edge)

    def text(
        self, x: float, y: float, text: str, colour: str, anchor: str = "lm", *, room: float, bold: bool = False
    ) -> None:
        """Write a text, cut to its room; in a script without a font a bar stands for it.

        :param anchor: where (x, y) is in the text: l, m, r for left, middle, right; then a, m, s for top, middle, base.
        """
        if not text or room <= 0:
            return
        font = font_of(text, round(self.size * SCALE))
        if font is None:
            self._placeholder(x, y, text, anchor, room)
            return
        shown = cut(text, font, room * SCALE)
        weight = 0.5 * SCALE / 2 if bold else 0
        self._draw.text((x * SCALE, y * SCALE), shown, fill=colour, font=font, anchor=anchor, stroke_width=weight)

    def measure(self, text: str) -> float:
        """Return the width of a text."""
        font = font_of(text, round(self.size * SCALE))
        return font.getlength(text) / SCALE if font else min(len(text), 8) * self.size * 0.6

    def _placeholder(self, x: float, y: float, text: str, anchor: str, room: float) -> None:
        width, half = min(room, self.measure(text)), self.size * 0.25
        left = {"l": x, "m": x - width / 2, "r": x - width}[anchor[0]]
        middle = {"a": y + self.size / 2, "m": y, "s": y - self.size / 2}[anchor[1]]
        self.box(left, middle - half, left + width, middle + half, _PLACEHOLDER, half / 2)


def _scaled(points: Points) -> list[tuple[float, float]]:
    return [(x * SCALE, y * SCALE) for x, y in points]


def cut(text: str, font: Font, room: float) -> str:
    """Return a text that fits, with an ellipsis where it was cut."""
    if font.getlength(text) <= room:
        return text
    short = text
    while short and font.getlength(short.rstrip() + "…") > room:
        short = short[:-1]
    return short.rstrip() + "…" if short else ""


def font_of(text: str, size: int) -> Font | None:
    """Return the first font that has all characters of a text."""
    chars = {char for char in text + "…" if not char.isspace()}
    for name in (*_FONTS, ""):
        if all(_has(name, char) for char in chars):
            return _font(name, size)
    return None


@cache
def _font(name: str, size: int) -> Font | None:
    with suppress(OSError):
        font = ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
        return font if isinstance(font, Font) else None
    return None


@cache
def _has(name: str, char: str) -> bool:
    """Return whether a font has a character: what it draws is not what it draws for one that no font has."""
    return _drawn(name, char) not in (b"", _drawn(name, "\U0010fffd"))


@cache
def _drawn(name: str, char: str) -> bytes:
    font = _font(name, 12)
    if font is None:
        return b""
    image = Image.new("L", (36, 24))
    ImageDraw.Draw(image).text((6, 2), char, fill=255, font=font)
    return image.tobytes()
