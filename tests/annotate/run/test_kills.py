"""Runs killed at random moments with SIGKILL. Real processes, real HTTP: nothing is lost and nothing is paid twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import handx_annotate_fakes as fakes
import pytest

from handx_bench.annotate.run.dataset import journal_folder
from handx_bench.annotate.run.model import ModelRecipe
from handx_bench.annotate.run.records import read_lines

CLIPS, CONCURRENCY = 40, 4


def journaled(dest: Path) -> set[str]:
    """Keys of the calls whose answer is in the journal."""
    files = journal_folder(dest).glob("*.jsonl")
    return {record["call"] for file in files for _, record in read_lines(file) if record["kind"] == "answer"}


@pytest.mark.parametrize("kills", [6, pytest.param(25, marks=pytest.mark.slow)])
def test_killed_runs_lose_nothing_and_pay_nothing_twice(
    server: fakes.ChatServer, recipe: Callable[..., ModelRecipe], processes: Any, tmp_path: Path, kills: int
) -> None:
    generator = random.Random(kills)
    source, dest = fakes.write_clips(tmp_path / "source", CLIPS, test=5), tmp_path / "out"
    made = recipe()
    broken = [fakes.replies("{broken"), fakes.good]
    wrong = [fakes.replies(fakes.variants("w", "wrong")), fakes.good]
    for clip in range(0, CLIPS, 4):
        # What is answered must depend on the call, not on how often it was sent.
        for place, reactions in ((clip, broken), (clip + 1, wrong)):
            server.reactions[f"c{place:03d}"] = [_by_length(reactions)]
    fakes.run(source, tmp_path / "expected", made)
    logical = Counter(call.key for call in server.seen.calls)
    assert set(logical.values()) == {1}
    server.seen = fakes.Served()
    server.delay_s = 0.01
    killed = 0
    for _ in range(kills):
        before, known = len(server.seen.calls), journaled(dest)
        process = processes.Process(target=fakes.run, args=(source, dest, made), kwargs={"concurrency": CONCURRENCY})
        process.start()
        wanted = before + generator.randint(1, max(2, 2 * len(logical) // kills))
        deadline = time.monotonic() + 60
        while len(server.seen.calls) < wanted and process.is_alive() and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(generator.uniform(0, 0.02))
        process.kill()
        process.join()
        killed += process.exitcode == -9
        assert not known & {call.key for call in server.seen.calls[before:]}  # an answer that is there is not asked for
    assert killed > kills / 3
    known, before = journaled(dest), len(server.seen.calls)
    report = fakes.run(source, dest, made, concurrency=CONCURRENCY)
    assert not known & {call.key for call in server.seen.calls[before:]}
    assert (report.clips, report.failed) == (CLIPS, 0)
    assert report.calls == len(logical)  # every answer is counted once
    assert fakes.files_of(dest) == fakes.files_of(tmp_path / "expected")
    sent = Counter(call.key for call in server.seen.calls)
    assert set(sent) == set(logical)
    # Only calls under way when their process was killed were sent again, under their old key.
    assert sum(sent.values()) - len(logical) <= killed * CONCURRENCY


def _by_length(reactions: list[fakes.Reaction]) -> fakes.Reaction:
    """The first reaction to the opening messages, the second to what follows."""

    def react(handler: fakes.Handler, call: fakes.Call) -> None:
        reactions[len(call.body["messages"]) > 2](handler, call)

    return react
