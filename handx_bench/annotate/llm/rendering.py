"""Motion codes as a model is shown them: in seconds, without what says nothing. The prompt explains this form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Channels that only matter where there is a contact; a clip has dozens, mostly far apart all the time.
_CONTACTS = {"thumb_contact", "tip_tip"}
#: Channels that only matter where they change: the finger's own channel tells how its joints are.
_DETAILS = {"joint"}
_TOUCHING = "contact"


def render(codes: Mapping[str, Any]) -> dict[str, Any]:
    """A shorter form of motion codes.

    Args:
        codes: as :meth:`handx_bench.annotate.codes.MotionCodes.to_json` gives them.

    Returns:
        ``seconds``, and per channel that says something ``changes``, ``state`` or ``states``, and ``range``.

    >>> track = {"events": [{"start": 0, "end": 60}], "states": [[0, 60, "bent"]], "low": 61.2345, "high": 70.0}
    >>> render({"num_frames": 60, "fps": 30.0, "left": {"finger": {"index": track}, "joint": {"index_mcp": track}}})
    {'seconds': 2.0, 'left': {'finger': {'index': {'state': 'bent', 'range': [61.2, 70.0]}}}}
    """
    fps = float(codes["fps"])
    channels = {key: value for key, value in codes.items() if key not in ("num_frames", "fps")}
    return {"seconds": round(codes["num_frames"] / fps, 2), **_level(channels, fps, "")}


def _level(value: Mapping[str, Any], fps: float, group: str) -> dict[str, Any]:
    out = {}
    for key, each in value.items():
        within = key if key in _CONTACTS | _DETAILS else group
        found = _track(each, fps, within) if "events" in each else _level(each, fps, within)
        if found:
            out[key] = found
    return out


def _track(track: Mapping[str, Any], fps: float, group: str) -> dict[str, Any]:
    changes = [_change(event, fps) for event in track["events"] if event.get("direction")]
    states = [[_seconds(start, fps), _seconds(end, fps), state] for start, end, state in track["states"]]
    if group in _CONTACTS and not any(state == _TOUCHING for *_, state in states):
        return {}
    if group in _DETAILS and not changes:
        return {}
    out: dict[str, Any] = {"changes": changes} if changes else {}
    if len(states) == 1:
        out["state"] = states[0][2]
    elif states:
        out["states"] = states
    return {**out, "range": [float(f"{track[bound]:.3g}") for bound in ("low", "high")]}


def _change(event: Mapping[str, Any], fps: float) -> dict[str, Any]:
    out = {"from_s": _seconds(event["onset"], fps), "to_s": _seconds(event["offset"], fps), "does": event["direction"]}
    if event.get("change"):
        out["by"] = float(f"{abs(event['change']):.3g}")
    if event.get("speed"):
        out["speed"] = event["speed"]
    if event.get("start_state") and event.get("end_state"):
        out["state"] = f"{event['start_state']} → {event['end_state']}"
    return out


def _seconds(frame: int, fps: float) -> float:
    return round(frame / fps, 2)
