"""Every way to end says what is wrong and what to do, in words for a publisher."""

from __future__ import annotations

import pytest

from ckanext.datapusher_plus.core import errors
from ckanext.datapusher_plus.core.personal_data.findings import Found
from ckanext.datapusher_plus.core.quarantine import Share

FOUND = [Found(detector="ssn", column="note", count=2, first_rows=(1, 7))]
EXAMPLES: list[Exception] = [
    errors.NoFile(),
    errors.NotReady("http://a", 3600),
    errors.FetchTooSlow("http://a", "it took longer than 3,600 seconds"),
    errors.NotFetched("http://example.org/a.csv", 404),
    errors.FetchInterrupted("http://example.org/a.csv", "no answer for 30 s"),
    errors.TooManyRedirects("http://example.org/a.csv", 10),
    errors.AddressRefused("http://10.0.0.1/a.csv", "it is on a private network"),
    errors.FileTooLarge(1_000, 2_000),
    errors.FileTooLarge(1_000),
    errors.UnsupportedFormat("DOCX", ("CSV", "TSV")),
    errors.NotText("an Excel workbook"),
    errors.NotText("an XML spreadsheet", spreadsheet=True),
    errors.NotWhatItSays("XLSX"),
    errors.Damaged("ZIP archive", "its end is missing"),
    errors.Locked("workbook"),
    errors.NoSuchSheet("2020", ("2018", "2019")),
    errors.SheetsFileGone(),
    errors.NestedArchive("inner.zip"),
    errors.UnpacksTooLarge(1_000_000),
    errors.UnpacksTooLarge(1_000_000, "KML"),
    errors.TooManyMembers(50_000, 4 << 20),
    errors.HeadingTooLong(3, 5_000, 4_000),
    errors.BadJson(7, "a comma stands before the closing bracket"),
    errors.NoRecords("JSON document"),
    errors.RecordTooLarge(7, 16_000_000),
    errors.TooMuchMemory("Parquet", 320 << 20),
    errors.TooMuchTime("KML", 3600),
    errors.ReaderDied("Parquet"),
    errors.WrongEncoding("UTF-8", 7),
    errors.RaggedRow(7, 4, 3),
    errors.RaggedRow(7, 4, 3, Share(rejected=12, total=100, limit=5.0)),
    errors.BadQuoting(7),
    errors.LineTooLong(7, 64 << 20),
    errors.EngineFailed(),
    errors.OwnFlowFailed("mysite.loads:flow", "ended without a call of write"),
    errors.TooManyColumns(2_000, 1_600),
    errors.ValueDoesNotFit("height", "tall", "numeric", 7),
    errors.ValueDoesNotFit("height", "tall", "numeric"),
    errors.ValueDoesNotFit("height", "tall", "numeric", 7, "line", Share(rejected=1, total=9, limit=0)),
    errors.UniqueKeyBroken(("code",), "AA"),
    errors.DependentViewBroken("monthly", "column “day” is gone"),
    errors.PersonalDataFound(FOUND),
    errors.BadPatterns("line 2 is not a valid pattern"),
    errors.WaitsForReview(FOUND, "People who may edit the resource"),
    errors.RejectedInReview(FOUND, "ada", "Ask first."),
    errors.ChangesWait(),
    errors.ChangesRejected("ada", "Ask first."),
    errors.StashFailed("No space left on device"),
    errors.StashUnreadable("Stale file handle"),
    errors.TableInUse(),
    errors.TableTouched(),
    errors.TableRemoved(),
    errors.NothingToUndo(),
    errors.RowsLost(10, 9),
    errors.DatastoreBusy(120),
    errors.DatastoreBusy(),
    errors.DatastoreGone("connection refused"),
    errors.LockLost("6a0f"),
    errors.ResourceGone("6a0f"),
    errors.NothingToLoad("is empty"),
    errors.Unchanged(),
    errors.Undone(),
    errors.Vetoed("guard"),
    errors.DatastoreManaged("datastore"),
    errors.DryRun(10, 2),
    errors.UploadMissing(),
    errors.UploadUnreadable("a cloud storage"),
    errors.EngineFailed("its folder in work_dir could not be read or written"),
    errors.RowTooLarge("row is too big: size 11032, maximum size 8160"),
    errors.TriggerFailed(("t000",), "no empty names"),
    errors.DatastoreRefused("permission denied"),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda e: type(e).__name__)
def test_a_message_is_one_line_of_whole_sentences(error: Exception) -> None:
    text = str(error)
    assert text[0].isupper() or text.startswith("http")
    assert text.endswith(".")
    assert "\n" not in text


def leaves(cls: type) -> set[type]:
    """Return the classes of a tree that nobody extends."""
    return {leaf for sub in cls.__subclasses__() for leaf in (leaves(sub) or {sub})}


def test_every_class_has_an_example_here() -> None:
    ours = {c for c in leaves(errors.IngestError) | leaves(errors.Skipped) if c.__module__.startswith(errors.__name__)}
    assert ours == {type(error) for error in EXAMPLES}


def test_every_error_is_terminal_or_transient() -> None:
    assert all(issubclass(c, errors.Terminal | errors.Transient) for c in leaves(errors.IngestError))


#: What may come from a file, an address, a server or a database, in every argument that is text.
PRIVATE = "Alice Smith SSN 123-45-6789"
OF_PRIVATE: list[errors.IngestError] = [
    errors.NotReady(PRIVATE, 3600),
    errors.FetchTooSlow(PRIVATE, PRIVATE),
    errors.NotFetched(PRIVATE, 404),
    errors.FetchInterrupted(PRIVATE, PRIVATE),
    errors.TooManyRedirects(PRIVATE, 10),
    errors.AddressRefused(PRIVATE, PRIVATE),
    errors.UploadUnreadable(PRIVATE),
    errors.UnsupportedFormat(PRIVATE, (PRIVATE,)),
    errors.NotText(PRIVATE),
    errors.NotWhatItSays(PRIVATE),
    errors.Damaged(PRIVATE, PRIVATE),
    errors.Locked(PRIVATE),
    errors.NoSuchSheet(PRIVATE, (PRIVATE,)),
    errors.NestedArchive(PRIVATE),
    errors.BadJson(7, PRIVATE),
    errors.NoRecords(PRIVATE),
    errors.TooMuchMemory(PRIVATE, 1),
    errors.TooMuchTime(PRIVATE, 1),
    errors.ReaderDied(PRIVATE),
    errors.WrongEncoding(PRIVATE, 7),
    errors.EngineFailed(PRIVATE),
    errors.OwnFlowFailed(PRIVATE, PRIVATE),
    errors.ValueDoesNotFit(PRIVATE, PRIVATE, PRIVATE, 7, "line"),
    errors.UniqueKeyBroken((PRIVATE,), PRIVATE),
    errors.DependentViewBroken(PRIVATE, PRIVATE),
    errors.PersonalDataFound([Found(detector=PRIVATE, column=PRIVATE, count=1, first_rows=(1,))]),
    errors.BadPatterns(PRIVATE),
    errors.StashFailed(PRIVATE),
    errors.StashUnreadable(PRIVATE),
    errors.DatastoreGone(PRIVATE),
    errors.DatastoreRefused(PRIVATE),
    errors.LockLost(PRIVATE),
    errors.ResourceGone(PRIVATE),
    errors.RowTooLarge(PRIVATE),
    errors.TriggerFailed((PRIVATE,), PRIVATE),
    errors.TableInUse(),
]


@pytest.mark.parametrize("error", OF_PRIVATE, ids=lambda e: type(e).__name__)
def test_what_anybody_may_read_quotes_nothing(error: errors.IngestError) -> None:
    assert "Alice" not in error.public
    assert "123" not in error.public
    assert error.public.endswith(errors.MORE)


def test_every_class_is_public_as_a_whole_or_tried_with_private_texts() -> None:
    ours = {c for c in leaves(errors.IngestError) if c.__module__.startswith(errors.__name__)}
    assert {c for c in ours if not c.is_public} == {type(error) for error in OF_PRIVATE}


@pytest.mark.parametrize(
    ("error", "public"),
    [
        (errors.ValueDoesNotFit("a", "b", "numeric", 7), "In row 7 a value is not of the type"),
        (errors.BadJson(7, "x"), "The JSON in line 7 cannot be read."),
        (errors.NotFetched("http://a", 404), "The server of the file answered 404."),
        (errors.WrongEncoding("UTF-8", 7), "Line 7 is not valid"),
        (errors.RaggedRow(7, 4, 3), "Line 7 has 4 fields where the header has 3."),
    ],
)
def test_what_anybody_may_read_says_where(error: errors.IngestError, public: str) -> None:
    assert error.public.startswith(public)
