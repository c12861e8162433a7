"""What happens in a clip as rows of bars over time, read off its motion codes.

A row is a channel in which something happens: changes are bars from onset to offset, contacts are bars as long as they
last. Joints have no rows, since fingers sum them up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..annotate.codes import CHANNEL_NAMES, MotionCodes, motion_codes
from ..annotate.codes import Track as CodeTrack
from ..errors import InputError
from ..hand.skeleton import TIP_FINGERS
from .code_words import PARTS, captions, label_of, part_of, told
from .tracks import Track

NOTHING = "nothing changes, nothing touches"


def _place(name: str) -> tuple[int, int]:
    """By part, and fingers from the thumb to the pinky."""
    finger = name.rpartition(".finger.")[2]
    return list(PARTS).index(part_of(name)), TIP_FINGERS.index(finger) if ".finger." in name else len(TIP_FINGERS)


_ORDER = sorted((name for name in CHANNEL_NAMES if ".joint." not in name), key=_place)


class Bar(NamedTuple):
    """Something that happens from ``start_s`` to ``end_s``: a change, or a contact.

    ``told`` says it whole, ``captions`` as it may stand on the bar, the fullest form first.
    """

    start_s: float
    end_s: float
    is_contact: bool
    told: str
    captions: tuple[str, ...]


class Row(NamedTuple):
    """What happens in a channel, in the order of time; ``part`` is a key of :data:`.code_words.PARTS`."""

    part: str
    label: str
    bars: tuple[Bar, ...]

    @property
    def changes(self) -> tuple[Bar, ...]:
        return tuple(bar for bar in self.bars if not bar.is_contact)

    @property
    def contacts(self) -> tuple[Bar, ...]:
        return tuple(bar for bar in self.bars if bar.is_contact)


@dataclass(frozen=True)
class Timeline:
    """The rows of a motion; ``hidden`` rows were left out; it ends, its last frame over, at ``end_s``."""

    name: str
    rows: tuple[Row, ...]
    hidden: int
    end_s: float


def rows_of(codes: MotionCodes) -> list[Row]:
    """The rows of a clip, by part.

    >>> import numpy as np
    >>> motion = np.zeros((60, 2, 21, 3)) + np.random.default_rng(3).normal(0, 0.03, (2, 21, 3))
    >>> motion[:, 0] += np.linspace(0, 0.2, 60)[:, None, None] * [0, 0, 1]
    >>> rows = rows_of(motion_codes(motion, 30))
    >>> rows[0].label, rows[0].bars[0].told
    ('wrist up–down', 'moves up steadily')
    """
    return [
        Row(part_of(name), label_of(name), bars) for name in _ORDER if (bars := _bars(name, codes[name], codes.fps))
    ]


def timeline_of(track: Track, max_rows: int | None = None) -> Timeline:
    """The timeline of a motion; where there are more than ``max_rows`` rows, those of each part in which least
    happens go.

    Raises:
        InputError: the motion has no codes, e.g. since a hand has no frame.
    """
    try:
        rows = rows_of(motion_codes(track.motion, track.fps))
    except InputError as error:
        where = ", ".join(filter(None, (track.name, error.where)))
        raise InputError(error.what, where=where, fix=error.fix) from error
    kept = rows if max_rows is None else _busiest(rows, max_rows)
    return Timeline(track.name, tuple(kept), len(rows) - len(kept), track.num_frames / track.fps)


def _busiest(rows: Sequence[Row], count: int) -> list[Row]:
    """The busiest rows of each part in turn, so that none takes the place of another."""

    def busy(row: Row) -> float:
        return sum(bar.end_s - bar.start_s for bar in row.bars)

    ranks: dict[int, int] = {}
    for part in PARTS:
        own = [i for i, row in enumerate(rows) if row.part == part]
        ranks.update((i, rank) for rank, i in enumerate(sorted(own, key=lambda i: busy(rows[i]), reverse=True)))
    return [rows[i] for i in sorted(sorted(ranks, key=lambda i: ranks[i])[:count])]


def _bars(name: str, track: CodeTrack, fps: float) -> tuple[Bar, ...]:
    bars = [
        Bar(event.onset / fps, event.offset / fps, False, told(event, name), captions(event, name))
        for event in track.changes
    ]
    bars += [Bar(span.start / fps, span.end / fps, True, "touch", ()) for span in track.touches(fps)]
    return tuple(sorted(bars))
