"""The compiled palm distances against the batched ones."""

from __future__ import annotations

import numpy as np
import pytest

from handx_bench.hand import palm
from handx_bench.hand.palm_kernel import palm_palm_distances, tip_palm_distances

from ..hands import random_motion


def compiled(motion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``(T, 2, 5)`` and ``(T,)``, as the batched functions return them."""
    tips, palms = np.empty((10, len(motion))), np.empty(len(motion))
    tip_palm_distances(motion, tips)
    palm_palm_distances(motion, palms)
    return tips.T.reshape(-1, 2, 5), palms


@pytest.mark.parametrize("apart", [0.0, 0.02, 0.1])
def test_equal_to_the_batched_distances(apart: float) -> None:
    motion = random_motion(6, seed=7, apart=apart).numpy().reshape(-1, 2, 21, 3)
    tips, palms = compiled(motion)
    np.testing.assert_allclose(tips, palm.tip_palm_distance(motion), atol=1e-12)
    np.testing.assert_allclose(palms, palm.palm_palm_distance(motion), atol=1e-12)
    assert apart > 0 or (palms == 0).any()


def test_flat_palms_have_distances_too() -> None:
    motion = random_motion(1, frames=5, apart=0.05).numpy().reshape(-1, 2, 21, 3)
    motion[:, 1] = motion[:, 1, :1]  # all joints of the right hand in one point
    tips, palms = compiled(motion)
    np.testing.assert_allclose(palms, tips[:, 1, 0], atol=1e-12)
