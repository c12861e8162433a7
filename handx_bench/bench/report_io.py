"""Reports on disk: ``report.json`` with sorted keys and ``clip_scores.parquet`` beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from ..errors import InputError
from ..files import atomic_path, read_bytes, write_text
from ..metrics.report import CLIP_SCORE_COLUMNS, Report
from .safetensors_header import strict_json

REPORT_FILE, CLIP_SCORES_FILE = "report.json", "clip_scores.parquet"
MAX_REPORT_BYTES = 32 * 2**20
MAX_CLIP_SCORES_BYTES = 2 * 2**30


def report_json(report: Report) -> str:
    """The report as JSON text: sorted keys, two spaces, no NaN."""
    return (
        json.dumps(report.model_dump(mode="json"), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    )


def write_report(report: Report, folder: str | os.PathLike[str]) -> Path:
    """Write both files into ``folder`` (made if missing) and return the path of the JSON.

    The JSON comes last, so that where it is, the clip scores are.

    Raises:
        InputError: the folder cannot be written to.
    """
    target = Path(folder)
    (target / REPORT_FILE).unlink(missing_ok=True)  # an old report must not stand beside new clip scores
    with atomic_path(target / CLIP_SCORES_FILE) as temporary:
        report.clip_table().to_parquet(temporary, index=False)
    write_text(target / REPORT_FILE, report_json(report))
    return target / REPORT_FILE


def read_report(path: str | os.PathLike[str]) -> Report:
    """Read a report from its JSON file or folder; with clip scores if they lie beside it.

    Raises:
        InputError: missing, too large, not JSON, an unknown key, a wrong type, or clip scores with other
            columns.
    """
    place = Path(path)
    place = place / REPORT_FILE if place.is_dir() else place
    raw = read_bytes(place, MAX_REPORT_BYTES, "report")
    try:
        report = Report.model_validate(strict_json(raw, "the report"))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InputError(f"not a report: {key}: {first['msg']}", where=str(place), fix="Evaluate again") from None
    except InputError as error:
        raise InputError(error.what, where=str(place), fix="Evaluate again") from None
    scores = place.with_name(CLIP_SCORES_FILE)
    return report.model_copy(update={"clip_scores": _read_scores(scores)}) if scores.is_file() else report


def report_schema() -> dict[str, Any]:
    """JSON Schema of ``report.json``."""
    schema = Report.model_json_schema(mode="serialization")
    schema["properties"].pop("clip_scores", None)
    schema["title"] = "handx-bench report"
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema


def _read_scores(path: Path) -> pd.DataFrame:
    if path.stat().st_size > MAX_CLIP_SCORES_BYTES:
        raise InputError(f"clip scores are larger than {MAX_CLIP_SCORES_BYTES} bytes", where=str(path))
    try:
        table = pd.read_parquet(path)
    except (ValueError, OSError) as error:  # pyarrow's errors are ValueErrors or OSErrors
        raise InputError(f"not a Parquet file: {str(error)[:120]}", where=str(path), fix="Evaluate again") from None
    if tuple(table.columns) != CLIP_SCORE_COLUMNS:
        raise InputError(
            f"clip scores have the columns {list(table.columns)[:10]}", where=str(path), fix="Evaluate again"
        )
    return table
