"""From clips to an annotated dataset, over real HTTP: complete and right, or marked as failed with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import datasets
import handx_annotate_fakes as fakes
import numpy as np
import pytest

import handx_bench
from handx_bench.annotate.codes import motion_codes
from handx_bench.annotate.describe import describe, seed_of
from handx_bench.annotate.llm.usage import Prices
from handx_bench.annotate.run import checking
from handx_bench.annotate.run.dataset import Progress, annotate_dataset, journal_folder
from handx_bench.annotate.run.model import ModelRecipe
from handx_bench.annotate.run.rules import RulesRecipe
from handx_bench.annotate.run.source import Source
from handx_bench.annotate.texts import LEVELS, PARTS
from handx_bench.data.clip import Clip
from handx_bench.errors import InputError
from tests.hands import random_motion

Make = Callable[..., ModelRecipe]
FOUR = fakes.variants("x", count=4)
#: What a server does to each clip, and why the clip fails if it does.
TROUBLE: dict[str, tuple[list[fakes.Reaction], str]] = {
    "c000": ([fakes.good], ""),
    "c001": ([fakes.replies("{broken"), fakes.good], ""),
    "c002": ([fakes.replies(FOUR), fakes.good], ""),
    "c003": ([fakes.replies(FOUR)], "no usable answer in 3 attempts; the last: variants: List should have at least 5"),
    "c004": ([fakes.status(429, retry_after="0.1"), fakes.good], ""),
    "c005": ([fakes.status(500), fakes.status(500), fakes.good], ""),
    "c006": ([fakes.status(500)], "the server answered 500"),
    "c007": ([fakes.hang, fakes.good], ""),
    "c008": ([fakes.hang], "no answer within 1 s, 3 times"),
    "c009": ([fakes.close_mid_body, fakes.good], ""),
    "c010": ([fakes.close_mid_body], "the connection failed (RemoteProtocolError), 3 times"),
    "c011": ([fakes.replies("{", finish="length"), fakes.replies(None, refusal="no"), fakes.good], ""),
    "c012": ([fakes.replies(fakes.variants("c012", "wrong")), fakes.good], ""),
    "c013": ([fakes.replies(fakes.variants("c013", "wrong"))], ""),
    "c014": ([fakes.not_json, fakes.good], ""),
    "c015": ([fakes.status(400, "too long")], "the server answered 400"),
}


def annotations(dest: Path) -> dict[str, list[dict]]:
    """The rows of each clip."""
    rows: dict[str, list[dict]] = {}
    for split in datasets.load_dataset(str(dest), "annotations").values():
        for row in split:
            rows.setdefault(row["clip_id"], []).append(row)
    return rows


def test_every_trouble_a_server_can_make(server: fakes.ChatServer, recipe: Make, tmp_path: Path) -> None:
    source = fakes.write_clips(tmp_path / "source", len(TROUBLE), test=4)
    server.reactions = {clip: reactions for clip, (reactions, _) in TROUBLE.items()}
    made = recipe(timeout_s=1.0)
    report = fakes.run(source, tmp_path / "out", made, prices=Prices(1.0, 2.0))
    failing = {clip for clip, (_, reason) in TROUBLE.items() if reason}
    assert (report.clips, report.failed) == (len(TROUBLE), len(failing))
    found = annotations(tmp_path / "out")
    assert set(found) == set(TROUBLE)
    for clip, (_, reason) in TROUBLE.items():
        rows = found[clip]
        assert {row["model"] for row in rows} == {"test-model"}
        assert {len(row["prompt_hash"]) for row in rows} == {64}
        if reason:
            [row] = rows
            assert row["failure"].startswith(reason)
            assert row["status"] == "failed"
            assert row["text"] is row["part"] is row["level"] is row["agreement"] is row["coverage"] is None
            continue
        assert [(row["part"], row["level"]) for row in rows] == [(p, n) for p in PARTS for n in range(LEVELS)]
        word = "wrong" if clip == "c013" else "right"
        for row in rows:
            assert row["text"] == f"the {row['part']} of {clip} at level {row['level']} is {word}"
            assert (row["status"], row["failure"]) == ("ok", "")
            assert (row["agreement"], row["coverage"]) == ((0.5, 0.25) if clip == "c013" else (1.0, 0.75))
            assert row["flagged"] == (clip == "c013")
    # The clips: every one keeps its row and motion; texts of the source are gone, and reasons are no texts.
    before = {row["clip_id"]: row for row in handx_bench.load_dataset(source)}
    after = {row["clip_id"]: row for row in handx_bench.load_dataset(tmp_path / "out")}
    assert list(after) == list(before)
    for clip, row in after.items():
        np.testing.assert_array_equal(row["motion"], before[clip]["motion"])
        for part in PARTS:
            assert row[f"{part}_texts"] == [each["text"] for each in found[clip] if each["part"] == part]
        assert row["split"] == before[clip]["split"]
    plain = datasets.load_dataset(str(tmp_path / "out"))
    assert {split: len(rows) for split, rows in plain.items()} == {"train": 12, "test": 4}
    # Every answered call is counted, used or not: c001, c002, c012, c013 two, c003 and c011 three, the others one.
    answered = 4 * 2 + 2 * 3 + 6
    assert report.calls == report.new_calls == answered
    assert report.prompt_tokens == answered * fakes.PROMPT_TOKENS
    assert report.completion_tokens == answered * fakes.COMPLETION_TOKENS
    assert report.cost_usd == pytest.approx(answered * (fakes.PROMPT_TOKENS + 2 * fakes.COMPLETION_TOKENS) / 1e6)
    assert report.texts == 15 * (len(TROUBLE) - len(failing))
    assert report.flagged == 15
    assert sum(report.reasons.values()) == len(failing)
    _failed_clips_are_tried_again_when_asked(server, made, source, tmp_path / "out", failing)
    leaks = [name for name, data in fakes.files_of(tmp_path).items() if fakes.KEY.encode() in data]
    assert leaks == []


def _failed_clips_are_tried_again_when_asked(
    server: fakes.ChatServer, recipe: ModelRecipe, source: Path, dest: Path, failing: set[str]
) -> None:
    before = fakes.files_of(dest)
    server.reactions = {}
    sent = len(server.seen.calls)
    report = fakes.run(source, dest, recipe)
    assert (report.failed, report.new_calls, len(server.seen.calls)) == (len(failing), 0, sent)
    assert fakes.files_of(dest) == before
    report = fakes.run(source, dest, recipe, retry_failed=True)
    assert (report.failed, report.new_calls) == (0, len(failing))
    assert {call.clip for call in server.seen.calls[sent:]} == failing
    keys = [call.key for call in server.seen.calls]
    assert not set(keys[sent:]) & set(keys[:sent])  # a server that knows keys must not give the old answers again
    assert all(row["status"] == "ok" for rows in annotations(dest).values() for row in rows)


def test_the_files_depend_neither_on_concurrency_nor_on_the_order_of_answers(
    server: fakes.ChatServer, recipe: Make, tmp_path: Path
) -> None:
    source = fakes.write_clips(tmp_path / "source", 24, test=3)
    wrong = [fakes.replies(fakes.variants("w", "wrong")), fakes.good]
    server.reactions = {"c003": wrong, "c007": [fakes.replies(FOUR)]}
    made = recipe()
    fakes.run(source, tmp_path / "one", made, concurrency=1)
    assert server.seen.most_in_flight == 1
    expected = fakes.files_of(tmp_path / "one")
    assert sorted(expected) == [
        "README.md",
        *(f"{kind}/{split}-00000-of-00001.parquet" for kind in ("annotations", "data") for split in ("test", "train")),
    ]
    server.seen = fakes.Served()
    server.delay_s = 0.02
    fakes.run(source, tmp_path / "many", made, concurrency=6)
    assert 2 <= server.seen.most_in_flight <= 6
    assert fakes.files_of(tmp_path / "many") == expected


def test_progress_tells_of_every_clip(server: fakes.ChatServer, recipe: Make, tmp_path: Path) -> None:
    source = fakes.write_clips(tmp_path / "source", 5)
    server.reactions = {"c002": [fakes.status(400)]}
    told: list[Progress] = []
    fakes.run(source, tmp_path / "out", recipe(), concurrency=1, progress=told.append)
    assert [each.done for each in told] == [0, 1, 2, 3, 4, 5]
    assert {each.total for each in told} == {5}
    assert told[-1].failed == 1
    assert told[-1].usage.prompt_tokens == 4 * fakes.PROMPT_TOKENS
    told.clear()
    fakes.run(source, tmp_path / "out", recipe(), progress=told.append)
    assert [(each.done, each.usage.calls) for each in told] == [(5, 4)]


def test_a_wrong_key_stops_the_run_and_fails_no_clip(server: fakes.ChatServer, recipe: Make, tmp_path: Path) -> None:
    source = fakes.write_clips(tmp_path / "source", 6)
    server.reactions = {"c003": [fakes.status(401, fakes.KEY)]}
    with pytest.raises(InputError, match="the server answered 401") as caught:
        fakes.run(source, tmp_path / "out", recipe(), concurrency=1)
    assert fakes.KEY not in str(caught.value)
    assert not (tmp_path / "out").exists()
    server.reactions = {}
    report = fakes.run(source, tmp_path / "out", recipe())
    assert (report.failed, report.calls, report.new_calls) == (0, 6, 3)


def test_a_part_first_and_the_rest_later(server: fakes.ChatServer, recipe: Make, tmp_path: Path) -> None:
    folder = fakes.write_clips(tmp_path / "source", 6, test=2)
    made = recipe()
    assert annotate_dataset(Source(str(folder), limit=3), tmp_path / "out", made).clips == 3
    assert len(handx_bench.load_dataset(tmp_path / "out")) == 3
    assert annotate_dataset(Source(str(folder), limit=5), tmp_path / "out", made).new_calls == 2
    assert annotate_dataset(Source(str(folder)), tmp_path / "out", made).new_calls == 1
    assert len(handx_bench.load_dataset(tmp_path / "out")) == 6


def test_what_is_finished_is_not_made_less(server: fakes.ChatServer, recipe: Make, tmp_path: Path) -> None:
    folder = fakes.write_clips(tmp_path / "source", 6, test=2)
    made = recipe()
    annotate_dataset(Source(str(folder)), tmp_path / "out", made)
    before = fakes.files_of(tmp_path)
    for less in (Source(str(folder), limit=5), Source(str(folder), splits=("test",))):
        with pytest.raises(InputError, match=r"holds [14] clips that would be gone, such as 'c00[05]'"):
            annotate_dataset(less, tmp_path / "out", made)
    assert fakes.files_of(tmp_path) == before
    mine = tmp_path / "out" / "data" / "mine.txt"
    mine.touch()
    with pytest.raises(InputError, match="not empty"):
        annotate_dataset(Source(str(folder)), tmp_path / "out", made)
    assert mine.exists()
    mine.unlink()
    for broken in (tmp_path / "out" / "data").iterdir():
        broken.write_bytes(b"PAR1")
    with pytest.raises(InputError, match="cannot be read"):
        annotate_dataset(Source(str(folder)), tmp_path / "out", made)


def test_after_a_setting_that_no_call_survived_it_may_be_another(
    server: fakes.ChatServer, recipe: Make, tmp_path: Path
) -> None:
    """A model's name mistyped, and what the error says to do."""
    source = fakes.write_clips(tmp_path / "source", 2)
    server.default = [fakes.status(404, "no such model")]
    with pytest.raises(InputError, match="Check --model"):
        fakes.run(source, tmp_path / "out", recipe(model="mistyped"))
    server.default = [fakes.good]
    assert fakes.run(source, tmp_path / "out", recipe()).failed == 0
    with pytest.raises(InputError, match="begun with other settings"):
        fakes.run(source, tmp_path / "out", recipe(model="mistyped"))


def test_targets_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = fakes.write_clips(tmp_path / "source", 2)
    (tmp_path / "file").touch()
    (tmp_path / "taken.journal").touch()
    monkeypatch.chdir(tmp_path)
    for dest in ("/", ".", "..", "", "file/out", "taken", "/proc/nowhere/out", "n" * 250):
        with pytest.raises(InputError, match=r"target|journal"):
            fakes.run(source, Path(dest), RulesRecipe(describe=fakes.describe, check=fakes.check))  # type: ignore[arg-type]


def test_a_clip_whose_motion_changed_is_annotated_anew(server: fakes.ChatServer, recipe: Make, tmp_path: Path) -> None:
    fakes.write_clips(tmp_path / "source", 3)
    fakes.run(tmp_path / "source", tmp_path / "out", recipe())
    rows = list(handx_bench.load_dataset(tmp_path / "source"))
    rows[1]["motion"] = rows[1]["motion"] + np.float32(0.001)
    changed = datasets.Dataset.from_list(rows, features=handx_bench.data.FEATURES)
    (tmp_path / "changed").mkdir()
    changed.to_parquet(str(tmp_path / "changed" / "train.parquet"))
    assert fakes.run(tmp_path / "changed", tmp_path / "out", recipe()).new_calls == 1
    assert [call.clip for call in server.seen.calls[3:]] == ["c001"]


def test_what_is_refused_before_anything_is_done(server: fakes.ChatServer, recipe: Make, tmp_path: Path) -> None:
    source = fakes.write_clips(tmp_path / "source", 2)
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.tex").touch()
    (tmp_path / "file").touch()
    for name, dest, words in (
        (tmp_path / "nowhere", tmp_path / "out", "no such file"),
        (source, thesis, "not empty"),
        (source, tmp_path / "file", "not a folder"),
        (source, source, "source lies in"),
        (source, tmp_path, "source lies in"),
    ):
        with pytest.raises(InputError, match=words):
            fakes.run(name, dest, recipe())
    assert server.seen.calls == []
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "source", "thesis"]
    fakes.run(source, tmp_path / "out", recipe())
    for other in ({"model": "other"}, {"threshold": 0.5}, {"temperature": 0.7}, {"seed": 1}, {"attempts": 9}):
        with pytest.raises(InputError, match="begun with other settings, by 'test-model'"):
            fakes.run(source, tmp_path / "out", recipe(**other))
    # A folder that somebody else filled is not replaced, whatever the journal says.
    (tmp_path / "out" / "notes.txt").touch()
    with pytest.raises(InputError, match="not empty"):
        fakes.run(source, tmp_path / "out", recipe())


def test_each_clip_draws_its_own_words_wherever_it_stands() -> None:
    motion = random_motion(1, apart=0.03).numpy()[0].astype(np.float32)
    one, two = (Clip(name, "test", "s", motion, "train") for name in ("one", "two"))
    assert checking.describe(one, 3) == checking.describe(one, 3) == describe(motion_codes(motion), seed_of(3, "one"))
    assert checking.describe(one, 3) != checking.describe(two, 3)
    assert checking.describe(one, 3) != checking.describe(one, 4)


def test_rules_need_no_server(tmp_path: Path) -> None:
    source = fakes.write_clips(tmp_path / "source", 7, test=2)
    made = RulesRecipe(seed=3, describe=fakes.describe, check=fakes.check)
    report = annotate_dataset(Source(str(source)), tmp_path / "out", made)
    assert (report.clips, report.failed, report.calls, report.mean_agreement) == (7, 0, 0, 1.0)
    found = annotations(tmp_path / "out")
    assert {(row["model"], row["prompt_hash"]) for rows in found.values() for row in rows} == {("rules", "")}
    assert {rows[0]["text"].rpartition(" ")[2] for rows in found.values()} == {"3"}
    annotate_dataset(Source(str(source), splits=("test",)), tmp_path / "test", made)
    assert annotations(tmp_path / "test")["c006"] == found["c006"]  # wherever it stands
    assert made.fingerprint != RulesRecipe(seed=4).fingerprint
    assert journal_folder(tmp_path / "out").is_dir()


@pytest.mark.parametrize("by", ["rules", "model"])
def test_a_clip_that_has_no_codes_fails_alone(by: str, recipe: Make, tmp_path: Path) -> None:
    source = fakes.write_clips(tmp_path / "source", 3)
    if by == "rules":
        report = annotate_dataset(
            Source(str(source)), tmp_path / "out", RulesRecipe(describe=fakes.describe_but_c001, check=fakes.check)
        )
    else:
        report = fakes.run(source, tmp_path / "out", replace(recipe(), payload=fakes.payload_but_c001))
    assert (report.clips, report.failed) == (3, 1)
    assert report.reasons == {"a hand has no frame (clip 'c001')": 1}
