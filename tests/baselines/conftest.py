"""Training and test clips for the simple generators."""

from __future__ import annotations

import datasets
import pytest

from ..bench.posed import as_dataset, make_clips


@pytest.fixture(scope="session")
def train() -> datasets.Dataset:
    return as_dataset(make_clips(12, "train", frames=lambda i: 20 + 2 * i, seed=1))


@pytest.fixture(scope="session")
def test_clips() -> datasets.Dataset:
    return as_dataset(make_clips(10, frames=lambda i: 25 + i))
