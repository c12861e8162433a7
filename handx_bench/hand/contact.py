"""Distances of the 44 contact channels of two hands, and the masks of contact made from them.

Channels, kept apart because they mean different touches:

* ``intra``: thumb tip to each other tip of the same hand, 4 per hand;
* ``tip_palm``: each tip to the opposite palm, 5 per hand;
* ``tip_tip``: tip to opposite tip, 25;
* ``palm_palm``: palm to palm.

The palm is four triangles (``skeleton.PALM_TRIANGLES``) and distances to it are exact. Joints lie inside the
flesh, so touching hands have joints some millimetres apart: the entering thresholds are 20 mm for tips, 25 mm for
a tip on a palm and 40 mm for two palms.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from ._arrays import numpy_or_torch
from .palm import palm_palm_distance, tip_palm_distance
from .skeleton import HANDS, LEFT, RIGHT, TIP_FINGERS, TIPS


class ContactChannel(NamedTuple):
    """One pair of parts whose touch is observed."""

    name: str
    kind: str
    enter_m: float


#: Distance below which a contact begins, by kind of channel, in metres.
ENTER_M = {"intra": 0.020, "tip_palm": 0.025, "tip_tip": 0.020, "palm_palm": 0.040}
#: A contact ends only above its entering distance plus this, in metres.
HYSTERESIS_M = 0.005


def _channels() -> tuple[ContactChannel, ...]:
    thumb, *others = TIP_FINGERS
    names = {
        "intra": [f"{hand}_{thumb}-{hand}_{finger}" for hand in HANDS for finger in others],
        "tip_palm": [f"{hand}_{finger}-{other}_palm" for hand, other in (HANDS, HANDS[::-1]) for finger in TIP_FINGERS],
        "tip_tip": [f"left_{left}-right_{right}" for left in TIP_FINGERS for right in TIP_FINGERS],
        "palm_palm": ["left_palm-right_palm"],
    }
    return tuple(ContactChannel(n, kind, ENTER_M[kind]) for kind, ns in names.items() for n in ns)


CHANNELS = _channels()
CHANNEL_NAMES = tuple(channel.name for channel in CHANNELS)
NUM_CHANNELS = len(CHANNELS)


def channels_of(*kinds: str) -> list[int]:
    """Indices of the channels of the given kinds.

    >>> channels_of("palm_palm")
    [43]
    """
    return [i for i, channel in enumerate(CHANNELS) if channel.kind in kinds]


INTRA = channels_of("intra")
INTER = channels_of("tip_palm", "tip_tip", "palm_palm")


def enter_thresholds(dtype: torch.dtype = torch.float64, device: torch.device | None = None) -> torch.Tensor:
    """``(44,)`` entering distance of each channel, metres."""
    return torch.tensor([channel.enter_m for channel in CHANNELS], dtype=dtype, device=device)


@numpy_or_torch
def contact_distances(motion: torch.Tensor) -> torch.Tensor:
    """Distance of every channel at each time.

    Args:
        motion: ``(..., 2, 21, 3)`` metres.

    Returns:
        ``(..., 44)`` metres in the order of ``CHANNELS``.
    """
    tips = motion[..., list(TIPS), :]
    thumbs, others = tips[..., :1, :], tips[..., 1:, :]
    intra = (others - thumbs).norm(dim=-1).flatten(-2)
    across = tip_palm_distance(motion).flatten(-2)
    tip_tip = torch.cdist(tips[..., LEFT, :, :], tips[..., RIGHT, :, :], compute_mode="donot_use_mm_for_euclid_dist")
    return torch.cat([intra, across, tip_tip.flatten(-2), palm_palm_distance(motion)[..., None]], dim=-1)
