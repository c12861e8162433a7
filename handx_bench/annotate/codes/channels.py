"""The channels of motion codes: what each measures, its states, and when it counts as changed.

Angles are degrees, lengths metres, speeds per second. Thresholds are those of the released code (at 30 frames per
second, hence durations in seconds) but for these: a finger's mean flexion changes by 20°, since its joints rarely
bend by the same, and may do so in 0.1 s, since fingers tap several times a second; hyper-extension begins at −20°; the
tips of both hands are treated alike.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

from ...hand.skeleton import CHAINS, FINGERS, HANDS, JOINT_NAMES, TIP_FINGERS
from .segments import Intervals

HYPER_EXTENDED, EXTENDED, PARTLY_BENT, BENT = "hyper-extended", "extended", "partly bent", "bent"
CLOSED, OPEN = "closed", "open"
TOUCHING, NEAR, MEDIUM, FAR = "contact", "near", "medium", "far"
SLOW, MODERATE, FAST = "slow", "medium", "fast"
ALIGNED = "aligned"
#: Words for the negative and the positive direction of each world axis.
AXES = {"x": ("left", "right"), "y": ("backward", "forward"), "z": ("down", "up")}
#: Where the right hand is, seen from the left hand, by axis.
PLACES = {"x": ("left", "right"), "y": ("behind", "in front"), "z": ("below", "above")}
#: Neighbouring fingers, between which spacing is measured.
NEIGHBOURS = tuple(itertools.pairwise(TIP_FINGERS[1:]))


class Kind(NamedTuple):
    """What channels of one kind share.

    Attributes:
        directions: words for a fall and a rise of the signal.
        states: intervals of the signal, see :func:`~handx_bench.annotate.codes.segments.segment`.
        speeds: upper bounds of slow and medium speed.
        min_change: least change of an event.
        min_duration_s: least duration of an event.
        by_state: whether an event must change the state.
        max_reversal: if finite, an event must not go back by so much on its way, and ends where it has gone furthest. The
            released code lets it go back where most frames agree, and end only when too many no longer do, which leaves
            too little of a quick way back for an event of its own.
        contact_m: for contacts, which have no other events, the distance at which they touch.
    """

    directions: tuple[str, str]
    states: Intervals
    speeds: tuple[float, float]
    min_change: float
    min_duration_s: float
    by_state: bool = True
    max_reversal: float = math.inf
    contact_m: float | None = None


class Channel(NamedTuple):
    """A named signal; the parts of the name are joined by dots."""

    name: str
    kind: Kind


def _flexion(min_change: float, min_duration_s: float) -> Kind:
    bounds = ((-math.inf, -20, HYPER_EXTENDED), (-20, 30, EXTENDED), (30, 60, PARTLY_BENT), (60, math.inf, BENT))
    speeds = math.degrees(0.15), math.degrees(1.3)
    return Kind(("extend", "bend"), bounds, speeds, min_change, min_duration_s, max_reversal=min_change)


def _distance(bounds: Intervals, min_change: float) -> Kind:
    return Kind(("approach", "recede"), bounds, (0.025, 0.07), min_change, 0.2, max_reversal=min_change)


def _contact(enter_m: float) -> Kind:
    # Touching at the very threshold counts, as in the released code.
    above = math.nextafter(enter_m, math.inf)
    states = ((-math.inf, above, TOUCHING), (above, math.inf, FAR))
    return Kind(("approach", "recede"), states, (0, 0), math.inf, 0, contact_m=enter_m)


def _position(axis: str) -> Kind:
    low, high = PLACES[axis]
    bounds = ((-math.inf, -0.02, low), (-0.02, 0.02, ALIGNED), (0.02, math.inf, high))
    return Kind(AXES[axis], bounds, (0.025, 0.07), 0.05, 4 / 30, max_reversal=0.05)


JOINT = _flexion(30.0, 0.2)
FINGER = _flexion(20.0, 0.1)
SPACING = Kind(
    ("close", "open"), ((0, 20, CLOSED), (20, math.inf, OPEN)),
    (math.degrees(0.03), math.degrees(1.3)), 18.0, 0.2,
)  # fmt: skip
THUMB_CONTACT = _contact(0.020)
TIP_TIP = _contact(0.020)
TIP_PALM = _distance(((0, 0.025, TOUCHING), (0.025, 0.035, NEAR), (0.035, math.inf, FAR)), 0.03)
PALM_PALM = _distance(
    ((0, 0.040, TOUCHING), (0.040, 0.080, NEAR), (0.080, 0.120, MEDIUM), (0.120, math.inf, FAR)), 0.05
)
WRIST = {axis: Kind(words, (), (0.03, 0.15), 0.03, 4 / 30, by_state=False) for axis, words in AXES.items()}
POSITION = {axis: _position(axis) for axis in AXES}


def _channels() -> tuple[Channel, ...]:
    """In the order in which :mod:`.signals` fills them."""
    out = []
    for hand in HANDS:
        # CHAINS are in the order of MANO's joints, as the angles are.
        out += [Channel(f"{hand}.joint.{JOINT_NAMES[j]}", JOINT) for chain in CHAINS for j in chain[1:4]]
        out += [Channel(f"{hand}.finger.{finger}", FINGER) for finger in FINGERS]
        out += [Channel(f"{hand}.spacing.{a}-{b}", SPACING) for a, b in NEIGHBOURS]
        out += [Channel(f"{hand}.thumb_contact.{finger}", THUMB_CONTACT) for finger in TIP_FINGERS[1:]]
        out += [Channel(f"{hand}.wrist.{axis}", WRIST[axis]) for axis in AXES]
    out += [Channel(f"tip_tip.left_{a}-right_{b}", TIP_TIP) for a in TIP_FINGERS for b in TIP_FINGERS]
    out += [Channel(f"tip_palm.{hand}_{finger}", TIP_PALM) for hand in HANDS for finger in TIP_FINGERS]
    out.append(Channel("palm_palm", PALM_PALM))
    out += [Channel(f"position.{axis}", POSITION[axis]) for axis in AXES]
    return tuple(out)


CHANNELS = _channels()
CHANNEL_NAMES = tuple(channel.name for channel in CHANNELS)
CHANNEL_INDEX = {name: i for i, name in enumerate(CHANNEL_NAMES)}


def place_of(side: str, state: str, axis: str) -> str:
    """Where the right hand is when the hand on ``side`` is at ``state``.

    >>> place_of("left", "above", "z")
    'below'
    """
    low, high = PLACES[axis]
    return {low: high, high: low}.get(state, state) if side == "left" else state
