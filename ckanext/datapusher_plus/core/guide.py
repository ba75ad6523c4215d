"""Which part of the guide for publishers (docs/publishers.md) explains an error: the anchor of its heading."""

from __future__ import annotations

from collections.abc import Mapping

#: anchor -> kinds of errors, by the names of their classes
PARTS: Mapping[str, tuple[str, ...]] = {
    "the-file-could-not-be-fetched": (
        "NoFile",
        "NotFetched",
        "NotReady",
        "FetchInterrupted",
        "FetchTooSlow",
        "TooManyRedirects",
        "AddressRefused",
        "UploadMissing",
    ),
    "the-file-is-too-large": (
        "FileTooLarge",
        "UnpacksTooLarge",
        "TooManyMembers",
        "TooMuchMemory",
        "TooMuchTime",
        "TookTooLong",
        "MemoryError",
    ),
    "the-file-is-not-a-table": ("UnsupportedFormat", "NotText", "NotWhatItSays", "NestedArchive", "NoRecords"),
    "the-file-is-damaged-or-locked": ("Damaged", "Locked", "ReaderDied"),
    "the-sheet-is-not-there": ("NoSuchSheet",),
    "a-row-cannot-be-read": ("RaggedRow", "BadQuoting", "LineTooLong", "HeadingTooLong"),
    "letters-cannot-be-read": ("WrongEncoding",),
    "the-json-cannot-be-read": ("BadJson", "RecordTooLarge"),
    "a-value-does-not-fit-its-column": ("ValueDoesNotFit",),
    "columns-or-rows-are-too-large": ("TooManyColumns", "RowTooLarge"),
    "a-key-occurs-twice": ("UniqueKeyBroken",),
    "personal-data": ("PersonalDataFound", "WaitsForReview", "RejectedInReview"),
    "the-table-was-in-use": ("DatastoreBusy", "TableTouched", "TableInUse", "LockLost"),
    "somebody-deleted-the-table": ("TableRemoved", "ResourceGone"),
    "what-a-load-changes": ("ChangesWait", "ChangesRejected"),
    "how-to-read-a-file": ("SheetsFileGone",),
    "undo-a-load": ("NothingToUndo", "Undone"),
    "nothing-was-loaded": ("NothingToLoad", "Unchanged", "Vetoed", "DatastoreManaged", "DryRun"),
}

#: kinds of errors of which only the site's administrator can remove the cause
OPERATOR = frozenset(
    {
        "BadPatterns",
        "DatastoreGone",
        "DatastoreRefused",
        "DependentViewBroken",
        "EngineFailed",
        "OwnFlowFailed",
        "RowsLost",
        "StashFailed",
        "StashUnreadable",
        "TriggerFailed",
        "UploadUnreadable",
    }
)
FOR_OPERATOR = "ask-the-sites-administrator"
#: for interruptions and unexpected errors, which have kinds from outside this package
OTHERWISE = "loading-was-stopped"

#: other matters that pages link to
WARNINGS = "what-the-warnings-mean"
OLDER_TABLE = "the-table-is-older-than-the-file"

_BY_KIND = {kind: anchor for anchor, kinds in PARTS.items() for kind in kinds}


def part_about(kind: str) -> str:
    """Return the anchor of the part that says what to do about an error.

    :param kind: name of the error's class.
    """
    return FOR_OPERATOR if kind in OPERATOR else _BY_KIND.get(kind, OTHERWISE)
