"""What a store of submissions does, whoever keeps it: a folder on one machine, or a Hub repository.

A submission goes ``queued → leased → scored | failed | rejected``. ``rejected``: it breaks the rules.
``failed``: scoring broke or the worker vanished, ``attempts`` times. Both can be sent again. A **lease**
gives one worker the sole right to end a submission, for a time that it renews (heartbeat); it is fenced by a
token, so a worker whose lease ran out can no longer write anything. A store knows who submits (login or user
of the machine) and never takes it from the bundle.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from ..errors import InputError
from ..metrics.report import StrictModel
from .bundle import Bundle

if TYPE_CHECKING:
    import pandas as pd

    from .record import Record, StoredRecord
    from .validate import BundleCheck


class State(StrEnum):
    """Where a submission stands."""

    QUEUED = "queued"
    LEASED = "leased"
    SCORED = "scored"
    FAILED = "failed"
    REJECTED = "rejected"


#: Nothing happens to a submission in one of these unless it is sent again.
FINAL_STATES = frozenset({State.SCORED, State.FAILED, State.REJECTED})


class LeaseLost(RuntimeError):
    """The lease ran out, or the submission is another's by now: nothing was written."""


class UnknownSubmission(InputError):
    """There is no such submission in the store."""


class StoredFile(StrictModel):
    """Size in bytes and SHA-256 of a file of a submission or record."""

    size: int
    sha256: str


class Event(StrictModel):
    """One step of a submission's history; the reason of every attempt is kept."""

    at: datetime
    state: State
    reason: str
    worker: str | None = None


class Submission(StrictModel):
    """A submission as its store knows it. Times are UTC.

    ``attempts`` counts how often a worker took it (without those that gave it back in good order);
    ``position`` is 1 for the next in the queue and None once it has left it; ``reason`` says why it is in its
    state.
    """

    id: str
    user: str
    model_name: str
    protocol_id: str
    protocol_hash: str
    files: dict[str, StoredFile]
    state: State
    reason: str
    attempts: int
    submitted_at: datetime
    updated_at: datetime
    position: int | None = None
    worker: str | None = None
    lease_expires_at: datetime | None = None
    record_hash: str | None = None
    history: tuple[Event, ...] = ()


class Receipt(StrictModel):
    """What a submitter gets.

    ``known``: the identical bundle was there already; ``requeued``: it was, had ended badly, and waits again.
    """

    submission: Submission
    outcome: Literal["new", "known", "requeued"]


@dataclass(frozen=True)
class Lease:
    """The sole right of ``worker`` to end ``submission`` as long as the lease is renewed."""

    submission: Submission
    token: str
    worker: str
    lease_s: float


@runtime_checkable
class Store(Protocol):
    """What worker, submitter and leaderboard call. Every call is atomic and safe beside other processes."""

    def submit(self, bundle: Bundle, checked: BundleCheck | None = None) -> Receipt:
        """Check the bundle and put it in the queue; the identical bundle of the same user is the same
        submission.

        ``checked`` spares the check if it was made of the very same bytes.

        Raises:
            InvalidBundle: it breaks the rules; nothing was kept.
        """

    def get(self, submission_id: str) -> Submission:
        """A submission with its history. Raises UnknownSubmission."""

    def submissions(self, states: Iterable[State] | None = None) -> list[Submission]:
        """All submissions, oldest first, without their history."""

    def lease(self, worker: str, lease_s: float, protocol_ids: Collection[str] | None = None) -> Lease | None:
        """Take the next submission (to one of these protocols), or None if nothing waits.

        Overdue leases of others are ended first.
        """

    def renew(self, lease: Lease) -> None:
        """Heartbeat: the lease lasts ``lease_s`` from now on. Raises LeaseLost."""

    def release(self, lease: Lease, reason: str) -> None:
        """Give the submission back unscored; the attempt is not counted. Raises LeaseLost."""

    def fetch(self, lease: Lease, scratch: Path) -> Bundle:
        """The leased submission's files; a distant store downloads them into ``scratch``."""

    def record(self, lease: Lease, record: Record, clip_scores: bytes) -> str:
        """Write the record and its clip scores (Parquet), set ``scored``, all in one step; returns the
        record's hash.

        Raises:
            LeaseLost: the lease is not valid any more; nothing was written.
        """

    def reject(self, lease: Lease, reasons: Sequence[str]) -> None:
        """The submission breaks the rules. Raises LeaseLost."""

    def fail(self, lease: Lease, reason: str) -> State:
        """Scoring broke: back to the queue, or ``failed`` after the last attempt; returns which.

        Raises:
            LeaseLost: the lease is not valid any more; nothing was written.
        """

    def records(
        self, protocol_hash: str | None = None, on_damage: Callable[[InputError], None] | None = None
    ) -> list[StoredRecord]:
        """All records (of one protocol), in the order of writing, checked against their hashes.

        Args:
            on_damage: called with what is wrong with each record that cannot be read, which is left out then.

        Raises:
            InputError: a record was tampered with, and there is no ``on_damage``; names the file.
        """

    def clip_scores(self, stored: StoredRecord) -> pd.DataFrame:
        """The per-clip scores of a record, checked against their hash. Raises as :meth:`records`."""

    def sweep(self) -> int:
        """Remove what interrupted writers left behind (never visible to anyone); returns how many pieces."""
