"""``load_dataset``: the same rows whatever the form, checked at the door, kept in the cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from handx_bench import load_dataset
from handx_bench.data.clip import FEATURES, Clip
from handx_bench.data.readers import parquet as parquet_reader
from handx_bench.errors import InputError

from .conftest import mano_entry

Hands = Callable[..., np.ndarray]


def clip_row(hands: Hands, seed: int = 0, **changes: Any) -> dict[str, Any]:
    clip = Clip(
        f"c{seed}", "mine", f"s{seed}", hands(seed, 30 + seed), "test", 25.0, "p1", ("l",), ("r",), ("b",), "clap"
    )
    return {**clip.to_row(), **changes}


def write_parquet(path: Path, rows: list[dict[str, Any]], features: Any = FEATURES) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    datasets.Dataset.from_list(rows, features=features).to_parquet(str(path))
    return path


def test_rows_fit_the_schema_and_formats(release: Path) -> None:
    dataset = load_dataset(release)
    assert dataset.features == FEATURES
    row = dataset[0]
    assert isinstance(row["motion"], np.ndarray)
    assert row["motion"].dtype == np.float32
    assert row["motion"].shape == (60, 2, 21, 3)
    assert isinstance(row["left_texts"], list)
    assert isinstance(row["fps"], float)
    np.testing.assert_array_equal(np.float32(row["mano"]["left_pose"]), mano_entry(0)["left_pose"])
    assert dataset["split"][:] == ["train"] * 3 + ["test"] * 2
    assert load_dataset(release, "test")[0]["mano"] is None
    assert dataset.cache_files  # memory-mapped, not in memory


def test_unknown_split_lists_the_known(release: Path) -> None:
    with pytest.raises(InputError, match=r"no split 'tset'.*Splits: train, test"):
        load_dataset(release, "tset")
    with pytest.raises(InputError, match=r"no split 'x'.*train, validation, test"):
        load_dataset("handx-mini", "x")


def test_real_recordings_keep_their_lengths(shared: Path) -> None:
    dataset = load_dataset(shared / "real_hands", "test")
    assert len(dataset) == 16
    for row in dataset:
        with np.load(shared / "real_hands" / f"{row['clip_id']}.npz") as expected:
            np.testing.assert_array_equal(row["motion"], expected["motion"])
        assert (row["split"], row["fps"]) == ("test", 30.0)


def test_cache_follows_the_file(tmp_path: Path, hands: Hands) -> None:
    path = tmp_path / "m.npy"
    np.save(path, hands(0))
    before = path.stat()
    first = load_dataset(path)
    assert load_dataset(path).cache_files == first.cache_files
    np.save(path, hands(1))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # same size, same time of modification
    np.testing.assert_array_equal(load_dataset(path)[0]["motion"], hands(1))


def test_nothing_is_cached_of_a_bad_source(tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    # A cache of its own: the common one is filled by tests that run beside this one.
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    cache = tmp_path / "cache" / "handx_bench"
    load_dataset(_saved(tmp_path / "good.npy", hands(0)))
    before = set(cache.iterdir())
    assert len(before) == 1
    motion = np.stack([hands(i, 9) for i in range(150)])
    motion[149] *= 1000
    for _ in range(2):
        with pytest.raises(InputError, match="millimetres"):
            load_dataset(_saved(tmp_path / "bad.npy", motion))
    assert set(cache.iterdir()) == before


def _saved(path: Path, motion: np.ndarray) -> Path:
    np.save(path, motion)
    return path


def test_long_and_short_recordings_together(tmp_path: Path, hands: Hands) -> None:
    for i, frames in enumerate((3, 30_000, 50)):
        np.save(tmp_path / f"{i}.npy", hands(i, frames))
    assert [len(row["motion"]) for row in load_dataset(tmp_path)] == [3, 30_000, 50]


def test_parquet_file_and_folder(tmp_path: Path, hands: Hands) -> None:
    rows = [clip_row(hands, 0), clip_row(hands, 1, split="train", mano=None), clip_row(hands, 2)]
    mano = {key: values[:30] for key, values in mano_entry().items()}
    rows[0]["mano"] = mano
    path = write_parquet(tmp_path / "any-name.parquet", rows)
    for place in (path, tmp_path):
        for split, expected in ((None, [0, 1, 2]), ("test", [0, 2]), ("train", [1])):
            dataset = load_dataset(place, split)
            assert [row["clip_id"] for row in dataset] == [f"c{i}" for i in expected]
            for row, i in zip(dataset, expected):
                np.testing.assert_array_equal(row["motion"], rows[i]["motion"])
    assert dataset.features == FEATURES
    np.testing.assert_array_equal(np.float32(load_dataset(path)[0]["mano"]["right_pose"]), mano["right_pose"])
    with pytest.raises(InputError, match=r"no split 'validation'.*Splits: test, train"):
        load_dataset(path, "validation")


def test_parquet_is_checked_once_per_content(tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_parquet(tmp_path / "a.parquet", [clip_row(hands)])
    calls = []
    real = parquet_reader.checked_groups
    monkeypatch.setattr(parquet_reader, "checked_groups", lambda *a, **k: calls.append(1) or real(*a, **k))
    load_dataset(path)
    load_dataset(path)
    assert len(calls) == 1
    write_parquet(path, [clip_row(hands, 3)])
    assert load_dataset(path)[0]["clip_id"] == "c3"
    assert len(calls) == 2


BAD_ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "null id": ({"clip_id": None}, "a clip_id is None"),
    "null sequence": ({"sequence_id": None}, "sequence_id is None"),
    "null action": ({"action": None}, "action holds a NoneType"),
    "split that climbs": ({"split": "../x"}, "not a name"),
    "fps": ({"fps": float("nan")}, "fps is nan"),
    "null texts": ({"left_texts": None}, "does not fit"),
    "null among texts": ({"left_texts": [None]}, "left_texts holds a NoneType"),
    "uneven texts": ({"left_texts": ["a", "b"]}, "different lengths"),
    "null motion": ({"motion": None}, "a motion is null"),
    "short motion": ({"motion": lambda m: m[:2]}, "2 frames"),
    "millimetres": ({"motion": lambda m: m * 1000}, "millimetres"),
    "nan": ({"motion": lambda m: m * np.nan}, "clip 'c0', frame 0, left wrist"),
    "mano of other length": ({"mano": mano_entry()}, r"left_pose has shape \(60, 48\)"),
    "mano of other width": (
        {"mano": {**mano_entry(), "left_pose": np.zeros((60, 47), "f4")}},
        "does not fit|left_pose",
    ),
    "mano in part": ({"mano": {**mano_entry(), "left_pose": None}}, "does not fit|left_pose"),
}


@pytest.mark.parametrize("name", list(BAD_ROWS))
def test_bad_parquet_rows_are_named(tmp_path: Path, hands: Hands, name: str) -> None:
    changes, words = BAD_ROWS[name]
    row = clip_row(hands)
    row.update({key: value(row[key]) if callable(value) else value for key, value in changes.items()})
    path = write_parquet(tmp_path / "bad.parquet", [row])
    for _ in range(2):  # a failed check leaves no marker
        with pytest.raises(InputError, match=words) as caught:
            load_dataset(path)
        assert "bad.parquet" in str(caught.value)


def test_bad_parquet_files(tmp_path: Path, hands: Hands) -> None:
    path = tmp_path / "bad.parquet"
    write_parquet(path, [clip_row(hands), clip_row(hands)])
    with pytest.raises(InputError, match="clip id 'c0' occurs twice"):
        load_dataset(path)
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["license"]), path)
    with pytest.raises(InputError, match=r"the column 'license' is missing.*bad\.parquet"):
        load_dataset(path)
    pq.write_table(table.append_column("extra", pa.array([1, 2])), path)
    with pytest.raises(InputError, match="unknown column 'extra'"):
        load_dataset(path)
    pq.write_table(table.slice(0, 0), path)
    with pytest.raises(InputError, match="no clip"):
        load_dataset(path)
    data = write_parquet(path, [clip_row(hands)]).read_bytes()
    for broken in (b"", b"PAR1", data[:-20], data[:4] + bytes(2000) + data[2004:]):
        path.write_bytes(broken)
        with pytest.raises(InputError, match=r"bad\.parquet"):
            load_dataset(path)


@pytest.mark.parametrize("shape", [(42, 1, 3), (2, 3, 21), (1, 21, 6)])
def test_parquet_of_other_shape_is_not_read_as_hands(tmp_path: Path, hands: Hands, shape: tuple[int, ...]) -> None:
    """Written by other tools as plain lists, all these hold as many numbers as (2, 21, 3)."""
    row = {**clip_row(hands), "motion": hands().reshape(60, *shape).tolist()}
    inner = datasets.List(datasets.List(datasets.List(datasets.Value("float32"))))
    features = datasets.Features({**FEATURES, "motion": datasets.List(inner)})
    path = write_parquet(tmp_path / "bad.parquet", [row], features)
    with pytest.raises(InputError, match=r"axis \d of a motion|does not fit"):
        load_dataset(path)


def test_parquet_of_plain_lists_of_double_is_cast(tmp_path: Path, hands: Hands) -> None:
    inner = datasets.List(datasets.List(datasets.List(datasets.Value("float64"))))
    features = datasets.Features({**FEATURES, "motion": datasets.List(inner), "fps": datasets.Value("float64")})
    path = write_parquet(tmp_path / "lists.parquet", [{**clip_row(hands), "motion": hands().tolist()}], features)
    dataset = load_dataset(path)
    assert dataset.features == FEATURES
    np.testing.assert_array_equal(dataset[0]["motion"], hands())


def test_what_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no motion data found"):
        load_dataset(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(InputError, match="no motion data found"):
        load_dataset(tmp_path / "notes.txt")
    (tmp_path / "val_sample_000_idx0.pkl").write_text("x")
    with pytest.raises(InputError, match="generated samples, not a dataset"):
        load_dataset(tmp_path)
    with pytest.raises(InputError, match="no such file, folder or dataset"):
        load_dataset(str(tmp_path / "nowhere"))


def test_hub_ids_offline() -> None:
    with pytest.raises(InputError, match="no file or folder 'owner/name' here, and the Hub"):
        load_dataset("owner/name")


def test_hub_dataset_is_parquet_or_refused(tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Hub's files stand in a local folder; the choice of the builder is that of ``datasets`` in both cases."""
    asked = []
    real = datasets.load_dataset_builder

    def local(name: str, revision: str | None = None) -> Any:
        asked.append((name, revision))
        return real(str(tmp_path / name.partition("/")[2]))

    monkeypatch.setattr(datasets, "load_dataset_builder", local)
    write_parquet(tmp_path / "good" / "data" / "test-00000-of-00001.parquet", [clip_row(hands)])
    assert load_dataset("owner/good@v1", "test")[0]["clip_id"] == "c0"
    assert asked == [("owner/good", "v1")]
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "test.jsonl").write_text('{"clip_id": "c0"}\n')
    with pytest.raises(InputError, match="is not Parquet"):
        load_dataset("owner/json")
    write_parquet(tmp_path / "other" / "test.parquet", [{"a": 1}], None)
    with pytest.raises(InputError, match="unknown column 'a'"):
        load_dataset("owner/other")


def test_a_small_file_does_not_unfold_into_a_large_cache(
    tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dictionary-encoded, one text of 1 MB in a thousand rows is a file of 60 KB and 1 GB of Arrow."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    row = clip_row(hands, license="x" * 100_000)
    path = write_parquet(tmp_path / "bomb.parquet", [{**row, "clip_id": f"c{i}"} for i in range(20)])
    with pytest.raises(InputError, match=r"license holds a text of 100000 bytes.*bomb\.parquet"):
        load_dataset(path)
    short = clip_row(hands, left_texts=["x" * 100_000], motion=hands() * 1000)
    for bad in (short, clip_row(hands, motion=hands() * 1000)):
        with pytest.raises(InputError):
            load_dataset(write_parquet(tmp_path / "bomb.parquet", [bad]))
    assert not list((tmp_path / "cache").rglob("*.arrow")), "something was left in the cache"


def test_numbers_repeated_without_end_are_refused(
    tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_reader, "MAX_ROW_GROUP_BYTES", 100_000)
    path = write_parquet(tmp_path / "a.parquet", [clip_row(hands, motion=np.tile(hands()[:1], (300, 1, 1, 1)))])
    assert path.stat().st_size < 100_000
    with pytest.raises(InputError, match="unfolds to"):
        load_dataset(path)
