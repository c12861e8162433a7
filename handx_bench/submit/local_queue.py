"""The queue of a local store: one SQLite file, every change one transaction under the write lock.

Write-ahead logging lets readers go on while a worker writes; ``BEGIN IMMEDIATE`` takes the write lock before
anything is read, so that what a transaction decides on cannot change under it. SQLite's locks need a local
disk: a network file system is not supported.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError

SCHEMA_VERSION = 1
#: How long a process waits for the write lock; transactions last milliseconds.
BUSY_S = 30.0

_SCHEMA = """
CREATE TABLE submissions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  user TEXT NOT NULL,
  model_name TEXT NOT NULL,
  protocol_id TEXT NOT NULL,
  protocol_hash TEXT NOT NULL,
  files TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'leased', 'scored', 'failed', 'rejected')),
  reason TEXT NOT NULL CHECK (reason <> ''),
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  submitted_at REAL NOT NULL,
  updated_at REAL NOT NULL,
  worker TEXT,
  lease_token TEXT UNIQUE,
  lease_s REAL,
  renewed_at REAL,
  CHECK ((state = 'leased') = (lease_token IS NOT NULL))
) STRICT;
CREATE INDEX submissions_by_state ON submissions (state, attempts, seq);
CREATE TABLE records (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  submission_id TEXT NOT NULL REFERENCES submissions (id),
  protocol_hash TEXT NOT NULL,
  record_hash TEXT NOT NULL UNIQUE,
  UNIQUE (submission_id, protocol_hash)
) STRICT;
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  submission_id TEXT NOT NULL REFERENCES submissions (id),
  at REAL NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  worker TEXT
) STRICT;
"""


class Queue:
    """Opens, creates and guards the SQLite file. A connection lives as long as one transaction.

    Short connections make the object safe to use from several threads and after a fork, for about a
    millisecond each.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> None:
        """Make the file and its tables unless they are there; safe beside others that do the same.

        Raises:
            InputError: the file is not a queue, or one of a newer handx-bench.
        """
        with self._open("rwc") as connection:
            if self._version(connection) == SCHEMA_VERSION:
                return
            self._use_wal(connection)
            with _immediate(connection):
                if self._version(connection) == 0:
                    for statement in _SCHEMA.split(";\n"):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its start; undone if the block raises."""
        with self._open("rw") as connection:
            self._check_version(connection)
            with _immediate(connection):
                yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A consistent view; never waits for writers."""
        with self._open("rw") as connection:
            self._check_version(connection)
            connection.execute("BEGIN")
            yield connection

    @contextlib.contextmanager
    def _open(self, mode: str) -> Iterator[sqlite3.Connection]:
        # The address form never creates a file by accident (mode=rw), e.g. after the store was deleted.
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode={mode}", uri=True, timeout=BUSY_S, isolation_level=None
            )
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")  # a submission that was acknowledged survives a power cut
            yield connection
        except sqlite3.DatabaseError as error:
            explained = self._explain(error)
            if explained is None:
                raise
            raise explained from error
        finally:
            if connection is not None:
                connection.close()

    def _explain(self, error: sqlite3.DatabaseError) -> Exception | None:
        where = str(self.path)
        text = str(error)
        if "not a database" in text or "malformed" in text:
            return InputError(f"the queue is damaged: {text}", where=where, fix="restore it from a backup")
        if "unable to open" in text or "readonly" in text:
            return InputError("the store cannot be opened for writing", where=where, fix="check the path and its owner")
        if isinstance(error, sqlite3.OperationalError):
            # Disk full, or the lock held for too long: the machine, not the input.
            return OSError(f"{text} ({where})")
        return None

    def _check_version(self, connection: sqlite3.Connection) -> None:
        if self._version(connection) == 0:
            raise InputError("the store was never finished", where=str(self.path), fix="submit to it once more")

    def _version(self, connection: sqlite3.Connection) -> int:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version not in {0, SCHEMA_VERSION}:
            raise InputError(
                f"the store has schema {version}, this handx-bench knows {SCHEMA_VERSION}",
                where=str(self.path),
                fix="update handx-bench",
            )
        return version

    def _use_wal(self, connection: sqlite3.Connection) -> None:
        # Changing the journal mode does not wait for locks as everything else does.
        deadline = time.monotonic() + BUSY_S
        while True:
            try:
                mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
                continue
            if mode != "wal":
                raise InputError(
                    "this file system does not support the queue's write-ahead log",
                    where=str(self.path),
                    fix="put the store on a local disk",
                )
            return


@contextlib.contextmanager
def _immediate(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
