"""Identity of the data set: splits, subjects, determinism."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from handx_bench.data.clip import Clip
from handx_bench.data.mini import GESTURES, SPLITS, build
from handx_bench.data.mini.builder import gesture_of
from handx_bench.data.mini.draw import Draw
from handx_bench.errors import InputError


def test_each_gesture_is_equally_frequent() -> None:
    for split, count in SPLITS.items():
        often = Counter(gesture_of(split, i) for i in range(count))
        assert set(often) == set(GESTURES)
        assert max(often.values()) - min(often.values()) <= 1


def test_ids_subjects_and_sequences(sample: dict[str, list[Clip]]) -> None:
    clips = [c for part in sample.values() for c in part]
    assert len({c.clip_id for c in clips}) == len(clips)
    assert set(Counter(c.sequence_id for c in clips).values()) == {4}
    for key in ("subject", "sequence_id"):
        sets = [{getattr(c, key) for c in part} for part in sample.values()]
        assert not sets[0] & sets[1] | sets[1] & sets[2] | sets[0] & sets[2]
    assert {(c.source, c.license, c.fps) for c in clips} == {("handx-mini", "Apache-2.0", 30.0)}
    assert all(c.split == split for split, part in sample.items() for c in part)


def test_a_clip_alone_equals_the_clip_in_the_batch(sample: dict[str, list[Clip]]) -> None:
    for index in (0, 7, 13, 21, 38, 59):
        (alone,) = build("test", [index])
        np.testing.assert_array_equal(alone.motion, sample["test"][index].motion)
        assert alone.to_row().keys() == sample["test"][index].to_row().keys()
        assert alone.left_texts == sample["test"][index].left_texts


def test_number_of_threads_does_not_matter(sample: dict[str, list[Clip]], monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    # The builder asks for one thread; here it gets two all the same.
    torch.set_num_threads(2)
    try:
        monkeypatch.setattr(torch, "set_num_threads", lambda number: None)
        again = build("validation", range(4))
    finally:
        monkeypatch.undo()
        torch.set_num_threads(before)
    for clip, other in zip(again, sample["validation"]):
        np.testing.assert_array_equal(clip.motion, other.motion)


def test_build_leaves_the_number_of_threads_as_it_was() -> None:
    before = torch.get_num_threads()
    build("test", [0])
    assert torch.get_num_threads() == before


def test_order_and_progress() -> None:
    calls: list[tuple[int, int]] = []
    clips = build("test", [5, 2], progress=lambda done, total: calls.append((done, total)))
    assert [c.clip_id[-4:] for c in clips] == ["0005", "0002"]
    assert calls[-1] == (2, 2)


@pytest.mark.parametrize(("split", "index"), [("dev", 0), ("test", 256), ("test", -1)])
def test_unknown_split_or_clip(split: str, index: int) -> None:
    with pytest.raises(InputError, match="HandX-Mini has no"):
        build(split, [index])


def test_draws_do_not_depend_on_numpys_generator() -> None:
    """PCG64 words are fixed by numpy's policy; the first of this key, written down once."""
    raw = np.random.PCG64(np.random.SeedSequence((1, 2, 3))).random_raw()
    assert Draw(1, 2, 3).uniform(0.0, 1.0) == (raw >> 11) / 2**53
    assert sorted(Draw(5).permutation(20)) == list(range(20))
    values = Draw(9).array(2.0, 4.0, 5000)
    assert abs(values.mean() - 3.0) < 0.03
    assert values.min() >= 2.0
    assert values.max() < 4.0
