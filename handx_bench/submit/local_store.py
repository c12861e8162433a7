"""A store in a folder of one machine: a SQLite queue, and files that appear complete or not at all.

::

    STORE/queue.sqlite3                       who submitted what, where it stands, who works on it
    STORE/submissions/<id>/                   the two files of a submission, as they were sent
    STORE/records/<hash>/                     record.json (named by its SHA-256) and clip_scores.parquet
    STORE/staging/                            what is being written; invisible to everybody
    STORE/orphans/                            folders that the queue does not know, made when there is one

New files are written and flushed under ``staging/``. They are moved to their place, and the row that makes
them visible is written, while the queue's write lock is held. A writer that dies in between leaves files
without a row, which the next writer of the same name replaces or :meth:`LocalStore.sweep` moves to ``orphans/`` under
the same lock.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import InputError
from . import _queue_rows as rows
from ._files import copy_file, read_bounded, sync_folder, write_file
from .bundle import MANIFEST_FILE, MAX_PREDICTIONS_BYTES, PREDICTIONS_FILE, Bundle
from .identity import user_name
from .local_queue import Queue
from .manifest import MAX_MANIFEST_BYTES
from .record import (
    CLIP_SCORES_FILE,
    MAX_CLIP_SCORES_BYTES,
    MAX_RECORD_BYTES,
    RECORD_FILE,
    Record,
    StoredRecord,
    read_clip_scores,
    read_record,
    record_bytes,
)
from .store import Lease, Receipt, State, Submission, UnknownSubmission
from .validate import BundleCheck, check_bundle

if TYPE_CHECKING:
    import pandas as pd

QUEUE_FILE = "queue.sqlite3"
#: Staging older than this belongs to nobody: its writer would have touched it.
STALE_STAGING_S = 3600.0
MAX_ATTEMPTS = 3
#: Where folders go that the queue does not know.
ORPHANS = "orphans"
_ID = re.compile(r"[0-9a-f]{16}")
_NAME = re.compile(r"[0-9a-f]{16}|[0-9a-f]{64}")
logger = logging.getLogger(__name__)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


class LocalStore:
    """Implements :class:`~handx_bench.submit.store.Store` in a folder.

    Args:
        path: the folder.
        user: who submits; the user of the operating system if None.
        create: make the store if the folder is absent or empty.
        max_attempts: how often a submission is taken before it counts as failed.
        clock: seconds since 1970, UTC; injectable for tests.
        check: validation of a bundle.

    Raises:
        InputError: there is no store here (``create=False``), the folder holds something else, or ``user`` is
        no name.

    >>> LocalStore(tempfile.gettempdir() + "/absent", create=False)
    Traceback (most recent call last):
    handx_bench.errors.InputError: there is no store here (.../absent). submit something to it first
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        user: str | None = None,
        *,
        create: bool = True,
        max_attempts: int = MAX_ATTEMPTS,
        clock: Callable[[], float] = time.time,
        check: Callable[[Bundle], BundleCheck] = check_bundle,
    ) -> None:
        self.path = Path(path)
        self.user = user_name(user)
        self.max_attempts, self._clock, self._check = max_attempts, clock, check
        self._queue = Queue(self.path / QUEUE_FILE)
        self._submissions, self._records = self.path / "submissions", self.path / "records"
        self._staging = self.path / "staging"
        if create:
            self._create()
        elif not (self.path / QUEUE_FILE).is_file():
            raise InputError("there is no store here", where=str(self.path), fix="submit something to it first")

    # What a submitter calls.

    def submit(self, bundle: Bundle, checked: BundleCheck | None = None) -> Receipt:
        if checked is not None:
            checked.require()
        with self._stage() as staging:
            copied = Bundle(staging / PREDICTIONS_FILE, bundle.manifest, bundle.where)
            copies = {
                PREDICTIONS_FILE: copy_file(bundle.predictions, copied.predictions, MAX_PREDICTIONS_BYTES),
                MANIFEST_FILE: write_file(staging / MANIFEST_FILE, bundle.manifest),
            }
            # The copy is checked, not the original, which may change between the check and the copying.
            if checked is None or checked.files != copies:
                checked = self._check(copied)
            facts = checked.require()
            files = {name: fact._asdict() for name, fact in facts.files.items()}
            key = json.dumps([self.user, *(fact.sha256 for _, fact in sorted(facts.files.items()))])
            submission_id = hashlib.sha256(key.encode()).hexdigest()[:16]
            with self._queue.write() as connection:
                now = self._clock()
                row = rows.find(connection, submission_id)
                if row is None:
                    self._place(staging, self._submissions / submission_id)
                    rows.insert(
                        connection,
                        now,
                        id=submission_id,
                        user=self.user,
                        model_name=facts.manifest.model_name,
                        protocol_id=facts.protocol.id,
                        protocol_hash=facts.protocol.hash,
                        files=json.dumps(files),
                    )
                    outcome: Literal["new", "known", "requeued"] = "new"
                elif row["state"] in {State.FAILED, State.REJECTED}:
                    # With fresh files, since it may have ended badly because the stored ones were damaged.
                    self._place(staging, self._submissions / submission_id)
                    rows.requeue(connection, now, submission_id)
                    outcome = "requeued"
                else:
                    outcome = "known"
                submission = rows.submission(connection, submission_id)
        return Receipt(submission=submission, outcome=outcome)

    def get(self, submission_id: str) -> Submission:
        with self._queue.read() as connection:
            matches = rows.match(connection, submission_id) if re.fullmatch(r"[0-9a-f]{4,16}", submission_id) else []
            if len(matches) != 1:
                what = f"{len(matches)} submissions begin with" if matches else "there is no submission"
                raise UnknownSubmission(f"{what} {submission_id[:40]!a}", where=str(self.path))
            return rows.submission(connection, matches[0], history=True)

    def submissions(self, states: Iterable[State] | None = None) -> list[Submission]:
        wanted = set(State) if states is None else set(states)
        with self._queue.read() as connection:
            return [each for each in rows.submissions(connection) if each.state in wanted]

    # What a worker calls.

    def lease(self, worker: str, lease_s: float, protocol_ids: Collection[str] | None = None) -> Lease | None:
        with self._queue.write() as connection:
            now, token = self._clock(), secrets.token_hex(16)
            rows.end_overdue(connection, now, self.max_attempts)
            submission_id = rows.take(connection, now, worker, token, lease_s, protocol_ids)
            if submission_id is None:
                return None
            return Lease(rows.submission(connection, submission_id), token, worker, lease_s)

    def renew(self, lease: Lease) -> None:
        with self._held(lease) as (connection, now):
            rows.renew(connection, now, lease.token)

    def release(self, lease: Lease, reason: str) -> None:
        with self._held(lease) as (connection, now):
            rows.end(connection, now, lease, State.QUEUED, f"given back: {reason}", uncounted=True)

    def fetch(self, lease: Lease, scratch: Path) -> Bundle:
        folder = self._folder(self._submissions, lease.submission.id)
        manifest = read_bounded(folder / MANIFEST_FILE, MAX_MANIFEST_BYTES)
        return Bundle(folder / PREDICTIONS_FILE, manifest, f"submission {lease.submission.id}")

    def record(self, lease: Lease, record: Record, clip_scores: bytes) -> str:
        if record.submission_id != lease.submission.id:
            raise ValueError(f"record of {record.submission_id} under the lease of {lease.submission.id}")
        data = record_bytes(record)
        if len(data) > MAX_RECORD_BYTES or len(clip_scores) > MAX_CLIP_SCORES_BYTES:
            # It could never be read again.
            raise ValueError(f"the record has {len(data):,} bytes and clip scores of {len(clip_scores):,}: too large")
        with self._stage() as staging:
            digest = write_file(staging / RECORD_FILE, data).sha256
            if tuple(record.files[CLIP_SCORES_FILE].model_dump().values()) != write_file(
                staging / CLIP_SCORES_FILE, clip_scores
            ):
                raise ValueError("the clip scores are not those that the record names")
            with self._held(lease) as (connection, now):
                self._place(staging, self._records / digest)
                rows.add_record(connection, lease.submission.id, record.protocol.hash, digest)
                rows.end(connection, now, lease, State.SCORED, "scored")
        return digest

    def reject(self, lease: Lease, reasons: Sequence[str]) -> None:
        with self._held(lease) as (connection, now):
            rows.end(connection, now, lease, State.REJECTED, "; ".join(reasons) or "no reason was given")

    def fail(self, lease: Lease, reason: str) -> State:
        with self._held(lease) as (connection, now):
            return rows.end_attempt(connection, now, lease, reason, self.max_attempts)

    def sweep(self) -> int:
        removed = 0
        for folder in (self._submissions, self._records, self._staging):
            folder.mkdir(exist_ok=True)  # copying tools leave out empty folders
        with self._queue.write() as connection:
            for folder, known in (
                (self._submissions, rows.submission_ids(connection)),
                (self._records, rows.record_hashes(connection)),
            ):
                for entry in folder.iterdir():
                    # Anything else is not ours: a file manager's notes, a link.
                    if _NAME.fullmatch(entry.name) and entry.name not in known and _is_folder(entry):
                        # Not deleted: an old queue restored from a backup knows nothing of what came after it.
                        self._set_aside(entry)
                        removed += 1
        for entry in filter(_is_folder, self._staging.iterdir()):
            # Compared with file times, so not by the injected clock.
            if time.time() - _newest(entry) > STALE_STAGING_S:
                shutil.rmtree(entry, ignore_errors=True)
                removed += 1
        return removed

    def _set_aside(self, entry: Path) -> None:
        aside = self.path / ORPHANS / entry.name
        aside.parent.mkdir(exist_ok=True)
        if aside.exists():  # of the same name, which is that of its content
            shutil.rmtree(aside)
        os.replace(entry, aside)
        logger.warning("%s is not in the queue and was moved to %s", entry, aside)

    # What a leaderboard calls.

    def records(
        self, protocol_hash: str | None = None, on_damage: Callable[[InputError], None] | None = None
    ) -> list[StoredRecord]:
        with self._queue.read() as connection:
            hashes = rows.record_hashes(connection, protocol_hash)
        found = []
        for digest in hashes:
            path = self._records / digest / RECORD_FILE
            try:
                found.append(StoredRecord(digest, read_record(read_bounded(path, MAX_RECORD_BYTES), digest, str(path))))
            except InputError as error:
                if on_damage is None:
                    raise
                on_damage(error)
        return found

    def clip_scores(self, stored: StoredRecord) -> pd.DataFrame:
        path = self._records / stored.hash / CLIP_SCORES_FILE
        return read_clip_scores(read_bounded(path, MAX_CLIP_SCORES_BYTES), stored.record, str(path))

    # Within.

    def _create(self) -> None:
        folders = (self._submissions, self._records, self._staging)
        try:
            if self.path.exists() and self._is_foreign(set(folders)):
                what = "the folder holds something, but no queue"
                fix = f"name a new folder; if this was a store, restore its {QUEUE_FILE}"
                raise InputError(what, where=str(self.path), fix=fix)
            for folder in folders:
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot make a store here: {error.strerror}", where=str(self.path)) from None
        self._queue.create()

    def _is_foreign(self, folders: set[Path]) -> bool:
        found = set(self.path.iterdir())
        # Empty folders were left by a process that was killed while it made the store.
        strange = bool(found - folders) or any(any(folder.iterdir()) for folder in found)
        # Looked at last: another process may be making this very store.
        return strange and not (self.path / QUEUE_FILE).exists()

    @contextlib.contextmanager
    def _stage(self) -> Iterator[Path]:
        folder = Path(tempfile.mkdtemp(dir=self._staging))
        folder.chmod(0o755)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # nothing is left of it once it was moved to its place

    @contextlib.contextmanager
    def _held(self, lease: Lease) -> Iterator[tuple[rows.Connection, float]]:
        with self._queue.write() as connection:
            now = self._clock()
            rows.check_lease(connection, now, lease)
            yield connection, now

    def _place(self, staging: Path, target: Path) -> None:
        # Under the write lock. What stands there without a row was left by a writer that died: it never
        # counted.
        if target.exists():
            shutil.rmtree(target)
        sync_folder(staging)
        os.rename(staging, target)
        sync_folder(target.parent)

    def _folder(self, parent: Path, name: str) -> Path:
        if not _ID.fullmatch(name):
            raise InputError(f"not the id of a submission: {name[:40]!a}")
        return parent / name


def _newest(folder: Path) -> float:
    try:
        return max(path.lstat().st_mtime for path in [folder, *folder.rglob("*")])
    except OSError:  # its writer is moving or removing it right now
        return time.time()
