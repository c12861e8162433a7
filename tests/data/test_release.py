"""The HandX release and its generated samples, against numpy's own reader and against hostile files."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handx_bench import load_dataset
from handx_bench.data.readers.generated import read_generated
from handx_bench.data.readers.release import SOURCE_FILE, ReleaseSource
from handx_bench.errors import InputError

from .conftest import boxed, mano_entry, release_entry, write_release

TRAIN = "train_can_pos_all_wotextfeat.npz"


class Call:
    def __init__(self, function: Any, *args: Any) -> None:
        self.parts = (function, args)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.parts


@pytest.mark.parametrize("split", ["train", "test"])
def test_golden_release_equals_what_numpy_reads(shared: Path, split: str) -> None:
    folder = shared / "golden" / "handx_release"
    clips = list(ReleaseSource(folder).clips(split))
    with (
        np.load(folder / f"{split}_can_pos_all_wotextfeat.npz", allow_pickle=True) as motion,
        np.load(folder / f"{split}_mano.npz", allow_pickle=True) as mano,
    ):
        assert len(clips) == len(motion.files)
        for i, clip in enumerate(clips):
            entry, parameters = motion[str(i)].item(), mano[str(i)].item()
            assert clip.clip_id == clip.sequence_id == f"handx-{split}-{i}"
            assert clip.split == split
            np.testing.assert_array_equal(clip.motion, entry["motion"])
            assert list(clip.left_texts) == entry["left_annotation"]
            assert list(clip.right_texts) == entry["right_annotation"]
            assert list(clip.interaction_texts) == entry["interaction_annotation"]
            assert clip.mano is not None
            for key, values in parameters.items():
                np.testing.assert_array_equal(clip.mano[key], values)


def test_order_is_by_number_and_names_of_sources_are_taken(release: Path) -> None:
    write_release(release / TRAIN, {str(i): release_entry(i) for i in (10, 9, 1, 0)})
    (release / SOURCE_FILE).write_text(json.dumps({"train": {"0": "GigaHands", "9": "HOT3D"}}))
    clips = list(ReleaseSource(release).clips("train"))
    assert [c.clip_id for c in clips] == [f"handx-train-{i}" for i in (0, 1, 9, 10)]
    assert [c.source for c in clips] == ["GigaHands", "handx", "HOT3D", "handx"]
    assert [c.mano is None for c in clips] == [False, False, True, True]


def test_one_file_whatever_its_name(release: Path) -> None:
    assert len(load_dataset(release / TRAIN)) == 3
    renamed = write_release(release.parent / "mine.npz", {"0": release_entry()})
    assert load_dataset(renamed)[0]["left_texts"][0].startswith("left 0")


def test_hostile_release_runs_nothing(release: Path, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    for payload in (Call(os.system, f"touch {marker}"), Call(eval, f"open({str(marker)!r}, 'w')")):
        for entry in (
            payload,
            {**release_entry(), "motion": payload},
            {**release_entry(), "left_annotation": [payload]},
        ):
            write_release(release / TRAIN, {"0": release_entry(), "1": entry})
            with pytest.raises(InputError, match=r"entry '1'") as caught:
                load_dataset(release)
            assert "posix.system" in str(caught.value) or "builtins.eval" in str(caught.value)
            assert TRAIN in str(caught.value)
            assert not marker.exists()
    assert np.load(release / TRAIN, allow_pickle=True)["1"] is not None
    assert marker.exists()  # the payload does work where pickles are trusted


def _cut(key: str, value: Any = ...) -> dict[str, object]:
    return release_entry(**{key: value})


BAD: dict[str, tuple[dict[str, object], str]] = {
    "missing key": ({"0": _cut("left_annotation")}, "entry '0'.*'left_annotation'|'left_annotation'.*entry '0'"),
    "unknown key": ({"0": release_entry(extra=[1])}, "unknown key 'extra'"),
    "not a dict": ({"0": [1, 2]}, "is a list, expected a dict"),
    "wrong entry number": ({"0": release_entry(), "clip": release_entry()}, "'clip' is not an entry number"),
    "motion as a list": ({"0": _cut("motion", [1.0])}, "motion is a list"),
    "one hand": ({"0": _cut("motion", np.ones((60, 21, 3)))}, "handx-train-0.*One hand only"),
    "integer motion": ({"0": _cut("motion", np.ones((60, 2, 21, 3), int))}, "hand spans|coincide"),
    "too short": ({"0": _cut("motion", np.ones((2, 2, 21, 3)))}, "2 frames"),
    "millimetres": ({"0": _cut("motion", release_entry()["motion"] * np.float32(1000))}, "millimetres"),  # type: ignore[operator]
    "nan": ({"0": _cut("motion", np.full((60, 2, 21, 3), np.nan))}, "clip 'handx-train-0', frame 0, left wrist"),
    "text for texts": ({"0": _cut("left_annotation", "abc")}, "left_annotation is a str"),
    "NaN among texts": ({"0": _cut("left_annotation", [float("nan")] * 5)}, "left_texts holds NaN"),
    "None among texts": ({"0": _cut("left_annotation", [None] * 5)}, "left_texts holds a NoneType"),
    "fewer texts": ({"0": _cut("left_annotation", ["a"])}, "different lengths: left_texts 1, right_texts 5"),
    "surrogates": ({"0": _cut("left_annotation", ["\ud800"] * 5)}, "not valid Unicode"),
    "endless text": ({"0": _cut("left_annotation", ["a" * 20_001] * 5)}, "20001 characters"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BAD))
def test_bad_entries_are_named(release: Path, name: str) -> None:
    entries, words = BAD[name]
    write_release(release / TRAIN, entries)
    with pytest.raises(InputError, match=words) as caught:
        load_dataset(release)
    assert str(release) in str(caught.value)


def test_numbers_instead_of_objects(release: Path) -> None:
    np.savez(release / TRAIN, **{"0": np.zeros(3)})
    with pytest.raises(InputError, match="expected a 0-d object array"):
        load_dataset(release)
    np.savez(release / TRAIN, **{"0": np.array([release_entry()], object)})
    with pytest.raises(InputError, match="expected a 0-d object array"):
        load_dataset(release)


def test_bad_mano(release: Path) -> None:
    path = release / "train_mano.npz"
    for change, words in (
        ({"left_pose": np.zeros((60, 45), np.float32)}, r"left_pose has shape \(60, 45\)"),
        ({"left_trans": np.zeros((59, 3), np.float32)}, r"left_trans has shape \(59, 3\)"),
        ({"left_trans": np.full((60, 3), np.nan, np.float32)}, "left_trans holds NaN"),
        ({"left_trans": [1]}, "left_trans is a list"),
        ({"extra": np.zeros(3)}, "unknown key 'extra'"),
    ):
        write_release(path, {"0": {**mano_entry(), **change}})  # type: ignore[dict-item]
        with pytest.raises(InputError, match=words):
            load_dataset(release)


@pytest.mark.parametrize("text", ["{", "[]", '{"train": []}', '{"train": {"0": {"name": "x"}}}', "[" * 100_000])
def test_bad_source_file(release: Path, text: str) -> None:
    (release / SOURCE_FILE).write_text(text)
    with pytest.raises(InputError, match=SOURCE_FILE):
        load_dataset(release)


def test_golden_generated_samples(shared: Path) -> None:
    folder = shared / "golden" / "handx_release"
    samples = read_generated(folder / "generated")
    assert samples.pred.shape == (16, 4, 60, 2, 21, 3)
    test = load_dataset(folder, "test")
    rows = {row["clip_id"]: row for row in test}
    for i, clip_id in enumerate(samples.clip_ids):
        np.testing.assert_array_equal(samples.ref[i], rows[clip_id]["motion"])
        assert samples.left_texts[i] == rows[clip_id]["left_texts"][-1]
        assert samples.interaction_texts[i] in rows[clip_id]["interaction_texts"]
        raw = pickle.loads((folder / "generated" / f"val_sample_{i:03d}_idx{i}.pkl").read_bytes())
        np.testing.assert_array_equal(samples.pred[i], raw["generated_real"].reshape(4, 60, 2, 21, 4)[..., :3])


def sample(hands: Callable[..., np.ndarray], **changes: object) -> dict[str, object]:
    recorded = np.concatenate([hands(0), np.zeros((60, 2, 21, 1), np.float32)], -1).reshape(60, 168)
    return {
        "text_prompt": {"left": "l", "right": "r", "two_hands_relation": "b"},
        "gt_motion_real": recorded,
        "generated_real": np.stack([recorded, recorded]),
        **changes,
    }


def test_bad_generated_samples(tmp_path: Path, hands: Callable[..., np.ndarray]) -> None:
    path = tmp_path / "val_sample_000_idx5.pkl"
    marker = tmp_path / "marker"
    for content, words in (
        (Call(os.system, f"touch {marker}"), "posix.system"),
        ([1], "expected a dict"),
        ({"text_prompt": {}}, "'gt_motion_real' is missing"),
        (sample(hands, text_prompt="left"), "text_prompt is no dict"),
        (sample(hands, text_prompt={"left": "l", "right": 3, "two_hands_relation": "b"}), "text_prompt right"),
        (sample(hands, gt_motion_real=np.zeros((60, 126), np.float32)), "126 numbers per frame, expected 168"),
        (sample(hands, generated_real=np.zeros((60, 168), np.float32)), "expected floats of 3 axes"),
        (sample(hands, generated_real=np.zeros((2, 59, 168), np.float32)), "all zeros|frames long"),
        (sample(hands, generated_real=boxed([1.0])), "array of objects"),
    ):
        path.write_bytes(pickle.dumps(content))
        with pytest.raises(InputError, match=words) as caught:
            read_generated(tmp_path)
        assert path.name in str(caught.value)
    assert not marker.exists()
    path.write_bytes(pickle.dumps(sample(hands)))
    assert read_generated(tmp_path).clip_ids == ("handx-test-5",)
    other = sample(hands)
    (tmp_path / "val_sample_001_idx6.pkl").write_bytes(
        pickle.dumps({**other, "generated_real": other["generated_real"][:1]})  # type: ignore[index]
    )
    with pytest.raises(InputError, match="same number of generations"):
        read_generated(tmp_path)
    (tmp_path / "val_sample_001_idx6.pkl").unlink()
    (tmp_path / "val_sample_002_idx5.pkl").write_bytes(pickle.dumps(sample(hands)))
    with pytest.raises(InputError, match="clip id 'handx-test-5' occurs twice"):
        read_generated(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read_generated(tmp_path / "nowhere")
