"""The summary of a run for Prefect: names are shown as they are, and no value of the file."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from ckanext.datapusher_plus.core.outcome import Outcome
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.flow.report import Report, markdown, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", r"a\|b"),
        ("<script>alert(1)</script>", r"&lt;script&gt;alert\(1\)&lt;/script&gt;"),
        ("[x](javascript:1)", r"\[x\]\(javascript\:1\)"),
        ("# big\n- list", r"\# big \- list"),
        ("\u202eevil", "\ufffdevil"),
        ("30", "30"),
    ],
)
def test_markdown_of_others_is_shown_as_it_is(text: str, shown: str) -> None:
    assert plain(text) == shown


def about(*, public: bool, columns: int = 2) -> Report:
    done = Published(
        rows=1234,
        columns=tuple((f"c{n}", "text") for n in range(columns)),
        file_hash="h",
        load_key="k",
        rejected=(1, 5),
    )
    end = Outcome(state=State.WARNED, message="Rows of Ada", warnings=("Ada is odd",))
    now = datetime.now(timezone.utc)
    return Report(run_id="r", resource_id="x", requested_at=now, end=end, published=done, found=(), public=public)


def test_a_public_resource_is_shown_with_its_columns() -> None:
    text = markdown(about(public=True, columns=130))
    parts = ("complete with warnings", "| Rows | 1,234 |", "| Warnings | 1 |", "| c99 | text |", "and 30 more columns")
    assert [part for part in parts if part not in text] == []
    assert "Ada" not in text


def test_other_resources_are_shown_by_counts_only() -> None:
    text = markdown(about(public=False))
    assert "1,234" in text
    assert [word for word in ("Ada", "c0") if word in text] == []
