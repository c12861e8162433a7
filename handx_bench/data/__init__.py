"""Clips, their schema, and the readers of every format that motion comes in."""

from __future__ import annotations

from .clip import FEATURES, Clip
from .load import load_dataset

__all__ = ["FEATURES", "Clip", "load_dataset"]
