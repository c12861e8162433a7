"""Does the motion do what its text says? Atomic claims of the text, checked on motion codes; nothing is learned.

Texts speak of directions in the world (up, forward, left), so unlike other metrics this one sees a turn of the scene,
though not a shift.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ...annotate.claims import Reading, check_claims, parse
from ...annotate.claims.claim import Status
from ...annotate.texts import PARTS
from ..batch import MotionBatch
from ._scores import Ratio, Scores, mean_over_generations, metric_function

#: What a clip is said to do: the texts of the left hand, the right hand and their interaction; empty ones say nothing.
ClipTexts = Sequence[str]


@metric_function
def claim_agreement(pred: MotionBatch, ref: MotionBatch, *, texts: Sequence[ClipTexts]) -> Scores:
    """Share of a clip's checkable claims that its motion satisfies, the mean over clips.

    ``texts`` has (left, right, interaction) of each clip. ``left``, ``right``, ``interaction``: claims of that text
    alone. Coverage is the share of the texts' clauses that claim something that can be checked; a clip without any such
    claim has no value.
    """
    num = len(pred) // len(ref)
    readings = [[parse(text, part) for text, part in zip(clip, PARTS, strict=True)] for clip in texts]
    # (N, K, parts): how many claims hold, and how many there are to check.
    satisfied = torch.zeros(len(readings), num, len(PARTS), dtype=torch.float64)
    applicable = torch.zeros_like(satisfied)
    for i, clip in enumerate(readings):
        for k in range(num):
            for p, reading in enumerate(clip):
                statuses = [verdict.status for verdict in check_claims(reading.claims, pred.codes[i * num + k])]
                satisfied[i, k, p] = statuses.count(Status.SATISFIED)
                applicable[i, k, p] = len(statuses) - statuses.count(Status.NOT_CHECKABLE)
    scores = {"": _share(satisfied.sum(-1), applicable.sum(-1), readings)}
    for p, part in enumerate(PARTS):
        scores[part] = _share(satisfied[..., p], applicable[..., p], [clip[p : p + 1] for clip in readings])
    return scores


def _share(satisfied: torch.Tensor, applicable: torch.Tensor, readings: Sequence[Sequence[Reading]]) -> Ratio:
    """The ratio of each clip, with the share of its clauses that were read."""
    clauses = [(sum(r.num_read for r in clip), sum(r.num_clauses for r in clip)) for clip in readings]
    read = torch.tensor([read / total if total else 0.0 for read, total in clauses], dtype=torch.float64)
    return mean_over_generations(satisfied / applicable.clamp(min=1), applicable > 0)._replace(observed=read)
