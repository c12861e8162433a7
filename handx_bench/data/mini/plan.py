"""What a clip of HandX-Mini is planned as, before anything is solved or moved.

A plan has *poses* of both hands, *timelines* that say when each hand stands in which pose, *goals* that a pose must
meet (contacts, solved by inverse kinematics) and *holds* that keep a goal over an interval, possibly along a path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...hand.angles import NUM_ANGLES
from ...hand.skeleton import FINGERS, JOINT_INDEX, LEFT, NUM_JOINTS

FRAMES = 60
FPS = 30.0
WORLD = -1

#: The 52 degrees of freedom of two hands: angles (left, right), wrists, rotations.
NUM_DOFS = 2 * (NUM_ANGLES + 6)


@dataclass(frozen=True)
class Goal:
    """A weighted sum of joints that must have a length (``distance``) or be a vector seen from ``frame``.

    Attributes:
        weights: ``(42,)`` weight of each joint of (left, right); a difference of points has sum 0.
        target: metres; the wanted length in ``target[0]``, or the wanted vector. Seen from a hand it is
            (distal, radial, dorsal), equal for mirrored hands.
        rows: which components count, 0–1.
        frame: ``LEFT``, ``RIGHT`` or ``WORLD``.
    """

    weights: np.ndarray
    target: np.ndarray
    rows: np.ndarray
    frame: int = WORLD
    is_distance: bool = False


@dataclass(frozen=True)
class Hold:
    """Goal number ``goal`` of the plan is kept from frame ``on`` to ``off``; ``path (T, 3)`` moves its target."""

    goal: int
    on: float
    off: float
    ramp: float = 4.0
    path: np.ndarray | None = None


@dataclass
class Pose:
    """Both hands at one moment: ``angles (2, 20)`` degrees, ``wrist (2, 3)`` metres, ``rotation (2, 3, 3)``.

    ``solve`` lists the goals it must meet. A pose with ``base`` is instead that solved pose with its wrists moved
    by ``lift (2, 3)`` metres and its angles changed by ``bend (2, 20)`` degrees.
    """

    angles: np.ndarray
    wrist: np.ndarray
    rotation: np.ndarray
    solve: tuple[int, ...] = ()
    base: int | None = None
    lift: np.ndarray = field(default_factory=lambda: np.zeros((2, 3)))
    bend: np.ndarray = field(default_factory=lambda: np.zeros((2, NUM_ANGLES)))


@dataclass(frozen=True)
class Touch:
    """An intended contact: ``first`` and ``second`` are (hand, finger or "palm"), from frame ``on`` to ``off``."""

    kind: str
    first: tuple[str, str]
    second: tuple[str, str]
    on: float
    off: float


@dataclass(frozen=True)
class Facts:
    """What happens in a clip, as planned.

    Attributes:
        gesture: its name in ``GESTURES``.
        acting: the hands that do it, ``("left",)``, ``("right",)`` or both.
        phase: "alone", "together", "left leads", "right leads", "alternating from left" or "alternating from right".
        repetitions: how often it is done.
        lag: frames by which the second hand follows.
        touches: the intended contacts in time.
        words: what else is planned, e.g. the shape that is written.
    """

    gesture: str
    acting: tuple[str, ...]
    phase: str
    repetitions: int
    lag: float
    touches: tuple[Touch, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Plan:
    """A clip before solving. ``timelines[hand]`` is a list of (frame, number of the pose) in order of time.

    ``mobility (52,)`` are the variances by which the solver shares a correction among the degrees of freedom;
    ``shared_sway`` lets both hands drift together, so that a contact between them is not drifted apart; ``calm``
    scales the drift of the fingers.
    """

    facts: Facts
    poses: list[Pose]
    timelines: tuple[list[tuple[float, int]], list[tuple[float, int]]]
    goals: list[Goal] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    mobility: np.ndarray = field(default_factory=lambda: np.zeros(NUM_DOFS))
    shared_sway: bool = False
    calm: float = 1.0


def combine(*points: tuple[float, int, str]) -> np.ndarray:
    """``(42,)`` weights of a sum of joints, each given as (weight, hand, joint name).

    >>> int(combine((1, 0, "thumb_tip"), (-1, 0, "index_tip")).sum())
    0
    """
    weights = np.zeros(2 * NUM_JOINTS)
    for weight, hand, name in points:
        weights[hand * NUM_JOINTS + JOINT_INDEX[name]] += weight
    return weights


def distance(weights: np.ndarray, metres: float) -> Goal:
    """The vector has this length."""
    return Goal(weights, np.array([metres, 0.0, 0.0]), np.array([1.0, 0.0, 0.0]), is_distance=True)


def offset(
    weights: np.ndarray, frame: int, target: tuple[float, float, float], rows: tuple[float, ...] = (1, 1, 1)
) -> Goal:
    """The vector, seen from ``frame``, is ``target`` in the components of ``rows``."""
    return Goal(weights, np.array(target, dtype=float), np.array(rows, dtype=float), frame)


def mobility(
    fingers: Mapping[int, tuple[str, ...]], wrist_m: tuple[float, float], rotation_deg: tuple[float, float] = (0, 0)
) -> np.ndarray:
    """``(52,)`` variances: per hand the fingers that may move (10° each way), the wrist and its orientation."""
    angles = np.zeros((2, NUM_ANGLES))
    for hand, names in fingers.items():
        for name in names:
            i = FINGERS.index(name)
            angles[hand, 3 * i : 3 * i + 3] = (10.0, 10.0, 6.0)
            angles[hand, 15 + i] = 5.0 if name != "thumb" else 10.0
    wrist = np.repeat(np.array(wrist_m)[:, None], 3, axis=1)
    turn = np.repeat(np.deg2rad(np.array(rotation_deg, dtype=float))[:, None], 3, axis=1)
    return np.concatenate([angles.ravel(), wrist.ravel(), turn.ravel()]) ** 2


def mirrored(hand: int, vector: tuple[float, float, float] | np.ndarray) -> np.ndarray:
    """World vector from (outwards, front, up), so that both hands can be described alike."""
    out, front, up = vector
    return np.array([-out if hand == LEFT else out, front, up])
