"""Builds the clips of HandX-Mini.

Every clip has its own stream of random numbers, so any clip can be built alone and is then the same as in the whole.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import torch

from ...annotate.codes import motion_codes
from ...annotate.describe import describe
from ...errors import InputError
from ..clip import Clip
from .anatomy import BREADTH_RATIO, HAND_LENGTH_M, hand_shape
from .animate import DECIMALS, animate, finished
from .draw import Draw
from .gestures import GESTURES, plan_gesture
from .plan import FPS, Facts, Plan

SOURCE, LICENSE = "handx-mini", "Apache-2.0"
VERSION = 1
#: Number of clips in each split.
SPLITS = {"train": 1536, "validation": 256, "test": 256}
#: Clips of one subject in one session; a subject has one session only.
CLIPS_PER_SEQUENCE = 4
#: Clips solved at once: few enough for the processor's cache.
_BATCH = 16
_ORDER, _CLIP, _SUBJECT, _TEXTS = range(1, 5)

Progress = Callable[[int, int], None]


def gesture_of(split: str, index: int) -> str:
    """Name of the gesture of a clip: each block of as many clips as gestures has each once, in random order.

    Raises:
        InputError: no such split or clip.
    """
    number = _number(split)
    if not 0 <= index < SPLITS[split]:
        raise InputError(f"HandX-Mini has no clip {index} in split {split!r}", fix=f"It has {SPLITS[split]} clips")
    block, place = divmod(index, len(GESTURES))
    return list(GESTURES)[Draw(VERSION, _ORDER, number, block).permutation(len(GESTURES))[place]]


def planned(split: str, index: int) -> tuple[Plan, tuple[np.ndarray, np.ndarray], Draw]:
    """Plan of a clip, the palm and bones of its subject, and the stream its drift is drawn from.

    Raises:
        InputError: no such split or clip.
    """
    gesture, number = gesture_of(split, index), _number(split)
    subject = Draw(VERSION, _SUBJECT, number, index // CLIPS_PER_SEQUENCE)
    length = subject.uniform(*HAND_LENGTH_M)
    shape = hand_shape(length, length * subject.uniform(*BREADTH_RATIO))
    draw = Draw(VERSION, _CLIP, number, index)
    return plan_gesture(gesture, draw, shape[0]), shape, draw


def facts(split: str, index: int) -> Facts:
    """What is planned to happen in a clip, with the times of its contacts."""
    return planned(split, index)[0].facts


def motions(split: str, indices: Sequence[int]) -> np.ndarray:
    """Motions ``(N, 60, 2, 21, 3)`` in float64 metres before rounding."""
    plans, shapes, draws = zip(*(planned(split, i) for i in indices))
    return animate(plans, shapes, draws)


def build(split: str, indices: Iterable[int] | None = None, progress: Progress | None = None) -> list[Clip]:
    """Clips of a split, or those of the given numbers, in order.

    Args:
        split: "train", "validation" or "test".
        indices: which clips; all where left out.
        progress: called with (clips done, clips in all).

    Raises:
        InputError: no such split or clip.
    """
    _number(split)
    wanted = list(range(SPLITS[split])) if indices is None else list(indices)
    groups: dict[str, list[int]] = {}
    for i in wanted:
        groups.setdefault(gesture_of(split, i), []).append(i)
    clips: dict[int, Clip] = {}
    with _one_thread():
        for members in groups.values():
            for first in range(0, len(members), _BATCH):
                batch = members[first : first + _BATCH]
                plans, shapes, draws = zip(*(planned(split, i) for i in batch))
                for i, plan, motion in zip(batch, plans, finished(animate(plans, shapes, draws))):
                    clips[i] = _clip(split, i, plan, motion)
                if progress is not None:
                    progress(len(clips), len(wanted))
    return [clips[i] for i in wanted]


def fingerprint(ids: Iterable[str], motion: Iterable[np.ndarray]) -> str:
    """SHA-256 over the clip ids and motions in units of 10 µm.

    >>> fingerprint(["a"], [np.zeros((1, 2, 21, 3))])[:8]
    'fefaaf6d'
    """
    digest = hashlib.sha256()
    for clip_id, positions in zip(ids, motion):
        digest.update(clip_id.encode() + b"\0")
        units = np.round(np.asarray(positions, dtype=np.float64) * 10**DECIMALS)
        digest.update(units.astype("<i4").tobytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """The arrays are small: threads would wait for each other longer than they work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _clip(split: str, index: int, plan: Plan, motion: np.ndarray) -> Clip:
    session = index // CLIPS_PER_SEQUENCE
    texts = describe(motion_codes(motion, FPS), Draw(VERSION, _TEXTS, _number(split), index).integer(0, 2**31))
    return Clip(
        clip_id=f"{SOURCE}-{split}-{index:04d}",
        source=SOURCE,
        sequence_id=f"{SOURCE}-{split}-session-{session:03d}",
        subject=f"{SOURCE}-{split}-subject-{session:03d}",
        motion=motion,
        split=split,
        fps=FPS,
        left_texts=texts.left,
        right_texts=texts.right,
        interaction_texts=texts.interaction,
        action=plan.facts.gesture,
        license=LICENSE,
    )


def _number(split: str) -> int:
    if split not in SPLITS:
        raise InputError(f"HandX-Mini has no split {split!r}", fix=f"Choose one of {', '.join(SPLITS)}")
    return list(SPLITS).index(split)
