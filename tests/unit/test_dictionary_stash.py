"""The stash is written whole or not at all, read only when it is ours, and never lost by us."""

from __future__ import annotations

import errno
import json
import logging
import os
import stat
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples

from ckanext.datapusher_plus import dictionary_stash as stash
from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary, Trigger
from tests.fix_stash import dictionaries

RID = "6fa459ea-ee8a-4ca4-894e-db77e160355e"
COLUMNS = (Column(name="Straße", type="text", comment=' {"_info":{"label":"Weg"},"other":[1]}'),)
DICTIONARY = Dictionary(
    columns=(*COLUMNS, Column(name="n", type="numeric")),
    aliases=("streets",),
    unique_keys=(("Straße", "n"),),
    triggers=(Trigger(name="t000", definition="CREATE TRIGGER t000 …"),),
    removed=(Column(name="gone", type="date", comment=" {}"),),
)
OLDER = replace(DICTIONARY, aliases=("older",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the stash is; nobody has made it yet."""
    return tmp_path / "stash"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The system calls that make a write last, in their order."""
    made: list[str] = []
    for name in ("fsync", "replace"):
        original = getattr(os, name)

        def spy(*arguments, name=name, original=original, **named):
            where = "folder" if name == "fsync" and stat.S_ISDIR(os.fstat(arguments[0]).st_mode) else "file"
            made.append(f"{name} {where}")
            return original(*arguments, **named)

        monkeypatch.setattr(os, name, spy)
    return made


@given(dictionary=dictionaries)
@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_any_dictionary_comes_back_as_it_was(folder: Path, dictionary: Dictionary) -> None:
    stash.save(RID, dictionary, folder=folder)
    found = stash.load(RID, folder=folder)
    assert found is not None
    assert found.dictionary == dictionary


def test_it_says_whose_it_is_and_how_old(folder: Path) -> None:
    stash.save(RID, DICTIONARY, run_id="run 1", folder=folder)
    found = stash.load(RID, folder=folder)
    assert found is not None
    assert (found.resource_id, found.run_id) == (RID, "run 1")
    assert 0 <= (datetime.now(timezone.utc) - found.saved_at).total_seconds() < 60
    assert 0 <= found.age < 60


def test_the_file_holds_what_the_design_says(folder: Path) -> None:
    written = json.loads(stash.save(RID, DICTIONARY, run_id="run 1", folder=folder).read_text())
    assert set(written) == {"version", "resource_id", "run_id", "saved_at", "dictionary"}
    assert written["version"] == 1
    assert written["dictionary"]["columns"][0] == {
        "name": "Straße",
        "type": "text",
        "comment": ' {"_info":{"label":"Weg"},"other":[1]}',
    }


def test_a_write_is_made_to_last_before_and_after_the_rename(folder: Path, calls: list[str]) -> None:
    folder.mkdir()
    stash.save(RID, DICTIONARY, folder=folder)
    assert calls == ["fsync file", "replace file", "fsync folder"]


def test_only_its_owner_may_read_it_whatever_the_umask(folder: Path) -> None:
    old = os.umask(0)
    try:
        path = stash.save(RID, DICTIONARY, folder=folder)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("call", ["fsync", "replace", "write"])
def test_a_failed_write_leaves_the_older_stash_and_no_litter(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = stash.save(RID, OLDER, folder=folder)
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space"):
        stash.save(RID, DICTIONARY, folder=folder)
    assert path.read_bytes() == before
    assert os.listdir(folder) == [path.name]


def test_an_interrupted_write_leaves_no_litter_either(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        stash.save(RID, DICTIONARY, folder=folder)
    assert os.listdir(folder) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"[" * 100_000,
        b'{"version": 1}',
        json.dumps({"version": 2, "resource_id": RID}).encode(),
        json.dumps({"version": 1, "resource_id": "another"}).encode(),
        json.dumps({"version": 1, "resource_id": RID, "run_id": "", "saved_at": "today", "dictionary": {}}).encode(),
        json.dumps(
            {"version": 1, "resource_id": RID, "run_id": "", "saved_at": "2026-01-02", "dictionary": 5}
        ).encode(),
    ],
)
def test_a_file_that_is_none_of_ours_is_put_aside(
    folder: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    folder.mkdir()
    path = stash.stash_path(RID, folder=folder)
    path.write_bytes(content)
    assert stash.load(RID, folder=folder) is None
    (aside,) = folder.iterdir()
    assert aside.name.endswith(".unreadable")
    assert aside.read_bytes() == content
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert aside.name in caplog.text


def test_a_file_of_another_user_is_not_believed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(stash.save(RID, DICTIONARY, folder=folder), 12345, -1)
    assert stash.load(RID, folder=folder) is None


def test_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    elsewhere = stash.save(RID, OLDER, folder=tmp_path / "elsewhere")
    folder.mkdir()
    stash.stash_path(RID, folder=folder).symlink_to(elsewhere)
    assert stash.load(RID, folder=folder) is None
    stash.stash_path(RID, folder=folder).symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    path = stash.save(RID, DICTIONARY, folder=folder)
    assert not path.is_symlink()
    assert elsewhere.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "", "a" * 36, RID.upper(), RID + "/..", RID + "\n", f"{{{RID}}}"]
)
def test_only_a_resource_id_names_a_stash(folder: Path, name: str) -> None:
    for use in (stash.load, stash.clear, stash.stash_path):
        with pytest.raises(ValueError, match="not a resource id"):
            use(name, folder=folder)
    with pytest.raises(ValueError, match="not a resource id"):
        stash.save(name, DICTIONARY, folder=folder)


def test_only_saving_makes_the_folder(folder: Path) -> None:
    assert stash.load(RID, folder=folder) is None
    assert stash.clear(RID, folder=folder) is False
    assert stash.pending(folder=folder) == []
    assert stash.removed(RID, folder=folder) == ()
    assert not folder.exists()
    stash.save(RID, DICTIONARY, folder=folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_clearing_removes_the_stash_and_what_a_killed_save_left(folder: Path) -> None:
    path = stash.save(RID, DICTIONARY, folder=folder)
    path.with_name(f".{path.name}.0123456789abcdef.tmp").touch()
    assert stash.clear(RID, folder=folder) is True
    assert os.listdir(folder) == []
    assert stash.clear(RID, folder=folder) is False


def test_pending_lists_stashes_only(folder: Path) -> None:
    stash.save(RID, DICTIONARY, folder=folder)
    stash.remember(RID, COLUMNS, folder=folder)
    (folder / "readme.json").touch()
    assert stash.pending(folder=folder) == [RID]


def test_words_of_vanished_columns_outlive_the_stash(folder: Path) -> None:
    stash.save(RID, DICTIONARY, folder=folder)
    stash.remember(RID, COLUMNS, folder=folder)
    stash.clear(RID, folder=folder)
    assert stash.removed(RID, folder=folder) == COLUMNS


def test_nothing_to_remember_leaves_no_file(folder: Path) -> None:
    stash.remember(RID, (), folder=folder)
    assert not folder.exists()
    stash.remember(RID, COLUMNS, folder=folder)
    stash.remember(RID, (), folder=folder)
    assert os.listdir(folder) == []
