"""A record: the immutable result of scoring one submission, named by the hash of its bytes.

The per-clip scores (``clip_scores.parquet``) lie beside it, tied to it by their hash; two entrants can be
compared pairwise only with them.
"""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .. import __version__
from ..errors import InputError
from ..metrics.report import CLIP_SCORE_COLUMNS, ProtocolRef, Report
from ._files import bytes_fact
from .bundle import MANIFEST_FILE, PREDICTIONS_FILE
from .manifest import Manifest
from .store import StoredFile, Submission

if TYPE_CHECKING:
    import pandas as pd

RECORD_FILE = "record.json"
CLIP_SCORES_FILE = "clip_scores.parquet"
MAX_RECORD_BYTES = 16 * 1024**2
MAX_CLIP_SCORES_BYTES = 2 * 1024**3

#: ``predictions-scored``: we scored the file that was sent. ``reproduced-from-code``: we made the predictions
#: ourselves from the submitter's code. ``self-reported``: numbers that nobody but the submitter computed.
Verification = Literal["predictions-scored", "reproduced-from-code", "self-reported"]


class Record(BaseModel):
    """Who submitted what, and what came out. Times are UTC."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: Literal["1"] = "1"
    submission_id: str = Field(pattern=r"^[0-9a-z-]{4,64}$")
    user: str = Field(min_length=1, max_length=100)
    manifest: Manifest
    protocol: ProtocolRef
    report: Report
    files: dict[str, StoredFile]
    verification: Verification
    worker: str
    library_version: str
    submitted_at: datetime
    scoring_started_at: datetime
    recorded_at: datetime

    @model_validator(mode="after")
    def _consistent(self) -> Record:
        if self.report.protocol != self.protocol:
            raise ValueError("the report was made under another protocol than the record says")
        if set(self.files) != {PREDICTIONS_FILE, MANIFEST_FILE, CLIP_SCORES_FILE}:
            raise ValueError("a record names exactly the two submitted files and the clip scores")
        return self


class StoredRecord(NamedTuple):
    """A record and the hash under which it is kept (of the bytes as written, whatever later versions add)."""

    hash: str
    record: Record


def make_record(
    submission: Submission,
    manifest: Manifest,
    report: Report,
    *,
    worker: str,
    started_at: datetime,
    recorded_at: datetime,
    verification: Verification = "predictions-scored",
) -> tuple[Record, bytes]:
    """The record of a scored submission, and the bytes of its ``clip_scores.parquet``.

    Raises:
        ValueError: the report belongs to another protocol than the submission.
    """
    if report.protocol is None or report.protocol.hash != submission.protocol_hash:
        raise ValueError("the report was made under another protocol than the submission was sent for")
    table = clip_scores_bytes(report.clip_table())
    record = Record(
        submission_id=submission.id,
        user=submission.user,
        manifest=manifest,
        protocol=report.protocol,
        report=report,
        files={**submission.files, CLIP_SCORES_FILE: StoredFile(**bytes_fact(table)._asdict())},
        verification=verification,
        worker=worker,
        library_version=__version__,
        submitted_at=submission.submitted_at,
        scoring_started_at=started_at,
        recorded_at=recorded_at,
    )
    return record, table


def record_bytes(record: Record) -> bytes:
    """The bytes of ``record.json``: JSON with sorted keys; equal records give equal bytes."""
    value = record.model_dump(mode="json")
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def record_hash(record: Record) -> str:
    """SHA-256 of :func:`record_bytes`: the record's name."""
    return bytes_fact(record_bytes(record)).sha256


def record_schema() -> dict[str, Any]:
    """JSON Schema of ``record.json``; unknown keys are forbidden at every level that has named keys."""
    return Record.model_json_schema()


def read_record(data: bytes, expected_hash: str, where: str) -> Record:
    """A record from the bytes of its file.

    Raises:
        InputError: the bytes are not those that were written under this name, or not a record.
    """
    if bytes_fact(data).sha256 != expected_hash:
        raise InputError("record was changed after it was written", where=where, fix=_TAMPERED)
    try:
        return Record.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"not a record of format 1: {place}: {first['msg']}", where=where, fix="update handx-bench"
        ) from None


def clip_scores_bytes(table: pd.DataFrame) -> bytes:
    """Per-clip scores (columns ``CLIP_SCORE_COLUMNS``) as the bytes of a Parquet file."""
    buffer = io.BytesIO()
    table[list(CLIP_SCORE_COLUMNS)].to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def read_clip_scores(data: bytes, record: Record, where: str) -> pd.DataFrame:
    """Per-clip scores from the bytes of their file.

    Raises:
        InputError: the bytes are not those that the record names.
    """
    import pandas as pd

    if bytes_fact(data) != tuple(record.files[CLIP_SCORES_FILE].model_dump().values()):
        raise InputError("clip scores were changed after they were written", where=where, fix=_TAMPERED)
    return pd.read_parquet(io.BytesIO(data), columns=list(CLIP_SCORE_COLUMNS))


_TAMPERED = "restore the file from a backup"
