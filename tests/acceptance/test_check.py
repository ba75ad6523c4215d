"""What a worker does for `ckan datapusher_plus check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fix_health import Having
from tests.fix_worker import WorkerUnderTest, until


def test_a_worker_leaves_its_mark_in_the_folder_of_the_stash(worker: WorkerUnderTest, loaded: None) -> None:
    from ckanext.datapusher_plus import settings

    folder = settings.current().dictionary_stash_dir
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / ".workers" / f"{worker.name}.json"
    mark.unlink(missing_ok=True)
    until(mark.exists, 30, worker.output)
    assert json.loads(mark.read_text())["worker"] == worker.name


def test_a_worker_says_at_its_start_what_is_not_in_order(
    having: Having, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ckanext.datapusher_plus.worker import service

    (tmp_path / "file").touch()
    having(dictionary_stash_dir=tmp_path / "file" / "stash")
    said: list[str] = []
    service.complain(said.append)
    (stash,) = [sentence for sentence in said if " stash: " in sentence]
    assert stash.startswith(f"FAIL stash: {tmp_path / 'file'} is no folder")
