"""Motion files in every form that ``score`` takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from handx_bench.data.readers.arrays import ArraySource, read_motion
from handx_bench.errors import InputError

Hands = Callable[..., np.ndarray]


def test_npz_with_everything(tmp_path: Path, hands: Hands) -> None:
    motion = np.stack([[hands(2 * n + k, 30) for k in range(2)] for n in range(3)])
    path = tmp_path / "pred.npz"
    content = {
        "motion": motion.astype(np.float16),
        "lengths": np.array([30, 20, 10]),
        "fps": np.float32(30),
        "sequence_id": np.array([7, 7, 8]),
        "clip_id": np.array(["a", "b", "c"]),
        "text_embedding": np.ones((3, 5)),
        "motion_embedding": np.ones((3, 2, 5), np.float32),
    }
    np.savez(path, **content)  # type: ignore[arg-type]
    file = read_motion(path)
    assert file.motion.dtype == np.float32
    np.testing.assert_array_equal(file.motion, motion.astype(np.float16))
    np.testing.assert_array_equal(file.lengths, [30, 20, 10])
    assert (file.fps, file.sequence_id, file.clip_id) == (30.0, ("7", "7", "8"), ("a", "b", "c"))
    assert file.text_embedding is not None
    assert file.text_embedding.shape == (3, 5)
    assert file.motion_embedding is not None
    assert file.motion_embedding.shape == (3, 2, 5)


def test_all_forms_hold_the_same(tmp_path: Path, hands: Hands) -> None:
    motion = np.stack([hands(0), hands(1)])
    np.save(tmp_path / "m.npy", motion)
    np.savez_compressed(tmp_path / "m.npz", motion=motion, clip_id=np.array(["a", "b"]))
    save_file({"motion": motion}, tmp_path / "m.safetensors", {"clip_id": json.dumps(["a", "b"])})
    for suffix, ids in ((".npy", None), (".npz", ("a", "b")), (".safetensors", ("a", "b"))):
        file = read_motion(tmp_path / f"m{suffix}")
        np.testing.assert_array_equal(file.motion, motion)
        assert file.clip_id == ids
        assert file.lengths is None


def test_one_clip_becomes_a_batch(tmp_path: Path, hands: Hands) -> None:
    np.savez(tmp_path / "m.npz", motion=hands(0, 9), lengths=np.array(8), text_embedding=np.ones(4), fps=30.0)
    file = read_motion(tmp_path / "m.npz")
    assert file.motion.shape == (1, 9, 2, 21, 3)
    assert file.lengths is not None
    assert file.lengths.tolist() == [8]
    assert file.text_embedding is not None
    assert file.text_embedding.shape == (1, 4)


def test_folder_of_clips(tmp_path: Path, hands: Hands) -> None:
    np.savez(tmp_path / "b.npz", motion=hands(1, 20), fps=25.0)
    np.savez(tmp_path / "a.npz", motion=hands(0, 30), fps=25.0, lengths=[12])
    (tmp_path / "README.md").write_text("not a motion")
    (tmp_path / ".hidden.npz").write_text("not a motion")
    file = read_motion(tmp_path)
    assert file.clip_id == ("a", "b")
    assert file.fps == 25
    assert file.lengths is not None
    assert file.lengths.tolist() == [12, 20]
    assert file.motion.shape == (2, 20, 2, 21, 3)
    np.testing.assert_array_equal(file.motion[0, :12], hands(0, 30)[:12])
    np.testing.assert_array_equal(file.motion[0, 12:], np.broadcast_to(hands(0, 30)[11], (8, 2, 21, 3)))


def test_real_recordings(shared: Path) -> None:
    file = read_motion(shared / "real_hands")
    assert file.clip_id is not None
    assert len(file.clip_id) == 16
    assert file.lengths is not None
    assert int(file.lengths.sum()) == 2176
    for i, clip_id in enumerate(file.clip_id):
        with np.load(shared / "real_hands" / f"{clip_id}.npz") as expected:
            np.testing.assert_array_equal(file.motion[i, : file.lengths[i]], expected["motion"])


BAD: dict[str, tuple[dict[str, object], str]] = {
    "no motion": ({"poses": np.zeros(3)}, "unknown key 'poses'.*Known keys: motion, lengths"),
    "only lengths": ({"lengths": np.array([3])}, "'motion' is missing"),
    "misspelt": ({"length": np.array([60])}, "unknown key 'length'"),
    "one hand": ({"motion": lambda m: m[:, 0]}, "One hand only"),
    "flat": ({"motion": lambda m: m.reshape(60, 126)}, "Reshape the last axis"),
    "millimetres": ({"motion": lambda m: m * 1000}, "millimetres"),
    "zeros": ({"motion": lambda m: m * 0}, "all zeros"),
    "nan": ({"motion": lambda m: np.where(m == m[7, 1, 17, 0], np.nan, m)}, "frame 7, right index_tip"),
    "inf in float64": (
        {"motion": lambda m: m.astype(float) + np.where(np.arange(60) == 5, 1e300, 0)[:, None, None, None]},
        "NaN or Inf",
    ),
    "too short": ({"motion": lambda m: m[:2]}, "2 frames"),
    "too many axes": ({"motion": lambda m: m[None, None, None]}, r"Expected \(N, T"),
    "no clip": ({"motion": lambda m: m[None][:0]}, "no clip"),
    "text": ({"motion": np.array("x")}, "dtype"),
    "lengths beyond": ({"lengths": np.array([61])}, "length 61"),
    "lengths real": ({"lengths": np.array([60.0])}, "expected integers"),
    "lengths of others": ({"lengths": np.array([60, 60])}, r"shape \(1,\)"),
    "fps": ({"fps": np.array(0.0)}, "fps is 0"),
    "fps nan": ({"fps": np.array(np.nan)}, "fps is nan"),
    "fps text": ({"fps": np.array("30")}, "fps has dtype"),
    "fps none": ({"fps": np.zeros(0)}, "fps has dtype"),
    "ids of others": ({"clip_id": np.array(["a", "b"])}, "clip_id has dtype"),
    "empty id": ({"clip_id": np.array([""])}, "not empty"),
    "odd id": ({"clip_id": np.array(["a\x1b[31m"])}, "not printable"),
    "long id": ({"sequence_id": np.array(["a" * 201])}, "longer than 200"),
    "object ids": ({"clip_id": np.array(["a", None], object)}, "Python objects"),
    "embedding of others": ({"text_embedding": np.zeros((2, 4))}, r"\(1, D\)"),
    "embedding integers": ({"text_embedding": np.zeros((1, 4), int)}, r"\(1, D\)"),
    "embedding nan": ({"motion_embedding": np.full((1, 4), np.nan)}, "motion_embedding holds NaN"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_bad_npz_names_file_and_fault(tmp_path: Path, hands: Hands, name: str) -> None:
    changes, words = BAD[name]
    content: dict[str, object] = {"motion": hands()}
    for key, value in changes.items():
        content[key] = value(content["motion"]) if callable(value) else value
    if name in ("no motion", "only lengths"):
        del content["motion"]
    np.savez(tmp_path / "bad.npz", **content)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=words) as caught:
        read_motion(tmp_path / "bad.npz")
    assert "bad.npz" in str(caught.value)


def test_bad_clip_is_named(tmp_path: Path, hands: Hands) -> None:
    motion = np.stack([hands(i, 5) for i in range(600)])
    motion[530, 3] = np.nan
    np.savez(tmp_path / "m.npz", motion=motion)
    with pytest.raises(InputError, match=r"clip '530', frame 3, left wrist"):
        read_motion(tmp_path / "m.npz")
    motion[530] = hands(0, 5)
    np.savez(tmp_path / "m.npz", motion=motion, clip_id=np.arange(600) % 599)
    with pytest.raises(InputError, match="clip id '0' occurs twice"):
        read_motion(tmp_path / "m.npz")


def test_bad_folders(tmp_path: Path, hands: Hands) -> None:
    with pytest.raises(InputError, match="no motion file"):
        read_motion(tmp_path)
    np.save(tmp_path / "a.npy", hands())
    np.savez(tmp_path / "a.npz", motion=hands())
    with pytest.raises(InputError, match="clip id 'a' occurs twice"):
        read_motion(tmp_path)
    (tmp_path / "a.npy").unlink()
    np.savez(tmp_path / "b.npz", motion=hands(), fps=60)
    with pytest.raises(InputError, match="different fps: none, 60"):
        read_motion(tmp_path)
    np.savez(tmp_path / "b.npz", motion=np.stack([hands(), hands(1)]))
    with pytest.raises(InputError, match=r"b\.npz.*every file holds one clip"):
        read_motion(tmp_path)
    np.savez(tmp_path / "b.npz", motion=hands(), sequence_id=np.array(["s"]))
    with pytest.raises(InputError, match=r"sequence_id is in some files only, e\.g\. not in 'a'"):
        read_motion(tmp_path)


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\xff" * 8 + b"{}", (10).to_bytes(8, "little") + b"{'a': 1}  "])
def test_damaged_safetensors(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(InputError, match="not a readable safetensors"):
        read_motion(tmp_path / "m.safetensors")


def test_safetensors_of_other_things(tmp_path: Path, hands: Hands) -> None:
    save_file({"weight": np.zeros(3)}, tmp_path / "m.safetensors")
    with pytest.raises(InputError, match="unknown key 'weight'"):
        read_motion(tmp_path / "m.safetensors")
    for ids in ("{", '{"a": 1}', "[1]", "[" * 100_000):
        save_file({"motion": hands()[None]}, tmp_path / "m.safetensors", {"clip_id": ids})
        with pytest.raises(InputError, match="metadata 'clip_id'"):
            read_motion(tmp_path / "m.safetensors")


def test_source_cuts_to_length_and_takes_the_split(tmp_path: Path, hands: Hands) -> None:
    np.savez(tmp_path / "m.npz", motion=np.stack([hands(0), hands(1)]), lengths=[60, 40], sequence_id=["s", "s"])
    clips = list(ArraySource(tmp_path / "m.npz", "test").clips("test"))
    assert [(c.clip_id, c.sequence_id, c.split, len(c.motion)) for c in clips] == [
        ("m-0", "s", "test", 60),
        ("m-1", "s", "test", 40),
    ]
    np.savez(tmp_path / "m.npz", motion=np.stack([hands(0), hands(1)])[None])
    with pytest.raises(InputError, match="several generations"):
        list(ArraySource(tmp_path / "m.npz").clips("train"))


def test_sub_folders_are_splits(tmp_path: Path, hands: Hands) -> None:
    for split in ("train", "test"):
        (tmp_path / split).mkdir()
        np.save(tmp_path / split / f"{split}-clip.npy", hands())
    source = ArraySource(tmp_path)
    assert source.splits() == ("test", "train")
    assert [clip.clip_id for clip in source.clips("test")] == ["test-clip"]


def test_one_long_id_does_not_make_room_for_as_many(tmp_path: Path, hands: Hands) -> None:
    path = tmp_path / "p.safetensors"
    ids = json.dumps(["x" * 1000, *map(str, range(9))])
    save_file({"motion": np.stack([hands(0, 10)] * 10)}, path, {"clip_id": ids})
    with pytest.raises(InputError, match="a text of 1000 characters"):
        read_motion(path)
