"""The worker: takes what waits in a store, checks it once more, scores it, writes the record.

A worker may be killed at any moment. What it was working on comes back to the queue when its lease runs out,
and a record becomes visible in one step together with the end of the lease, so it can never be written twice.
Asked to stop (SIGTERM, SIGINT) it gives the lease back at once and ends.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NamedTuple

from ..errors import InputError
from ..metrics.report import Report
from .bundle import Bundle
from .record import make_record
from .store import Lease, LeaseLost, State, Store, Submission
from .validate import SUBMISSION_ERRORS, BundleCheck, check_bundle

logger = logging.getLogger(__name__)

#: A day, in seconds: whoever waits longer has stopped.
MAX_WAIT_S = 86_400
#: ``(predictions file, protocol) -> Report``; the default is :func:`handx_bench.bench.evaluate.evaluate`.
Evaluate = Callable[[Path, Any], Report]
EventKind = Literal["taken", "scored", "rejected", "queued", "failed", "given back", "lost"]


class WorkerEvent(NamedTuple):
    """What a worker tells while it runs."""

    kind: EventKind
    submission: Submission
    reason: str = ""
    report: Report | None = None


@dataclass
class WorkerSummary:
    """What one run of a worker did: ids of submissions by how it left them.

    ``stopped``: it was asked to. ``broken``: why it gave up, since the fault was the machine's (data that are not there, a full
    disk, no memory left) and would have met every further submission too.
    """

    worker: str
    scored: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    given_back: list[str] = field(default_factory=list)
    stopped: bool = False
    broken: str = ""


class _Stopped(BaseException):
    """Raised inside scoring by the signal handler; no ``except Exception`` of a metric may swallow it."""


def run_worker(
    store: Store,
    *,
    once: bool = False,
    poll_s: float = 5.0,
    lease_s: float = 60.0,
    evaluate: Evaluate | None = None,
    check: Callable[[Bundle], BundleCheck] = check_bundle,
    protocol_ids: Collection[str] | None = None,
    on_event: Callable[[WorkerEvent], None] | None = None,
    name: str | None = None,
    clock: Callable[[], float] = time.time,
) -> WorkerSummary:
    """Score what waits.

    Several workers may run on one store; none scores what another holds.

    Args:
        once: end when nothing waits any more, instead of waiting for more.
        poll_s: how long to wait before looking again.
        lease_s: how long after the last sign of life of this worker others may take its submission; renewed
            three times in that span.
        evaluate: scores a predictions file under a protocol.
        check: validation of a bundle; the same that submitters run.
        protocol_ids: the protocols that ``check`` and ``evaluate`` know, any if None. Submissions to others wait for
            another worker.
        on_event: called in this thread at every step.
        name: of this worker in records; host and process if None.

    Raises:
        InputError: ``poll_s`` or ``lease_s`` is not positive.
        OSError: the store cannot be written to; what was being scored comes back to the queue by itself.
    """
    if not (0 < poll_s <= MAX_WAIT_S and 0 < lease_s <= MAX_WAIT_S):
        raise InputError(
            f"poll_s and lease_s must be positive and at most {MAX_WAIT_S}", where=f"poll_s {poll_s}, lease_s {lease_s}"
        )
    name = name or f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(2)}"
    worker = _Worker(store, evaluate or _default_evaluate(), check, on_event or (lambda event: None), name, clock)
    with _signals(worker):
        store.sweep()
        while not worker.stop.is_set():
            lease = store.lease(name, lease_s, protocol_ids)
            if lease is not None:
                worker.work(lease)
                if worker.summary.broken:
                    break
            elif once:
                break
            else:
                worker.stop.wait(poll_s)
    worker.summary.stopped = worker.stop.is_set()
    return worker.summary


class _Worker:
    def __init__(
        self,
        store: Store,
        evaluate: Evaluate,
        check: Callable[[Bundle], BundleCheck],
        on_event: Callable[[WorkerEvent], None],
        name: str,
        clock: Callable[[], float],
    ) -> None:
        self.store, self.evaluate, self.check = store, evaluate, check
        self.on_event, self.name, self.clock = on_event, name, clock
        self.stop = threading.Event()
        self.interruptible = False
        self.summary = WorkerSummary(name)

    def work(self, lease: Lease) -> None:
        self.on_event(WorkerEvent("taken", lease.submission))
        try:
            with _heartbeat(self.store, lease):
                self._work(lease)
        except LeaseLost as error:
            # Somebody else has it, or will: nothing of ours was written.
            logger.warning("%s", error)
            self.on_event(WorkerEvent("lost", lease.submission, str(error)))

    def _work(self, lease: Lease) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="handx-worker-") as scratch:
                started = self._now()
                with self._interruptible():
                    bundle = self.store.fetch(lease, Path(scratch))
                    checked = self.check(bundle)
                    problems = [*checked.problems, *_changes(lease.submission, checked)]
                    report = self.evaluate(bundle.predictions, checked.protocol) if not problems else None
            if report is None:
                return self._reject(lease, problems)
            assert checked.manifest is not None  # a check without problems has one
            record, clip_scores = make_record(
                lease.submission,
                checked.manifest,
                report,
                worker=self.name,
                started_at=started,
                recorded_at=self._now(),
            )
            self.store.record(lease, record, clip_scores)
        except (_Stopped, KeyboardInterrupt) as stopped:
            self.store.release(lease, "the worker was asked to stop")
            self.summary.given_back.append(lease.submission.id)
            self.on_event(WorkerEvent("given back", lease.submission, "the worker was asked to stop"))
            if isinstance(stopped, KeyboardInterrupt):
                raise
            return None
        except LeaseLost:
            raise
        except SUBMISSION_ERRORS as error:
            return self._reject(lease, [str(error)])
        except (InputError, OSError, MemoryError) as error:
            # No fault of the submission, as far as one can tell. It still is an attempt: one that eats all memory must
            # not be taken for ever.
            self.summary.broken = f"{type(error).__name__}: {error}"
            return self._fail(lease, self.summary.broken)
        except Exception as error:
            logger.exception("scoring of submission %s broke", lease.submission.id)
            return self._fail(lease, f"{type(error).__name__}: {error}")
        self.summary.scored.append(lease.submission.id)
        self.on_event(WorkerEvent("scored", lease.submission, report=report))
        return None

    def _reject(self, lease: Lease, reasons: list[str]) -> None:
        reasons = [reason[:2000] for reason in reasons[:20]]
        self.store.reject(lease, reasons)
        self.summary.rejected.append(lease.submission.id)
        self.on_event(WorkerEvent("rejected", lease.submission, "; ".join(reasons)))

    def _fail(self, lease: Lease, reason: str) -> None:
        reason = reason[:2000]
        state = self.store.fail(lease, reason)
        if state == State.FAILED:
            self.summary.failed.append(lease.submission.id)
        self.on_event(WorkerEvent("failed" if state == State.FAILED else "queued", lease.submission, reason))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        # Only here may a signal break in; elsewhere it waits for the next look at ``stop``, so no write is
        # cut short.
        self.interruptible = True
        try:
            if self.stop.is_set():
                raise _Stopped
            yield
        finally:
            self.interruptible = False

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stop.set()
        if self.interruptible:
            self.interruptible = False  # a second signal must not break into giving the lease back
            raise _Stopped


@contextlib.contextmanager
def _signals(worker: _Worker) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return
    previous = {number: signal.signal(number, worker.on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _heartbeat(store: Store, lease: Lease) -> Iterator[None]:
    done = threading.Event()

    def beat() -> None:
        while not done.wait(lease.lease_s / 3):
            try:
                store.renew(lease)
            except LeaseLost as error:
                logger.warning("%s; what is being scored will not be recorded", error)
                return
            except Exception:
                logger.warning("heartbeat failed, will try again", exc_info=True)

    thread = threading.Thread(target=beat, name="handx-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _changes(submission: Submission, checked: BundleCheck) -> list[str]:
    # The check already names files that are missing or unreadable.
    found = {name: (fact.size, fact.sha256) for name, fact in checked.files.items()}
    sent = {name: (file.size, file.sha256) for name, file in submission.files.items()}
    return [f"{name} is not the file that was sent" for name in sorted(found) if found[name] != sent.get(name)]


def _default_evaluate() -> Evaluate:
    from ..bench.evaluate import evaluate

    return evaluate
