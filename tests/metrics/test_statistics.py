"""Intervals cover, ranks and ties follow their definition, corrections agree with an independent implementation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from handx_bench.metrics import skills
from handx_bench.metrics import statistics as st
from handx_bench.metrics.reference_rows import chance_partners, half_split
from handx_bench.metrics.registry import HEADLINE, METRICS


def test_weights_draw_whole_clusters_and_do_not_depend_on_the_order_of_clips():
    names = ["b", "a", "c", "a", "b", "a"]
    weights, codes = st.bootstrap_weights(names, draws=500, seed=3)
    assert weights.shape == (500, 3)
    assert (weights.sum(1) == 3).all()
    shuffled, codes2 = st.bootstrap_weights(names[::-1], draws=500, seed=3)
    assert np.array_equal(weights, shuffled)
    assert codes.tolist() == codes2[::-1].tolist() == [1, 0, 2, 0, 1, 0]
    assert weights.mean(0) == pytest.approx(1, abs=0.15)


def test_interval_of_a_mean_agrees_with_scipys_bootstrap():
    x = np.random.default_rng(0).exponential(size=80)
    weights, codes = st.bootstrap_weights([f"{i:03d}" for i in range(80)], draws=4000, seed=0)
    ours = st.percentile_interval(st.ratio_samples(x, np.ones(80), weights, codes))
    theirs = stats.bootstrap((x,), np.mean, n_resamples=4000, method="percentile", rng=0).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), rel=0.03)


@pytest.mark.slow
def test_clustered_interval_covers_where_the_naive_one_does_not():
    """Clips of a recording share an offset: the true mean must lie in about 95 % of the intervals."""
    rng = np.random.default_rng(0)
    covered = naive = 0
    for trial in range(300):
        offsets = rng.normal(size=(40, 1))
        x = (offsets + 0.3 * rng.normal(size=(40, 6))).ravel()
        names = np.repeat([f"{i:02d}" for i in range(40)], 6)
        for clusters, clustered in ((names, True), ([str(i) for i in range(240)], False)):
            weights, codes = st.bootstrap_weights(list(clusters), draws=300, seed=trial)
            low, high = st.percentile_interval(st.ratio_samples(x, np.ones(240), weights, codes))
            if clustered:
                covered += low <= 0 <= high
            else:
                naive += low <= 0 <= high
    assert 0.90 <= covered / 300 <= 0.98
    assert naive / 300 < 0.75


def test_draws_without_anything_to_score_are_left_out():
    weights, codes = st.bootstrap_weights(["a", "b", "c"], draws=200, seed=0)
    samples = st.ratio_samples(np.array([1.0, 0, 0]), np.array([2.0, 0, 0]), weights, codes)
    assert np.isnan(samples).any()
    assert st.percentile_interval(samples) == (0.5, 0.5)
    assert st.percentile_interval(np.full(5, np.nan)) is None


def test_ranks_agree_with_scipy():
    scores = np.random.default_rng(0).integers(0, 5, size=(20, 8)).astype(float)
    assert np.array_equal(st.ranks(scores), stats.rankdata(-scores, axis=1))
    assert np.array_equal(st.ranks(scores, higher_is_better=False), stats.rankdata(scores, axis=1))


def test_rank_intervals_and_tie_groups_of_a_known_field():
    rng = np.random.default_rng(0)
    shared = rng.normal(0, 0.2, (2000, 1))  # paired draws move together
    samples = shared + np.array([0.9, 0.89, 0.5, 0.1]) + rng.normal(0, 0.01, (2000, 4))
    low, high = st.rank_intervals(samples)
    assert low.tolist() == [1, 1, 3, 4]
    assert high.tolist() == [2, 2, 3, 4]
    estimates = np.array([0.9, 0.89, 0.5, 0.1])
    assert st.tie_groups(samples, estimates) == [1, 1, 2, 3]
    assert st.tie_groups(-samples, -estimates, higher_is_better=False) == [1, 1, 2, 3]
    # Unpaired, the same spread would hide every difference.
    loose = np.stack([rng.permutation(column) for column in samples.T], axis=1)
    assert st.tie_groups(loose, estimates)[:3] == [1, 1, 1]


def test_tie_groups_open_at_a_leader_not_at_a_neighbour():
    # Each differs little from the next, but the third clearly from the first: no chain.
    rng = np.random.default_rng(0)
    samples = np.array([0.0, -0.015, -0.03]) + rng.normal(0, 0.0075, (4000, 3))
    assert st.tie_groups(samples, np.array([0.0, -0.015, -0.03])) == [1, 1, 2]


def test_p_values_and_holm():
    assert st.paired_p_value(np.full(999, 0.5)) == pytest.approx(2 / 1000)
    assert st.paired_p_value(np.random.default_rng(0).normal(size=999)) > 0.5
    assert st.paired_p_value(np.full(3, np.nan)) == 1.0
    p = np.random.default_rng(1).random(12) ** 3
    order = np.argsort(p)
    by_hand, running = np.empty(12), 0.0
    for i, k in enumerate(order):  # the textbook's step-down
        running = max(running, min(1.0, (12 - i) * p[k]))
        by_hand[k] = running
    assert st.holm(p) == pytest.approx(by_hand)


def test_chance_takes_other_recordings_and_serves_every_clip_equally():
    codes = np.repeat(np.arange(10), 4)
    ids = [f"{i:02}" for i in range(40)]
    partners = chance_partners(ids, codes, 2, seed=0)
    assert (codes[partners] != codes[:, None]).all()
    assert (partners[:, 0] != partners[:, 1]).all()
    assert np.bincount(partners.ravel(), minlength=40).max() <= 6
    assert np.array_equal(chance_partners(["a"], np.zeros(1, int), 2, 0), [[0, 0]])
    assert (chance_partners(["a", "b", "c"], np.zeros(3, int), 1, 0)[:, 0] != np.arange(3)).all()
    # Given in another order, every clip keeps its partners.
    order = np.random.default_rng(0).permutation(40)
    moved = chance_partners([ids[i] for i in order], codes[order], 2, seed=0)
    assert np.array_equal(order[moved], partners[order])


def test_one_recording_has_no_interval():
    weights, codes = st.bootstrap_weights(["a", "a", "a"], draws=100)
    assert weights.shape == (0, 1)
    samples = st.ratio_samples(np.arange(3.0), np.ones(3), weights, codes)
    assert st.percentile_interval(samples) is None
    assert not st.separable(samples)
    assert st.paired_p_value(samples) == 1.0
    none = np.zeros((0, 3))
    assert [x.tolist() for x in st.rank_intervals(none)] == [[1, 1, 1], [3, 3, 3]]
    assert st.tie_groups(none, np.array([0.5, 0.9, 0.1])) == [1, 1, 1]


def test_half_split():
    mask = half_split(11, 0)
    assert mask is not None
    assert mask.sum() == 5
    assert half_split(1, 0) is None


def make_table(value: float, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for name in HEADLINE:
        for row, level in (("prediction", value), ("self", 0.0), ("chance", 10.0)):
            for i in range(12):
                noise = 0 if row == "self" else rng.normal(0, 0.5)
                rows.append((f"c{i:02d}", f"s{i // 2}", row, name, level + noise, 1.0))
    return pd.DataFrame(rows, columns=["clip_id", "sequence_id", "row", "metric", "numerator", "denominator"])


def test_skills_lie_between_chance_and_real():
    samples = skills.skill_samples(make_table(4.0), draws=200)
    assert samples.estimate["overall"] == pytest.approx(0.6, abs=0.05)
    assert samples.overall.mean() == pytest.approx(0.6, abs=0.05)
    summary = skills.summarise(samples)
    assert set(summary.families) == {METRICS[name].family for name in HEADLINE}
    assert summary.overall.low < summary.overall.value < summary.overall.high
    assert skills.skill_samples(make_table(100.0), draws=5).estimate["overall"] == -1
    assert skills.skill_samples(make_table(0.0), draws=5).estimate["overall"] == pytest.approx(1, abs=0.05)


def test_skill_draws_of_two_entrants_are_paired_whatever_the_order_of_rows():
    table = make_table(4.0)
    shuffled = table.sample(frac=1, random_state=1)
    a, b = skills.skill_samples(table, draws=50), skills.skill_samples(shuffled, draws=50)
    assert a.overall == pytest.approx(b.overall)


def test_a_metric_that_the_entrant_leaves_undefined_counts_as_chance():
    table = make_table(4.0)
    dodged = (table["metric"] == "contact_event_f1") & (table["row"] == "prediction")
    table.loc[dodged, ["numerator", "denominator"]] = 0.0
    samples = skills.skill_samples(table, draws=50)
    assert samples.estimate["contact"] == 0
    assert (samples.families["contact"] == 0).all()


def test_skill_without_a_span_is_undefined():
    assert np.isnan(skills.skill(np.array([1.0]), np.array([2.0]), np.array([2.0]))[0])
    table = make_table(4.0)
    table.loc[table["row"] == "chance", "numerator"] = 0.0
    empty = skills.summarise(skills.skill_samples(table, draws=5))
    assert empty.overall.value is None
