"""From a distance over time to contact events.

The way: hysteresis → gaps of a few frames closed → short contacts dropped → half-open events ``[onset, offset)``.
An event that touches the edge of the clip has no onset (or offset) of its own: it is censored there.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from ._arrays import numpy_or_torch
from .contact import HYSTERESIS_M, enter_thresholds
from .motion import lengths_mask

MIN_FRAMES = 3
MAX_GAP = 2


class Events(NamedTuple):
    """``E`` events of a mask ``(..., T, C)``, sorted by row, channel and onset.

    ``row (E,)`` is the flat index over the leading axes, ``channel (E,)``; ``onset``, ``offset (E,)`` in frames,
    half-open; ``has_onset``, ``has_offset (E,)`` are False where the clip's edge cuts the event.
    """

    row: torch.Tensor
    channel: torch.Tensor
    onset: torch.Tensor
    offset: torch.Tensor
    has_onset: torch.Tensor
    has_offset: torch.Tensor


@numpy_or_torch
def contact_mask(
    distances: torch.Tensor,
    lengths: torch.Tensor | None = None,
    enter: torch.Tensor | float | None = None,
    hysteresis: float = HYSTERESIS_M,
    min_frames: int = MIN_FRAMES,
    max_gap: int = MAX_GAP,
) -> torch.Tensor:
    """Where there is contact.

    Args:
        distances: ``(..., T, C)`` metres.
        lengths: ``(...)`` frames that count; there is no contact beyond.
        enter: distance below which contact begins, a number or ``(C,)``; the channels' own where None.
        hysteresis: contact ends above ``enter + hysteresis``.
        min_frames: shorter contacts are dropped, after gaps are closed.
        max_gap: interruptions of up to so many frames are closed.

    Returns:
        bool ``(..., T, C)``.

    >>> contact_mask(torch.tensor([[30.0, 19, 23, 24, 26, 10]]).T, enter=20.0, hysteresis=5.0, min_frames=1).T
    tensor([[False,  True,  True,  True,  True,  True]])
    """
    if enter is None:
        enter = enter_thresholds(distances.dtype, distances.device)
    num_frames = distances.shape[-2]
    inside, outside = distances < enter, distances > enter + hysteresis
    valid = None
    if lengths is not None:
        valid = lengths_mask(lengths.to(distances.device), num_frames)[..., None]
        inside, outside = inside & valid, outside | ~valid
    time = torch.arange(1, num_frames + 1, device=distances.device)[:, None]
    # In contact where the last crossing seen so far was inwards.
    mask = _last(inside, time) > _last(outside, time)
    mask = _fill_runs(mask, max_gap, value=False)
    if valid is not None:
        mask = mask & valid
    return _fill_runs(mask, min_frames - 1, value=True)


@numpy_or_torch
def extract_events(mask: torch.Tensor, lengths: torch.Tensor | None = None) -> Events:
    """The events of a contact mask ``(..., T, C)``; see :class:`Events`."""
    num_frames, num_channels = mask.shape[-2:]
    rows = mask.reshape(-1, num_frames, num_channels).transpose(1, 2)
    edge = torch.zeros(*rows.shape[:-1], 1, dtype=torch.bool, device=mask.device)
    change = torch.diff(torch.cat([edge, rows, edge], dim=-1).to(torch.int8), dim=-1)
    row, channel, onset = (change == 1).nonzero(as_tuple=True)
    offset = (change == -1).nonzero(as_tuple=True)[2]
    last = torch.full((rows.shape[0],), num_frames, device=mask.device)
    if lengths is not None:
        last = lengths.reshape(-1).to(mask.device)
    return Events(row, channel, onset, offset, onset > 0, offset < last[row])


def _last(event: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
    """Time (1-based) of the latest True up to each frame; 0 before the first."""
    return torch.where(event, time, 0).cummax(dim=-2).values


def _fill_runs(mask: torch.Tensor, longest: int, value: bool) -> torch.Tensor:
    """Flip runs of ``value`` that are at most ``longest`` frames long; runs of False count only between contacts."""
    if longest <= 0:
        return mask
    num_frames = mask.shape[-2]
    time = torch.arange(1, num_frames + 1, device=mask.device)[:, None]
    other = mask != value
    before = _last(other, time)
    after = num_frames + 1 - _last(other.flip(-2), time).flip(-2)
    short = (mask == value) & (after - before - 1 <= longest)
    if not value:
        short &= (before > 0) & (after <= num_frames)
    return mask ^ short
