"""The lines of a journal: answered calls and finished clips, as JSON."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..llm.reply import Reply
from ..llm.usage import Usage
from ..texts import Texts
from .annotator import Annotation, TextMark, Turn

ANSWER, OUTCOME = "answer", "outcome"


def answer_record(key: str, turn: Turn, reply: Reply) -> dict[str, Any]:
    """The record of an answered call."""
    return {"kind": ANSWER, "turn": turn, "call": key, "reply": asdict(reply)}


def outcome_record(turn: Turn, annotation: Annotation) -> dict[str, Any]:
    """The record of a finished clip."""
    return {"kind": OUTCOME, "turn": turn, "failed": annotation.texts is None, "annotation": asdict(annotation)}


def turn_of(record: dict[str, Any]) -> Turn:
    """The turn that a record belongs to."""
    return Turn(*record["turn"])


def reply_of(record: dict[str, Any]) -> Reply:
    """The answer in the record of a call."""
    reply = record["reply"]
    return Reply(reply["content"], reply["problem"], Usage(*reply["usage"]))


def annotation_of(record: dict[str, Any]) -> Annotation:
    """The annotation in the record of a finished clip."""
    values = dict(record["annotation"])
    texts = values["texts"]
    values["texts"] = None if texts is None else Texts(*(tuple(part) for part in texts))
    values["marks"] = {part: tuple(TextMark(*mark) for mark in found) for part, found in values["marks"].items()}
    values["usage"] = Usage(*values["usage"])
    return Annotation(**values)


def to_line(record: dict[str, Any]) -> bytes:
    """The record as one line; ASCII, so that no byte of it can be mistaken for another."""
    return json.dumps(record, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The records of a file with the offsets of their lines.

    A last line without an end was being written when its process was killed, and is passed over.

    Raises:
        InputError: another line is no record.
    """
    with open(path, "rb") as stream:
        offset = 0
        for number, line in enumerate(stream, 1):
            if not line.endswith(b"\n"):
                return
            yield offset, _parsed(line, path, number)
            offset += len(line)


def read_line(path: Path, offset: int) -> dict[str, Any]:
    """The record whose line begins at ``offset``."""
    with open(path, "rb") as stream:
        stream.seek(offset)
        return _parsed(stream.readline(), path)


def _parsed(line: bytes, path: Path, number: int | None = None) -> dict[str, Any]:
    with intact(path, number):
        record = json.loads(line)
        hash(turn_of(record))
        if record["kind"] == ANSWER:
            reply_of(record), hash(record["call"])
        elif record["kind"] != OUTCOME or not isinstance(record["failed"], bool):
            raise ValueError
        return dict(record)


@contextlib.contextmanager
def intact(path: Path, number: int | None = None) -> Iterator[None]:
    """Tells of a line that is no record."""
    try:
        yield
    except InputError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise InputError(
            f"line {number} of the journal is damaged" if number is not None else "a line of the journal is damaged",
            where=str(path),
            fix="Restore the file from a copy; what this line told is lost without",
        ) from None
