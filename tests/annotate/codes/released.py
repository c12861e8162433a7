"""The released motion codes of a clip, and ours in their form."""

from __future__ import annotations

from typing import Any

from handx_bench.annotate.codes import Event, MotionCodes
from handx_bench.hand.skeleton import HANDS

#: Our words for directions, states and speeds → theirs.
WORDS = {
    "right": "left-to-right", "left": "right-to-left", "forward": "back-to-front", "backward": "front-to-back",
    "up": "down-to-up", "down": "up-to-down", "hyper-extended": "Fully extended", "extended": "Fully extended",
    "partly bent": "Partially bent", "bent": "Fully bent",
}  # fmt: skip
AXES = {"x": "left-right", "y": "front-back", "z": "down-up"}
PLACES = {
    "left": "LEFT", "right": "RIGHT", "behind": "BACK", "in front": "FRONT", "below": "DOWN", "above": "UP",
}  # fmt: skip


def pairs(codes: MotionCodes, released: dict[str, Any], family: str) -> list[tuple[list[Any], list[Any]]]:
    """Our events and theirs of every channel of a family."""
    out = []
    for hand in HANDS:
        theirs = released[f"{hand}_hand_events"]
        if family == "wrist":
            for axis, track in codes.group(f"{hand}.wrist").items():
                out.append(([_moved(e) for e in track.events], theirs["wrist_trajectory"].get(AXES[axis], [])))
        elif family == "spacing":
            for pair, track in codes.group(f"{hand}.spacing").items():
                out.append((_told(track.events), theirs["finger_spacing"].get(pair.replace("-", ", "), [])))
        elif family == "thumb_contact":
            for finger, track in codes.group(f"{hand}.thumb_contact").items():
                name = f"{finger}_tip, thumb_tip"
                out.append((_told(track.events), theirs["finger_tip_contact"].get(name, [])))
        elif family == "joint":
            for joint, track in codes.group(f"{hand}.joint").items():
                if joint != "thumb_cmc":  # they have none
                    out.append((_told(track.events), theirs["finger_flexing"].get(joint, [])))
    between = released["two_hand_relationships"]
    if family == "tip_tip":
        for pair, track in codes.group("tip_tip").items():
            left, right = pair.split("-")
            out.append((_told(track.events), between["finger_tip_contact"].get(f"{left}_tip, {right}_tip", [])))
    elif family == "tip_palm":
        for tip, track in codes.group("tip_palm").items():
            other = "right" if tip.startswith("left") else "left"
            out.append((_told(track.events), between["finger_palm_distance"].get(f"{tip}_tip, {other}_palm", [])))
    elif family == "palm_palm":
        out.append((_told(codes["palm_palm"].events), between["palm_palm_distance"]["left_palm, right_palm"]))
    elif family == "position":
        for axis, track in codes.group("position").items():
            name = {"x": "left-right", "y": "front-back", "z": "up-down"}[axis]
            out.append((_placed(track.events), between["palm_palm_relative_position"].get(name, [])))
    return out


def as_released(event: Event) -> dict[str, Any]:
    """The event as the released code writes it, where the end of a contact is its last frame."""
    if not event.direction:
        end = event.end - 1 if event.start_state == "Contact" else event.end
        return {"start": event.start, "end": end, "constant_des": event.start_state}
    return {
        "start": event.start, "end": event.end, "direction": event.direction,
        "start_des": event.start_state, "end_des": event.end_state, "v_des": event.speed,
    }  # fmt: skip


def _moved(event: Event) -> dict[str, Any]:
    return {
        "start": event.start,
        "end": event.end,
        "direction": WORDS[event.direction],
        "v_des": str(event.speed).title(),
    }


def _told(events: tuple[Event, ...], words: dict[str, str] = WORDS) -> list[dict[str, Any]]:
    out = []
    for event in events:
        states = {
            key: words.get(s or "", str(s).title()) for key, s in (("a", event.start_state), ("b", event.end_state))
        }
        told = as_released(
            event._replace(start_state=states["a"], end_state=states["b"], speed=str(event.speed).title())
        )
        told.pop("direction", None)
        out.append(told)
    return out


def _placed(events: tuple[Event, ...]) -> list[dict[str, Any]]:
    sentences = {place: f"right hand is to the {word} of the left hand." for place, word in PLACES.items()}
    return _told(events, {**sentences, "aligned": "right hand is ALIGNED with the left hand."})
