"""What a hand motion is and what can be measured on it; imports nothing else of the library.

``skeleton`` names the joints, ``check_motion`` guards every boundary, ``hand_frames`` and ``joint_angles`` read the
pose, ``forward_kinematics`` writes it, ``contact_distances`` → ``contact_mask`` → ``extract_events`` →
``match_onsets`` is the way from positions to contact timing.
"""

from .angles import ANGLE_NAMES, NUM_ANGLES, JointAngles, joint_angles, wrap_degrees
from .contact import CHANNEL_NAMES, CHANNELS, NUM_CHANNELS, channels_of, contact_distances
from .events import Events, contact_mask, extract_events
from .frames import HandFrames, check_frames, hand_frames, right_in_left
from .kinematics import HandShape, forward_kinematics
from .matching import Matching, match_intervals, match_onsets
from .motion import MotionError, check_motion, lengths_mask

__all__ = [
    "ANGLE_NAMES",
    "CHANNELS",
    "CHANNEL_NAMES",
    "NUM_ANGLES",
    "NUM_CHANNELS",
    "Events",
    "HandFrames",
    "HandShape",
    "JointAngles",
    "Matching",
    "MotionError",
    "channels_of",
    "check_frames",
    "check_motion",
    "contact_distances",
    "contact_mask",
    "extract_events",
    "forward_kinematics",
    "hand_frames",
    "joint_angles",
    "lengths_mask",
    "match_intervals",
    "match_onsets",
    "right_in_left",
    "wrap_degrees",
]
