"""Screen a table for personal data, and decide if it may be loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ..core.errors import BadPatterns, PersonalDataFound, RejectedInReview, ValueDoesNotFit, WaitsForReview
from ..core.message import Message, join, say, say_n
from ..core.personal_data import detectors
from ..core.personal_data.detectors import Detector
from ..core.personal_data.findings import (
    MORE_ROWS,
    MOST_CHECKED,
    SHOWN_ROWS,
    Found,
    Mode,
    consequence,
    is_covered,
    judged,
    merged,
    sentence,
)
from ..core.values import Analysed, LoadPlan, Log, Source, Ticket
from ..engines import BadPattern, Can, Engine, Sought
from ..portal.personal_data import site_mode
from ..runs import review
from ..runs.review import Answer
from ..settings import Settings, current
from .analyse import engine_for
from .site_patterns import site_patterns

#: Rows that a quick screening searches first: it ends there if they have something.
_QUICK_ROWS = 10_000
#: Characters of a sample that a note quotes (``core.types.type_notes``).
_QUOTED = 40
_REVIEWERS = {
    "editors": say("People who may edit the resource"),
    "admins": say("Administrators of the organization"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """The result of a screening after which the table may be loaded."""

    found: tuple[Found, ...] = ()
    #: sentences that the publisher must read first
    warnings: tuple[str, ...] = ()

    @contextmanager
    def without_values(self) -> Iterator[None]:
        """Let no error of the block quote a value of a column with personal data."""
        try:
            yield
        except ValueDoesNotFit as error:
            if any(each.column == error.column for each in self.found):
                error.hide_value()
            raise

    def quiet(self, analysed: Analysed, log: Log) -> Log:
        """Return the log without samples of columns with personal data, which notes about their types quote."""
        personal = {each.column for each in self.found}
        samples = (sample for each in analysed.columns if each.name in personal for sample in each.samples)
        return _Quiet(log, tuple(sample.strip()[:_QUOTED] for sample in samples if sample.strip())) if personal else log

    def on(self, plan: LoadPlan) -> LoadPlan:
        """Return the plan with what was found."""
        return replace(plan, found=self.found, warnings=(*self.warnings, *plan.warnings))


class _Quiet:
    """A log that leaves some texts out of its messages."""

    def __init__(self, log: Log, texts: Sequence[str]) -> None:
        self._log, self._texts, self.progress = log, texts, log.progress

    def debug(self, message: str) -> None:
        self._log.debug(self._without(message))

    def info(self, message: str) -> None:
        self._log.info(self._without(message))

    def warning(self, message: str) -> None:
        self._log.warning(self._without(message))

    def error(self, message: str) -> None:
        self._log.error(self._without(message))

    def _without(self, message: str) -> str:
        known = message.mapped(self._hidden) if isinstance(message, Message) else message
        without = self._hidden(known)
        # where the quotes are the sentence's own, it stays English, because its values have the text
        return known if without == known else without

    def _hidden(self, text: str) -> str:
        for each in self._texts:
            text = text.replace(f"“{each}”", "“…”")
        return str(text)


def known_detectors(ticket: Ticket) -> tuple[Detector, ...]:
    """Return the site's own detectors, or ours if it has none.

    :raises BadPatterns: when the site's own patterns cannot be used.
    """
    name = current().pii_regex_resource_id_or_alias.strip()
    return site_patterns(name, ticket) if name else detectors.BUILT_IN


def screen(ticket: Ticket, source: Source, analysed: Analysed, log: Log) -> Screened:
    """Search all values for personal data, and return what was found if the table may be loaded.

    Nothing has been written at this point but the run's log. No value is kept, logged or sent.

    :raises PersonalDataFound: when the site loads no such file.
    :raises WaitsForReview: when somebody has to approve the file first.
    :raises RejectedInReview: when somebody has rejected it.
    :raises BadPatterns: when the site's own patterns cannot be used, and the mode is review or abort.
    """
    site, mode = current(), site_mode()
    if mode is Mode.OFF:
        return Screened()
    found, warnings = _searched(ticket, analysed, site, mode)
    none = say("Screened for personal data: none.")
    number = say_n("Screened for personal data: {n} finding.", "Screened for personal data: {n} findings.", len(found))
    log.info(number if found else none)
    then = consequence(mode, found, threshold=site.pii_review_threshold, quick=site.pii_quick_screen)
    if then is Mode.OFF:
        return Screened(warnings=warnings)
    said = say("The file seems to contain personal data: {found}.", found=sentence(found))
    if then is Mode.ABORT:
        raise PersonalDataFound(found)
    if then is Mode.REVIEW and ticket.dry_run:
        return Screened(found=found, warnings=(join((said, say("A load would wait for a review."))), *warnings))
    if then is Mode.REVIEW:
        log.info(_approved(ticket, source, found, site))
        return Screened(found=found, warnings=warnings)
    return Screened(found=found, warnings=(join((said, say("Check if it may be public."))), *warnings))


def _approved(ticket: Ticket, source: Source, found: tuple[Found, ...], site: Settings) -> str:
    """Return who has approved the file.

    :raises WaitsForReview, RejectedInReview: when nobody has.
    """
    known = review.of_file(ticket.resource_id, source.hash)
    if known is not None and known.state is Answer.REJECTED:
        review.refer(known, ticket.run_id)
        raise RejectedInReview(known.found, known.decided_by or say("somebody"), known.note or "")
    if known is not None and known.state is Answer.APPROVED and is_covered(found, known.found):
        return say("The file was approved by {who}: it has {found}.", who=known.decided_by, found=sentence(found))
    review.ask(ticket.resource_id, source.hash, ticket.run_id, found)
    raise WaitsForReview(found, _REVIEWERS[site.pii_reviewers])


def _searched(
    ticket: Ticket, analysed: Analysed, site: Settings, mode: Mode
) -> tuple[tuple[Found, ...], tuple[str, ...]]:
    """Return what is found by the site's patterns, or by ours if it has none; and warnings."""
    try:
        return _found(analysed, known_detectors(ticket), site), ()
    except BadPatterns as error:
        if mode is not Mode.REPORT:
            raise
        warning = say(
            "The site's patterns for personal data (pii_regex_resource_id_or_alias) cannot be used, because {why}. The "
            "file was screened with the plugin's own detectors instead. Tell the site's administrator.",
            why=error.why,
        )
        return _found(analysed, detectors.BUILT_IN, site), (warning,)


def _found(analysed: Analysed, known: Sequence[Detector], site: Settings) -> tuple[Found, ...]:
    engine = engine_for(analysed.csv.path.parent, Can.SEARCH)
    if not site.pii_quick_screen:
        return merged(_hits(engine, analysed, known, MORE_ROWS if site.pii_show_candidates else SHOWN_ROWS))
    for rows in (_QUICK_ROWS, None) if analysed.rows > _QUICK_ROWS else (None,):
        if found := list(_hits(engine, analysed, known, 1, rows)):
            first = min(found, key=lambda each: each.first_rows)
            return (replace(first, count=1, at_least=True),)
    return ()


def _hits(
    engine: Engine, analysed: Analysed, known: Sequence[Detector], shown: int, rows: int | None = None
) -> Iterator[Found]:
    """Yield what is found, by column and detector.

    :raises BadPatterns: when a pattern of the site's file cannot be used.
    """
    long_enough = {at for at, column in enumerate(analysed.columns) if column.max_length >= detectors.SHORTEST}
    sought = [
        Sought(pattern=each.pattern, positions=tuple(at for at in _columns(each, analysed) if at in long_enough))
        for each in known
    ]
    try:
        hits = engine.search(analysed.csv, sought, shortest=detectors.SHORTEST, most=MOST_CHECKED, rows=rows)
    except BadPattern as error:
        raise BadPatterns(
            say("line {line} is not a valid pattern ({why})", line=known[error.sought].line, why=error.why)
        ) from error
    for hit in hits:
        column = analysed.columns[hit.position].name
        if found := judged(known[hit.sought], column, hit.count, hit.first, shown):
            yield found


def _columns(detector: Detector, analysed: Analysed) -> tuple[int, ...]:
    return detectors.columns_for(detector, analysed.csv.header)
