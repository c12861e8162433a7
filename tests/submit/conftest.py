"""Fixtures of the store tests. A store of another kind joins by one more entry of ``STORES``."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # processes import the stand-ins by name

import handx_submit_fakes as fakes

from handx_bench.bench.freeze import freeze, to_yaml
from handx_bench.bench.predictions import Predictions, write_predictions
from handx_bench.bench.protocol import Protocol
from handx_bench.bench.protocol_clips import protocol_clips
from handx_bench.data.clip import FEATURES, Clip
from handx_bench.submit.bundle import Bundle, pack_bundle
from handx_bench.submit.local_store import LocalStore
from handx_bench.submit.manifest import Manifest
from handx_bench.submit.store import Store
from tests.hands import random_motion, smooth_noise


class Clock:
    """A clock that tests set."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def _local(path: Path, **options: Any) -> Store:
    return LocalStore(path / "store", options.pop("user", "ada"), check=fakes.fake_check, **options)


STORES: dict[str, Callable[..., Store]] = {"local": _local}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=sorted(STORES))
def open_store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Callable[..., Store]:
    """Opens the same store as often as wanted: ``open_store(user=…, max_attempts=…)``."""

    def build(**options: Any) -> Store:
        return STORES[request.param](tmp_path, **({"clock": clock} | options))

    return build


@pytest.fixture
def store(open_store: Callable[..., Store]) -> Store:
    return open_store()


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[..., Bundle]:
    """Makes bundles: ``bundle("Model", "content of the predictions")``."""

    def build(name: str = "Model", content: str = "ok", **manifest: Any) -> Bundle:
        path = tmp_path / f"predictions-{hashlib.sha256(repr((name, content)).encode()).hexdigest()[:16]}"
        path.write_text(f"{content}\n{name}")
        return pack_bundle(path, Manifest(model_name=name, **manifest))

    return build


@dataclass
class World:
    """A folder with a small data set, its protocol, and predictions of several qualities."""

    folder: Path
    protocol: Any
    clips: Any

    def predictions(self, name: str = "good", noise_m: float = 0.002, **changes: Any) -> Path:
        """A predictions file: the reference under smooth noise, with ``changes`` to the fields of ``Predictions``."""
        rng = np.random.default_rng(len(name))
        motion = self.clips.padded()[:, None].repeat(2, axis=1)
        sway = smooth_noise(rng, *motion.shape[:2], 2, 1, 3, frames=motion.shape[2]).numpy()
        fields = {
            "motion": (motion + noise_m * np.moveaxis(sway, 0, 2)).astype(np.float32),
            "lengths": self.clips.lengths, "clip_ids": self.clips.clip_ids, "protocol_id": self.protocol.id,
            "protocol_hash": self.protocol.hash, "generator": "test", "seeds": {"generation": 0},
        }  # fmt: skip
        path = self.folder / f"{name}.safetensors"
        write_predictions(path, Predictions(**(fields | changes)))
        return path


@pytest.fixture(scope="session")
def world_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    motion = random_motion(12, frames=30, seed=5).float().numpy()
    clips = [
        Clip(f"clip-{n:02}", "made", f"sequence-{n // 2}", each, split="test", left_texts=("l",), right_texts=("r",),
             interaction_texts=("i",), action="wave")
        for n, each in enumerate(motion)
    ]  # fmt: skip
    (folder / "data").mkdir()
    rows = datasets.Dataset.from_list([clip.to_row() for clip in clips], features=FEATURES)
    rows.to_parquet(folder / "data" / "test.parquet")
    return folder


@pytest.fixture
def world(world_source: Path, tmp_path: Path) -> World:
    folder = tmp_path / "world"
    shutil.copytree(world_source, folder)
    rules = Protocol.model_validate({
        "id": "small-v0", "version": "0", "dataset": {"name": str(world_source / "data"), "split": "test"},
        "task": "text-to-motion", "num_generations": 2, "statistics": {"draws": 100},
        "metrics": ["joint_angle_error", "relative_wrist_error", "contact_event_f1"],
        "headline": ["joint_angle_error", "relative_wrist_error", "contact_event_f1"],
    })  # fmt: skip
    protocol = freeze(rules)
    (folder / "protocol.yaml").write_text(to_yaml(protocol), encoding="utf-8")
    return World(folder, protocol, protocol_clips(protocol))


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "evaluations.jsonl"
    monkeypatch.setenv("HANDX_TEST_LOG", str(path))
    return path
