"""The cache: first use, damage, several processes. Most tests build a set of a few clips in place of the whole."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from handx_bench.data.clip import FEATURES, Clip
from handx_bench.data.mini import FINGERPRINT, SPLITS, builder, load, store
from handx_bench.data.mini.builder import fingerprint
from handx_bench.errors import InputError
from handx_bench.files import umask


@pytest.fixture
def small(sample: dict[str, list[Clip]], monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The store with splits of 4 clips and their own fingerprints; counts how often they are built."""
    built: dict[str, int] = {}

    def build(split: str, progress: object = None) -> list[Clip]:
        built[split] = built.get(split, 0) + 1
        if callable(progress):
            progress(4, 4)
        return sample[split][:4]

    few = {s: sample[s][:4] for s in SPLITS}
    prints = {s: fingerprint([c.clip_id for c in few[s]], [c.motion for c in few[s]]) for s in SPLITS}
    monkeypatch.setattr(store, "build", build)
    monkeypatch.setattr(store, "FINGERPRINT", prints)
    return built


def test_first_use_builds_and_second_reads(
    small: dict[str, int], sample: dict[str, list[Clip]], tmp_path: Path
) -> None:
    first, second = load("test", tmp_path), load("test", tmp_path)
    assert small == {"train": 1, "validation": 1, "test": 1}
    assert first.features == FEATURES
    for i, clip in enumerate(sample["test"][:4]):
        row = first[i]
        assert row["motion"].dtype == np.float32
        np.testing.assert_array_equal(row["motion"], clip.motion)
        np.testing.assert_array_equal(second[i]["motion"], clip.motion)
        assert tuple(row["left_texts"]) == clip.left_texts
        assert row["action"] == clip.action
        assert second[i]["interaction_texts"] == row["interaction_texts"]
    assert first.cache_files, "memory-mapped, not held in memory"
    assert [p.name for p in (tmp_path / "handx-mini").iterdir()] == [store.folder_name()]


def test_environment_names_the_cache(small: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDX_BENCH_CACHE", str(tmp_path / "here"))
    load("validation")
    assert (tmp_path / "here" / "handx-mini" / store.folder_name() / "manifest.json").is_file()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [_cut, _flip, Path.unlink])
@pytest.mark.parametrize("name", ["test.parquet", "manifest.json"])
def test_damage_is_found_and_mended(small: dict[str, int], tmp_path: Path, damage: object, name: str) -> None:
    before = [load("test", tmp_path)[i]["motion"] for i in range(4)]
    folder = tmp_path / "handx-mini" / store.folder_name()
    assert callable(damage)
    damage(folder / name)
    after = load("test", tmp_path)
    if name == "test.parquet" or damage is not _flip:
        assert small["test"] == 2
    np.testing.assert_array_equal(np.stack(before), np.stack([after[i]["motion"] for i in range(4)]))
    assert store.is_intact(folder)


def _blank(path: Path) -> None:
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + bytes(100) + data[middle + 100 :])


@pytest.mark.parametrize("damage", [_cut, _blank, lambda path: path.write_bytes(b"")])
def test_damaged_arrow_files_are_made_anew(small: dict[str, int], tmp_path: Path, damage: object) -> None:
    before = np.stack([row["motion"] for row in load("test", tmp_path)])
    assert callable(damage)
    (arrow,) = (tmp_path / "handx-mini" / store.folder_name() / "arrow").rglob("*.arrow")
    damage(arrow)
    np.testing.assert_array_equal(before, np.stack([row["motion"] for row in load("test", tmp_path)]))
    assert small["test"] == 1, "not built again"


def test_others_may_read_the_cache(small: dict[str, int], tmp_path: Path) -> None:
    load("test", tmp_path)
    folder = tmp_path / "handx-mini" / store.folder_name()
    assert folder.stat().st_mode & 0o777 == 0o777 & ~umask()


def test_a_manifest_of_nonsense_is_not_intact(small: dict[str, int], tmp_path: Path) -> None:
    load("test", tmp_path)
    folder = tmp_path / "handx-mini" / store.folder_name()
    for text in ("[]", "null", "{}", json.dumps(dict.fromkeys(SPLITS, 1)), "x" * 200_000):
        (folder / "manifest.json").write_text(text)
        assert not store.is_intact(folder)


def test_other_clips_than_pinned_are_refused(
    small: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "FINGERPRINT", {**store.FINGERPRINT, "validation": "0" * 64})
    with pytest.raises(InputError, match=rf"fingerprint [0-9a-f]{{64}}, expected {'0' * 64} \(split validation\)"):
        load("test", tmp_path)
    assert not list((tmp_path / "handx-mini").iterdir()), "nothing half-written"


def test_cache_that_cannot_be_written(small: dict[str, int], tmp_path: Path) -> None:
    (tmp_path / "handx-mini").write_text("a file in the way")
    with pytest.raises(InputError, match="cannot be written"):
        load("test", tmp_path)


def test_unknown_split(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no split 'dev'"):
        load("dev", tmp_path)


def test_losing_a_race_uses_the_winner(small: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process finishes while this one builds."""
    load("test", tmp_path / "other")
    folder = tmp_path / "handx-mini" / store.folder_name()
    write = store._write

    def slowly(work: Path, progress: object) -> None:
        write(work, None)
        shutil.copytree(tmp_path / "other" / "handx-mini" / folder.name, folder)

    monkeypatch.setattr(store, "_write", slowly)
    assert len(load("test", tmp_path)) == 4
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]


def _build_whole(cache: str, answer: object) -> None:
    data = load("test", cache)
    answer.put(fingerprint(data["clip_id"], (row["motion"] for row in data)))  # type: ignore[attr-defined]


@pytest.mark.slow
def test_whole_set_is_the_pinned_one_and_two_processes_agree(tmp_path: Path) -> None:
    """Two processes build all 2,048 clips at once into one cache; each checks all fingerprints."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    workers = [context.Process(target=_build_whole, args=(str(tmp_path), answer)) for _ in range(2)]
    for worker in workers:
        worker.start()
    found = [answer.get(timeout=280) for _ in workers]
    for worker in workers:
        worker.join()
    assert found == [FINGERPRINT["test"]] * 2
    for split, count in SPLITS.items():
        begin = time.perf_counter()
        data = load(split, tmp_path)
        assert time.perf_counter() - begin < 30, "read, not built"
        assert len(data) == count
        assert len(set(data["clip_id"])) == count
    assert [p.name for p in (tmp_path / "handx-mini").iterdir()] == [store.folder_name()]


def test_progress_counts_over_all_splits(
    small: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, int]] = []
    monkeypatch.setattr(store, "SPLITS", dict.fromkeys(SPLITS, 4))
    load("train", tmp_path, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(4, 12), (8, 12), (12, 12)]
    assert builder.SPLITS["train"] == 1536
