"""Semantic coherence as torchmetrics; ``update`` takes ``texts`` by keyword. Definitions: :mod:`.functional.semantics`, facts: :mod:`.registry`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .base import RatioMetric
from .functional import semantics as f


class ClaimAgreement(RatioMetric):
    """Share of what the text claims that the motion bears out."""

    id = "claim_agreement"
    functional = staticmethod(f.claim_agreement)

    def update(  # type: ignore[override]
        self, pred: Any, ref: Any = None, lengths: Any = None, *, texts: Sequence[f.ClipTexts]
    ) -> None:
        """Add clips; ``texts`` has (left, right, interaction) of each. A reference is not needed."""
        self._add(pred, ref, lengths, texts=texts)
