"""Small motions and files in the forms of the outside formats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

MANO_WIDTHS = {"pose": 48, "shape": 10, "trans": 3}


def make_hands(seed: int = 0, frames: int = 60) -> np.ndarray:
    """A drifting pair of rigid random hands ``(T, 2, 21, 3)`` of plausible size; not anatomical."""
    rng = np.random.default_rng(seed)
    shape = rng.normal(size=(2, 21, 3))
    shape *= 0.16 / np.linalg.norm(shape - shape[:, :1], axis=-1).max(-1)[:, None, None]
    drift = np.cumsum(rng.normal(scale=0.002, size=(frames, 2, 1, 3)), axis=0)
    return (shape + drift).astype(np.float32)


def release_entry(seed: int = 0, **changes: object) -> dict[str, object]:
    entry: dict[str, object] = {"motion": make_hands(seed)}
    for side in ("left", "right", "interaction"):
        entry[f"{side}_annotation"] = [f"{side} {level} of clip {seed}, é" for level in range(5)]
    return {k: v for k, v in {**entry, **changes}.items() if v is not ...}


def mano_entry(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        f"{side}_{part}": rng.normal(size=(60, width)).astype(np.float32)
        for side in ("left", "right")
        for part, width in MANO_WIDTHS.items()
    }


def boxed(value: object) -> np.ndarray:
    box = np.empty((), dtype=object)
    box[()] = value
    return box


def write_release(path: Path, entries: dict[str, object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{key: boxed(value) for key, value in entries.items()})  # type: ignore[arg-type]
    return path


@pytest.fixture
def hands() -> Callable[..., np.ndarray]:
    return make_hands


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release folder with three train and two test clips, MANO parameters for train only."""
    folder = tmp_path / "release"
    write_release(folder / "train_can_pos_all_wotextfeat.npz", {str(i): release_entry(i) for i in range(3)})
    write_release(folder / "test_can_pos_all_wotextfeat.npz", {str(i): release_entry(10 + i) for i in range(2)})
    write_release(folder / "train_mano.npz", {str(i): mano_entry(i) for i in range(3)})
    return folder
