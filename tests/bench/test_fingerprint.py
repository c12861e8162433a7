from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from handx_bench.bench.clips import ClipSet
from handx_bench.bench.fingerprint import clip_list_hash, clips_fingerprint, dataset_fingerprint
from handx_bench.data.clip import Clip
from handx_bench.errors import InputError

from .posed import as_dataset, make_clips


def nudge(clip: Clip) -> Clip:
    motion = clip.motion.copy()
    motion[-1, 1, 20, 2] = np.nextafter(motion[-1, 1, 20, 2], np.float32(9))
    return dataclasses.replace(clip, motion=motion)


def test_order_and_format_do_not_matter(clips: list[Clip]) -> None:
    expected = clips_fingerprint(ClipSet(tuple(clips)))
    assert dataset_fingerprint(as_dataset(clips[::-1])) == expected
    assert dataset_fingerprint(as_dataset(clips).with_format(None)) == expected


@pytest.mark.parametrize(
    "change",
    [
        nudge,
        lambda clip: dataclasses.replace(clip, motion=clip.motion[:-1]),
        lambda clip: dataclasses.replace(clip, clip_id="other"),
        lambda clip: dataclasses.replace(clip, sequence_id="other"),
        lambda clip: dataclasses.replace(clip, action="other"),
        lambda clip: dataclasses.replace(clip, left_texts=("a", "b")),
        lambda clip: dataclasses.replace(clip, left_texts=clip.right_texts, right_texts=clip.left_texts),
    ],
)
def test_whatever_can_change_a_score_changes_the_fingerprint(change: Callable[[Clip], Clip], clips: list[Clip]) -> None:
    changed = [*clips[:3], change(clips[3]), *clips[4:]]
    assert clips_fingerprint(ClipSet(tuple(changed))) != clips_fingerprint(ClipSet(tuple(clips)))


def test_what_cannot_change_a_score_does_not(clips: list[Clip]) -> None:
    changed = tuple(dataclasses.replace(clip, license="CC0", source="elsewhere") for clip in clips)
    assert clips_fingerprint(ClipSet(changed)) == clips_fingerprint(ClipSet(tuple(clips)))


def test_clip_list_hash_is_of_the_ids_alone(clips: list[Clip]) -> None:
    expected = clip_list_hash(ClipSet(tuple(clips)))
    assert clip_list_hash(ClipSet((nudge(clips[0]), *clips[1:]))) == expected
    assert clip_list_hash(ClipSet(tuple(clips[1:]))) != expected


def test_clips_that_make_no_set() -> None:
    clips = make_clips(3)
    with pytest.raises(InputError, match=r"duplicate clip id.*test-001"):
        ClipSet((*clips, clips[1]))
    with pytest.raises(InputError, match=r"frame rates: 30 and 60.*test-002"):
        ClipSet((*clips[:2], dataclasses.replace(clips[2], fps=60.0)))
    with pytest.raises(InputError, match="no clip"):
        ClipSet(())
    with pytest.raises(InputError, match="no column 'action'"):
        ClipSet.from_dataset(as_dataset(clips).remove_columns("action"))


def test_padding_holds_the_last_frame(clips: list[Clip]) -> None:
    padded = ClipSet(tuple(clips)).padded()
    assert padded.shape == (10, 34, 2, 21, 3)
    assert np.array_equal(padded[0, :25], clips[0].motion)
    assert (padded[0, 25:] == clips[0].motion[-1]).all()
