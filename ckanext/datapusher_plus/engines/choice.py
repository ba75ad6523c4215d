"""Choose the engine that a site's configuration asks for."""

from __future__ import annotations

import logging
from enum import Enum
from pathlib import Path

from ..core.errors import EngineFailed
from ..core.message import say
from .base import Engine
from .duckdb import DuckdbEngine
from .fallback import Fallback
from .qsv import QsvEngine
from .qsv_process import QsvUnusable, usable

_log = logging.getLogger(__name__)


class Choice(str, Enum):
    """The values of the option ``analysis_engine``."""

    DUCKDB = "duckdb"
    #: qsv answers; a load ends if it fails
    QSV = "qsv"
    #: qsv answers, and DuckDB where qsv is missing or fails
    AUTO = "auto"


def engine(choice: Choice, *, qsv_bin: str, work_dir: Path, threads: int) -> Engine:
    """Return the engine; DuckDB does what qsv has no ability for.

    :raises EngineFailed: when it is to be qsv, which cannot be used.
    """
    duckdb = DuckdbEngine(work_dir=work_dir, threads=threads)
    if choice is Choice.DUCKDB:
        return duckdb
    try:
        qsv = QsvEngine(program=usable(qsv_bin), work_dir=work_dir)
    except QsvUnusable as error:
        if choice is Choice.QSV:
            raise EngineFailed(say("qsv, the program for it, is missing or cannot be used")) from error
        _log.warning("qsv cannot be used, so DuckDB analyses the file: %s", error)
        return duckdb
    return Fallback(first=qsv, second=duckdb, after_failure=choice is Choice.AUTO)
