"""A clip: one row of a dataset in the HandX form, and the Hugging Face ``Features`` that are its schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from datasets import Array4D, Features, List, Value

#: Keys and widths of the optional MANO parameters (per frame, axis-angle; Romero et al. 2017).
MANO_WIDTHS = {
    "left_pose": 48, "left_shape": 10, "left_trans": 3,
    "right_pose": 48, "right_shape": 10, "right_trans": 3,
}  # fmt: skip

FEATURES = Features(
    {
        "clip_id": Value("string"),
        "source": Value("string"),
        "sequence_id": Value("string"),
        "subject": Value("string"),
        "split": Value("string"),
        "fps": Value("float32"),
        "motion": Array4D((None, 2, 21, 3), "float32"),
        "left_texts": List(Value("string")),
        "right_texts": List(Value("string")),
        "interaction_texts": List(Value("string")),
        "action": Value("string"),
        "mano": {key: List(List(Value("float32"))) for key in MANO_WIDTHS},
        "license": Value("string"),
    }
)


@dataclass(frozen=True)
class Clip:
    """One clip of two-hand motion with its texts.

    Attributes:
        clip_id: unique within a dataset.
        source: recording it comes from, e.g. ``handx-mini`` or ``arctic``.
        sequence_id: the unit of independence for statistics and splits.
        motion: ``(T, 2, 21, 3)`` float32 metres, see :mod:`handx_bench.hand.skeleton`.
        left_texts, right_texts, interaction_texts: of equal length, in order of detail.
        mano: optional arrays ``(T, width)`` with the keys of ``MANO_WIDTHS``.
    """

    clip_id: str
    source: str
    sequence_id: str
    motion: np.ndarray
    split: str
    fps: float = 30.0
    subject: str = ""
    left_texts: tuple[str, ...] = ()
    right_texts: tuple[str, ...] = ()
    interaction_texts: tuple[str, ...] = ()
    action: str = ""
    mano: dict[str, np.ndarray] | None = field(default=None)
    license: str = ""

    def to_row(self) -> dict[str, Any]:
        """The clip as a row that fits ``FEATURES``."""
        return {key: getattr(self, key) for key in FEATURES}
