"""The gestures of HandX-Mini: names, descriptions and the contacts they promise, in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import pair, single, tools
from .draw import Draw
from .plan import Plan


@dataclass(frozen=True)
class Contact:
    """A contact that a gesture promises.

    ``kind`` is "tip-tip" (two tips of one hand), "tip-palm" (a tip on the other palm), "tip-opposite-tip" or
    "palm-palm"; ``first`` and ``second`` name fingers or "palm". ``hands`` tells on which hands: those that act
    ("acting"), "each", or "both" for contacts that take two hands.
    """

    kind: str
    first: str
    second: str
    hands: str


@dataclass(frozen=True)
class Gesture:
    """A gesture: ``two_handed`` ones cannot be done by one hand; ``clearance_mm`` is the least distance kept between
    thumb tip and index tip, for gestures that promise *not* to touch."""

    name: str
    description: str
    contacts: tuple[Contact, ...] = ()
    two_handed: bool = False
    clearance_mm: float | None = None


def _pinch(finger: str) -> Gesture:
    contact = Contact("tip-tip", "thumb", finger, "acting")
    return Gesture(f"pinch_{finger}", f"the tip of the thumb meets the tip of the {finger} finger", (contact,))


_TIPS = ("thumb", "index", "middle", "ring", "pinky")
_GRIP = tuple(Contact("tip-tip", "thumb", finger, "acting") for finger in ("index", "middle"))

_ALL = (
    *(_pinch(finger) for finger in _TIPS[1:]),
    Gesture("palm_touch", "index and middle fingertips of one hand touch the palm of the other",
            tuple(Contact("tip-palm", f, "palm", "acting") for f in ("index", "middle")), True),
    Gesture("palm_rub", "the palms lie on each other and slide, back and forth or in circles",
            (Contact("palm-palm", "palm", "palm", "both"),), True),
    Gesture("fist", "the hand closes to a fist, the thumb over index and middle finger, and opens"),
    Gesture("open_hands", "the hand opens from a loose fist with the fingers spread"),
    Gesture("counting", "fingers are stretched one after the other from a fist: index, middle, ring, pinky, thumb"),
    Gesture("flip_hands", "the open hand turns from palm down to palm up, and back"),
    Gesture("clap", "the palms strike each other", (Contact("palm-palm", "palm", "palm", "both"),), True),
    Gesture("grab_and_drag", "thumb, index and middle fingertips grasp something small, carry it and let go", _GRIP),
    Gesture("twist_cap", "thumb, index and middle fingertips of one hand twist a cap above the other hand", _GRIP, True),
    Gesture("tie", "both hands pinch the ends of a string, one makes a loop towards the other, then they pull apart",
            (Contact("tip-tip", "thumb", "index", "each"),), True),
    Gesture("write_on_palm", "the index fingertip of one hand draws a figure on the palm of the other",
            (Contact("tip-palm", "index", "palm", "acting"),), True),
    Gesture("interlock", "the fingers of both hands pass between each other and fold onto the back of the other hand",
            tuple(Contact("tip-palm", f, "palm", "each") for f in ("middle", "ring")), True),
    Gesture("pointing", "the index finger is stretched, the others curled, and the hand moves in its direction"),
    Gesture("almost_pinch_10mm", "thumb and index tip come near and stop 10 mm before touching", clearance_mm=30.0),
    Gesture("almost_pinch_25mm", "thumb and index tip come near and stop 25 mm before touching", clearance_mm=45.0),
    Gesture("steeple", "the fingertips of both hands meet, finger by finger, the palms apart",
            tuple(Contact("tip-opposite-tip", f, f, "both") for f in _TIPS), True),
)  # fmt: skip

#: All gestures by name. A touch begins below 20 mm between tip joints (25 mm tip to palm, 40 mm palm to palm), so
#: "10 mm before touching" keeps the tip joints 30 mm apart.
GESTURES: dict[str, Gesture] = {gesture.name: gesture for gesture in _ALL}

_ALONE: dict[str, Callable[[Draw], Plan]] = {
    "fist": single.fist,
    "open_hands": single.open_hands,
    "counting": single.counting,
    "flip_hands": single.flip_hands,
    "pointing": single.pointing,
    "grab_and_drag": single.grab_and_drag,
}
_TOGETHER: dict[str, Callable[[Draw, np.ndarray], Plan]] = {
    "palm_touch": tools.palm_touch,
    "palm_rub": pair.palm_rub,
    "clap": pair.clap,
    "twist_cap": tools.twist_cap,
    "tie": tools.tie,
    "write_on_palm": tools.write_on_palm,
    "interlock": pair.interlock,
    "steeple": pair.steeple,
}


def plan_gesture(name: str, draw: Draw, palm: np.ndarray) -> Plan:
    """A plan of the gesture for hands with this palm ``(5, 3)``.

    Raises:
        KeyError: no such gesture.
    """
    if name.startswith("pinch_"):
        return single.pinch(draw, name.removeprefix("pinch_"))
    if name.startswith("almost_pinch_"):
        return single.almost_pinch(draw, int(name.removeprefix("almost_pinch_").removesuffix("mm")))
    return _ALONE[name](draw) if name in _ALONE else _TOGETHER[name](draw, palm)
