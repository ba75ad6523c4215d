"""What `ckan datapusher_plus check` prints."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from ckanext.datapusher_plus.cli import check
from ckanext.datapusher_plus.health.finding import CheckState, Finding
from ckanext.datapusher_plus.health.wording import listed, reason, size, some, span

FINE = Finding(check="stash", state=CheckState.OK, sentence="All is well.", seconds=0.2)
UNEVEN = Finding(check="clock", state=CheckState.WARN, sentence="Six seconds.", advice="Use NTP.", seconds=0.1)
BROKEN = Finding(check="site_url", state=CheckState.FAIL, sentence="No answer.", advice="Start CKAN.", seconds=3.0)


def told(*findings: Finding, as_json: bool = False) -> tuple[str, int]:
    """Return what is printed into a pipe, and the exit status."""
    command = click.Command("check", callback=lambda: check._report(findings, as_json))
    done = CliRunner().invoke(command)
    return done.output, done.exit_code


def test_a_person_reads_sign_word_leg_and_sentence_and_below_what_to_do() -> None:
    assert told(FINE, UNEVEN, BROKEN)[0].splitlines() == [
        "✓ ok    stash     All is well.",
        "! warn  clock     Six seconds.",
        "                  → Use NTP.",
        "✗ fail  site_url  No answer.",
        "                  → Start CKAN.",
        "",
        "1 ok, 1 warn, 1 fail.",
    ]


def test_a_screen_that_has_no_signs_gets_words() -> None:
    done = CliRunner(charset="ascii").invoke(click.Command("check", callback=lambda: check._report([UNEVEN], False)))
    assert done.output.splitlines()[:2] == ["! warn  clock  Six seconds.", "               > Use NTP."]


def test_a_program_reads_json() -> None:
    report = json.loads(told(FINE, BROKEN, as_json=True)[0])
    assert set(report) == {"state", "host", "checked_at", "findings"}
    assert report["state"] == "fail"
    assert report["findings"][1] == {
        "leg": "site_url",
        "state": "fail",
        "sentence": "No answer.",
        "advice": "Start CKAN.",
        "seconds": 3.0,
    }


@pytest.mark.parametrize(("findings", "status"), [((FINE,), 0), ((FINE, UNEVEN), 0), ((UNEVEN, BROKEN), 1)])
def test_the_exit_status_tells_whether_something_fails(findings: tuple[Finding, ...], status: int) -> None:
    assert told(*findings)[1] == told(*findings, as_json=True)[1] == status


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (size(999), "999 bytes"),
        (size(1_000), "1.0 kB"),
        (size(2_345_000_000), "2.3 GB"),
        (size(123_456_789), "123 MB"),
        (size(5e21), "5000 EB"),
        (span(119), "119 seconds"),
        (span(120), "2 minutes"),
        (span(7_200), "2 hours"),
        (span(200_000), "2 days"),
        (listed(["a"]), "a"),
        (some(1, "a"), "a"),
        (some(3, "a"), "a and 2 more"),
        (listed(["a", "b", "c"]), "a, b and c"),
        (reason(OSError("connection failed: refused\n\tIs the server running on that host?\n")), "refused"),
        (reason(OSError()), "OSError"),
    ],
)
def test_figures_and_failures_are_said_in_words(said: str, expected: str) -> None:
    assert said == expected
