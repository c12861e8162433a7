"""HandX-Mini: a small procedural set of two-hand gestures that every installation can build by itself.

Hands of anatomical size move between poses solved by inverse kinematics, so that the contacts each gesture promises
(:data:`GESTURES`) really happen. It is made for demonstrations, tests and tutorials; it is not recorded motion.
"""

from __future__ import annotations

from .builder import SPLITS, VERSION, build, facts, fingerprint
from .fingerprints import FINGERPRINT
from .gestures import GESTURES, Contact, Gesture
from .plan import Facts, Touch
from .store import load

__all__ = [
    "FINGERPRINT",
    "GESTURES",
    "SPLITS",
    "VERSION",
    "Contact",
    "Facts",
    "Gesture",
    "Touch",
    "build",
    "facts",
    "fingerprint",
    "load",
]
