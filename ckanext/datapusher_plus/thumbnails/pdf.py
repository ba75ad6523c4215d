"""The picture of a PDF file: its first page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pypdfium2
import pypdfium2.raw
from PIL import Image

from .images import HIGHEST, save_photo
from .picture import NothingToDraw

#: Longest side of a page in points of 1/72 inch, which PDF readers allow.
_LARGEST_PAGE = 14_400


def draw(path: Path, folder: Path, widths: Sequence[int]) -> dict[int, tuple[str, int, int]]:
    """Write the pictures of the first page into the folder, each named by its width, and return types and sizes."""
    try:
        image = _first_page(path, max(widths))
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise NothingToDraw("The PDF file can only be opened with a password.") from error
        raise NothingToDraw("The PDF file is damaged, or no PDF file.") from error
    # a pair for each of red, green and blue
    bands = cast("tuple[tuple[int, int], ...]", image.getextrema())
    if all(low == high for low, high in bands):
        raise NothingToDraw("The first page of the PDF file is empty.")
    return save_photo(image, folder, widths)


def _first_page(path: Path, width: int) -> Image.Image:
    document = pypdfium2.PdfDocument(path)
    if not len(document):
        raise NothingToDraw("The PDF file has no pages.")
    page = document[0]
    # its annotations say `float` for a pair of numbers, and `int` for a fraction
    sides = cast("tuple[float, float]", page.get_size())
    if not all(0 < side <= _LARGEST_PAGE for side in sides):
        raise NothingToDraw("The first page of the PDF file is too large or has no size.")
    # twice as large, so that its small print is smooth
    scale: Any = 2 * min(width / sides[0], HIGHEST * width / sides[1])
    return page.render(scale=scale).to_pil().convert("RGB")
