"""A share of HandX-Mini, built once for the tests of this folder."""

from __future__ import annotations

import pytest

from handx_bench.data.clip import Clip
from handx_bench.data.mini import SPLITS, build


@pytest.fixture(scope="session")
def sample() -> dict[str, list[Clip]]:
    """The first 80 clips of each split: four of every gesture."""
    return {split: build(split, range(80)) for split in SPLITS}
