"""Workers and submitters killed at random moments; several workers at once. Real processes, real SQLite."""

from __future__ import annotations

import random
import time
from collections import Counter

import handx_submit_fakes as fakes
import pytest
from test_local_store import assert_consistent

from handx_bench.submit.local_store import LocalStore
from handx_bench.submit.store import FINAL_STATES, State


def start(processes, target, *args, **kwargs):
    process = processes.Process(target=target, args=args, kwargs=kwargs)
    process.start()
    return process


def drain(processes, store, log, **options):
    """Workers until nothing waits and nothing is leased."""
    deadline = time.monotonic() + 60
    while {each.state for each in store.submissions()} - FINAL_STATES:
        assert time.monotonic() < deadline, Counter(each.state for each in store.submissions())
        worker = start(processes, fakes.work, store.path, log, **options)
        worker.join(60)
        assert worker.exitcode == 0


@pytest.mark.parametrize("rounds", [60, pytest.param(300, marks=pytest.mark.slow)])
def test_killed_workers_lose_nothing_and_record_nothing_twice(tmp_path, bundle, processes, rounds):
    generator, log = random.Random(rounds), tmp_path / "log"
    store = LocalStore(tmp_path / "store", "ada", check=fakes.fake_check)
    contents = [f"{number} sleep {generator.uniform(0, 0.004):.4f}" for number in range(rounds)]
    contents[::10] = [f"{content} nan" for content in contents[::10]]
    ids = {store.submit(bundle(content, content)).submission.id for content in contents}
    killed = 0
    for _ in range(rounds):
        # Attempts without end: who gives up after three kills would hide a lost submission behind a failed one.
        crowd = [
            start(processes, fakes.work, store.path, log, lease_s=0.15, max_attempts=10**6)
            for _ in range(generator.choice((1, 1, 2)))
        ]
        time.sleep(generator.uniform(0.005, 0.06))
        for worker in crowd:
            worker.kill()
        for worker in crowd:
            worker.join()
            killed += worker.exitcode == -9
    assert killed > rounds / 2
    drain(processes, store, log, lease_s=0.15, max_attempts=10**6)
    ended = {each.id: each for each in store.submissions()}
    assert set(ended) == ids
    assert all(each.reason for each in ended.values())
    told = Counter(each.state for each in ended.values())
    assert told == {State.SCORED: rounds - len(contents[::10]), State.REJECTED: len(contents[::10])}
    starts = Counter(line["id"] for line in fakes.read_log(log) if line["event"] == "start")
    assert max(starts.values()) > 1  # kills did hit scoring
    recorded = [stored.record.submission_id for stored in store.records()]
    assert Counter(recorded) == dict.fromkeys((each.id for each in ended.values() if each.state == State.SCORED), 1)
    assert_consistent(store.path)
    store.sweep()
    assert len(list((store.path / "records").iterdir())) == len(recorded)


def test_a_submission_that_kills_its_workers_ends_as_failed(tmp_path, bundle, processes):
    store, log = LocalStore(tmp_path / "store", "ada", check=fakes.fake_check), tmp_path / "log"
    sent = store.submit(bundle(content="sleep 30")).submission
    for number in (1, 2, 3):
        worker = start(processes, fakes.work, store.path, log, lease_s=0.2, max_attempts=3)
        deadline = time.monotonic() + 20
        while len(fakes.read_log(log)) < number and time.monotonic() < deadline:
            time.sleep(0.005)
        worker.kill()
        worker.join()
        time.sleep(0.25)
    drain(processes, store, log, lease_s=0.2, max_attempts=3)
    ended = store.get(sent.id)
    assert (ended.state, ended.attempts) == (State.FAILED, 3)
    assert "was not heard of any more" in ended.reason


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_side_by_side_never_score_the_same(tmp_path, bundle, processes, workers):
    store, log = LocalStore(tmp_path / "store", "ada", check=fakes.fake_check), tmp_path / "log"
    ids = {store.submit(bundle(f"{n}", f"{n} sleep 0.04")).submission.id for n in range(40)}
    crowd = [start(processes, fakes.work, store.path, log) for _ in range(workers)]
    for worker in crowd:
        worker.join(60)
    assert [worker.exitcode for worker in crowd] == [0] * workers
    lines = fakes.read_log(log)
    starts = [line for line in lines if line["event"] == "start"]
    assert Counter(line["id"] for line in starts) == dict.fromkeys(ids, 1)
    assert len({line["pid"] for line in starts}) == workers  # they did share the work
    assert Counter(stored.record.submission_id for stored in store.records()) == dict.fromkeys(ids, 1)
    assert assert_consistent(store.path) == 0


def test_killed_submitters_leave_whole_submissions_or_none(tmp_path, bundle, processes):
    generator = random.Random(0)
    target = tmp_path / "store"
    bundles = [bundle(f"Model {n}", f"content {n} " + "x" * 200_000) for n in range(60)]
    LocalStore(target, "ada", check=fakes.fake_check)
    killed = 0
    for _ in range(20):
        submitter = start(processes, fakes.send, target, generator.sample(bundles, 60))
        time.sleep(generator.uniform(0.005, 0.06))
        submitter.kill()
        submitter.join()
        killed += submitter.exitcode == -9
        assert_consistent(target)
    assert killed > 10
    fakes.send(target, bundles)  # sending all again completes what was cut off, and doubles nothing
    store = LocalStore(target, "ada", check=fakes.fake_check)
    assert Counter(each.model_name for each in store.submissions()) == {f"Model {n}": 1 for n in range(60)}
    assert_consistent(target)
