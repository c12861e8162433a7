"""Conversion to Parquet: what comes back through plain ``datasets``, and what happens when it cannot be done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow.parquet as pq
import pytest

from handx_bench import load_dataset
from handx_bench.data import convert as module
from handx_bench.data.clip import FEATURES, MANO_WIDTHS
from handx_bench.data.convert import convert
from handx_bench.errors import InputError

from .conftest import release_entry, write_release

TRAIN = "train_can_pos_all_wotextfeat.npz"


def golden_entries(folder: Path, split: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The entries as numpy reads them where pickles are trusted."""
    with (
        np.load(folder / f"{split}_can_pos_all_wotextfeat.npz", allow_pickle=True) as motion,
        np.load(folder / f"{split}_mano.npz", allow_pickle=True) as mano,
    ):
        return [(motion[str(i)].item(), mano[str(i)].item()) for i in range(len(motion.files))]


def test_golden_release_comes_back_equal(shared: Path, tmp_path: Path) -> None:
    folder = shared / "golden" / "handx_release"
    dest = tmp_path / "parquet"
    assert convert(folder, dest).clips == {"train": 75, "test": 37}
    assert sorted(str(f.relative_to(dest)) for f in dest.rglob("*") if f.is_file()) == [
        "data/test-00000-of-00001.parquet",
        "data/train-00000-of-00001.parquet",
    ]
    assert [f.name for f in tmp_path.iterdir()] == ["parquet"]  # nothing temporary is left
    ways = {
        "folder": datasets.load_dataset(str(dest)),
        "parquet": datasets.load_dataset("parquet", data_dir=str(dest)),
        "ours": {split: load_dataset(dest, split) for split in ("train", "test")},
        "release": {split: load_dataset(folder, split) for split in ("train", "test")},
    }
    for split in ("train", "test"):
        entries = golden_entries(folder, split)
        for way in ways.values():
            dataset = way[split]
            assert dataset.features == FEATURES
            assert len(dataset) == len(entries)
            rows = dataset.with_format("numpy", columns=["motion"], output_all_columns=True)
            for i, (row, (entry, mano)) in enumerate(zip(rows, entries)):
                assert row["motion"].dtype == np.float32
                assert row["motion"].tobytes() == entry["motion"].tobytes()
                assert row["left_texts"] == entry["left_annotation"]
                assert row["right_texts"] == entry["right_annotation"]
                assert row["interaction_texts"] == entry["interaction_annotation"]
                for key in MANO_WIDTHS:
                    assert np.array(row["mano"][key], np.float32).tobytes() == mano[key].tobytes()
                assert (row["clip_id"], row["split"], row["fps"]) == (f"handx-{split}-{i}", split, 30.0)
    for split in ("train", "test"):  # every column, not only those that the release has
        plain = [way[split].with_format(None).to_list() for way in ways.values()]
        assert all(rows == plain[0] for rows in plain)


def test_golden_release_through_datasets_by_path_of_a_split(shared: Path, tmp_path: Path) -> None:
    convert(shared / "golden" / "handx_release", tmp_path / "p", splits=["test"])
    dataset = datasets.load_dataset(str(tmp_path / "p"), split="test")
    assert len(dataset) == 37


def test_variable_lengths_and_no_mano_come_back(shared: Path, tmp_path: Path) -> None:
    convert(shared / "real_hands", tmp_path / "p", splits=["test"])
    rows = datasets.load_dataset(str(tmp_path / "p"), split="test").with_format("numpy", columns=["motion"])
    again = load_dataset(tmp_path / "p")
    for row, ours in zip(rows, again):
        with np.load(shared / "real_hands" / f"{ours['clip_id']}.npz") as expected:
            np.testing.assert_array_equal(row["motion"], expected["motion"])
        assert ours["mano"] is None


def test_shards_row_groups_and_compression(tmp_path: Path, hands: Callable[..., np.ndarray], monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "SHARD_SIZE", 200)
    np.save(tmp_path / "m.npy", np.stack([hands(i, 4) for i in range(450)]))
    told: list[tuple[int, int | None]] = []
    convert(tmp_path / "m.npy", tmp_path / "p", progress=lambda done, total: told.append((done, total)))
    files = sorted((tmp_path / "p" / "data").iterdir())
    assert [f.name for f in files] == [f"train-0000{i}-of-00003.parquet" for i in range(3)]
    assert [pq.read_metadata(f).num_rows for f in files] == [200, 200, 50]
    for file in files:
        metadata = pq.read_metadata(file)
        for group in range(metadata.num_row_groups):
            assert metadata.row_group(group).num_rows <= 100
            assert metadata.row_group(group).column(0).compression == "ZSTD"
    assert [done for done, _ in told] == [100, 200, 300, 400, 450]
    assert load_dataset(tmp_path / "p")["clip_id"][:] == [f"m-{i:03d}" for i in range(450)]


def test_parquet_can_be_converted_again(release: Path, tmp_path: Path) -> None:
    convert(release, tmp_path / "a")
    assert convert(tmp_path / "a", tmp_path / "b", splits=["test"]).clips == {"test": 2}
    assert convert(tmp_path / "a", tmp_path / "c").clips == {"train": 3, "test": 2}
    assert load_dataset(tmp_path / "c").to_list() == load_dataset(release).to_list()
    with pytest.raises(InputError, match="no split 'x'"):
        convert(tmp_path / "a", tmp_path / "d", splits=["x"])
    with pytest.raises(InputError, match=r"no split 'x'.*Splits: train, test"):
        convert(release, tmp_path / "d", splits=["test", "x"])
    assert not (tmp_path / "d").exists()


def test_target_is_not_overwritten_unless_asked_and_ours(release: Path, tmp_path: Path) -> None:
    dest = tmp_path / "p"
    dest.mkdir()
    convert(release, dest)  # an empty folder is no obstacle
    with pytest.raises(InputError, match="not empty"):
        convert(release, dest)
    assert convert(release, dest, splits=["test"], overwrite=True).clips == {"test": 2}
    assert [f.name for f in (dest / "data").iterdir()] == ["test-00000-of-00001.parquet"]
    (dest / "thesis.tex").write_text("do not delete")
    with pytest.raises(InputError, match=r"'thesis\.tex'"):
        convert(release, dest, overwrite=True)
    assert (dest / "thesis.tex").exists()
    for other, words in (
        (release, "source lies in"),
        (release.parent, "source lies in"),
        (dest / "thesis.tex", "not a folder"),
    ):
        with pytest.raises(InputError, match=words):
            convert(release, other, overwrite=True)
    link = tmp_path / "link"
    link.symlink_to(dest)
    with pytest.raises(InputError, match="not a folder"):
        convert(release, link, overwrite=True)


def test_a_failure_leaves_what_was_there(release: Path, tmp_path: Path) -> None:
    dest = tmp_path / "p"
    convert(release, dest)
    before = {f.name: f.read_bytes() for f in (dest / "data").iterdir()}
    entries: dict[str, object] = {str(i): release_entry(i) for i in range(250)}
    entries["249"] = release_entry(motion=np.zeros((60, 2, 21, 3), np.float32))
    write_release(release / TRAIN, entries)
    for target in (dest, tmp_path / "new"):
        with pytest.raises(InputError, match="handx-train-249"):
            convert(release, target, overwrite=True)
    assert {f.name: f.read_bytes() for f in (dest / "data").iterdir()} == before
    assert sorted(f.name for f in tmp_path.iterdir()) == ["p", "release"]


def test_ids_must_differ_across_splits(tmp_path: Path, hands: Callable[..., np.ndarray]) -> None:
    for split in ("train", "test"):
        (tmp_path / "m" / split).mkdir(parents=True)
        np.save(tmp_path / "m" / split / "same.npy", hands())
    for call in (lambda: convert(tmp_path / "m", tmp_path / "p"), lambda: load_dataset(tmp_path / "m")):
        with pytest.raises(InputError, match="clip id 'same' occurs twice"):
            call()
    (tmp_path / "m" / "test").rename(tmp_path / "m" / "a-b")
    with pytest.raises(InputError, match="the split 'a-b' is not a name"):
        convert(tmp_path / "m", tmp_path / "p")


_MEASURE = r"""
import re, sys
import handx_bench.data.convert as c
from handx_bench import load_dataset
from pathlib import Path
source, out = Path(sys.argv[1]), Path(sys.argv[2])
load_dataset(source / "small"); c.convert(source / "small", out / "small")
def peak_kb():
    # Not getrusage: its peak survives exec, so a child starts with that of the test runner.
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])

start = peak_kb()
if sys.argv[3] == "load":
    dataset = load_dataset(source / "large")
    assert len(dataset) == 3000 and dataset[2999]["motion"].shape == (60, 2, 21, 3)
else:
    c.convert(source / "large", out / "large")
print(peak_kb() - start)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize("what", ["load", "convert"])
def test_memory_does_not_grow_with_the_release(tmp_path: Path, what: str) -> None:
    """3,000 entries with MANO parameters are 180 MB of arrays; reading all at once would need several times that."""
    from .conftest import mano_entry

    for name, count in (("small", 150), ("large", 3000)):
        write_release(tmp_path / name / TRAIN, {str(i): release_entry(i % 50) for i in range(count)})
        write_release(tmp_path / name / "train_mano.npz", {str(i): mano_entry(i % 50) for i in range(count)})
    result = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(tmp_path), str(tmp_path / "out"), what],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HF_HOME": str(tmp_path / "hf")},
    )
    grown_mb = json.loads(result.stdout.splitlines()[-1]) / 1024
    print(f"{what}: peak resident memory grew by {grown_mb:.0f} MB")
    assert grown_mb < 150
