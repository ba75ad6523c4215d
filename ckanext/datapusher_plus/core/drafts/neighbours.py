"""Draft what the column of the same name is called in other tables of the organization."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..dictionary.comment import parse_comment
from .model import Draft, Kind, fitted

#: Titles of tables that the evidence names.
_EXAMPLES = 3
_KINDS = (Kind.LABEL, Kind.NOTES, Kind.UNIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A described column of the same name in another table."""

    column: str
    heading: str
    #: the raw comment
    comment: str | None
    #: of the dataset
    title: str
    private: bool


def neighbour_drafts(found: Iterable[Neighbour], filled: Mapping[str, frozenset[Kind]]) -> Iterator[Draft]:
    """Yield the most frequent label, notes and unit of each column, with how many tables say so.

    What public datasets say goes first: what private ones say is drafted only where those say nothing.

    :param filled: by column, kinds whose entries the Data Dictionary has already.
    """
    by_name: dict[str, list[Neighbour]] = {}
    for each in found:
        by_name.setdefault(each.column, []).append(each)
    for name, neighbours in by_name.items():
        entries = [(each, parse_comment(each.comment).get("_info")) for each in neighbours]
        for kind in _KINDS:
            if kind in filled.get(name, ()):
                continue
            texts = [(each, text) for each, info in entries if (text := _text(each, info, kind))]
            public = [(each, text) for each, text in texts if not each.private]
            if texts:
                yield fitted(_draft(name, kind, public or texts))


def _draft(name: str, kind: Kind, texts: list[tuple[Neighbour, str]]) -> Draft:
    counted = Counter(_folded(text) for _, text in texts)
    # of equally frequent texts always the same one
    most = min(counted, key=lambda text: (-counted[text], text))
    same = [(each, text) for each, text in texts if _folded(text) == most]
    value = min(Counter(text for _, text in same).items(), key=lambda found: (-found[1], found[0]))[0]
    titles = sorted({each.title for each, _ in same if each.title})
    evidence: dict[str, Any] = {
        "rule": "neighbours",
        "tables": len(same),
        "described": len(texts),
        "examples": titles[:_EXAMPLES],
    }
    if any(each.private for each, _ in same):
        evidence["private"] = True
    confidence = round(len(same) / len(texts) * (0.6 if len(same) == 1 else 0.9), 2)
    return Draft(column=name, kind=kind, value=value, evidence=evidence, confidence=confidence)


def _text(each: Neighbour, info: object, kind: Kind) -> str:
    text = info.get(kind.value) if isinstance(info, dict) else None
    text = text.strip() if isinstance(text, str) else ""
    # a load writes the heading as the label; that is not what somebody calls the column
    return "" if kind is Kind.LABEL and _folded(text) in (_folded(each.heading), _folded(each.column)) else text


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
