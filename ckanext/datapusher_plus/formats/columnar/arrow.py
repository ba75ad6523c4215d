"""Arrow and Feather, batch by batch, from a file that is mapped into memory and let go of again."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import Damaged
from ..base import register
from .parquet import Columnar

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

#: rows of a batch that DuckDB gets at once
_ROWS = 16_384


@register
class Arrow(Columnar):
    """Arrow's own files and streams, of which Feather is another name."""

    name = "Arrow"
    aliases = frozenset({"arrow", "feather", "ipc"})
    extensions = frozenset({"arrow", "feather", "arrows", "ipc"})
    media_types = frozenset(
        {"application/vnd.apache.arrow.file", "application/vnd.apache.arrow.stream", "application/x-feather"}
    )

    def recognises(self, head: bytes) -> bool:
        """Tell by the mark at the beginning of a file or of a stream."""
        # a stream begins with the length of its schema
        return head.startswith((b"ARROW1\0\0", b"FEA1")) or (head[:4] == b"\xff\xff\xff\xff" and head[6:8] == b"\0\0")

    def table(self, path: Path, connection: DuckDBPyConnection) -> str:
        """Return the name of a view on the batches."""
        connection.register("batches", _batches(path))
        return "batches"

    def header(self, path: Path, connection: DuckDBPyConnection) -> tuple[str, ...]:
        """Return the names in the schema."""
        return tuple(_batches(path).schema.names)


def _batches(path: Path) -> pa.RecordBatchReader:
    """Begin to read a file or a stream.

    :raises Damaged: when it is neither.
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
        detail = "its schema cannot be read; Feather files of version 1 must be saved anew"
        raise Damaged("Arrow file", detail) from error


def _plain(schema: pa.Schema, batches: Iterator[pa.RecordBatch], mapped: mmap.mmap) -> pa.RecordBatchReader:
    """Return the batches in small pieces, with the types that DuckDB does not know turned into such as it does."""
    import pyarrow as pa

    plain = pa.schema([field.with_type(_plain_type(field.type)) for field in schema])

    def pieces() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for column in batch.columns:
                # Arrow trusts offsets, and would follow them out of a damaged file
                column.validate(full=True)
                # what was read of the file need not stay in memory; what is needed again is read again
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
