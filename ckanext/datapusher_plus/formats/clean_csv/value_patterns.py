"""Patterns of one value of a delimited text and of what ends it; each byte can be matched in one way only."""

from __future__ import annotations

import re
from functools import lru_cache

#: blanks of all kinds that may follow a closing quote, in UTF-8
_BLANKS = rb"(?:[ \t\v\f]|\xc2\xa0|\xe1\x9a\x80|\xe2\x80[\x80-\x8b\xaf]|\xe2\x81\x9f|\xe3\x80\x80|\xef\xbb\xbf)*"


@lru_cache
def value_pattern(separator: bytes, padded: bool, returns: bool) -> re.Pattern[bytes]:
    """Return the pattern of a value, (quoted, unquoted), and what ends it: separator, line end, or end of data."""
    sep = re.escape(separator)
    blanks = rb"(?:(?!" + sep + rb")" + _BLANKS.removesuffix(b"*") + rb")*"
    pad = rb"(?:(?!" + sep + rb")[ \t])*" if padded else rb""
    within = rb"[^\n" + (rb"\r" if returns else rb"") + sep + rb"]*"
    quoted = pad + rb'("[^"]*(?:""[^"]*)*")' + blanks
    return re.compile(rb"(?:" + quoted + rb"|(?!" + pad + rb'")(' + within + rb"))(" + sep + rb"|\n|\r|\Z)")


@lru_cache
def as_written(separator: bytes, returns: bool) -> re.Pattern[bytes]:
    """Return the pattern of what stands up to the next separator or line end, in groups like those of a value."""
    sep = re.escape(separator)
    ends = rb"\r\n" if returns else rb"\n"
    return re.compile(rb"((?!))?([^" + ends + sep + rb"]*)(" + sep + rb"|\n|\r|\Z)")
