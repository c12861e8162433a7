"""Hashes that say "these very clips": of the list of ids, and of all that can change a score."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from .clips import ClipSet


def clip_list_hash(clips: ClipSet) -> str:
    """SHA-256 (hex) over the sorted clip ids."""
    return hashlib.sha256(json.dumps(clips.clip_ids, ensure_ascii=False).encode()).hexdigest()


def clips_fingerprint(clips: ClipSet) -> str:
    """SHA-256 (hex) over ids, sequences, frame rate, lengths, motion, texts and actions, in the order of the
    ids.

    Motion enters as the bytes of little-endian float32, so that two clips that differ in the last bit differ
    here.
    """
    digest = hashlib.sha256(b"handx-clips-1\n")
    for clip in clips:
        facts = [
            clip.clip_id, clip.sequence_id, float(clip.fps), clip.motion.shape,
            clip.left_texts, clip.right_texts, clip.interaction_texts, clip.action,
        ]  # fmt: skip
        digest.update(json.dumps(facts, ensure_ascii=False).encode() + b"\n")
        digest.update(np.ascontiguousarray(clip.motion, dtype="<f4").tobytes())
    return digest.hexdigest()


def dataset_fingerprint(dataset: Any) -> str:
    """:func:`clips_fingerprint` of a ``datasets.Dataset`` that fits ``data.clip.FEATURES``, whatever its
    order.

    Raises:
        InputError: no clip, duplicate ids, mixed frame rates.
    """
    return clips_fingerprint(ClipSet.from_dataset(dataset))
