"""Motion codes: what a clip does, as events and states of named channels (after HandX, arXiv 2603.28766, section 3).

``signals`` measures a channel at each frame, ``segments`` finds where it changes, ``channels`` says with which
thresholds and in which words, ``motion`` puts it together.
"""

from .channels import CHANNEL_NAMES, CHANNELS, Channel
from .motion import MotionCodes, Span, Track, codes_of_clips, motion_codes
from .segments import Event, segment

__all__ = [
    "CHANNELS",
    "CHANNEL_NAMES",
    "Channel",
    "Event",
    "MotionCodes",
    "Span",
    "Track",
    "codes_of_clips",
    "motion_codes",
    "segment",
]
