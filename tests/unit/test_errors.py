"""Every way to end says what is wrong and what to do, in words for a publisher."""

from __future__ import annotations

import pytest

from ckanext.datapusher_plus.core import errors
from ckanext.datapusher_plus.core.quarantine import Share

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
    errors.NestedArchive("inner.zip"),
    errors.UnpacksTooLarge(1_000_000),
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
    errors.TooManyColumns(2_000, 1_600),
    errors.ValueDoesNotFit("height", "tall", "numeric", 7),
    errors.ValueDoesNotFit("height", "tall", "numeric"),
    errors.ValueDoesNotFit("height", "tall", "numeric", 7, "line", Share(rejected=1, total=9, limit=0)),
    errors.UniqueKeyBroken(("code",), "AA"),
    errors.DependentViewBroken("monthly", "column “day” is gone"),
    errors.StashFailed("No space left on device"),
    errors.StashUnreadable("Stale file handle"),
    errors.TableInUse(),
    errors.TableTouched(),
    errors.TableRemoved(),
    errors.RowsLost(10, 9),
    errors.DatastoreBusy(120),
    errors.DatastoreGone("connection refused"),
    errors.LockLost("6a0f"),
    errors.ResourceGone("6a0f"),
    errors.NothingToLoad("is empty"),
    errors.Unchanged(),
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
