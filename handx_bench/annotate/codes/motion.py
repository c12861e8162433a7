"""Motion codes of whole clips: typed, and as JSON."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch

from ...errors import InputError
from ...hand import check_motion
from .channels import CHANNEL_INDEX, CHANNEL_NAMES, CHANNELS, FAST, MODERATE, SLOW, TOUCHING, Channel, Kind
from .scan import Scanned, scan
from .segment_kernels import NONE
from .segments import Event
from .signals import channel_signals

SPEED_NAMES = (SLOW, MODERATE, FAST)
#: To a tenth of a millimetre, and of angles far below what can be measured.
_DIGITS = 4
#: Two contacts with less than this between them are one, to the eye.
SHORT_BREAK_S = 0.1


class Span(NamedTuple):
    """A state over the frames ``[start, end)``."""

    start: int
    end: int
    state: str


class Track(NamedTuple):
    """What one channel does.

    ``events`` are its changes; a channel without any has one event that names its state, if it has states. Contacts have
    one event per touch instead, and none without. ``states`` cover the clip; ``low`` and ``high`` are the signal's
    extremes (degrees or metres).
    """

    events: tuple[Event, ...]
    states: tuple[Span, ...]
    low: float
    high: float

    @property
    def changes(self) -> tuple[Event, ...]:
        """The events in which the channel changes: all or none, as those of one channel are of one kind."""
        return self.events if self.events and self.events[0].direction else ()

    def touches(self, fps: float) -> list[Span]:
        """The contacts of the channel; an interruption of less than a tenth of a second makes no new one."""
        out: list[Span] = []
        for span in self.states:
            if span.state != TOUCHING:
                continue
            if out and span.start - out[-1].end < SHORT_BREAK_S * fps:
                out[-1] = out[-1]._replace(end=span.end)
            else:
                out.append(span)
        return out

    def share(self, *states: str) -> float:
        """Share of the clip spent in any of these states."""
        total = self.states[-1].end if self.states else 1
        return sum(span.end - span.start for span in self.states if span.state in states) / total


@dataclass(frozen=True)
class MotionCodes:
    """The tracks of a clip by name of their channel (:data:`~.channels.CHANNELS`)."""

    num_frames: int
    fps: float
    tracks: Mapping[str, Track]

    def __getitem__(self, channel: str) -> Track:
        return self.tracks[channel]

    def group(self, prefix: str) -> dict[str, Track]:
        """Tracks whose names begin with ``prefix.``, by the rest of the name.

        >>> motion = np.zeros((60, 2, 21, 3)) + np.random.default_rng(0).normal(0, 0.05, (2, 21, 3))
        >>> list(motion_codes(motion, 30).group("left.wrist"))
        ['x', 'y', 'z']
        """
        return {rest: self.tracks[name] for rest, name in _names_below(prefix)}

    def to_json(self) -> dict[str, Any]:
        """As JSON values, the names of channels unfolded at their dots, extremes rounded; :meth:`from_json` reads it back."""
        out: dict[str, Any] = {"num_frames": self.num_frames, "fps": self.fps}
        for name, (path, last) in _PATHS.items():
            level = out
            for key in path:
                level = level.setdefault(key, {})
            level[last] = _track_to_json(self.tracks[name])
        return out

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> MotionCodes:
        """What :meth:`to_json` wrote.

        Raises:
            InputError: a channel or a key is missing or of the wrong kind.
        """
        try:
            tracks = {}
            for channel in CHANNELS:
                level: Any = value
                for key in channel.name.split("."):
                    level = level[key]
                tracks[channel.name] = _track_from_json(level, channel.kind)
            return cls(int(value["num_frames"]), float(value["fps"]), tracks)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"these are no motion codes: {type(error).__name__} {error}", fix="Write them with 'handx-bench codes'"
            ) from error


@functools.cache
def _names_below(prefix: str) -> list[tuple[str, str]]:
    start = prefix + "."
    return [(c.name.removeprefix(start), c.name) for c in CHANNELS if c.name.startswith(start)]


def motion_codes(motion: Any, fps: float = 30.0, *, compat: str | None = None) -> MotionCodes:
    """The motion codes of a clip.

    Args:
        motion: ``(T, 2, 21, 3)`` metres.
        fps: frames per second; durations and speeds are measured in seconds.
        compat: "handx-release" for events by the rules of the released code; its joints, palms and places are measured
            otherwise, so that those of wrists, spacing and contacts are equal and the others similar.

    Raises:
        MotionError: not a two-hand motion, or a hand without a frame.
        InputError: ``fps`` out of range, or an unknown ``compat``.
    """
    if isinstance(fps, str) or fps is None or not (math.isfinite(fps) and 0 < fps <= 1000):
        raise InputError(f"fps is {fps}, expected frames per second", fix="Give the clip's frame rate")
    if compat not in (None, "handx-release"):
        raise InputError(f"compat is {compat!r}", fix='Use "handx-release" or None')
    checked = check_motion(motion)
    if checked.ndim != 4:
        raise InputError(
            f"motion has shape {tuple(checked.shape)}, expected one clip (T, 2, 21, 3)", fix="Pass one clip at a time"
        )
    return _codes(checked.detach().cpu().to(torch.float64).numpy(), float(fps), compat is not None)


def codes_of_clips(motion: np.ndarray, lengths: Iterable[int], fps: float) -> Iterator[MotionCodes]:
    """Codes of checked clips ``(N, T, 2, 21, 3)`` with ``lengths``, one after the other."""
    for clip, length in zip(motion, lengths):
        yield _codes(np.asarray(clip[: int(length)], np.float64), fps)


def _codes(motion: np.ndarray, fps: float, released: bool = False) -> MotionCodes:
    signals = channel_signals(motion)
    _bridge_gaps(signals)
    return MotionCodes(len(motion), fps, _Tracks(scan(signals, fps, released)))


class _Tracks(Mapping[str, Track]):
    """Tracks by name, made when they are asked for: of a clip's hundreds of events and states few are looked at, and
    objects cost more than measuring them does."""

    def __init__(self, found: Scanned) -> None:
        self._events, self._spans = found.events.ravel().tolist(), found.spans.ravel().tolist()
        self._event_ends, self._span_ends = [0, *found.event_ends.tolist()], [0, *found.span_ends.tolist()]
        self._changes, self._extremes = found.changes.round(_DIGITS).tolist(), found.extremes.ravel().tolist()
        self._made: dict[str, Track] = {}

    def __getitem__(self, name: str) -> Track:
        if name not in self._made:
            self._made[name] = self._make(CHANNEL_INDEX[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(CHANNEL_NAMES)

    def __len__(self) -> int:
        return len(CHANNEL_NAMES)

    def _make(self, c: int) -> Track:
        directions, states = _WORDS[c]
        events = []
        for i in range(self._event_ends[c], self._event_ends[c + 1]):
            start, end, sign, before, after, speed, onset, offset = self._events[8 * i : 8 * i + 8]
            events.append(
                Event(
                    start, end, directions[sign], states[before], states[after],
                    SPEED_NAMES[speed] if speed != NONE else None, onset, offset, self._changes[i],
                )
            )  # fmt: skip
        spans = [
            Span(self._spans[i], self._spans[i + 1], states[self._spans[i + 2]])
            for i in range(3 * self._span_ends[c], 3 * self._span_ends[c + 1], 3)
        ]
        return Track(tuple(events), tuple(spans), self._extremes[2 * c], self._extremes[2 * c + 1])


def _words(channel: Channel) -> tuple[dict[int, str], dict[int, Any]]:
    """Words of the codes of directions (−1, 1; 0 for a state) and states."""
    falls, rises = channel.kind.directions
    states: dict[int, Any] = {k: name for k, (_, _, name) in enumerate(channel.kind.states)}
    return {-1: falls, 1: rises, 0: ""}, {NONE: None, **states}


_WORDS = [_words(channel) for channel in CHANNELS]


def _bridge_gaps(signals: np.ndarray) -> None:
    """Interpolate over frames in which a bone has no length; 0 where it never has."""
    for row in np.flatnonzero(np.isnan(signals).any(axis=1)):
        known = ~np.isnan(signals[row])
        time = np.arange(signals.shape[1])
        signals[row] = np.interp(time, time[known], signals[row, known]) if known.any() else 0.0


#: Keys on the way to each channel, and its own.
_PATHS = {name: (name.split(".")[:-1], name.split(".")[-1]) for name in CHANNEL_NAMES}


def _track_to_json(track: Track) -> dict[str, Any]:
    spans = [list(span) for span in track.states]
    return {
        "events": [_event_to_json(event) for event in track.events], "states": spans,
        "low": round(track.low, _DIGITS), "high": round(track.high, _DIGITS),
    }  # fmt: skip


def _event_to_json(event: Event) -> dict[str, Any]:
    """Without what the event has none of."""
    out = {key: value for key, value in zip(Event._fields, event) if value not in ("", None)}
    if not event.direction:
        del out["change"]
    return out


def _track_from_json(value: Mapping[str, Any], kind: Kind) -> Track:
    events = tuple(
        Event(
            int(e["start"]), int(e["end"]), str(e.get("direction", "")), e.get("start_state"), e.get("end_state"),
            e.get("speed"), int(e["onset"]), int(e["offset"]), float(e.get("change", 0.0)),
        )
        for e in value["events"]
    )  # fmt: skip
    if kind.by_state and not kind.is_contact and not events:
        raise ValueError("a channel with states has no event")
    spans = tuple(Span(int(start), int(end), str(state)) for start, end, state in value["states"])
    return Track(events, spans, float(value["low"]), float(value["high"]))
