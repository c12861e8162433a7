"""The channels of motion codes: what each measures, its states, and when it counts as changed.

Angles are degrees, lengths metres, speeds per second. Bounds of states and least changes are those of the released code but
for these: a finger's mean flexion changes by 20°, since its joints rarely bend by the same; hyper-extension begins at −20°;
the tips of both hands are treated alike. The speed of one hand relative to the other has twice the bounds of a wrist's.
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


class Released(NamedTuple):
    """What the released rules need beside, at 30 frames per second: the least duration of an event, and bounds of speeds."""

    min_duration_s: float
    speeds: tuple[float, float]


class Kind(NamedTuple):
    """What channels of one kind share.

    Attributes:
        directions: words for a fall and a rise of the signal.
        states: intervals of the signal, see :func:`~handx_bench.annotate.codes.segments.segment`.
        speeds: upper bounds of slow and medium speed, between onset and offset.
        min_change: least change of an event; a way back of less is none.
        by_state: whether an event must change the state.
        is_contact: whether it has no changes but contacts, which are as long as its first state lasts.
        released: None where the released code has no such channel.
    """

    directions: tuple[str, str]
    states: Intervals
    speeds: tuple[float, float]
    min_change: float
    by_state: bool = True
    is_contact: bool = False
    released: Released | None = None


class Channel(NamedTuple):
    """A named signal; the parts of the name are joined by dots."""

    name: str
    kind: Kind


FLEXION = (
    (-math.inf, -20, HYPER_EXTENDED), (-20, 30, EXTENDED), (30, 60, PARTLY_BENT), (60, math.inf, BENT),
)  # fmt: skip
FLEXION_SPEEDS = math.degrees(0.15), math.degrees(1.3)
SPACING_SPEEDS = math.degrees(0.03), math.degrees(1.3)
WRIST_SPEEDS, RELATIVE_SPEEDS = (0.03, 0.15), (0.06, 0.30)


def _distance(bounds: Intervals, min_change: float) -> Kind:
    released = Released(0.2, (0.025, 0.07))
    return Kind(("approach", "recede"), bounds, RELATIVE_SPEEDS, min_change, released=released)


def _contact(enter_m: float) -> Kind:
    # Touching at the very threshold counts, as in the released code.
    above = math.nextafter(enter_m, math.inf)
    states = ((-math.inf, above, TOUCHING), (above, math.inf, FAR))
    return Kind(("approach", "recede"), states, (0, 0), math.inf, is_contact=True)


def _position(axis: str) -> Kind:
    low, high = PLACES[axis]
    bounds = ((-math.inf, -0.02, low), (-0.02, 0.02, ALIGNED), (0.02, math.inf, high))
    return Kind(AXES[axis], bounds, RELATIVE_SPEEDS, 0.05, released=Released(4 / 30, (0.025, 0.07)))


JOINT = Kind(("extend", "bend"), FLEXION, FLEXION_SPEEDS, 30.0, released=Released(0.2, FLEXION_SPEEDS))
FINGER = Kind(("extend", "bend"), FLEXION, FLEXION_SPEEDS, 20.0)
SPACING = Kind(
    ("close", "open"), ((0, 20, CLOSED), (20, math.inf, OPEN)), SPACING_SPEEDS, 18.0,
    released=Released(0.2, SPACING_SPEEDS),
)  # fmt: skip
THUMB_CONTACT = _contact(0.020)
TIP_TIP = _contact(0.020)
TIP_PALM = _distance(((0, 0.025, TOUCHING), (0.025, 0.035, NEAR), (0.035, math.inf, FAR)), 0.03)
PALM_PALM = _distance(
    ((0, 0.040, TOUCHING), (0.040, 0.080, NEAR), (0.080, 0.120, MEDIUM), (0.120, math.inf, FAR)), 0.05
)
WRIST = {
    axis: Kind(words, (), WRIST_SPEEDS, 0.03, by_state=False, released=Released(4 / 30, WRIST_SPEEDS))
    for axis, words in AXES.items()
}
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
