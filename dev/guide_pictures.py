"""Shrink the pictures that the browser tests took for the guide: `python -m dev.guide_pictures FOLDER`.

They are the files guide-….png of the folder whose names the guide has; those of other names are not for it.
"""

import re
import sys
from pathlib import Path

from PIL import Image

from .stack import REPOSITORY

GUIDE = REPOSITORY / "docs" / "publishers.md"
SHOWN = REPOSITORY / "ckanext/datapusher_plus/public/datapusher_plus/guide"
#: pixels; a page's column of text is not wider
WIDEST, HIGHEST = 860, 900
#: colours of a picture; letters stay smooth
COLOURS = 96
#: bytes
LARGEST = 60_000


def main(folder: Path) -> None:
    """Write a small picture for each one that the guide shows and the folder has."""
    for name in sorted(set(re.findall(r"/guide/([\w-]+\.png)\)", GUIDE.read_text(encoding="utf-8")))):
        taken = folder / f"guide-{name}"
        if not taken.exists():
            print(f"{name}: not taken, left as it is")
            continue
        size = shrink(taken, SHOWN / name)
        print(f"{name}: {size:,} bytes" + (", too large" if size >= LARGEST else ""))


def shrink(taken: Path, target: Path) -> int:
    """Write a picture with fewer pixels and colours, and return its size in bytes."""
    with Image.open(taken) as opened:
        image = opened.convert("RGB")
    image = image.crop((0, 0, image.width, min(image.height, HIGHEST * max(image.width, WIDEST) // WIDEST)))
    if image.width > WIDEST:
        image = image.resize((WIDEST, image.height * WIDEST // image.width), Image.Resampling.LANCZOS)
    target.parent.mkdir(parents=True, exist_ok=True)
    image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(target, optimize=True)
    return target.stat().st_size


if __name__ == "__main__":
    main(Path(sys.argv[1]))
