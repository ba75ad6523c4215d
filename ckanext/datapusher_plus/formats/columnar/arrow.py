"""Arrow and Feather, read batch by batch from a memory-mapped file whose read pages are released again."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import Damaged
from ...core.message import say
from ..base import register
from .parquet import Columnar

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

#: most rows of a batch passed to DuckDB
_ROWS = 16_384


@register
class Arrow(Columnar):
    """Arrow's IPC files and streams; Feather (version 2) is another name for such files."""

    name = "Arrow"
    aliases = frozenset({"arrow", "feather", "ipc"})
    extensions = frozenset({"arrow", "feather", "arrows", "ipc"})
    media_types = frozenset(
        {"application/vnd.apache.arrow.file", "application/vnd.apache.arrow.stream", "application/x-feather"}
    )

    def recognises(self, head: bytes) -> bool:
        """Return whether the bytes begin an Arrow file, a Feather file of version 1, or an Arrow stream."""
        # a stream begins with a continuation marker and the length of its schema
        return head.startswith((b"ARROW1\0\0", b"FEA1")) or (head[:4] == b"\xff\xff\xff\xff" and head[6:8] == b"\0\0")

    def table(self, path: Path, connection: DuckDBPyConnection) -> str:
        """Register the batches with DuckDB, and return the name of the view."""
        connection.register("batches", _batches(path))
        return "batches"

    def header(self, path: Path, connection: DuckDBPyConnection) -> tuple[str, ...]:
        """Return the column names of the schema."""
        return tuple(_batches(path).schema.names)


def _batches(path: Path) -> pa.RecordBatchReader:
    """Open a file or a stream.

    :raises Damaged: when its schema cannot be read.
    """
    import pyarrow as pa

    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    buffer = pa.BufferReader(pa.py_buffer(mapped))
    try:
        if mapped[:6] == b"ARROW1":
            whole = pa.ipc.open_file(buffer)
            return _plain(whole.schema, map(whole.get_batch, range(whole.num_record_batches)), mapped)
        stream = pa.ipc.open_stream(buffer)
        return _plain(stream.schema, iter(stream), mapped)
    except (pa.ArrowException, OSError) as error:
        detail = say("its schema cannot be read; Feather files of version 1 must be saved anew")
        raise Damaged(say("Arrow file"), detail) from error


def _plain(schema: pa.Schema, batches: Iterator[pa.RecordBatch], mapped: mmap.mmap) -> pa.RecordBatchReader:
    """Return the batches in small slices, with types that DuckDB does not know cast to types that it knows."""
    import pyarrow as pa

    plain = pa.schema([field.with_type(_plain_type(field.type)) for field in schema])

    def pieces() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for column in batch.columns:
                # Arrow does not check offsets, and would follow those of a damaged file out of its memory
                column.validate(full=True)
                # release the pages: they would count as memory, and can be read from the file again
                mapped.madvise(mmap.MADV_DONTNEED)
            for start in range(0, batch.num_rows, _ROWS):
                yield batch.slice(start, _ROWS).cast(plain)
                mapped.madvise(mmap.MADV_DONTNEED)

    return pa.RecordBatchReader.from_batches(plain, pieces())


def _plain_type(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_decimal256(kind):
        return pa.string()
    return pa.float32() if pa.types.is_float16(kind) else kind
