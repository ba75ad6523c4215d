"""Drafts of Data Dictionary entries for display: what is proposed, and why, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ckan.plugins.toolkit import _, ungettext

from ..core.safe_text import cut
from . import labels

#: Most characters of a value, and of a heading or title in a sentence.
_LONGEST, _LONGEST_NAME = 600, 80
#: Kinds whose value is a text that an editor may change in a field of the form.
TEXTS = ("label", "notes", "unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDraft:
    """One draft; all texts are for display, and ``value`` is also what a field is filled with."""

    id: int
    #: key of the entry
    kind: str
    #: what people call the entry
    title: str
    value: str
    evidence: str
    votes_for: int
    votes_against: int


def shown(draft: Mapping[str, Any]) -> ShownDraft:
    """Return a draft, as ``datapusher_plus_annotation_list`` gives it, for display."""
    return ShownDraft(
        id=draft["id"],
        kind=draft["kind"],
        title=labels.key(draft["kind"]),
        value=_value(draft["kind"], draft["value"]),
        evidence=labels.visible(evidence(draft["evidence"])),
        votes_for=draft["votes_for"],
        votes_against=draft["votes_against"],
    )


def _value(kind: str, value: Any) -> str:
    if kind == "pii" and isinstance(value, bool):
        return _("yes") if value else _("no")
    if kind == "semantic_type" and isinstance(value, str):
        return labels.visible(_meaning(value))
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return labels.visible(cut(text, _LONGEST))


def _meaning(name: str) -> str:
    return cut(name.replace("_", " "), _LONGEST_NAME)


def evidence(saw: Mapping[str, Any]) -> str:
    """Return in a sentence why something is proposed; empty when that is not known."""
    rule = saw.get("rule")
    sentences = {
        "heading": _from_heading,
        "neighbours": _from_neighbours,
        "semantic_type": _from_values,
        "personal_data": lambda _saw: _("Personal data was found in this column, or it is marked so."),
        "codes": lambda _saw: _("The column has no other values than these."),
        "model": lambda _saw: _("Written by a language model from the statistics. Please check it."),
        "datapusher_plus": lambda _saw: _("Suggested by an earlier version of the plugin."),
    }
    say = sentences.get(str(rule))
    return say(saw) if say else ""


def _from_heading(saw: Mapping[str, Any]) -> str:
    return _("From the heading “{heading}”.").format(heading=cut(str(saw.get("heading", "")), _LONGEST_NAME))


def _from_neighbours(saw: Mapping[str, Any]) -> str:
    count = saw.get("tables")
    tables = count if isinstance(count, int) else 1
    sentence = ungettext(
        "Also described so in {count} table of this organization",
        "Also described so in {count} tables of this organization",
        tables,
    ).format(count=tables)
    examples = saw.get("examples")
    names = [cut(str(each), _LONGEST_NAME) for each in examples] if isinstance(examples, list) else []
    return f"{sentence}: {', '.join(names)}{'…' if len(names) < tables else '.'}" if names else f"{sentence}."


def _from_values(saw: Mapping[str, Any]) -> str:
    if "heading" in saw:
        return _from_heading(saw)
    if isinstance(saw.get("share"), (int, float)):
        return _("The most frequent values look like this.")
    return _("Every value is different.") if "distinct" in saw else _("From the type and length of the values.")
