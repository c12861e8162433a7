"""What a hand is here: 21 joints in MANO order, five chains, tips and palm.

Conventions (every module relies on them):

* a motion is ``(..., T, 2, 21, 3)``, metres, hand 0 left and hand 1 right;
* world axes: x right, y front, z up; 30 frames per second unless stated;
* joint order of MANO (Romero et al., *Embodied Hands*, SIGGRAPH Asia 2017) with the tips appended as HandX
  does: the pinky stands before the ring finger, the tips are thumb, index, middle, ring, pinky.
"""

from __future__ import annotations

import itertools

LEFT, RIGHT = 0, 1
HANDS = ("left", "right")

WRIST = 0
JOINT_NAMES = (
    "wrist",
    "index_mcp", "index_pip", "index_dip",
    "middle_mcp", "middle_pip", "middle_dip",
    "pinky_mcp", "pinky_pip", "pinky_dip",
    "ring_mcp", "ring_pip", "ring_dip",
    "thumb_cmc", "thumb_mcp", "thumb_ip",
    "thumb_tip", "index_tip", "middle_tip", "ring_tip", "pinky_tip",
)  # fmt: skip
NUM_JOINTS = len(JOINT_NAMES)
JOINT_INDEX = {name: i for i, name in enumerate(JOINT_NAMES)}

#: Fingers in the order of MANO's joints 1–15; angles and chains follow it.
FINGERS = ("index", "middle", "pinky", "ring", "thumb")
#: Fingers in the order of the tips 16–20, which is the order across the palm; contact channels follow it.
TIP_FINGERS = ("thumb", "index", "middle", "ring", "pinky")
TIPS = tuple(JOINT_INDEX[f"{finger}_tip"] for finger in TIP_FINGERS)

#: Wrist, base, middle, end joint and tip of each finger, in the order of ``FINGERS``.
CHAINS = tuple((WRIST, 3 * i + 1, 3 * i + 2, 3 * i + 3, JOINT_INDEX[f"{f}_tip"]) for i, f in enumerate(FINGERS))
#: The 20 bones as (parent, child): per finger metacarpal, proximal, middle, distal.
BONES = tuple((a, b) for chain in CHAINS for a, b in itertools.pairwise(chain))
BONE_NAMES = tuple(f"{JOINT_NAMES[a]}-{JOINT_NAMES[b]}" for a, b in BONES)
#: Parent of each joint; the wrist has itself.
PARENTS = tuple({b: a for a, b in BONES}.get(j, WRIST) for j in range(NUM_JOINTS))

#: The outer corners of the palm from the thumb to the pinky; with the wrist they span ``PALM_TRIANGLES``.
PALM_RIM = tuple(JOINT_INDEX[n] for n in ("thumb_cmc", "index_mcp", "middle_mcp", "ring_mcp", "pinky_mcp"))
#: The palm: four triangles (wrist, base of a finger, base of its neighbour), as in the released HandX code.
PALM_TRIANGLES = tuple((WRIST, a, b) for a, b in itertools.pairwise(PALM_RIM))

#: ``OPENPOSE_TO_MANO[i]`` is the MANO index of OpenPose (= MediaPipe) joint i.
OPENPOSE_TO_MANO = (0, 13, 14, 15, 16, 1, 2, 3, 17, 4, 5, 6, 18, 10, 11, 12, 19, 7, 8, 9, 20)
