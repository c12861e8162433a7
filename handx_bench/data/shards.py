"""Tables as Parquet files ``<split>-00000-of-0000N.parquet``, and folders that appear at once and whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq


class ShardWriter:
    """Writes the tables of one split, beginning a new file after ``shard_rows`` rows.

    A context manager: the files get their final names, which tell how many there are, when the block ends well.

    Args:
        folder: where the files go; made if it is missing.
        split: begins the files' names.
        schema: of all tables.
        shard_rows: rows after which a file is closed.
        dictionary: leaf columns that are worth a dictionary.
    """

    def __init__(
        self, folder: Path, split: str, schema: pa.Schema, *, shard_rows: int, dictionary: Sequence[str]
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.rows = 0
        self._folder, self._split, self._schema = folder, split, schema
        self._shard_rows, self._dictionary = shard_rows, list(dictionary)
        self._shards: list[Path] = []
        self._writer: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        """Append ``table`` as one row group."""
        if self._writer is None:
            self._shards.append(self._folder / f"{self._split}-{len(self._shards):05d}.part")
            self._writer = pq.ParquetWriter(
                self._shards[-1], self._schema, compression="zstd", use_dictionary=self._dictionary
            )
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self.rows += table.num_rows
        if self.rows >= len(self._shards) * self._shard_rows:
            self._close()

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        if kind is None:
            for i, shard in enumerate(self._shards):
                shard.rename(self._folder / f"{self._split}-{i:05d}-of-{len(self._shards):05d}.parquet")

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def put_in_place(temporary: Path, dest: Path) -> None:
    """Move a finished folder to ``dest``, replacing the one that is there; on failure the old one stays."""
    if not dest.exists():
        temporary.rename(dest)
        return
    # A folder cannot replace one that is not empty: move the old one aside, and back if the new one fails to come.
    aside = Path(tempfile.mkdtemp(dir=dest.parent, prefix=f".{dest.name}.", suffix=".old"))
    os.replace(dest, aside)
    try:
        temporary.rename(dest)
    except BaseException:
        os.replace(aside, dest)
        raise
    shutil.rmtree(aside)
