"""What the local store does to the rows of its queue. Every function expects to run inside a transaction."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime
from sqlite3 import Connection, Row
from typing import Any

from .store import Event, Lease, LeaseLost, State, StoredFile, Submission

__all__ = ["Connection"]

_END_LEASE = "lease_token = NULL, lease_s = NULL, renewed_at = NULL"


def find(connection: Connection, submission_id: str) -> Row | None:
    """The row of a submission."""
    row: Row | None = connection.execute("SELECT * FROM submissions WHERE id = ?", (submission_id,)).fetchone()
    return row


def match(connection: Connection, prefix: str) -> list[str]:
    """Ids that begin with ``prefix`` (hexadecimal digits)."""
    return [row["id"] for row in connection.execute("SELECT id FROM submissions WHERE id GLOB ?", (prefix + "*",))]


def submission_ids(connection: Connection) -> set[str]:
    """All ids."""
    return {row["id"] for row in connection.execute("SELECT id FROM submissions")}


def insert(connection: Connection, now: float, **values: str) -> None:
    """A new submission at the end of the queue."""
    values |= {"state": State.QUEUED, "reason": "waits for a worker"}
    names = ", ".join(values)
    marks = ", ".join("?" for _ in values)
    connection.execute(
        f"INSERT INTO submissions ({names}, submitted_at, updated_at) VALUES ({marks}, ?, ?)",
        (*values.values(), now, now),
    )
    _log(connection, now, values["id"], State.QUEUED, "submitted")


def requeue(connection: Connection, now: float, submission_id: str) -> None:
    """Put a submission that ended badly at the end of the queue, as if it were new."""
    connection.execute(
        "UPDATE submissions SET seq = (SELECT max(seq) + 1 FROM submissions), state = 'queued', attempts = 0,"
        " worker = NULL, reason = 'waits for a worker', submitted_at = ?, updated_at = ? WHERE id = ?",
        (now, now, submission_id),
    )
    _log(connection, now, submission_id, State.QUEUED, "submitted again")


def take(
    connection: Connection, now: float, worker: str, token: str, lease_s: float, protocol_ids: Collection[str] | None
) -> str | None:
    """Lease the next submission (of these protocols), least tried first: one that kills workers must hold nobody up."""
    known = sorted(protocol_ids or ())
    among = "" if protocol_ids is None else f" AND protocol_id IN ({', '.join('?' * len(known))})"
    row = connection.execute(
        f"SELECT id, attempts FROM submissions WHERE state = 'queued'{among} ORDER BY attempts, seq LIMIT 1", known
    ).fetchone()
    if row is None:
        return None
    reason = f"attempt {row['attempts'] + 1} by {worker}"
    connection.execute(
        "UPDATE submissions SET state = 'leased', reason = ?, attempts = attempts + 1, worker = ?,"
        " lease_token = ?, lease_s = ?, renewed_at = ?, updated_at = ? WHERE id = ?",
        (reason, worker, token, lease_s, now, now, row["id"]),
    )
    _log(connection, now, row["id"], State.LEASED, reason, worker)
    submission_id: str = row["id"]
    return submission_id


def end_overdue(connection: Connection, now: float, max_attempts: int) -> None:
    """End the leases that ran out: back to the queue, or failed after the last attempt."""
    # A clock that was set back would let the lease of a dead worker last for as long as it was set back: such
    # leases begin anew now. (Set forward, it ends leases early; their workers then find out that they lost
    # them.)
    connection.execute("UPDATE submissions SET renewed_at = ? WHERE state = 'leased' AND renewed_at > ?", (now, now))
    overdue = connection.execute(
        "SELECT id, worker, attempts FROM submissions WHERE state = 'leased' AND renewed_at + lease_s <= ?",
        (now,),
    ).fetchall()
    for row in overdue:
        _back_or_failed(connection, now, row, f"{row['worker']} was not heard of any more", max_attempts)


def check_lease(connection: Connection, now: float, lease: Lease) -> None:
    """Raises LeaseLost unless the lease is the submission's present one and has not run out."""
    row = connection.execute(
        "SELECT renewed_at + lease_s AS ends FROM submissions WHERE id = ? AND state = 'leased' AND lease_token = ?",
        (lease.submission.id, lease.token),
    ).fetchone()
    if row is None:
        raise LeaseLost(f"submission {lease.submission.id} is not leased to {lease.worker} any more")
    if now >= row["ends"]:
        raise LeaseLost(f"the lease of {lease.worker} on submission {lease.submission.id} ran out")


def renew(connection: Connection, now: float, token: str) -> None:
    """Let a lease last for its full time from now on."""
    connection.execute("UPDATE submissions SET renewed_at = ? WHERE lease_token = ?", (now, token))


def end(
    connection: Connection, now: float, lease: Lease, state: State, reason: str, *, uncounted: bool = False
) -> None:
    """End a lease that was checked, and set the submission's state."""
    connection.execute(
        f"UPDATE submissions SET state = ?, reason = ?, attempts = attempts - ?, updated_at = ?, {_END_LEASE}"
        " WHERE id = ?",
        (state, reason, int(uncounted), now, lease.submission.id),
    )
    _log(connection, now, lease.submission.id, state, reason, lease.worker)


def end_attempt(connection: Connection, now: float, lease: Lease, reason: str, max_attempts: int) -> State:
    """End an attempt that broke."""
    row = find(connection, lease.submission.id)
    assert row is not None  # a lease that was checked has a row
    return _back_or_failed(connection, now, row, reason, max_attempts)


def add_record(connection: Connection, submission_id: str, protocol_hash: str, record_hash: str) -> None:
    """Make a record visible. The table admits one per submission and protocol."""
    connection.execute(
        "INSERT INTO records (submission_id, protocol_hash, record_hash) VALUES (?, ?, ?)",
        (submission_id, protocol_hash, record_hash),
    )


def record_hashes(connection: Connection, protocol_hash: str | None = None) -> list[str]:
    """Hashes of the visible records, in the order of writing."""
    found = connection.execute(
        "SELECT record_hash FROM records WHERE ? IS NULL OR protocol_hash = ? ORDER BY seq",
        (protocol_hash, protocol_hash),
    )
    return [row["record_hash"] for row in found]


def submissions(connection: Connection) -> list[Submission]:
    """All submissions, oldest first."""
    rows = connection.execute(f"{_SELECT} ORDER BY seq").fetchall()
    waiting = sorted((row["attempts"], row["seq"]) for row in rows if row["state"] == State.QUEUED)
    places = {seq: place for place, (_, seq) in enumerate(waiting, 1)}
    return [_submission(row, places.get(row["seq"]), ()) for row in rows]


def submission(connection: Connection, submission_id: str, *, history: bool = False) -> Submission:
    """One submission that exists."""
    row = connection.execute(f"{_SELECT} WHERE id = ?", (submission_id,)).fetchone()
    position = None
    if row["state"] == State.QUEUED:
        position = 1 + connection.execute(
            "SELECT count(*) FROM submissions WHERE state = 'queued' AND (attempts, seq) < (?, ?)",
            (row["attempts"], row["seq"]),
        ).fetchone()[0]  # fmt: skip
    events: list[Event] = []
    if history:
        found = connection.execute("SELECT * FROM events WHERE submission_id = ? ORDER BY seq", (submission_id,))
        events = [
            Event(at=_utc(e["at"]), state=State(e["state"]), reason=e["reason"], worker=e["worker"]) for e in found
        ]
    return _submission(row, position, tuple(events))


_SELECT = (
    "SELECT s.*, (SELECT record_hash FROM records r WHERE r.submission_id = s.id"
    " AND r.protocol_hash = s.protocol_hash) AS record_hash FROM submissions s"
)


def _back_or_failed(connection: Connection, now: float, row: Row, reason: str, max_attempts: int) -> State:
    gave_up = row["attempts"] >= max_attempts
    state = State.FAILED if gave_up else State.QUEUED
    told = (
        f"gave up after {row['attempts']} attempts; the last: {reason}" if gave_up else f"will be tried again: {reason}"
    )
    connection.execute(
        f"UPDATE submissions SET state = ?, reason = ?, updated_at = ?, {_END_LEASE} WHERE id = ?",
        (state, told, now, row["id"]),
    )
    _log(connection, now, row["id"], state, told, row["worker"])
    return state


def _log(
    connection: Connection,
    now: float,
    submission_id: str,
    state: State,
    reason: str,
    worker: str | None = None,
) -> None:
    connection.execute(
        "INSERT INTO events (submission_id, at, state, reason, worker) VALUES (?, ?, ?, ?, ?)",
        (submission_id, now, state, reason, worker),
    )


def _submission(row: Row, position: int | None, history: tuple[Event, ...]) -> Submission:
    values: dict[str, Any] = {key: row[key] for key in _PLAIN}
    return Submission(
        **values,
        files={name: StoredFile(**fact) for name, fact in json.loads(row["files"]).items()},
        state=State(row["state"]),
        submitted_at=_utc(row["submitted_at"]),
        updated_at=_utc(row["updated_at"]),
        position=position,
        lease_expires_at=_utc(row["renewed_at"] + row["lease_s"]) if row["state"] == State.LEASED else None,
        history=history,
    )


_PLAIN = (
    "id", "user", "model_name", "protocol_id", "protocol_hash", "reason", "attempts", "worker", "record_hash",
)  # fmt: skip


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
