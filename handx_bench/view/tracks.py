"""What is looked at: named motions with their frame rates, shown side by side in sync."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..hand.contact import ENTER_M
from ..hand.motion import check_motion
from ..hand.skeleton import LEFT, RIGHT, TIPS

#: Two finger tips nearer than this are marked as touching: where a contact event of tips begins.
CONTACT_MM = 1000 * ENTER_M["tip_tip"]
#: More motions side by side cannot be told apart; more frames are a recording, not a clip.
MAX_TRACKS = 12
MAX_FRAMES = 20_000
_MAX_NAME = 200
#: Characters of one line of a text.
_MAX_LINE = 1000


@dataclass(frozen=True)
class Track:
    """One motion to be shown.

    Attributes:
        name: what stands above it, e.g. ``reference``.
        motion: ``(T, 2, 21, 3)`` float32, metres.
        fps: frames per second; tracks of different rates are kept in sync by time.
    """

    name: str
    motion: np.ndarray
    fps: float

    @property
    def num_frames(self) -> int:
        return int(self.motion.shape[0])

    def frame_at(self, time_s: float) -> int:
        """The frame shown at ``time_s``: the nearest one, the last one after the end."""
        return min(max(int(np.floor(time_s * self.fps + 0.5)), 0), self.num_frames - 1)

    def ended_at(self, time_s: float) -> bool:
        """Whether the motion is over at ``time_s`` (its last pose is still shown, faded)."""
        return time_s * self.fps > self.num_frames - 0.5


def as_tracks(motions: Mapping[str, Any] | Any, fps: float | Mapping[str, float] = 30.0) -> list[Track]:
    """Check motions and name them.

    Args:
        motions: one motion ``(T, 2, 21, 3)`` or a mapping from name to motion, in the order of showing.
        fps: frames per second of all motions, or one rate for each name.

    Raises:
        InputError: naming the motion that is not one, or telling that there are none or too many.

    >>> hand = np.random.default_rng(0).uniform(-0.05, 0.05, (12, 2, 21, 3))
    >>> [track.name for track in as_tracks({"reference": hand, "prediction": hand})]
    ['reference', 'prediction']
    >>> as_tracks({"prediction": np.zeros((60, 2, 21, 3))})
    Traceback (most recent call last):
    ...
    handx_bench.hand.motion.MotionError: prediction: a hand spans 0 m, ...
    """
    named = motions if isinstance(motions, Mapping) else {"": motions}
    if not 1 <= len(named) <= MAX_TRACKS:
        raise InputError(f"{len(named)} motions to show, expected 1–{MAX_TRACKS}", fix="Choose fewer motions")
    tracks = []
    for name, motion in named.items():
        label = name or "motion"
        array = check_motion(motion, name=label, min_frames=1).detach().cpu().numpy().astype(np.float32, copy=False)
        if array.ndim != 4:
            raise InputError(
                f"{label} has shape {array.shape}, expected one clip (T, 2, 21, 3)", fix="Choose one clip of the batch"
            )
        if len(array) > MAX_FRAMES:
            raise InputError(
                f"{label} has {len(array)} frames, at most {MAX_FRAMES} can be shown", fix="Cut out the part to look at"
            )
        tracks.append(Track(clean_name(name), array, _rate(fps, name, label)))
    return tracks


def duration_s(tracks: Sequence[Track]) -> float:
    """Time of the last frame of the longest track."""
    return max((track.num_frames - 1) / track.fps for track in tracks)


def tip_contacts(pose: np.ndarray, threshold_mm: float = CONTACT_MM) -> list[tuple[int, int, int, int]]:
    """Touching finger tips of one frame: (hand, joint, hand, joint) of each pair nearer than the threshold.

    Looked at are the thumb against the other tips of its hand, and the tips of one hand against those of the other.

    Args:
        pose: ``(2, 21, 3)`` metres.

    >>> pose = np.arange(126.0).reshape(2, 21, 3)
    >>> pose[0, 17] = pose[0, 16] + [0, 0, 0.015]
    >>> tip_contacts(pose)
    [(0, 16, 0, 17)]
    """
    tips = pose[:, list(TIPS)].astype(np.float64)
    limit = threshold_mm / 1000
    pairs = [
        (hand, TIPS[0], hand, TIPS[i])
        for hand in (LEFT, RIGHT)
        for i in range(1, len(TIPS))
        if np.linalg.norm(tips[hand, 0] - tips[hand, i]) < limit
    ]
    across = np.linalg.norm(tips[LEFT, :, None] - tips[RIGHT, None, :], axis=-1) < limit
    return pairs + [(LEFT, TIPS[a], RIGHT, TIPS[b]) for a, b in np.argwhere(across)]


def clean_name(name: str) -> str:
    """A name on one line, without control characters and of bounded length.

    >>> clean_name("my" + chr(10) + "model" + chr(27) + "[31m")
    'my model [31m'
    """
    printable = "".join(c if c.isprintable() else " " for c in name[: 4 * _MAX_NAME])
    text = " ".join(printable.split())
    return text if len(text) <= _MAX_NAME else text[: _MAX_NAME - 1] + "…"


def clean_text(text: str) -> str:
    """A text of several lines, without control characters and of bounded length; empty ones are left out.

    >>> clean_text("Left: open" + chr(10) * 2 + "Right:" + chr(9) + "closed")
    'Left: open\\nRight: closed'
    """
    lines = (
        " ".join("".join(c if c.isprintable() else " " for c in line[:_MAX_LINE]).split())
        for line in text[: 8 * _MAX_LINE].splitlines()
    )
    return "\n".join(filter(None, lines))


def _rate(fps: float | Mapping[str, float], name: str, label: str) -> float:
    if isinstance(fps, Mapping):
        if name not in fps:
            raise InputError("no frame rate given", where=label, fix="Give one fps for each motion")
        fps = fps[name]
    rate = float(fps)
    if not 0.1 <= rate <= 1000:  # also refuses NaN
        raise InputError(f"fps is {rate:g}, expected 0.1–1000", where=label, fix="Give the frames per second")
    return rate
