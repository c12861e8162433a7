"""Distances against dense sampling of the palm, and events against a plain loop."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from handx_bench.hand import CHANNEL_NAMES, CHANNELS, contact_distances, contact_mask, extract_events
from handx_bench.hand.contact import INTER, INTRA
from handx_bench.hand.geometry import segment_segment_distance
from handx_bench.hand.palm import palm_palm_distance, tip_palm_distance
from handx_bench.hand.skeleton import PALM_TRIANGLES, TIPS
from tests.hands import random_motion, random_rotations


def sampled_palm(frame: np.ndarray, steps: int) -> np.ndarray:
    """Dense points of the palm of one hand ``(21, 3)``."""
    u, v = np.meshgrid(np.linspace(0, 1, steps), np.linspace(0, 1, steps))
    keep = u + v <= 1 + 1e-9
    u, v = u[keep][:, None], v[keep][:, None]
    return np.concatenate([(1 - u - v) * frame[a] + u * frame[b] + v * frame[c] for a, b, c in PALM_TRIANGLES])


@pytest.fixture(scope="module")
def frames() -> torch.Tensor:
    """Near, touching, crossing and far hands."""
    near = random_motion(3, 8, apart=0.05, seed=1).flatten(0, 1)
    crossing = near.clone()
    crossing[:, 0] += (near[:, 1] - near[:, 0]).mean(1, keepdim=True)
    turned = near.clone()
    turned[:, 0] = turned[:, 0] @ random_rotations(1, seed=4)[0].T + 0.03
    return torch.cat([near, crossing, turned, random_motion(1, 4, apart=0.4)[0]])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tip_to_palm_is_the_limit_of_dense_sampling_from_above(frames, dtype):
    exact = tip_palm_distance(frames.to(dtype)).double().numpy()
    gaps = []
    for steps in (8, 60):
        dense = np.stack(
            [[cdist(f[h][list(TIPS)], sampled_palm(f[1 - h], steps)).min(1) for h in (0, 1)] for f in frames.numpy()]
        )
        assert (dense - exact).min() > -1e-7
        gaps.append((dense - exact).max())
    assert gaps[1] < gaps[0] / 5
    assert gaps[1] < 5e-4


def test_palm_to_palm_is_the_limit_of_dense_sampling_from_above(frames):
    exact = palm_palm_distance(frames).numpy()
    apart = exact > 0
    dense = np.array([cdist(sampled_palm(f[0], 30), sampled_palm(f[1], 30)).min() for f in frames.numpy()])
    assert apart.any()
    assert (~apart).any(), "no pair of palms crosses: the test would not see a wrong crossing"
    assert (dense - exact)[apart].min() > -1e-12
    assert (dense - exact)[apart].max() < 1e-3
    # Crossing palms: sampled points come within a grid cell of each other.
    assert dense[~apart].max() < 4e-3


def test_a_palm_pierced_by_an_edge_has_distance_zero():
    flat = torch.zeros(2, 21, 3, dtype=torch.float64)
    corners = [0, 13, 1, 4, 10, 7]
    flat[0, corners] = torch.tensor([[0, 0, 0], [3, 4, 0], [8, 3, 0], [9, 0, 0], [8, -2, 0], [7, -4, 0]]).double() / 100
    flat[1] = flat[0, :, [0, 2, 1]]  # the same palm in the x-z plane
    flat[1, :, 0] += 0.01
    assert palm_palm_distance(flat) == 0
    flat[1, :, 1] += 0.2
    assert palm_palm_distance(flat) > 0.1


def test_channels_and_their_order(frames):
    distance = contact_distances(frames)
    assert distance.shape[-1] == len(CHANNELS) == 44
    tips = frames[..., list(TIPS), :]
    i = CHANNEL_NAMES.index("left_thumb-left_ring")
    assert torch.allclose(distance[:, i], (tips[:, 0, 0] - tips[:, 0, 3]).norm(dim=-1))
    i = CHANNEL_NAMES.index("left_index-right_thumb")
    assert torch.allclose(distance[:, i], (tips[:, 0, 1] - tips[:, 1, 0]).norm(dim=-1))
    i = CHANNEL_NAMES.index("right_pinky-left_palm")
    assert torch.allclose(distance[:, i], tip_palm_distance(frames)[:, 1, 4])
    assert len(INTRA) + len(INTER) == 44


def test_swapping_the_hands_swaps_the_channels(frames):
    swapped = contact_distances(frames.flip(-3))
    distance = contact_distances(frames)
    rename = {n: n.replace("left", "*").replace("right", "left").replace("*", "right") for n in CHANNEL_NAMES}
    for i, name in enumerate(CHANNEL_NAMES):
        other = rename[name]
        if other not in CHANNEL_NAMES:
            other = "-".join(reversed(other.split("-")))
        assert torch.allclose(swapped[:, i], distance[:, CHANNEL_NAMES.index(other)], atol=1e-12), name


def test_rigid_motion_does_not_change_distances(frames):
    moved = frames @ random_rotations(1, seed=2)[0].T + torch.tensor([1.0, -2, 0.5], dtype=torch.float64)
    assert (contact_distances(moved) - contact_distances(frames)).abs().max() < 1e-7


@given(st.lists(st.floats(-1, 1, width=32), min_size=12, max_size=12), st.lists(st.integers(0, 3), min_size=2))
@settings(max_examples=60)
def test_segments_against_minimisation(values, degenerate):
    a, b, c, d = np.array(values).reshape(4, 3)
    b = a if degenerate[0] == 0 else b
    d = c if degenerate[1] == 0 else d
    exact = float(segment_segment_distance(*(torch.from_numpy(x) for x in (a, b, c, d))))
    s, t = np.meshgrid(np.linspace(0, 1, 101), np.linspace(0, 1, 101))
    p = a + s[..., None] * (b - a) - c - t[..., None] * (d - c)
    sampled = np.linalg.norm(p, axis=-1).min()
    assert exact <= sampled + 1e-9
    assert sampled - exact < 0.01 * (np.linalg.norm(b - a) + np.linalg.norm(d - c)) + 1e-9


def events_by_loop(distance, enter, leave, min_frames, max_gap):
    """The definition, one frame at a time."""
    state, mask = False, []
    for value in distance:
        if value < enter:
            state = True
        elif value > leave:
            state = False
        mask.append(state)
    runs = [[i, i + 1] for i, on in enumerate(mask) if on]
    merged: list[list[int]] = []
    for run in runs:
        if merged and run[0] - merged[-1][1] <= max_gap:
            merged[-1][1] = run[1]
        else:
            merged.append(run)
    return [tuple(r) for r in merged if r[1] - r[0] >= min_frames]


@given(st.integers(0, 100_000), st.integers(1, 5), st.integers(0, 4), st.integers(3, 40))
@settings(max_examples=200)
def test_events_equal_a_plain_loop(seed, min_frames, max_gap, frames):
    rng = np.random.default_rng(seed)
    distance = np.abs(np.cumsum(rng.normal(0, 4, (frames, 3)), axis=0) + 22)
    lengths = rng.integers(3, frames + 1, ())
    mask = contact_mask(distance[None], np.array([lengths]), enter=20.0, hysteresis=5.0, min_frames=min_frames,
                        max_gap=max_gap)  # fmt: skip
    events = extract_events(mask, np.array([lengths]))
    for channel in range(3):
        expected = events_by_loop(distance[:lengths, channel], 20, 25, min_frames, max_gap)
        here = events.channel == channel
        assert list(zip(events.onset[here].tolist(), events.offset[here].tolist())) == expected
        assert events.has_onset[here].tolist() == [a > 0 for a, _ in expected]
        assert events.has_offset[here].tolist() == [b < lengths for _, b in expected]


def test_hysteresis_gap_and_minimum_duration():
    mm = [30, 19, 24, 24, 26, 26, 19, 30, 30, 30, 19, 30, 30, 30, 30, 18, 18, 18]
    mask = contact_mask(np.array(mm, float)[:, None], enter=20.0, hysteresis=5.0)[:, 0]
    # 1–3 and 6 join over the gap 4–5; 10 is too short; 15–17 touches the end.
    assert np.flatnonzero(mask).tolist() == [1, 2, 3, 4, 5, 6, 15, 16, 17]
    events = extract_events(mask[:, None])
    assert events.onset.tolist() == [1, 15]
    assert events.offset.tolist() == [7, 18]
    assert events.has_offset.tolist() == [True, False]


def test_events_carry_rows_and_thresholds_of_their_channels():
    distances = np.full((2, 3, 10, 44), 0.5)
    distances[1, 2, 3:7, 43] = 0.035  # palms: within 40 mm
    distances[0, 1, 3:7, 0] = 0.035  # tips: not within 20 mm
    events = extract_events(contact_mask(distances))
    assert (events.row.tolist(), events.channel.tolist()) == ([5], [43])
