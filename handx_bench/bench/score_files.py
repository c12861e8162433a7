"""Scoring two motion files against each other, without a protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data.readers.arrays import read_motion
from ..data.readers.generated import read_generated, sample_files
from ..data.readers.motion_file import MotionFile
from ..errors import InputError
from ..metrics import handx_release, score
from ..metrics.report import Report

DEFAULT_FPS = 30.0


@dataclass(frozen=True)
class MotionPair:
    """Predictions ``(N[, K], T, 2, 21, 3)`` and references ``(N, T, 2, 21, 3)`` that belong together."""

    pred: np.ndarray
    ref: np.ndarray
    lengths: np.ndarray | None
    fps: float
    clip_ids: tuple[str, ...] | None
    sequence_ids: tuple[str, ...] | None
    text_embedding: np.ndarray | None = None
    pred_embedding: np.ndarray | None = None
    ref_embedding: np.ndarray | None = None


def read_pair(pred: str | Path, ref: str | Path | None = None) -> MotionPair:
    """Read predictions and references and bring them into one order.

    Args:
        pred: motion file or folder (:func:`~handx_bench.data.readers.arrays.read_motion`), or a folder of the released
            ``val_sample_*.pkl``, which hold their references themselves.
        ref: motion file or folder; None for released samples only.

    Raises:
        InputError: the two have other clips, lengths or frame rates.
    """
    path = Path(pred)
    if path.suffix == ".pkl" or (path.is_dir() and sample_files(path)):
        if ref is not None:
            raise InputError(
                "released samples hold their own references", where=str(ref), fix="Leave the reference out"
            )
        samples = read_generated(path)
        return MotionPair(samples.pred, samples.ref, None, DEFAULT_FPS, samples.clip_ids, None)
    if ref is None:
        raise InputError("references are missing", where=str(pred), fix="Pass --ref with the recorded motions")
    ours, theirs = read_motion(pred), read_motion(ref)
    if theirs.motion.ndim != 5:
        raise InputError(
            f"references have shape {theirs.motion.shape}", where=str(ref), fix="A clip has one reference (T, 2, 21, 3)"
        )
    order = _order(ours, theirs, str(pred), str(ref))
    return MotionPair(
        pred=ours.motion[order],
        ref=theirs.motion,
        lengths=_agreed_lengths(ours, theirs, order, str(pred)),
        fps=_agreed_fps(ours, theirs),
        clip_ids=theirs.clip_id or ours.clip_id,
        sequence_ids=theirs.sequence_id or ours.sequence_id,
        text_embedding=theirs.text_embedding
        if theirs.text_embedding is not None
        else _taken(ours.text_embedding, order),
        pred_embedding=_taken(ours.motion_embedding, order),
        ref_embedding=theirs.motion_embedding,
    )


def score_pair(
    pair: MotionPair,
    metrics: Sequence[str] | None = None,
    *,
    seed: int = 0,
    draws: int = 1000,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """All metrics of the registry that the pair allows."""
    return score(
        pair.pred,
        pair.ref,
        pair.lengths,
        metrics,
        fps=pair.fps,
        clip_ids=pair.clip_ids,
        sequence_ids=pair.sequence_ids,
        seed=seed,
        draws=draws,
        progress=progress,
    )


def handx_release_numbers(pair: MotionPair) -> dict[str, float]:
    """The numbers of the released script; see :mod:`handx_bench.metrics.handx_release`."""
    if pair.lengths is not None and (pair.lengths < pair.ref.shape[1]).any():
        raise InputError(
            "the released evaluation knows no lengths",
            fix="Cut all clips to one length before comparing with the paper",
        )
    return handx_release.evaluate(pair.pred, pair.ref, pair.text_embedding, pair.pred_embedding, pair.ref_embedding)


def _order(ours: MotionFile, theirs: MotionFile, pred: str, ref: str) -> np.ndarray:
    if len(ours) != len(theirs):
        raise InputError(
            f"{len(ours)} predictions for {len(theirs)} references", where=pred, fix="Give one prediction per reference"
        )
    if ours.clip_id is None or theirs.clip_id is None:
        return np.arange(len(ours))
    place = {clip: i for i, clip in enumerate(ours.clip_id)}
    missing = [clip for clip in theirs.clip_id if clip not in place]
    if missing:
        raise InputError(
            f"no prediction for clip {missing[0]!r} and {len(missing) - 1} more of {ref}",
            where=pred,
            fix="Predictions are matched to references by clip id (file name in a folder)",
        )
    return np.array([place[clip] for clip in theirs.clip_id])


def _agreed_lengths(ours: MotionFile, theirs: MotionFile, order: np.ndarray, pred: str) -> np.ndarray | None:
    lengths = [
        np.full(len(f), f.motion.shape[-4]) if f.lengths is None else np.asarray(f.lengths) for f in (ours, theirs)
    ]
    different = np.flatnonzero(lengths[0][order] != lengths[1])
    # A file without lengths of its own may be padded to those of the other.
    if len(different) and ours.lengths is not None and theirs.lengths is not None:
        i = int(different[0])
        name = theirs.clip_id[i] if theirs.clip_id else i
        raise InputError(
            f"clip {name!r} has {lengths[0][order][i]} predicted and {lengths[1][i]} recorded frames",
            where=pred,
            fix="Generate as many frames as the reference has",
        )
    if len(different) and ours.lengths is not None and theirs.lengths is None:
        # The predictions must not choose how much of the reference counts.
        raise InputError(
            f"predictions state lengths (clip {int(different[0])}: {lengths[0][order][different[0]]} frames), the "
            f"references of {lengths[1][different[0]]} frames state none",
            where=pred,
            fix="Put the lengths into the references too",
        )
    return theirs.lengths


def _agreed_fps(ours: MotionFile, theirs: MotionFile) -> float:
    if theirs.fps is None and ours.fps not in (None, DEFAULT_FPS):
        raise InputError(
            f"predictions have {ours.fps:g} fps, the references state none and count as {DEFAULT_FPS:g}",
            fix="Put fps into the references, or resample the predictions",
        )
    rates = {f.fps for f in (ours, theirs) if f.fps is not None}
    if len(rates) > 1:
        found = " and ".join(f"{rate:g}" for rate in sorted(rates))
        raise InputError(f"predictions and references have {found} fps", fix="Resample one of them")
    return rates.pop() if rates else DEFAULT_FPS


def _taken(values: np.ndarray | None, order: np.ndarray) -> np.ndarray | None:
    return None if values is None else values[order]
