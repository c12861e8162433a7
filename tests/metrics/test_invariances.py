"""What must not change a value: batches, order, padding, dtype, moving both hands of both sides together."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from handx_bench.metrics import METRICS, score
from handx_bench.metrics.base import RatioMetric
from handx_bench.metrics.functional import batches
from handx_bench.metrics.functional.memorisation import TrainingIndex
from tests.hands import random_motion, random_rotations

RATIO = [n for n, info in METRICS.items() if not info.distribution]
ALL = list(METRICS)


def noisy(motion: torch.Tensor, num: int, seed: int, size: float = 0.004) -> torch.Tensor:
    """``(N, K, T, 2, 21, 3)`` predictions: the motion with slow waves on it."""
    generator = torch.Generator().manual_seed(seed)
    time = torch.linspace(0, 6.0, motion.shape[1], dtype=motion.dtype)[:, None, None, None]
    shape = (motion.shape[0], num, 1, *motion.shape[2:])
    phase = 6.28 * torch.rand(shape, generator=generator, dtype=motion.dtype)
    amplitude = size * torch.randn(shape, generator=generator, dtype=motion.dtype)
    return motion[:, None] + amplitude * torch.sin(time + phase)


@pytest.fixture(scope="module")
def data():
    ref = random_motion(6, 48, seed=3)
    pred = noisy(ref, 2, seed=4)
    constraints = torch.zeros(6, 48, 2, 21, dtype=torch.bool)
    constraints[:, :10] = constraints[:, -10:] = True
    transitions = torch.zeros(6, 48, dtype=torch.bool)
    transitions[:, 24] = True
    train = TrainingIndex(random_motion(5, 48, seed=9))
    texts = np.array(
        [["The hand moves up. The thumb touches the index fingertip.", "The fingers bend.", f"The palms {verb}."]
         for verb in ("touch", "come closer", "move apart", "stay far apart", "rest", "touch twice")]
    )  # fmt: skip
    return pred, ref, {"constraints": constraints, "transitions": transitions, "train": train, "texts": texts}


def scores(name, pred, ref, lengths=None, options=None, rows=slice(None)):
    info = METRICS[name]
    cls = info.load()
    if not issubclass(cls, RatioMetric):
        ours, theirs = batches(pred, ref, lengths)
        d = cls.distribution
        return {k: v[None] for k, v in d.distance(d.counts(ours), d.counts(theirs)).items()}
    given = {}
    if info.optional:
        value = options[info.optional]
        given = {info.optional: value if info.optional == "train" else value[rows]}
    return {k: v.value for k, v in cls.functional(pred, ref, lengths, **given).items()}


def assert_equal(a, b, atol=1e-6, rtol=1e-6):
    assert a.keys() == b.keys()
    for key in a:
        torch.testing.assert_close(
            a[key], b[key], atol=atol, rtol=rtol, equal_nan=True, msg=lambda m, k=key: f"{k}: {m}"
        )


@pytest.mark.parametrize("name", RATIO)
def test_clips_do_not_see_their_neighbours(name, data):
    pred, ref, options = data
    whole = scores(name, pred, ref, options=options)
    order = [4, 0, 5]
    part = scores(name, pred[order], ref[order], options=options, rows=order)
    assert_equal(part, {k: v[order] for k, v in whole.items()}, atol=1e-9)
    assert_equal(scores(name, pred.flip(1), ref, options=options), whole, atol=1e-9)  # order of generations


@pytest.mark.parametrize("name", ALL)
def test_moving_everything_rigidly_changes_nothing(name, data):
    pred, ref, options = data
    # Texts speak of up and forward: where a scene may be shifted, but not turned.
    rotation = random_rotations(1, seed=1)[0] if name != "claim_agreement" else torch.eye(3, dtype=torch.float64)
    shift = torch.tensor([0.4, -1.3, 0.8], dtype=torch.float64)
    options = {**options, "train": TrainingIndex(random_motion(5, 48, seed=9) @ rotation.T + shift)}
    moved = scores(name, pred @ rotation.T + shift, ref @ rotation.T + shift, options=options)
    # Counted cells and thresholds may tip over for a value that lies on an edge to the last bit.
    assert_equal(moved, scores(name, pred, ref, options=data[2]), atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("name", ALL)
def test_frames_beyond_the_length_do_not_count(name, data):
    pred, ref, options = data
    lengths = np.array([48, 40, 31, 48, 25, 20])
    first = scores(name, pred, ref, lengths, options)
    spoiled_pred, spoiled_ref = pred.clone(), ref.clone()
    for i, n in enumerate(lengths):
        spoiled_pred[i, :, n:] = torch.nan
        spoiled_ref[i, n:] = 1e6
    assert_equal(scores(name, spoiled_pred, spoiled_ref, lengths, options), first, atol=0, rtol=0)
    if name in RATIO and METRICS[name].optional is None:
        # The clip cut to its length has the value of the padded clip.
        cut = scores(name, pred[2:3, :, :31], ref[2:3, :31])
        assert_equal(cut, {k: v[2:3] for k, v in first.items()})


@pytest.mark.parametrize("name", RATIO)
def test_dtype_changes_little(name, data):
    pred, ref, options = data
    double = scores(name, pred, ref, options=options)
    # Motions become float32, as in files; computation stays in float64.
    single = scores(name, pred.float(), ref.float(), options=options)
    assert_equal(single, double, atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize("name", [n for n in ALL if METRICS[n].direction != "none"])
def test_a_perfect_prediction_reaches_the_end_of_the_scale(name, data):
    _, ref, options = data
    if not METRICS[name].needs_reference:
        pytest.skip("has no reference to be equal to")
    for variant, value in scores(name, ref, ref, options=options).items():
        best = {"lower": 0.0, "higher": 1.0}[METRICS[name].direction_of(variant)]
        assert torch.all((value == best) | value.isnan()), variant


@given(st.integers(0, 1000), st.floats(0.001, 0.01))
@settings(max_examples=8)
def test_energy_scores_of_a_copied_generation_are_the_error(seed, size):
    ref = random_motion(2, 20, seed=seed)
    pred = noisy(ref, 1, seed, size)
    for name in ("mpjpe", "relative_wrist_error", "interhand_distance_error"):
        once = scores(name, pred, ref)
        twice = scores(name, pred.repeat(1, 3, 1, 1, 1, 1), ref)
        assert_equal({"": twice["energy"], "best": twice["best_of_k"]}, {"": once[""], "best": once[""]})


def test_energy_score_rewards_spread_that_covers_the_truth():
    """Proper: samples of the true distribution beat their own mean, which wins at mean error."""
    rng = torch.Generator().manual_seed(0)
    base = random_motion(1, 20, seed=0)[0]
    draws = 0.02 * torch.randn(400, 9, 3, generator=rng, dtype=torch.float64)
    clip = base + draws[:, :1, None, None, None, :][:, 0]  # the truth: the whole clip moved, right wrist included
    clip[:, :, 0] += draws[:, 1, None, None, :]  # and the left hand once more, which alignment does not remove
    sampled = torch.stack([base.expand_as(clip).clone() for _ in range(4)], 1)
    for k in range(4):
        sampled[:, k, :, 0] += draws[:, 2 + k, None, None, :]
    mean = torch.stack([base.expand_as(clip)] * 4, 1)
    honest, blurred = (scores("relative_wrist_error", x, clip) for x in (sampled, mean))
    assert honest["energy"].mean() < blurred["energy"].mean()
    assert honest[""].mean() > blurred[""].mean()


@pytest.mark.parametrize("name", RATIO)
def test_declared_variants_and_ranges_are_those_computed(name, data):
    pred, ref, options = data
    found = scores(name, pred, ref, options=options)
    info = METRICS[name]
    assert set(found) == set(info.variants) | ({""} if info.has_value else set())
    if info.has_value:
        low, high = info.range
        value = found[""][found[""].isfinite()]
        assert ((value >= low) & (value <= high)).all()


@given(st.integers(0, 10_000), st.permutations(range(4)), st.integers(0, 12))
@settings(max_examples=6)
def test_a_report_is_blind_to_order_padding_and_place(seed, order, padding):
    """All metrics at once, on random motions of random lengths, moved, shuffled and padded at random."""
    rng = np.random.default_rng(seed)
    ref = random_motion(4, 30, seed=seed)
    pred = noisy(ref, 2, seed)
    lengths = rng.integers(12, 31, 4)
    ids, sequences = [f"c{i}" for i in range(4)], ["a", "a", "b", "b"]
    rotation = random_rotations(1, seed=seed)[0]
    shift = torch.from_numpy(rng.normal(size=3))

    def changed(x):
        moved = (x @ rotation.T + shift)[list(order)]
        junk = torch.from_numpy(rng.normal(size=(*moved.shape[:-4], padding, 2, 21, 3)))
        return torch.cat([moved, junk], dim=-4)

    first = score(pred, ref, lengths, clip_ids=ids, sequence_ids=sequences, draws=20)
    second = score(
        changed(pred),
        changed(ref),
        lengths[list(order)],
        clip_ids=[ids[i] for i in order],
        sequence_ids=[sequences[i] for i in order],
        draws=20,
    )
    for name, metric in first.metrics.items():
        other = second.metrics[name]
        assert other.coverage == metric.coverage, name
        if metric.value is None:
            assert other.value is None, name
            continue
        # A pooled sample on the edge of a cell may fall to either side: one sample of thousands.
        tolerance = {"rel": 0.02, "abs": 0.02} if "wasserstein" in name else {"rel": 1e-6, "abs": 1e-6}
        assert other.value == pytest.approx(metric.value, **tolerance), name
