"""The board against hand-made entrants whose order and ties are known, and against a plain resampling loop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import handx_submit_fakes as fakes
import numpy as np
import pandas as pd
import pytest

from handx_bench.errors import InputError
from handx_bench.submit.board import build_board, group_by_protocol
from handx_bench.submit.columns import board_columns, metric_columns
from handx_bench.submit.manifest import Manifest
from handx_bench.submit.record import StoredRecord, make_record, record_hash
from handx_bench.submit.store import StoredFile, Submission

DAY = datetime(2026, 1, 1, tzinfo=UTC)
FILES = {name: StoredFile(size=1, sha256="0" * 64) for name in ("predictions.safetensors", "submission.json")}
CLIPS = 60
#: Error of each clip that all entrants share: some recordings are hard for everybody.
HARD = np.repeat(np.random.default_rng(0).uniform(0, 3, CLIPS // 2), 2)


def table(errors, metric="joint_angle_error"):
    """Per-clip errors of an entrant; a random real clip has 10, the clip itself 0: skill = 1 − mean/10."""
    parts = []
    for row, values in (("prediction", errors), ("self", np.zeros(CLIPS)), ("chance", np.full(CLIPS, 10.0))):
        parts.append(fakes.clip_table(values, (metric,)).assign(row=row))
    return pd.concat(parts, ignore_index=True)


class Records:
    """Collects entrants and gives their clip scores as a store does."""

    def __init__(self):
        self.stored, self.tables = [], {}

    def add(self, name, clip_scores, *, user="ada", day=0, protocol=fakes.PROTOCOL, skill=0.0, **manifest):
        submission = Submission(
            id=f"{len(self.stored):016x}", user=user, model_name=name, protocol_id=protocol.id,
            protocol_hash=protocol.hash, files=FILES, state="leased", reason="x", attempts=1,
            submitted_at=DAY + timedelta(days=day), updated_at=DAY,
        )  # fmt: skip
        record, _ = make_record(
            submission, Manifest(model_name=name, **manifest), fakes.fake_report(skill, protocol, clip_scores),
            worker="w", started_at=DAY, recorded_at=DAY + timedelta(days=100 - day),
        )  # fmt: skip
        stored = StoredRecord(record_hash(record), record)
        self.stored.append(stored)
        self.tables[stored.hash] = clip_scores

    def board(self, **options):
        return build_board(self.stored, lambda stored: self.tables[stored.hash], **options)


@pytest.fixture
def records():
    return Records()


def named(board):
    return {entry.manifest.model_name: entry for entry in board.entries}


def test_known_order_and_ties(records):
    noise = np.random.default_rng(1).normal(0, 0.3, CLIPS)
    records.add("third", table(5 + HARD))
    records.add("best", table(2 + HARD))
    records.add("last", table(8 + HARD / 10))
    records.add("tied", table(2.01 + HARD + noise - noise.mean()))
    board = records.board()
    assert [entry.manifest.model_name for entry in board.entries] == ["best", "tied", "third", "last"]
    assert [entry.rank for entry in board.entries] == [1, 2, 3, 4]
    assert [entry.group for entry in board.entries] == [1, 1, 2, 3]
    assert [(entry.rank_low, entry.rank_high) for entry in board.entries] == [(1, 2), (1, 2), (3, 3), (4, 4)]
    best = board.entries[0]
    assert best.skills.overall.value == pytest.approx(1 - (2 + HARD.mean()) / 10)
    assert best.skills.families["angles"] == best.skills.overall
    assert best.skills.overall.low < best.skills.overall.value < best.skills.overall.high
    assert best.to_leader is None
    third = named(board)["third"].to_leader
    assert third.difference == pytest.approx(-0.3)
    assert named(board)["tied"].to_leader.p_holm > 0.05 > third.p_holm
    assert third.p_holm == pytest.approx(3 * third.p)  # the smallest of three


def test_differences_are_paired(records):
    # Far wider intervals than the difference; but the difference is the same on every clip.
    records.add("a", table(3 + HARD))
    records.add("b", table(3.05 + HARD))
    board = records.board()
    a, b = (entry.skills.overall for entry in board.entries)
    assert a.high - a.low > 10 * (a.value - b.value)
    assert [entry.group for entry in board.entries] == [1, 2]
    comparison = board.entries[1].to_leader
    assert (comparison.difference, comparison.low, comparison.high) == pytest.approx((-0.005, -0.005, -0.005))
    assert comparison.p_holm == comparison.p == pytest.approx(2 / 1001)
    assert [(entry.rank_low, entry.rank_high) for entry in board.entries] == [(1, 1), (2, 2)]


def test_a_group_opens_at_its_leader(records):
    # b is not separable from a, c not from b, but c is from a: c opens a group of its own.
    wave = np.tile([1.0, 1.0, -1.0, -1.0], CLIPS // 4)
    records.add("a", table(3 + 0 * HARD))
    records.add("b", table(3.2 + wave))
    records.add("c", table(3.35 + 0 * HARD))
    assert [(e.manifest.model_name, e.group) for e in records.board().entries] == [("a", 1), ("b", 1), ("c", 2)]


def test_rank_intervals_against_a_plain_loop(records):
    random = np.random.default_rng(3)
    errors = {name: np.clip(3 + HARD + random.normal(0, 1.5, CLIPS) + shift, 0, 10)
              for name, shift in (("a", 0.0), ("b", 0.2), ("c", 0.4), ("d", 1.5))}  # fmt: skip
    for name, values in errors.items():
        records.add(name, table(values))
    draws, places = 2000, {name: [] for name in errors}
    for _ in range(draws):
        picks = random.integers(CLIPS // 2, size=CLIPS // 2)
        clips = np.concatenate([2 * picks, 2 * picks + 1])
        order = sorted(errors, key=lambda name: errors[name][clips].mean())
        for place, name in enumerate(order, 1):
            places[name].append(place)
    for entry in records.board(draws=4000).entries:
        low, high = np.percentile(places[entry.manifest.model_name], [2.5, 97.5])
        assert (entry.rank_low, entry.rank_high) == (low, high)


def test_order_of_rows_and_records_changes_nothing(records):
    other = Records()
    noise = np.random.default_rng(2).normal(0, 1, CLIPS)
    tables = {"a": table(3 + HARD), "b": table(3 + HARD + noise), "c": table(5 + HARD)}
    for name in tables:
        records.add(name, tables[name])
    for name in reversed(tables):
        other.add(name, tables[name].sample(frac=1, random_state=1))
    for name, entry in named(records.board()).items():
        twin = named(other.board())[name]
        assert (entry.rank, entry.rank_low, entry.rank_high, entry.group) == (
            twin.rank, twin.rank_low, twin.rank_high, twin.group,
        )  # fmt: skip
        assert entry.skills.overall.low == pytest.approx(twin.skills.overall.low)


def test_equal_entrants_share_a_rank(records):
    records.add("late", table(3 + HARD), day=2)
    records.add("early", table(3 + HARD), day=1)
    records.add("worse", table(4 + HARD))
    board = records.board()
    assert [(e.manifest.model_name, e.rank, e.group) for e in board.entries] == [
        ("early", 1, 1), ("late", 1, 1), ("worse", 3, 2),
    ]  # fmt: skip
    assert {(e.rank_low, e.rank_high) for e in board.entries[:2]} == {(1, 2)}


def test_only_the_latest_of_a_user_and_model_counts(records):
    # "Latest" is when it was sent: here the newer one happened to be scored first.
    records.add("Model", table(2 + HARD), day=1)
    records.add("model ", table(5 + HARD), day=2)
    records.add("Model", table(4 + HARD), user="eve", day=0)
    board = records.board()
    assert [(e.user, e.rank, e.status) for e in board.entries] == [("eve", 1, "ranked"), ("ada", 2, "ranked")]
    everything = records.board(superseded=True)
    assert [(e.user, e.status, e.rank) for e in everything.entries] == [
        ("eve", "ranked", 1), ("ada", "ranked", 2), ("ada", "superseded", None),
    ]  # fmt: skip


def test_references_are_shown_without_a_rank_and_simple_generators_flagged(records):
    records.add("copy of the answer", table(0 * HARD), category="reference")
    records.add("mean pose", table(8 + HARD / 10), category="simple")
    records.add("mine", table(9 + HARD / 10))
    board = records.board()
    assert [(e.manifest.model_name, e.rank) for e in board.entries] == [
        ("mean pose", 1), ("mine", 2), ("copy of the answer", None),
    ]  # fmt: skip
    texts = [[column.text(entry) for column in board_columns(board)] for entry in board.entries]
    assert texts[0][2] == "mean pose (simple)"
    assert texts[2][:3] == ["–", "", "copy of the answer (reference)"]


def test_protocols_are_never_mixed(records):
    other = fakes.SimpleNamespace(id="fake-v1", version="1", hash="0" * 64)
    records.add("a", table(3 + HARD))
    records.add("b", table(4 + HARD), protocol=other)
    with pytest.raises(InputError, match="2 protocol hashes"):
        records.board()
    groups = group_by_protocol(records.stored)
    assert {key: len(group) for key, group in groups.items()} == {"f" * 64: 1, "0" * 64: 1}
    with pytest.raises(InputError, match="nothing has been scored"):
        build_board([], lambda stored: None)


@pytest.mark.parametrize("change", ["fewer", "other sequence"])
def test_entrants_on_other_clips_cannot_be_compared(records, change):
    records.add("a", table(3 + HARD))
    strange = table(4 + HARD)
    if change == "fewer":
        strange = strange[strange["clip_id"] != "clip-003"]
    else:
        strange.loc[strange["clip_id"] == "clip-003", "sequence_id"] = "sequence-999"
    records.add("b", strange, day=1)
    with pytest.raises(InputError, match="other clips") as caught:
        records.board()
    assert records.stored[1].hash in str(caught.value)


def test_an_entrant_without_any_skill_is_shown_unranked(records):
    records.add("good", table(3 + HARD))
    empty = table(3 + HARD)
    empty["denominator"] = 0.0
    records.add("undefined", empty)
    board = records.board()
    assert [(e.status, e.rank) for e in board.entries] == [("ranked", 1), ("undefined", None)]
    assert all(isinstance(column.text(e), str) for e in board.entries for column in metric_columns(board))


def test_a_board_survives_json(records):
    records.add("a", table(3 + HARD), url="https://example.org")
    board = records.board()
    assert type(board).model_validate_json(board.model_dump_json()) == board
