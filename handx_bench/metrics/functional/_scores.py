"""What a per-clip metric returns, and the three ways to read K generations."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch

from ...errors import InputError
from ...hand.frames import check_frames
from ...hand.motion import check_motion
from ..batch import MotionBatch

#: Third differences and lags need some frames; windows of HandX have 60.
MIN_SCORED_FRAMES = 8


class Ratio(NamedTuple):
    """Per clip ``numerator (N,)`` and ``denominator (N,)``, float64; the value is their quotient, undefined over 0.

    ``by_generation`` has both once more as ``(N, K)``, where each generation has a value of its own. ``observed (N,)`` is
    the share of each clip that could be measured, where clips may count in part.

    Over a set of clips the value is Σ numerator / Σ denominator: a mean over clips where denominators are 0 or 1,
    a micro-average where they count events. Sums merge, so batches and processes can be added up.
    """

    numerator: torch.Tensor
    denominator: torch.Tensor
    by_generation: tuple[torch.Tensor, torch.Tensor] | None = None
    observed: torch.Tensor | None = None

    @property
    def coverage(self) -> torch.Tensor:
        """Share of each clip ``(N,)`` that counts, float64."""
        return (self.denominator > 0).to(torch.float64) if self.observed is None else self.observed

    @property
    def value(self) -> torch.Tensor:
        """Value of each clip ``(N,)``, NaN where undefined."""
        return quotient(self.numerator, self.denominator)

    @property
    def mean(self) -> torch.Tensor:
        """Value over all clips, NaN where undefined."""
        return quotient(self.numerator.sum(), self.denominator.sum())


#: Variant → per-clip ratio; the key '' is the metric itself.
Scores: TypeAlias = dict[str, Ratio]
Features: TypeAlias = Sequence[torch.Tensor]


def quotient(numerator: torch.Tensor, denominator: torch.Tensor) -> torch.Tensor:
    """``numerator / denominator``, NaN (never infinite) over 0."""
    return torch.where(denominator != 0, numerator / denominator, torch.nan)


def ratio(numerator: torch.Tensor, denominator: torch.Tensor) -> Ratio:
    """Ratio of sums over everything but the clip axis; inputs are ``(N, K, …)``."""
    top, bottom = (x.to(torch.float64).flatten(2).sum(2) for x in torch.broadcast_tensors(numerator, denominator))
    return Ratio(top.sum(1), bottom.sum(1), (top, bottom))


def mean_over_generations(values: torch.Tensor, defined: torch.Tensor | None = None) -> Ratio:
    """Mean of ``values (N, K)`` over the generations where they are defined; one vote per clip."""
    if defined is None:
        defined = torch.ones_like(values, dtype=torch.bool)
    count = defined.sum(1)
    known = torch.where(defined, values, 0.0).to(torch.float64)
    mean = known.sum(1) / count.clamp(min=1)
    return Ratio(mean, (count > 0).to(torch.float64), (known, defined.to(torch.float64)))


def generations(feature: torch.Tensor, num: int) -> torch.Tensor:
    """``(N·K, …)`` as ``(N, K, …)``."""
    return feature.unflatten(0, (-1, num))


def pairwise(
    distance: Callable[[Features, Features], torch.Tensor], pred: Features, ref: Features, num: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Distances ``(N, K)`` of the generations to the reference and ``(N,)`` the sum between all pairs k < l.

    ``distance`` maps two features of N clips to ``(N,)``; ``pred`` features are ``(N·K, …)``, ``ref`` ``(N, …)``.
    """
    split = [[generations(f, num)[:, k] for f in pred] for k in range(num)]
    to_reference = torch.stack([distance(x, ref) for x in split], dim=1)
    between = torch.zeros_like(to_reference[:, 0])
    for k in range(num):
        for m in range(k):
            between = between + distance(split[k], split[m])
    return to_reference, between


def stochastic(to_reference: torch.Tensor, between: torch.Tensor | None, defined: torch.Tensor | None = None) -> Scores:
    """Mean-of-K and, from K = 2 on, energy score and best-of-K.

    ``ES = 1/K Σ‖ŷ_k−y‖ − 1/(2K(K−1)) Σ_{k≠l}‖ŷ_k−ŷ_l‖`` (Gneiting & Raftery, JASA 2007): proper, so valid diversity is
    not punished; unbiased in K. Best-of-K falls with K and can be compared at equal K only.
    ``defined (N,)`` says which clips count; all where None.
    """
    num = to_reference.shape[1]
    known = None if defined is None else defined[:, None]
    scores = {"": mean_over_generations(to_reference, None if known is None else known.expand_as(to_reference))}
    if num > 1:
        if between is not None:
            energy = to_reference.mean(1) - between / (num * (num - 1))
            scores["energy"] = mean_over_generations(energy[:, None], known)
        scores["best_of_k"] = mean_over_generations(to_reference.amin(1, keepdim=True), known)
    return scores


def metric_function(function: Callable[..., Scores]) -> Callable[..., Scores]:
    """Let ``function(pred, ref, …)`` on :class:`MotionBatch` take motions as well.

    The result takes ``pred (N, T, 2, 21, 3)`` or ``(N, K, T, 2, 21, 3)``, ``ref (N, T, 2, 21, 3)``, ``lengths (N,)`` and
    ``fps`` (30 where not given), checks them, and computes in float64.
    """

    @functools.wraps(function)
    def wrapper(pred: Any, ref: Any = None, lengths: Any = None, *, fps: float = 30.0, **options: Any) -> Scores:
        if isinstance(pred, MotionBatch):
            return function(pred, ref, **options)
        return function(*batches(pred, ref, lengths, fps), **options)

    return wrapper


class Checked(NamedTuple):
    """Predictions ``(N, K, T, 2, 21, 3)``, references ``(N, T, 2, 21, 3)`` and lengths ``(N,)`` that belong together."""

    pred: torch.Tensor
    ref: torch.Tensor
    lengths: torch.Tensor


def check_pair(pred: Any, ref: Any, lengths: Any = None, clip_ids: Sequence[str] | None = None) -> Checked:
    """Check predictions and references, together; the boundary of every way into the metrics.

    Args:
        pred: ``(N, T, 2, 21, 3)`` or ``(N, K, T, 2, 21, 3)`` metres.
        ref: ``(N, T, 2, 21, 3)`` metres. None for metrics that need none: the first generation stands in for it.
        lengths: ``(N,)`` frames that count; all where None.
        clip_ids: as in :func:`~handx_bench.hand.motion.check_motion`.

    Raises:
        MotionError: a motion is not one, or a hand has no frame.
        InputError: predictions and references do not belong together.
    """
    if lengths is not None and np.ndim(lengths) != 1:
        raise InputError(f"lengths have {np.ndim(lengths)} axes, expected one", fix="Give one length per clip (N,)")
    prediction = check_motion(pred, lengths, name="prediction", clip_ids=clip_ids, min_frames=MIN_SCORED_FRAMES)
    if prediction.ndim == 5:
        prediction = prediction[:, None]
    reference = None
    if ref is not None:
        reference = check_motion(ref, lengths, name="reference", clip_ids=clip_ids, min_frames=MIN_SCORED_FRAMES)
    elif prediction.ndim == 6:
        reference = prediction[:, 0]
    clips_and_frames = (*prediction.shape[:1], *prediction.shape[2:3])
    if prediction.ndim != 6 or reference is None or reference.ndim != 5 or reference.shape[:2] != clips_and_frames:
        shown = None if reference is None else tuple(reference.shape)
        raise InputError(
            f"predictions have shape {tuple(prediction.shape)}, references {shown}",
            fix="Give predictions (N, T, 2, 21, 3) or (N, K, T, 2, 21, 3) and one reference (T, 2, 21, 3) per clip",
        )
    counts = torch.full((len(reference),), reference.shape[1])
    if lengths is not None:
        counts = torch.as_tensor(np.asarray(lengths) if not torch.is_tensor(lengths) else lengths).to(torch.int64)
    # Here, where clips have their names: in a batch they only have numbers.
    for motion, name in ((prediction, "prediction"), (reference, "reference")):
        check_frames(motion, counts, name=name, clip_ids=clip_ids)
    return Checked(prediction, reference, counts)


def batches(pred: Any, ref: Any, lengths: Any = None, fps: float = 30.0) -> tuple[MotionBatch, MotionBatch]:
    """Batches of N·K checked predictions and N references in float64; arguments and errors of :func:`check_pair`."""
    checked = check_pair(pred, ref, lengths)
    repeated = checked.lengths.repeat_interleave(checked.pred.shape[1])
    return (
        MotionBatch(checked.pred.flatten(0, 1).double(), repeated, fps),
        MotionBatch(checked.ref.double(), checked.lengths, fps),
    )
