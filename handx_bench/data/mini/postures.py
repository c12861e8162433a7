"""Named postures of the fingers and orientations of the hand."""

from __future__ import annotations

import numpy as np

from ...hand.angles import NUM_ANGLES
from ...hand.skeleton import FINGERS, LEFT
from .draw import Draw
from .plan import mirrored
from .trajectory import rotation_matrices

Four = tuple[float, float, float, float]


def posture(index: Four, middle: Four, ring: Four, pinky: Four, thumb: Four) -> np.ndarray:
    """``(20,)`` degrees from (MCP, PIP, DIP flexion, abduction) of each finger; thumb: CMC, MCP, IP."""
    given = {"index": index, "middle": middle, "ring": ring, "pinky": pinky, "thumb": thumb}
    angles = np.zeros(NUM_ANGLES)
    for i, finger in enumerate(FINGERS):
        angles[3 * i : 3 * i + 3] = given[finger][:3]
        angles[15 + i] = given[finger][3]
    return angles


def with_finger(angles: np.ndarray, finger: str, values: Four) -> np.ndarray:
    """A copy of ``angles`` with one finger changed."""
    i, out = FINGERS.index(finger), angles.copy()
    out[..., 3 * i : 3 * i + 3] = values[:3]
    out[..., 15 + i] = values[3]
    return out


REST = posture((18, 25, 12, 3), (22, 28, 14, 0), (26, 30, 15, -3), (28, 32, 16, -7), (20, 8, 12, -25))
FLAT = posture((1, 3, 2, 1), (1, 3, 2, 0), (-2, 3, 2, -1), (-6, 4, 2, -3), (0, 0, 2, -30))
OPEN = posture((1, 3, 2, 13), (0, 3, 2, 2), (1, 3, 2, -8), (2, 4, 3, -18), (8, -4, 0, 10))
FIST = posture((80, 95, 62, 2), (84, 96, 64, 0), (86, 97, 64, -2), (86, 95, 62, -5), (38, 35, 40, -45))
THUMB_OUT = posture((80, 95, 62, 2), (84, 96, 64, 0), (86, 97, 64, -2), (86, 95, 62, -5), (12, 0, 6, -14))
POINT = posture((2, 4, 2, 2), (80, 92, 58, 0), (84, 95, 60, -2), (84, 92, 58, -5), (46, 30, 34, -45))
HOLD = posture((42, 50, 28, 4), (46, 52, 30, 0), (48, 54, 30, -3), (50, 54, 30, -7), (45, 18, 25, -30))
TRIPOD = posture((48, 42, 20, 2), (54, 44, 22, 0), (78, 84, 48, -2), (80, 86, 48, -5), (42, 18, 24, -38))
TOUCH = posture((24, 18, 9, 2), (27, 20, 10, -1), (62, 70, 40, -3), (66, 72, 42, -6), (16, 10, 14, -24))
WRITE = posture((18, 18, 9, 0), (76, 90, 55, 0), (80, 92, 58, -2), (82, 90, 56, -5), (18, 20, 26, -26))
STEEPLE = posture((24, 20, 10, 11), (26, 22, 11, 1), (26, 21, 11, -8), (24, 17, 9, -17), (20, 6, 10, -15))
LACE = posture((52, 62, 30, 8), (54, 64, 32, 1), (54, 64, 32, -6), (52, 58, 30, -13), (4, 4, 12, -16))
MESH = posture((8, 8, 4, 12), (8, 8, 4, 2), (8, 8, 4, -8), (9, 8, 5, -17), (6, 2, 6, -12))
TIE = posture((45, 46, 22, 2), (70, 78, 42, -1), (76, 84, 46, -2), (78, 84, 46, -5), (42, 14, 20, -38))
#: The thumb stands off the palm while the fingers pass it.
THUMB_OFF = (54.0, 0.0, 4.0, -16.0)
#: One finger meets the thumb while the others stay out of the way.
PINCH = {
    "index": posture((45, 46, 22, 2), (20, 16, 8, -2), (14, 14, 8, -6), (10, 12, 7, -12), (42, 14, 20, -38)),
    "middle": posture((14, 12, 6, 10), (52, 50, 24, 0), (20, 18, 10, -8), (12, 14, 8, -14), (46, 18, 24, -48)),
    "ring": posture((10, 10, 6, 10), (16, 14, 8, 6), (58, 56, 28, 0), (24, 22, 12, -10), (48, 24, 30, -56)),
    "pinky": posture((8, 9, 6, 8), (12, 12, 7, 4), (18, 18, 10, 2), (64, 58, 30, 4), (50, 30, 36, -64)),
}  # fmt: skip


def orientation(hand: int, distal: np.ndarray, palmar: np.ndarray) -> np.ndarray:
    """``(3, 3)`` hand frame whose fingers point along ``distal`` and whose palm faces ``palmar``, in the world.

    Args:
        hand: ``LEFT`` or ``RIGHT``.
        distal: ``(3,)``.
        palmar: ``(3,)``, its part along ``distal`` is removed.
    """
    x = distal / np.sqrt((distal * distal).sum())
    face = palmar - (palmar * x).sum() * x
    face = face / np.sqrt((face * face).sum())
    z = face if hand == LEFT else -face
    return np.stack([x, np.cross(z, x), z], axis=-1)


def facing(draw: Draw, hand: int, distal: tuple[float, float, float], palmar: tuple[float, float, float],
           spread: float = 0.12) -> np.ndarray:  # fmt: skip
    """An orientation from (outwards, front, up) directions, each disturbed a little."""
    jitter = draw.array(-spread, spread, 2, 3)
    return orientation(hand, mirrored(hand, np.array(distal) + jitter[0]), mirrored(hand, np.array(palmar) + jitter[1]))


def turned(rotation: np.ndarray, axis: np.ndarray, degrees: float) -> np.ndarray:
    """``rotation`` turned about a world axis."""
    unit = axis / np.sqrt((axis * axis).sum())
    return rotation_matrices(unit * np.deg2rad(degrees)) @ rotation


def disturbed(draw: Draw, angles: np.ndarray, degrees: float = 3.0) -> np.ndarray:
    """A posture as another person would hold it."""
    return angles + draw.array(-degrees, degrees, NUM_ANGLES)
