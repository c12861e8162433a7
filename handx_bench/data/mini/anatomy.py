"""Size and limits of the hands of HandX-Mini.

Segment lengths and joint positions are fixed shares of the hand's length and breadth (Buchholz, Armstrong &
Goldstein, *Anthropometric data for describing the kinematics of the human hand*, Ergonomics 35(3):261–273, 1992).
The joint centres lie nearly in one plane; the small palmar offsets of the ring and little MCPs (the transverse
arch) and of the thumb's base are of the size seen in recorded hands.
"""

from __future__ import annotations

import numpy as np

from ...hand.skeleton import FINGERS

#: Hand length of the subjects, in metres, and hand breadth as a share of it.
HAND_LENGTH_M = (0.160, 0.210)
BREADTH_RATIO = (0.43, 0.47)

#: Lengths of the three free bones, as shares of hand length; for the thumb metacarpal, proximal, distal.
_BONES = {
    "index": (0.245, 0.143, 0.097),
    "middle": (0.266, 0.170, 0.108),
    "ring": (0.244, 0.165, 0.107),
    "pinky": (0.204, 0.117, 0.093),
    "thumb": (0.251, 0.196, 0.158),
}  # fmt: skip
#: Base joints: distal (share of length), radial (share of breadth), dorsal (share of length).
_BASES = {
    "index": (0.447, 0.251, 0.0),
    "middle": (0.446, 0.0, 0.0),
    "ring": (0.409, -0.206, -0.012),
    "pinky": (0.368, -0.402, -0.035),
    "thumb": (0.073, 0.196, -0.004),
}  # fmt: skip

#: Ranges in degrees: MCP, PIP and DIP flexion and abduction of a finger; CMC, MCP and IP flexion and CMC abduction
#: of the thumb. Those of ``range_of_motion_violation`` (Hume et al. 1990; e-hand); the thumb's abduction, which
#: they leave open, is counted from the line wrist–CMC, so that a thumb beside the index finger has about −45.
_FINGER_LIMITS = ((-45.0, 90.0), (0.0, 100.0), (0.0, 80.0), (-20.0, 20.0))
_THUMB_LIMITS = ((0.0, 60.0), (-10.0, 55.0), (-15.0, 80.0), (-70.0, 20.0))


def hand_shape(length: float, breadth: float) -> tuple[np.ndarray, np.ndarray]:
    """Palm ``(5, 3)`` and bones ``(5, 3)`` of a hand in metres, as in :class:`~handx_bench.hand.kinematics.HandShape`.

    >>> palm, bones = hand_shape(0.2, 0.09)
    >>> [round(float(x), 4) for x in bones[FINGERS.index("middle")]]
    [0.0532, 0.034, 0.0216]
    """
    palm = np.array([_BASES[f] for f in FINGERS]) * np.array([length, breadth, length])
    return palm, np.array([_BONES[f] for f in FINGERS]) * length


def joint_limits() -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest angle of the 20 angles of a hand, each ``(20,)`` degrees.

    >>> low, high = joint_limits()
    >>> float(low[0]), float(high[0]), float(high[15])
    (-45.0, 90.0, 20.0)
    """
    ranges = [_THUMB_LIMITS if f == "thumb" else _FINGER_LIMITS for f in FINGERS]
    flexion = [r[i] for r in ranges for i in range(3)]
    limits = np.array(flexion + [r[3] for r in ranges])
    return limits[:, 0], limits[:, 1]
