"""Every error that can end a run, in one tree; `Skipped` and its subclasses end a run without an error.

IngestError
├── Terminal        trying again cannot help: the file, the request or the site must change
│   ├── NoFile, NotFetched, NotReady, FetchTooSlow, FileTooLarge, AddressRefused, TooManyRedirects
│   ├── UploadMissing, UploadUnreadable
│   ├── UnsupportedFormat, NotWhatItSays, Damaged, Locked, NoSuchSheet, NestedArchive, UnpacksTooLarge, TooManyMembers
│   ├── BadJson, NoRecords, RecordTooLarge, TooMuchMemory, TooMuchTime, ReaderDied
│   ├── HeadingTooLong, NotText, WrongEncoding, BadQuoting, LineTooLong, TooManyColumns, EngineFailed
│   ├── OwnFlowFailed
│   ├── RowsRefused (RaggedRow, ValueDoesNotFit)
│   ├── PersonalDataFound, BadPatterns
│   ├── UniqueKeyBroken, DependentViewBroken, TriggerFailed
│   ├── StashFailed, ResourceGone, TableRemoved, NothingToUndo, RowsLost, RowTooLarge, DatastoreRefused
└── Transient       the same request may succeed later
    ├── FetchInterrupted, DatastoreBusy, DatastoreGone, LockLost, StashUnreadable, TableInUse, TableTouched

Each class builds its message from typed arguments. The message says what is wrong, where, and what to do. Publishers
see it, so it contains no traceback, no token and no server path. Anybody may read ``public`` (CKAN's ``task_status``),
so it contains no value, heading, name or address. ``Held`` is a ``Skipped`` that ends a run in a state of its own.
"""

from __future__ import annotations

from .base import AGAIN, FAILED, MORE, IngestError, Skipped, Terminal, Transient
from .changes import ChangesRejected, ChangesWait
from .containers import (
    Damaged,
    HeadingTooLong,
    Locked,
    NestedArchive,
    NoSuchSheet,
    NotWhatItSays,
    TooManyMembers,
    UnpacksTooLarge,
)
from .documents import BadJson, NoRecords, ReaderDied, RecordTooLarge, TooMuchMemory, TooMuchTime
from .fetching import (
    AddressRefused,
    FetchInterrupted,
    FetchTooSlow,
    FileTooLarge,
    NoFile,
    NotFetched,
    NotReady,
    SheetsFileGone,
    TooManyRedirects,
    UploadMissing,
    UploadUnreadable,
)
from .personal import BadPatterns, Held, PersonalDataFound, RejectedInReview, WaitsForReview
from .reading import (
    BadQuoting,
    EngineFailed,
    LineTooLong,
    NotText,
    OwnFlowFailed,
    RaggedRow,
    RowsRefused,
    TooManyColumns,
    UnsupportedFormat,
    ValueDoesNotFit,
    WrongEncoding,
)
from .skips import DatastoreManaged, DryRun, NothingToLoad, Unchanged, Undone, Vetoed
from .writing import (
    DatastoreBusy,
    DatastoreGone,
    DatastoreRefused,
    DependentViewBroken,
    LockLost,
    NothingToUndo,
    ResourceGone,
    RowsLost,
    RowTooLarge,
    StashFailed,
    StashUnreadable,
    TableInUse,
    TableRemoved,
    TableTouched,
    TriggerFailed,
    UniqueKeyBroken,
)

__all__ = [
    "ChangesRejected",
    "ChangesWait",
    "WaitsForReview",
    "RejectedInReview",
    "PersonalDataFound",
    "Held",
    "BadPatterns",
    "AGAIN",
    "FAILED",
    "MORE",
    "AddressRefused",
    "BadJson",
    "BadQuoting",
    "Damaged",
    "DatastoreBusy",
    "DatastoreGone",
    "DatastoreManaged",
    "DatastoreRefused",
    "DependentViewBroken",
    "DryRun",
    "EngineFailed",
    "OwnFlowFailed",
    "FetchInterrupted",
    "FetchTooSlow",
    "FileTooLarge",
    "HeadingTooLong",
    "IngestError",
    "LineTooLong",
    "LockLost",
    "Locked",
    "NestedArchive",
    "NoFile",
    "NoRecords",
    "NoSuchSheet",
    "NotFetched",
    "NotReady",
    "SheetsFileGone",
    "NotText",
    "NotWhatItSays",
    "NothingToLoad",
    "RaggedRow",
    "ReaderDied",
    "RecordTooLarge",
    "ResourceGone",
    "RowTooLarge",
    "RowsLost",
    "RowsRefused",
    "Skipped",
    "StashFailed",
    "StashUnreadable",
    "TableInUse",
    "NothingToUndo",
    "TableRemoved",
    "TableTouched",
    "Terminal",
    "TooManyColumns",
    "TooManyMembers",
    "TooManyRedirects",
    "TooMuchMemory",
    "TooMuchTime",
    "Transient",
    "TriggerFailed",
    "Undone",
    "Unchanged",
    "UniqueKeyBroken",
    "UnpacksTooLarge",
    "UnsupportedFormat",
    "UploadMissing",
    "UploadUnreadable",
    "ValueDoesNotFit",
    "Vetoed",
    "WrongEncoding",
]
