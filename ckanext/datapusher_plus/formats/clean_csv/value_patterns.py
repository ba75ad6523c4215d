"""Patterns of one value of delimited text and its end; each byte can match in one way only."""

from __future__ import annotations

import re
from functools import lru_cache

#: whitespace of any kind that may follow a closing quote, in UTF-8
_BLANKS = rb"(?:[ \t\v\f]|\xc2\xa0|\xe1\x9a\x80|\xe2\x80[\x80-\x8b\xaf]|\xe2\x81\x9f|\xe3\x80\x80|\xef\xbb\xbf)*"


@lru_cache
def value_pattern(separator: bytes, padded: bool, returns: bool) -> re.Pattern[bytes]:
    """Return the pattern of a value: quoted value, unquoted value, and its end (separator, line end or end of data).

    :param padded: spaces and tabs before a quoted value are skipped.
    :param returns: a CR ends an unquoted value.
    """
    sep = re.escape(separator)
    blanks = rb"(?:(?!" + sep + rb")" + _BLANKS.removesuffix(b"*") + rb")*"
    pad = rb"(?:(?!" + sep + rb")[ \t])*" if padded else rb""
    within = rb"[^\n" + (rb"\r" if returns else rb"") + sep + rb"]*"
    quoted = pad + rb'("[^"]*(?:""[^"]*)*")' + blanks
    return re.compile(rb"(?:" + quoted + rb"|(?!" + pad + rb'")(' + within + rb"))(" + sep + rb"|\n|\r|\Z)")


@lru_cache
def as_written(separator: bytes, returns: bool) -> re.Pattern[bytes]:
    """Return the pattern of any bytes up to the next separator or line end, with the groups of ``value_pattern``."""
    sep = re.escape(separator)
    ends = rb"\r\n" if returns else rb"\n"
    return re.compile(rb"((?!))?([^" + ends + sep + rb"]*)(" + sep + rb"|\n|\r|\Z)")
