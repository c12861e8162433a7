from __future__ import annotations

import numpy as np
import pytest

from handx_bench.bench.request import Constraint, derive_seed
from handx_bench.errors import InputError


def test_seeds_are_32_bits_and_differ_by_clip_and_run() -> None:
    seeds = {derive_seed(run, f"clip-{i}") for run in range(3) for i in range(500)}
    assert len(seeds) == 1500
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_parts_of_a_seed_cannot_run_together() -> None:
    assert derive_seed("a", "bc") != derive_seed("ab", "c")


def test_a_constraint_must_not_leak() -> None:
    mask = np.zeros((5, 2, 21), bool)
    mask[0] = True
    motion = np.random.default_rng(0).normal(size=(5, 2, 21, 3)).astype(np.float32)
    assert np.array_equal(Constraint.of(motion, mask).values[0], motion[0])
    assert not Constraint.of(motion, mask).values[1:].any()
    with pytest.raises(InputError, match="outside its mask"):
        Constraint(mask, motion)


@pytest.mark.parametrize(
    ("mask", "values"),
    [
        (np.zeros((5, 2, 21), np.int64), np.zeros((5, 2, 21, 3), np.float32)),
        (np.zeros((5, 21), bool), np.zeros((5, 21, 3), np.float32)),
        (np.zeros((5, 2, 21), bool), np.zeros((4, 2, 21, 3), np.float32)),
        (np.zeros((5, 2, 21), bool), np.zeros((5, 2, 21, 3), np.float64)),
    ],
)
def test_a_constraint_of_another_form_is_refused(mask: np.ndarray, values: np.ndarray) -> None:
    with pytest.raises(InputError, match="a constraint"):
        Constraint(mask, values)
