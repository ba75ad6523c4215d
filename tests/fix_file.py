"""Fixtures that take a published file through the steps before the load: convert, validate, analyse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core.values import Analysed, CleanCsv, ReadOptions, Source, Ticket

Publish = Callable[..., tuple[Ticket, Source]]
Read = Callable[..., CleanCsv]
Analyse = Callable[..., Analysed]


@dataclass
class Said:
    """A log that keeps the messages and the progress of a step."""

    lines: list[str] = field(default_factory=list)
    bytes_done: list[tuple[int, int | None]] = field(default_factory=list)

    def debug(self, message: str) -> None:
        self.lines.append(message)

    info = warning = error = debug

    def progress(self, stage: str, done: int, total: int | None) -> None:
        self.bytes_done.append((done, total))


@pytest.fixture
def said() -> Said:
    """The log of a run."""
    return Said()


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """Return a function that creates the ticket and the fetched file of a resource."""

    def make(
        content: bytes,
        *,
        name: str = "table.csv",
        format: str = "CSV",
        media_type: str | None = None,
        options: ReadOptions | None = None,
    ) -> tuple[Ticket, Source]:
        path = tmp_path / "source"
        path.write_bytes(content)
        source = Source(path=path, filename=name, size=len(content), hash="00", content_type=media_type)
        return replace(ticket(tmp_path, format=format), options=options or ReadOptions()), source

    return make


def ticket(work_dir: Path, *, url: str = "http://example.org/table.csv", format: str = "CSV") -> Ticket:
    """Return a request to load one resource."""
    return Ticket(
        run_id="1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        resource_id="6fa459ea-ee8a-4ca4-894e-db77e160355e",
        package_id="16fd2706-8baf-433b-82eb-8c7fada847da",
        name="a table",
        url=url,
        url_type="",
        format=format,
        mimetype="",
        ignore_hash=False,
        dry_run=False,
        requested_at=datetime(2026, 1, 2, tzinfo=timezone.utc),
        work_dir=work_dir,
    )


@pytest.fixture
def read(publish: Publish, said: Said) -> Read:
    """Return a function that converts and validates a file."""
    from ckanext.datapusher_plus.steps.convert import convert
    from ckanext.datapusher_plus.steps.validate import validate

    return lambda content, **how: validate(convert(*publish(content, **how), said), said)


@pytest.fixture
def analyse(read: Read, said: Said) -> Analyse:
    """Return a function that converts, validates and analyses a file."""
    from ckanext.datapusher_plus.steps import analyse as step

    return lambda content, **how: step.analyse(read(content, **how), said, how.get("options") or ReadOptions())


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that changes the site's settings for one test."""
    return lambda **changed: monkeypatch.setattr(settings, "_current", replace(settings.current(), **changed))
