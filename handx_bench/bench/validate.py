"""Do predictions answer a protocol? The same check for ``evaluate``, for whoever submits, and for the
worker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ..hand.frames import check_frames
from ..hand.motion import check_motion
from .clips import ClipSet
from .predictions import Predictions, PredictionsError
from .protocol import Protocol

_SHOWN = 5


def check_protocol(predictions: Predictions, protocol: Protocol, where: str = "") -> None:
    """Check what the header alone tells: protocol and K.

    Raises:
        PredictionsError: made under other rules (both hashes are shown), or with another number of samples.
    """
    if predictions.protocol_hash != protocol.hash:
        raise PredictionsError(
            f"predictions were made under protocol {predictions.protocol_id} with hash "
            f"{predictions.protocol_hash}, this is {protocol.id} with hash {protocol.hash}",
            where=where,
            fix="Generate again under this protocol; scores of different rules cannot be compared",
        )
    if predictions.num_generations != protocol.num_generations:
        raise PredictionsError(
            f"{predictions.num_generations} samples per clip, the protocol wants {protocol.num_generations}",
            where=where,
            fix=f"Generate with {protocol.num_generations} samples",
        )


def match_clips(predictions: Predictions, clips: ClipSet, where: str = "") -> np.ndarray:
    """Rows ``(N,)`` of the predictions in the order of ``clips``.

    Raises:
        PredictionsError: clips that are missing, not wanted, or of another length, naming the first of each.
    """
    rows = {clip_id: row for row, clip_id in enumerate(predictions.clip_ids)}
    missing = [clip_id for clip_id in clips.clip_ids if clip_id not in rows]
    wanted = set(clips.clip_ids)
    extra = [clip_id for clip_id in predictions.clip_ids if clip_id not in wanted]
    problems = [
        f"{len(ids)} clips are {kind}: {_some(ids)}" for kind, ids in (("missing", missing), ("unknown", extra)) if ids
    ]
    if problems:
        raise PredictionsError("; ".join(problems), where=where, fix="Predict exactly the protocol's clips")
    order = np.array([rows[clip_id] for clip_id in clips.clip_ids])
    wrong = np.flatnonzero(predictions.lengths[order] != clips.lengths)
    if len(wrong):
        first = int(wrong[0])
        raise PredictionsError(
            f"length {int(predictions.lengths[order[first]])} instead of {int(clips.lengths[first])}",
            where=", ".join(filter(None, (where, f"clip {clips.clip_ids[first]!r}"))),
            fix="Generate request.length frames",
        )
    return order


def check_values(predictions: Predictions, where: str = "predictions", chunk: int = 64) -> None:
    """Read all motions, ``chunk`` clips at a time, and check that they are finite, of the size of hands, and have frames.

    Raises:
        MotionError: naming clip, generation, frame and joint.
    """
    for start in range(0, predictions.num_clips, chunk):
        part = slice(start, start + chunk)
        lengths, clip_ids = predictions.lengths[part], predictions.clip_ids[part]
        values = np.asarray(predictions.motion[part], dtype=np.float32)
        motion = check_motion(values, lengths, name=where, clip_ids=clip_ids)
        check_frames(motion, torch.from_numpy(np.array(lengths)), name=where, clip_ids=clip_ids)


def _some(ids: Sequence[str]) -> str:
    names = ", ".join(repr(clip_id) for clip_id in ids[:_SHOWN])
    return f"{names}, …" if len(ids) > _SHOWN else names
