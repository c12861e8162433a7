"""The folder in which a run keeps what it has done, so that it can be killed at any time and go on.

Every process appends to a file of its own, so that none needs to wait for another, and holds a lock on it while it
lives. Answered calls are on the disk before they are used: they cost money. Finished clips can be told again from the
answers at no cost; they are handed to the system at once, which a killed process cannot take back, and reach the disk
when it pleases. Locks are those of the kernel (``flock``), which lets go of them when their holder dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import InputError
from ...files import read_bytes, write_text
from ..llm.reply import Reply
from ..llm.usage import NO_USAGE, Usage
from .annotator import Annotation, Turn
from .records import (
    ANSWER,
    annotation_of,
    answer_record,
    intact,
    outcome_record,
    read_line,
    read_lines,
    reply_of,
    to_line,
    turn_of,
)

_FORMAT = 1
_HEADER, _LOCK = "journal.json", "lock"
_MAX_HEADER_BYTES = 10_000
#: How long the workers of a run that was killed may take to notice.
ORPHANS_WAIT_S = 60.0


class Entry(NamedTuple):
    """Where the last outcome of a clip stands."""

    path: Path
    offset: int
    round: int
    failed: bool

    def annotation(self) -> Annotation:
        """Read it."""
        with intact(self.path):
            return annotation_of(read_line(self.path, self.offset))


class Left(NamedTuple):
    """What earlier processes left to go on with: answers of clips that are not finished, and the files they are from."""

    pending: Mapping[str, Reply] = {}
    files: frozenset[str] = frozenset()


@dataclass
class Found:
    """What a journal holds; only places are kept in memory, and the few answers that belong to no finished clip.

    Attributes:
        outcomes: the last outcome by clip id and digest.
        usage: of all calls ever answered.
        left: answered calls of clips that are not finished, by key, and the names of all files.
    """

    outcomes: dict[tuple[str, str], Entry] = field(default_factory=dict)
    usage: Usage = NO_USAGE
    left: Left = field(default_factory=Left)


def find(folder: Path) -> Found:
    """Read through the journal in ``folder``; one that is not there holds nothing.

    Raises:
        InputError: a line is damaged.
    """
    with _usable(folder):
        return _read(sorted(folder.glob("*.jsonl")))


def find_dead(folder: Path, known: frozenset[str]) -> Found:
    """What processes wrote that have died, but for the files named in ``known``."""
    with _usable(folder):
        unknown = sorted(path for path in folder.glob("*.jsonl") if path.name not in known)
        return _read([path for path in unknown if not _is_held(path)])


def _read(paths: list[Path]) -> Found:
    found = Found()
    unfinished: dict[Turn, list[tuple[Path, int]]] = {}
    for path in paths:
        for offset, record in read_lines(path):
            turn = turn_of(record)
            if record["kind"] == ANSWER:
                found.usage += reply_of(record).usage
                unfinished.setdefault(turn, []).append((path, offset))
                continue
            unfinished.pop(turn, None)
            known = found.outcomes.get(turn[:2])
            if known is None or known.round < turn.round:
                found.outcomes[turn[:2]] = Entry(path, offset, turn.round, record["failed"])
    pending = {}
    for turn, places in unfinished.items():
        entry = found.outcomes.get(turn[:2])
        if entry is None or entry.round < turn.round:
            records = [read_line(path, offset) for path, offset in places]
            pending.update({record["call"]: reply_of(record) for record in records})
    found.left = Left(pending, frozenset(path.name for path in paths))
    return found


def check_header(folder: Path, fingerprint: str) -> None:
    """Refuse a journal of another annotator, unless there is nothing in it: the settings may have been the mistake.

    Raises:
        InputError: the folder holds another journal, or something else.
    """
    with _usable(folder):
        found = _header(folder)
        if found is None or found["fingerprint"] == fingerprint:
            return
        if all(not file.stat().st_size for file in folder.glob("*.jsonl")):
            return
    raise InputError(
        f"the journal was begun with other settings, by {found['annotator']!r:.80}",
        where=str(folder),
        fix="Use the same model, prompt, threshold, temperature, seed and version again, or choose another target",
    )


def _header(folder: Path) -> dict[str, Any] | None:
    """Whose journal it is; None where there is none yet."""
    file = folder / _HEADER
    if not folder.exists():
        return None
    if not file.exists():
        if any(each.name != _LOCK and not each.name.startswith(f".{_HEADER}") for each in folder.iterdir()):
            raise InputError("the folder is not a journal", where=str(folder), fix="Choose another target")
        return None
    try:
        header = json.loads(read_bytes(file, _MAX_HEADER_BYTES, "journal"))
        version, _, _ = header["format"], header["fingerprint"], header["annotator"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError("the journal's header cannot be read", where=str(file)) from error
    if version != _FORMAT:
        raise InputError(f"the journal has format {version!r:.20}, this handx-bench knows {_FORMAT}", where=str(folder))
    return dict(header)


@contextlib.contextmanager
def hold(folder: Path, name: str, fingerprint: str) -> Iterator[None]:
    """Make the journal if it is not there, and be its only run while the block lasts.

    Raises:
        InputError: another run has it, it is the journal of another annotator, or it cannot be written.
    """
    check_header(folder, fingerprint)  # a folder that is no journal gets no lock
    with _usable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        if not _locked(lock):
            raise InputError("another run writes this dataset", where=str(folder), fix="Wait for it, or stop it")
        _wait_for_orphans(folder)
        check_header(folder, fingerprint)
        with _usable(folder):
            header = {"format": _FORMAT, "annotator": name, "fingerprint": fingerprint}
            if _header(folder) != header:
                write_text(folder / _HEADER, json.dumps(header, indent=2) + "\n")
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def _usable(folder: Path) -> Iterator[None]:
    """Tells of a folder that the system does not let us use."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"the journal cannot be read or written ({error.strerror or error})",
            where=str(folder),
            fix="Make room or choose another target; what is in the journal stays",
        ) from error


class JournalWriter:
    """Appends to a new file of the journal."""

    def __init__(self, folder: Path) -> None:
        # Names sort by the time of making, so that answers are read before the outcomes that came of them.
        path = folder / f"{time.time_ns():020d}-{secrets.token_hex(4)}.jsonl"
        self._folder = folder
        with _usable(folder):
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o666)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            _sync_folder(folder)

    def record(self, key: str, turn: Turn, reply: Reply) -> None:
        """Keep an answer; it is on the disk when this returns."""
        self._append(answer_record(key, turn, reply))
        with _usable(self._folder):
            os.fsync(self._file)

    def finish(self, turn: Turn, annotation: Annotation) -> None:
        """Keep what came of a clip."""
        self._append(outcome_record(turn, annotation))

    def close(self) -> None:
        """Flush to the disk and let go."""
        if self._file >= 0:
            os.fsync(self._file)
            os.close(self._file)
            self._file = -1

    def _append(self, record: dict[str, Any]) -> None:
        line = memoryview(to_line(record))
        try:
            with _usable(self._folder):
                while line:
                    line = line[os.write(self._file, line) :]
        except InputError:
            # Half a line may be there, and must stay the last one.
            if self._file >= 0:
                os.close(self._file)
            self._file = -1
            raise


def _locked(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_held(path: Path) -> bool:
    """Whether the process that writes a file lives."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return not _locked(descriptor, fcntl.LOCK_SH)  # others may look at the same time
    finally:
        os.close(descriptor)


def _wait_for_orphans(folder: Path) -> None:
    """Wait until no worker of a killed run writes any more: its last answers are to be read."""
    deadline = time.monotonic() + ORPHANS_WAIT_S
    for path in folder.glob("*.jsonl"):
        while _is_held(path):
            if time.monotonic() > deadline:
                raise InputError(
                    "workers of an earlier run still write", where=str(path), fix="Stop them, then try again"
                )
            time.sleep(0.05)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
