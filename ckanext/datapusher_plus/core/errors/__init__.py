"""Everything that can end a run, one tree.

IngestError
├── Terminal        trying again cannot help: the file, the request or the site must change
│   ├── NotFetched, FileTooLarge, AddressRefused, TooManyRedirects, UploadMissing, UploadUnreadable
│   ├── UnsupportedFormat, NotText, WrongEncoding, RaggedRow, BadQuoting, EngineFailed
│   ├── TooManyColumns, ValueDoesNotFit, UniqueKeyBroken, DependentViewBroken, TriggerFailed
│   ├── StashFailed, ResourceGone, RowsLost, DatastoreRefused
└── Transient       the same request may succeed later
    ├── FetchInterrupted, DatastoreBusy, DatastoreGone, LockLost

A class writes its own message from typed arguments: one sentence that says what is wrong, where, and
what to do. The message is shown to publishers; it carries no traceback, no token and no server path.
"""

from __future__ import annotations

from .base import IngestError, Skipped, Terminal, Transient
from .fetching import (
    AddressRefused,
    FetchInterrupted,
    FileTooLarge,
    NotFetched,
    TooManyRedirects,
    UploadMissing,
    UploadUnreadable,
)
from .reading import (
    BadQuoting,
    EngineFailed,
    NotText,
    RaggedRow,
    TooManyColumns,
    UnsupportedFormat,
    ValueDoesNotFit,
    WrongEncoding,
)
from .skips import DatastoreManaged, DryRun, NothingToLoad, Unchanged, Vetoed
from .writing import (
    DatastoreBusy,
    DatastoreGone,
    DatastoreRefused,
    DependentViewBroken,
    LockLost,
    ResourceGone,
    RowsLost,
    StashFailed,
    TriggerFailed,
    UniqueKeyBroken,
)

__all__ = [
    "AddressRefused",
    "BadQuoting",
    "DatastoreBusy",
    "DatastoreGone",
    "DatastoreManaged",
    "DatastoreRefused",
    "DependentViewBroken",
    "DryRun",
    "EngineFailed",
    "FetchInterrupted",
    "FileTooLarge",
    "IngestError",
    "LockLost",
    "NotFetched",
    "NotText",
    "NothingToLoad",
    "RaggedRow",
    "ResourceGone",
    "RowsLost",
    "Skipped",
    "StashFailed",
    "Terminal",
    "TooManyColumns",
    "TooManyRedirects",
    "Transient",
    "TriggerFailed",
    "Unchanged",
    "UniqueKeyBroken",
    "UnsupportedFormat",
    "UploadMissing",
    "UploadUnreadable",
    "ValueDoesNotFit",
    "Vetoed",
    "WrongEncoding",
]
