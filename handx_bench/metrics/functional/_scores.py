"""What a per-clip metric returns, and the three ways to read K generations."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import torch

from ...errors import InputError
from ...hand.frames import check_frames
from ...hand.motion import check_motion
from ..batch import MotionBatch


class Ratio(NamedTuple):
    """Per clip ``numerator (N,)`` and ``denominator (N,)``, float64; the value is their quotient, 0/0 is undefined.

    ``by_generation`` has both once more as ``(N, K)``, where each generation has a value of its own.

    Over a set of clips the value is Σ numerator / Σ denominator: a mean over clips where denominators are 0 or 1,
    a micro-average where they count events. Sums merge, so batches and processes can be added up.
    """

    numerator: torch.Tensor
    denominator: torch.Tensor
    by_generation: tuple[torch.Tensor, torch.Tensor] | None = None

    @property
    def value(self) -> torch.Tensor:
        """Value of each clip ``(N,)``, NaN where undefined."""
        return self.numerator / self.denominator

    @property
    def mean(self) -> torch.Tensor:
        """Value over all clips."""
        return self.numerator.sum() / self.denominator.sum()


#: Variant → per-clip ratio; the key '' is the metric itself.
Scores: TypeAlias = dict[str, Ratio]
Features: TypeAlias = Sequence[torch.Tensor]


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


def batches(
    pred: Any, ref: Any, lengths: Any = None, fps: float = 30.0, clip_ids: Sequence[str] | None = None
) -> tuple[MotionBatch, MotionBatch]:
    """Check predictions and references and put them in batches of N·K and N motions.

    ``ref`` may be None for metrics that need none; then the predictions themselves stand in for it.

    Raises:
        MotionError: a motion is not one.
        InputError: predictions and references do not belong together.
    """
    prediction = check_motion(pred, name="prediction", lengths=lengths, clip_ids=clip_ids)
    if prediction.ndim == 5:
        prediction = prediction[:, None]
    if prediction.ndim != 6:
        raise InputError(
            f"predictions have shape {tuple(prediction.shape)}, expected (N, T, 2, 21, 3) or (N, K, T, 2, 21, 3)",
            fix="Put clips first, then generations",
        )
    num_clips, num_generations, num_frames = prediction.shape[:3]
    reference = prediction[:, 0]
    if ref is not None:
        reference = check_motion(ref, name="reference", lengths=lengths, clip_ids=clip_ids)
        if reference.ndim != 5 or reference.shape[:2] != (num_clips, num_frames):
            raise InputError(
                f"references have shape {tuple(reference.shape)}, predictions {tuple(prediction.shape)}",
                fix="Give one reference (T, 2, 21, 3) per clip with as many frames as its predictions",
            )
    count = None if lengths is None else torch.as_tensor(lengths).to(torch.int64)
    check_frames(prediction, count, name="prediction", clip_ids=clip_ids)
    check_frames(reference, count, name="reference", clip_ids=clip_ids)
    repeated = None if count is None else count.repeat_interleave(num_generations)
    return (
        MotionBatch(prediction.flatten(0, 1).to(torch.float64), repeated, fps),
        MotionBatch(reference.to(torch.float64), count, fps),
    )
