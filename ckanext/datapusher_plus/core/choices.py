"""Choices of a site, or of a resource, that decide how a file is read and how its table is made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class FullText(str, Enum):
    """Which values of a row a full-text search of its table can find."""

    ALL = "all"
    #: those of text columns
    TEXT = "text"
    NONE = "none"


class ReviewWhen(str, Enum):
    """Which loads wait until somebody has looked at what they change."""

    NEVER = "never"
    #: those that break something for people who use the table
    BREAKING = "breaking"
    ALWAYS = "always"


class Strategy(str, Enum):
    """How the new table takes the old one's place."""

    SWAP = "swap"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How a file is read and loaded, as the resource's fields ``dpp_…`` and the site's settings say."""

    #: of a text file; empty: detect it
    encoding: str = ""
    #: decimal separator, "," or "."; empty: detect it
    decimal: str = ""
    #: sheet or layer by name or by number from 0, from the last one when negative; empty: the first that is not empty
    sheet: str = ""
    #: the site's choice for workbooks whose resource names no sheet; it does not apply to layers of other files
    workbook_sheet: str = ""
    #: languages of the site, as CKAN names locales; their letters count more when an encoding is detected
    languages: tuple[str, ...] = ()
    #: texts that mean NULL; None: those of the site
    null_values: tuple[str, ...] | None = None
    #: how much shapes may be simplified, in metres; 0: not at all
    simplify: float = 0.0
    #: whether 1/2/2026 is in February; None: detect it
    day_first: bool | None = None
    #: read the one table in a ZIP archive, rather than list the archive's files
    unzip: bool = True
    full_text: FullText = FullText.ALL
    #: leave out rows that repeat an earlier row
    dedup: bool = False
    #: which loads wait until somebody has looked at what they change
    review: ReviewWhen = ReviewWhen.NEVER
    #: load only so many rows: the first ones, or the last ones if negative; 0: all
    preview_rows: int = 0

    @property
    def chosen(self) -> frozenset[str]:
        """Return the names, as in ``LoadPlan.read_as``, of what somebody has chosen for this resource.

        A sheet's number chooses whatever sheet has that number in the next file, so it does not count.
        """
        sheet = "" if re.fullmatch(r"-?\d+", self.sheet) else self.sheet
        known = {"sheet": sheet, "encoding": self.encoding, "decimal": self.decimal}
        return frozenset(name for name, value in known.items() if value)
