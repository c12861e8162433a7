"""Contact timing: which parts touch, when it begins, when it ends.

Functions take motions as in :mod:`.angles`. Channels and events are those of :mod:`handx_bench.hand.contact` and
:mod:`handx_bench.hand.events`; an event cut by the clip's edge has no onset (or offset) to score. Acceptance test of
the family: the reference delayed by 20 frames keeps ``contact_occurrence_f1`` near 1 and drives ``contact_event_f1`` to 0.
"""

from __future__ import annotations

import numpy as np
import torch

from ...hand.contact import INTER, INTRA, NUM_CHANNELS, channels_of
from ...hand.matching import match_intervals, match_onsets
from ..batch import MotionBatch
from ._scores import Ratio, Scores, generations, mean_over_generations, metric_function, ratio

TOLERANCES = (1, 2, 3, 6)
#: Pairs farther apart than half a second are not the same contact.
MATCH_WINDOW_FRAMES = 15
IOU_THRESHOLDS = (0.3, 0.5, 0.7)


@metric_function
def contact_event_f1(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """F1 of onsets matched within a channel: tolerances of 1, 2, 3, 6 frames and their mean.

    ``precision`` and ``recall`` are means over the tolerances too; ``intra`` and ``inter`` split the channels into those
    of one hand and those between the hands, ``tip_palm``, ``tip_tip`` and ``palm_palm`` the latter by what touches.
    Micro-averaged: counts are summed before dividing.
    """
    times = _Times(pred, ref, "onset")
    every = list(range(NUM_CHANNELS))
    true = {tolerance: times.matched(tolerance) for tolerance in TOLERANCES}
    mean = torch.stack(list(true.values())).mean(0)
    scores = {"": times.f1(mean, every)}
    scores |= {f"tol{tolerance}": times.f1(counts, every) for tolerance, counts in true.items()}
    scores["precision"] = ratio(mean, times.predicted)
    scores["recall"] = ratio(mean, times.reference)
    kinds = {kind: channels_of(kind) for kind in ("intra", "tip_palm", "tip_tip", "palm_palm")}
    return scores | {name: times.f1(mean, members) for name, members in {**kinds, "inter": INTER}.items()}


@metric_function
def contact_onset_error(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Mean absolute difference (ms) of onsets matched within 15 frames, and the share of reference onsets matched."""
    return _timing_error(pred, ref, "onset")


@metric_function
def contact_offset_error(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Mean absolute difference (ms) of offsets matched within 15 frames, and the share of reference offsets matched."""
    return _timing_error(pred, ref, "offset")


@metric_function
def contact_iou(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Temporal intersection over union of the contact masks, and F1 of events matched at tIoU 0.3, 0.5 and 0.7."""
    num = len(pred) // len(ref)
    a, b = generations(pred.contact, num), ref.contact[:, None]
    scores = {"": ratio(a & b, a | b)}
    intervals, every = _Times(pred, ref, "interval"), list(range(NUM_CHANNELS))
    for threshold in IOU_THRESHOLDS:
        scores[f"f1_{round(100 * threshold)}"] = intervals.f1(intervals.matched(threshold), every)
    return scores


@metric_function
def contact_occurrence_f1(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """F1 of "did this contact ever occur in the clip", micro-averaged over channels; blind to time."""
    num = len(pred) // len(ref)
    a, b = generations(pred.contact.any(1), num), ref.contact.any(1)[:, None]
    groups = {"": list(range(NUM_CHANNELS)), "intra": INTRA, "inter": INTER}
    return {
        name: ratio(2.0 * (a & b)[..., members], (a[..., members].double() + b[..., members].double()))
        for name, members in groups.items()
    }


@metric_function
def contact_statistics(pred: MotionBatch, ref: MotionBatch) -> Scores:
    """Absolute differences of what is in contact, how long and how often, averaged over channels used by either.

    ``ratio``: share of frames in contact; ``duration`` (s): mean length of an event, where both have one;
    ``frequency`` (1/s): events per second.
    """
    num = len(pred) // len(ref)
    (share_p, duration_p, rate_p), (share_r, duration_r, rate_r) = _usage(pred), _usage(ref)
    used = generations(share_p > 0, num) | (share_r > 0)[:, None]
    both = generations(share_p > 0, num) & (share_r > 0)[:, None]

    def mean_difference(a: torch.Tensor, b: torch.Tensor, where: torch.Tensor) -> Ratio:
        difference = torch.where(where, (generations(a, num) - b[:, None]).abs(), 0.0)
        count = where.sum(-1)
        return mean_over_generations(difference.sum(-1) / count.clamp(min=1), count > 0)

    return {
        "ratio": mean_difference(share_p, share_r, used),
        "duration": mean_difference(duration_p, duration_r, both),
        "frequency": mean_difference(rate_p, rate_r, used),
    }


def _usage(batch: MotionBatch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Share of frames in contact, mean event duration (s) and events per second, each ``(M, 44)``."""
    events = batch.events
    count = torch.zeros(len(batch), NUM_CHANNELS, dtype=torch.float64, device=batch.motion.device)
    count.index_put_((events.row, events.channel), torch.ones_like(events.row, dtype=count.dtype), accumulate=True)
    frames = batch.contact.sum(1).to(count)
    seconds = batch.lengths[:, None] / batch.fps
    return frames / batch.lengths[:, None], frames / batch.fps / count.clamp(min=1), count / seconds


def _timing_error(pred: MotionBatch, ref: MotionBatch, edge: str) -> Scores:
    times = _Times(pred, ref, edge)
    matched, total = times.matched_with_difference(MATCH_WINDOW_FRAMES)
    milliseconds = 1000.0 / pred.fps
    return {"": ratio(total * milliseconds, matched), "match_rate": ratio(matched, times.reference)}


class _Times:
    """Onsets, offsets or whole intervals of both sides, grouped by clip, generation and channel; counts ``(N, K, 44)``."""

    def __init__(self, pred: MotionBatch, ref: MotionBatch, edge: str) -> None:
        self.edge, self.num_ref, self.num = edge, len(ref), len(pred) // len(ref)
        self._pred, self._pred_group = self._times(pred, 1)
        self._ref, self._ref_group = self._times(ref, self.num)
        self.predicted, self.reference = self._count(self._pred_group), self._count(self._ref_group)

    def _times(self, batch: MotionBatch, repeat: int) -> tuple[np.ndarray, np.ndarray]:
        """Times ``(E, 2)`` of the edges and their group, each reference once for every generation."""
        row, channel, onset, offset, has_onset, has_offset = (x.cpu().numpy() for x in batch.events)
        keep = {"onset": has_onset, "offset": has_offset, "interval": np.ones_like(has_onset)}[self.edge]
        times = np.stack([onset, offset], axis=1)[keep]
        row, channel = row[keep], channel[keep]
        if repeat > 1:
            row = (row[:, None] * repeat + np.arange(repeat)).reshape(-1)
            channel, times = np.repeat(channel, repeat), np.repeat(times, repeat, axis=0)
        group = row * NUM_CHANNELS + channel
        order = np.argsort(group, kind="stable")
        return times[order], group[order]

    def _count(self, group: np.ndarray, weights: np.ndarray | None = None) -> torch.Tensor:
        size = self.num_ref * self.num * NUM_CHANNELS
        counts = np.bincount(group, weights=weights, minlength=size).astype(np.float64)
        return torch.from_numpy(counts).reshape(self.num_ref, self.num, NUM_CHANNELS)

    def matched(self, tolerance: float) -> torch.Tensor:
        """Matched pairs ``(N, K, 44)``."""
        return self.matched_with_difference(tolerance)[0]

    def matched_with_difference(self, tolerance: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Matched pairs and the sum of their time differences in frames, each ``(N, K, 44)``."""
        if self.edge == "interval":
            pairs = match_intervals(self._ref, self._pred, tolerance, self._ref_group, self._pred_group)
            column = 0
        else:
            column = ("onset", "offset").index(self.edge)
            ref, pred = self._ref[:, column], self._pred[:, column]
            pairs = match_onsets(ref, pred, tolerance, self._ref_group, self._pred_group)
        group = self._ref_group[pairs.reference]
        difference = np.abs(self._ref[pairs.reference, column] - self._pred[pairs.predicted, column])
        return self._count(group), self._count(group, difference.astype(np.float64))

    def f1(self, true: torch.Tensor, members: list[int]) -> Ratio:
        """2 TP / (predicted + reference) over the given channels."""
        return ratio(2 * true[..., members], (self.predicted + self.reference)[..., members])
