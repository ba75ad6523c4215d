"""Every record of a worker's process is one line, whoever makes it and whatever handler writes it."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator

import pytest
from prefect.logging.formatters import PrefectFormatter

from ckanext.datapusher_plus.portal import safe_logs

SIGNED = "https://u:s3cr3t@h/a?sig=s3cr3t"
FORGED = "CSV\n2026-01-01 ERROR forged \x1b[31m\u202e"


class OfPrefect(PrefectFormatter):
    """Prefect's own, with the format of its console."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(message)s", flow_run_fmt="%(message)s", task_run_fmt="%(message)s")


@pytest.fixture(params=[None, logging.Formatter("%(levelname)s %(message)s"), OfPrefect()], ids=str)
def written(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """What a library's logger wrote, with a handler as an operator configures one."""
    before, out = logging.getLogRecordFactory(), io.StringIO()
    safe_logs.install()
    logger, handler = logging.getLogger("urllib3.of_a_test"), logging.StreamHandler(out)
    handler.setFormatter(request.param)
    logger.addHandler(handler)
    # CKAN's set-up of logging silences loggers that are there already
    logger.disabled = False
    yield out.getvalue
    logger.removeHandler(handler)
    logging.setLogRecordFactory(before)


LOG = logging.getLogger("urllib3.of_a_test")


@pytest.mark.parametrize("text", [SIGNED, FORGED], ids=["signed", "forged"])
@pytest.mark.parametrize("as_argument", [True, False])
def test_a_record_is_one_line(text: str, as_argument: bool, written: Callable[[], str]) -> None:
    if as_argument:
        LOG.warning("said: %s (%r)", text, {"of": text})
    else:
        LOG.warning(text)
    assert written().count("\n") == 1
    assert not any(sign in written() for sign in ("s3cr3t", "\x1b", "\u202e"))


def test_no_line_of_a_traceback_can_be_taken_for_a_record(written: Callable[[], str]) -> None:
    try:
        int(f"{FORGED} {SIGNED}")
    except ValueError:
        LOG.exception("said", stack_info=True)
    first, *rest = written().splitlines()
    assert first.endswith("said")
    assert all(line.startswith(safe_logs.INDENT) for line in rest)
    assert any("ValueError: invalid literal" in line for line in rest)
    assert not any(sign in written() for sign in ("s3cr3t", "\x1b", "\u202e"))


def test_what_another_factory_adds_stays_and_installing_twice_is_once() -> None:
    before = logging.getLogRecordFactory()

    def tracing(*args: object, **kwargs: object) -> logging.LogRecord:
        record = logging.LogRecord(*args, **kwargs)  # pyright: ignore[reportArgumentType]
        record.trace = "t1"
        return record

    logging.setLogRecordFactory(tracing)
    safe_logs.install()
    made = logging.getLogRecordFactory()
    safe_logs.install()
    try:
        record = logging.getLogger().makeRecord("n", logging.INFO, "", 0, "a\n%s", ("b",), None)
        assert (vars(record)["trace"], record.getMessage()) == ("t1", "a\\nb")
        assert logging.getLogRecordFactory() is made
    finally:
        logging.setLogRecordFactory(before)
