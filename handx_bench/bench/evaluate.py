"""Scores a predictions file under a protocol."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch

from .._version import __version__
from ..metrics import score
from ..metrics.registry import METRICS
from ..metrics.report import DatasetRef, ProtocolRef, Report
from .clips import ClipSet
from .fingerprint import clips_fingerprint
from .predictions import Predictions, read_predictions
from .protocol import Protocol, load_protocol
from .protocol_clips import protocol_clips, train_clips
from .validate import check_protocol, match_clips


def evaluate(
    predictions_path: str | os.PathLike[str],
    protocol: Protocol | str,
    *,
    dataset: Any = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Score a predictions file.

    Args:
        predictions_path: a file as :func:`~handx_bench.bench.predictions.write_predictions` writes it.
        protocol: a protocol, its id or its file.
        dataset: the protocol's clips, or a mapping from splits to such, where they are not to be loaded by
            name.
        progress: called as ``progress(done, total)`` with numbers of clips.

    Raises:
        PredictionsError: the file is not acceptable, belongs to other rules (both hashes are shown), or has
            other clips, lengths or numbers of samples.
        MotionError: a motion that is not one, naming clip, generation, frame and joint.
        InputError: the data at hand are not those of the protocol.
    """
    protocol = protocol if isinstance(protocol, Protocol) else load_protocol(protocol)
    where = os.fspath(predictions_path)
    predictions = read_predictions(predictions_path)
    check_protocol(predictions, protocol, where)
    clips = protocol_clips(protocol, dataset)
    order = match_clips(predictions, clips, where)
    train = train_clips(protocol, dataset) if _wants(protocol, "train") else None
    report = score(
        _ordered(predictions, order, int(clips.lengths.max())),
        clips.padded(),
        clips.lengths,
        list(protocol.metric_names),
        fps=clips.fps,
        clip_ids=list(clips.clip_ids),
        sequence_ids=list(clips.sequence_ids),
        constraints=_constraint_masks(protocol, clips),
        texts=_texts(protocol, clips) if _wants(protocol, "texts") else None,
        train=None if train is None else train.padded(),
        train_lengths=None if train is None else train.lengths,
        seed=protocol.statistics.seed,
        draws=protocol.statistics.draws,
        progress=progress,
    )
    return report.model_copy(
        update={
            "generator": predictions.generator,
            "protocol": ProtocolRef(id=protocol.id, version=protocol.version, hash=protocol.hash),
            "dataset": DatasetRef(
                name=protocol.dataset.name, split=protocol.dataset.split, fingerprint=clips_fingerprint(clips)
            ),
            "seeds": {**predictions.seeds, "statistics": protocol.statistics.seed},
            "warnings": [*_warnings(predictions, protocol), *report.warnings],
            "environment": environment(),
            "created_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
    )


def environment() -> dict[str, str]:
    """Versions that can change the last digits of a score."""
    return {
        "handx-bench": __version__,
        "numpy": np.__version__,
        "platform": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _ordered(predictions: Predictions, order: np.ndarray, frames: int) -> np.ndarray:
    motion = predictions.motion
    if (order != np.arange(len(order))).any():
        motion = motion[order]  # a copy; files of the runner are in order and stay memory-mapped
    # T may be longer than any clip, but what lies beyond the lengths does not count.
    return motion[:, :, :frames]


def _wants(protocol: Protocol, optional: str) -> bool:
    return any(METRICS[name].optional == optional for name in protocol.metric_names)


def _texts(protocol: Protocol, clips: ClipSet) -> list[tuple[str, str, str]]:
    """What the generator was asked to do."""
    shown = (protocol.task_object.texts(clip, protocol.parameters) for clip in clips)
    return [(texts.left, texts.right, texts.interaction) for texts in shown]


def _constraint_masks(protocol: Protocol, clips: ClipSet) -> np.ndarray | None:
    """``(N, T, 2, 21)`` bool of what the task gave, or None."""
    if protocol.task_object.give is None:
        return None
    masks = np.zeros((len(clips), int(clips.lengths.max()), 2, 21), dtype=bool)
    for row, clip in zip(masks, clips):
        mask = protocol.task_object.mask(len(clip.motion), protocol.parameters)
        if mask is not None:
            row[: len(mask)] = mask
    return masks


def _warnings(predictions: Predictions, protocol: Protocol) -> list[str]:
    warnings = []
    if protocol.status == "draft":
        warnings.append(
            f"protocol {protocol.id} is a draft: its scores are not comparable with those of its final form"
        )
    if protocol.status == "retired":
        warnings.append(f"protocol {protocol.id} is retired: its scores are for comparison with old ones only")
    if predictions.motion.dtype == np.float16:
        warnings.append("predictions are float16, which rounds positions by up to 0.25 mm at 0.5–1 m and raises jerk")
    for name, seed in protocol.seeds.items():
        if predictions.seeds.get(name) != seed:
            warnings.append(f"predictions have the {name} seed {predictions.seeds.get(name)}, the protocol's is {seed}")
    if predictions.library_version != __version__:
        warnings.append(f"predictions were written by version {predictions.library_version}, scored by {__version__}")
    return warnings
