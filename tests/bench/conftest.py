"""Fixtures of the harness: see ``posed.py``."""

from __future__ import annotations

from pathlib import Path

import datasets
import pytest

from handx_bench.bench.freeze import to_yaml
from handx_bench.bench.protocol import Protocol
from handx_bench.data.clip import Clip

from .posed import as_dataset, make_clips, make_protocol


@pytest.fixture
def clips() -> list[Clip]:
    return make_clips(10, frames=lambda i: 25 + i)


@pytest.fixture
def dataset(clips: list[Clip]) -> datasets.Dataset:
    return as_dataset(clips)


@pytest.fixture
def train_dataset() -> datasets.Dataset:
    return as_dataset(make_clips(12, "train", seed=1))


@pytest.fixture
def protocol() -> Protocol:
    return make_protocol()


@pytest.fixture
def on_disk(tmp_path: Path, clips: list[Clip]) -> Path:
    """A folder with the Parquet of both splits and ``protocol.yaml``, for the command line."""
    data = tmp_path / "posed"
    data.mkdir()
    as_dataset([*clips, *make_clips(12, "train", seed=1)]).with_format(None).to_parquet(data / "clips.parquet")
    changed = make_protocol(dataset={"name": str(data), "split": "test", "train_split": "train"})
    (tmp_path / "protocol.yaml").write_text(to_yaml(changed), encoding="utf-8")
    return tmp_path
