"""Clips with their motion codes, real and procedural."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from handx_bench import load_dataset
from handx_bench.annotate.codes import MotionCodes, motion_codes


class Coded(NamedTuple):
    name: str
    codes: MotionCodes


@pytest.fixture(scope="session")
def real(shared: Path) -> list[Coded]:
    """All real recordings."""
    out = []
    for file in sorted((shared / "real_hands").glob("*.npz")):
        with np.load(file) as data:
            out.append(Coded(file.stem, motion_codes(data["motion"], float(data["fps"]))))
    return out


@pytest.fixture(scope="session")
def mini() -> list[Coded]:
    """The test split of HandX-Mini."""
    rows = load_dataset("handx-mini", "test")
    return [Coded(row["clip_id"], motion_codes(row["motion"], row["fps"])) for row in rows]
