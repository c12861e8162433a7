"""The compiled palm distances against the batched ones."""

from __future__ import annotations

import numpy as np
import pytest

from handx_bench.hand.palm import palm_palm_distance, tip_palm_distance
from handx_bench.hand.palm_kernel import palm_palm_distance as compiled_palm_palm
from handx_bench.hand.palm_kernel import point_palm_distance
from handx_bench.hand.skeleton import TIPS

from ..hands import random_motion


@pytest.mark.parametrize("apart", [0.0, 0.02, 0.1])
def test_equal_to_the_batched_distances(apart: float) -> None:
    poses = random_motion(6, seed=7, apart=apart).numpy().reshape(-1, 2, 21, 3)
    tips, palms = tip_palm_distance(poses), palm_palm_distance(poses)
    for pose, tip, palm in zip(poses, tips, palms):
        assert compiled_palm_palm(pose[0], pose[1]) == pytest.approx(palm, abs=1e-12)
        found = [[point_palm_distance(pose[h, t], pose[1 - h]) for t in TIPS] for h in range(2)]
        np.testing.assert_allclose(found, tip, atol=1e-12)
    assert apart > 0 or (palms == 0).any()


def test_flat_palms_have_distances_too() -> None:
    poses = random_motion(1, frames=5, apart=0.05).numpy().reshape(-1, 2, 21, 3)
    poses[:, 1] = poses[:, 1, :1]  # all joints of the right hand in one point
    found = [compiled_palm_palm(pose[0], pose[1]) for pose in poses]
    expected = [point_palm_distance(pose[1, 0], pose[0]) for pose in poses]
    np.testing.assert_allclose(found, expected, atol=1e-12)
