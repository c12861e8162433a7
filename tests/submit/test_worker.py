"""The worker in one process: every way a submission can end, heartbeats, stopping."""

from __future__ import annotations

import os
import signal
import threading
import time

import handx_submit_fakes as fakes
import pytest

from handx_bench.errors import InputError
from handx_bench.submit.local_store import LocalStore
from handx_bench.submit.store import State
from handx_bench.submit.worker import run_worker


def run(store, **options):
    options = {"once": True, "evaluate": fakes.fake_evaluate, "check": fakes.fake_check} | options
    return run_worker(store, **options)


@pytest.fixture
def store(open_store):
    return open_store(clock=time.time)


def test_it_scores_all_that_waits_in_order(store, bundle, log):
    ids = [store.submit(bundle(f"Model {n}", f"content {n}")).submission.id for n in range(4)]
    events = []
    summary = run(store, on_event=events.append, name="w1")
    assert summary.scored == ids
    assert [(event.kind, event.submission.id) for event in events] == [
        (kind, each) for each in ids for kind in ("taken", "scored")
    ]
    assert [stored.record.worker for stored in store.records()] == ["w1"] * 4
    assert {store.get(each).state for each in ids} == {State.SCORED}
    assert run(store).scored == []


def test_times_of_a_record_are_in_order(store, bundle, log):
    store.submit(bundle(content="sleep 0.01"))
    run(store)
    record = store.records()[0].record
    assert record.submitted_at < record.scoring_started_at < record.recorded_at


@pytest.mark.parametrize(
    ("content", "state", "reason", "attempts"),
    [
        ("raise", State.FAILED, "ZeroDivisionError: the metric broke", 3),
        ("nan", State.REJECTED, "motion holds NaN (clip 3)", 1),
    ],
)
def test_every_end_has_its_reason(store, bundle, log, content, state, reason, attempts):
    sent = store.submit(bundle(content=content)).submission
    good = store.submit(bundle("Good", "ok")).submission
    run(store)
    ended = store.get(sent.id)
    assert (ended.state, ended.attempts) == (state, attempts)
    assert reason in ended.reason
    assert len([line for line in fakes.read_log(log) if line["id"] == sent.id]) == attempts
    assert store.get(good.id).state == State.SCORED


def test_a_machine_that_cannot_score_stops_instead_of_using_up_the_queue(store, bundle, log):
    """Not the submitter's fault: tried again later, and never called a rejection."""
    sent = store.submit(bundle(content="machine")).submission
    others = [store.submit(bundle(f"Model {n}", f"machine {n}")).submission for n in range(3)]
    summary = run(store)
    assert "the dataset is not on this machine" in summary.broken
    assert (store.get(sent.id).state, store.get(sent.id).attempts) == (State.QUEUED, 1)
    assert {(store.get(each.id).state, store.get(each.id).attempts) for each in others} == {(State.QUEUED, 0)}


def test_it_leaves_what_it_does_not_know_to_others(store, bundle, log):
    sent = store.submit(bundle()).submission
    assert run(store, protocol_ids=["another-v1"]).rejected == []
    assert (store.get(sent.id).state, store.get(sent.id).attempts) == (State.QUEUED, 0)
    assert run(store, protocol_ids=["another-v1", "fake-v1"]).scored == [sent.id]


def test_it_checks_what_it_is_about_to_score(store, bundle, log):
    sent = store.submit(bundle()).submission
    stored = store.path / "submissions" / sent.id / "predictions.safetensors"
    stored.chmod(0o644)
    stored.write_text("bad")
    summary = run(store)
    assert summary.rejected == [sent.id]
    told = store.get(sent.id).reason
    assert "the file is bad; and has a second problem; predictions.safetensors is not the file that was sent" in told
    assert fakes.read_log(log) == []


def test_a_file_that_is_gone_is_told(store, bundle, log):
    sent = store.submit(bundle()).submission
    (store.path / "submissions" / sent.id / "predictions.safetensors").unlink()
    run(store)
    assert store.get(sent.id).state == State.REJECTED
    assert "cannot be read" in store.get(sent.id).reason


def test_a_report_of_another_protocol_is_not_recorded(store, bundle):
    other = fakes.SimpleNamespace(id="fake-v1", version="1", hash="0" * 64)
    sent = store.submit(bundle()).submission
    run(store, evaluate=lambda path, protocol: fakes.fake_report(protocol=other))
    assert store.get(sent.id).state == State.FAILED
    assert "another protocol" in store.get(sent.id).reason
    assert store.records() == []


def test_heartbeats_keep_a_long_scoring(store, bundle, log):
    sent = store.submit(bundle(content="sleep 3")).submission
    first = threading.Thread(target=run, args=(store,), kwargs={"lease_s": 1.2})
    first.start()
    deadline = time.monotonic() + 10
    while not fakes.read_log(log) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert store.lease("greedy", 1) is None
    time.sleep(1.5)  # longer than the lease
    assert store.lease("greedy", 1) is None
    first.join()
    assert store.get(sent.id).state == State.SCORED


def test_a_worker_that_lost_its_lease_records_nothing(store, bundle, log):
    sent = store.submit(bundle()).submission
    events = []

    def slow(path, protocol):
        # Time stops being renewed (as on a suspended laptop), another worker takes over and scores.
        with store._queue.write() as connection:
            connection.execute("UPDATE submissions SET renewed_at = 0")
        run(store, name="other")
        return fakes.fake_report(skill=-1.0)

    summary = run(store, evaluate=slow, on_event=events.append, name="slow")
    assert [event.kind for event in events] == ["taken", "lost"]
    assert summary.scored == []
    (stored,) = store.records()
    assert (stored.record.worker, stored.record.report.skills.overall.value) == ("other", 0.5)
    assert store.get(sent.id).state == State.SCORED


def test_a_full_disk_while_recording_is_an_attempt(store, bundle, log, monkeypatch):
    sent = store.submit(bundle()).submission
    calls = []

    def full(self, lease, record, clip_scores):
        calls.append(lease)
        if len(calls) == 1:
            raise OSError(28, "No space left on device")
        return original(self, lease, record, clip_scores)

    original = LocalStore.record
    monkeypatch.setattr(LocalStore, "record", full)
    assert "No space left" in run(store).broken
    run(store)
    assert (len(calls), store.get(sent.id).state) == (2, State.SCORED)
    assert "No space left" in " ".join(event.reason for event in store.get(sent.id).history)


def test_wrong_settings(store):
    for options in ({"lease_s": 0}, {"poll_s": -1.0}, {"lease_s": float("nan")}, {"lease_s": float("inf")}):
        with pytest.raises(InputError, match="positive"):
            run(store, **options)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_gives_the_lease_back(store, bundle, log, processes, number):
    sent = store.submit(bundle(content="sleep 60")).submission
    worker = processes.Process(target=fakes.work, args=(store.path, log), kwargs={"once": False})
    worker.start()
    deadline = time.monotonic() + 20
    while not fakes.read_log(log) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(worker.pid, number)
    worker.join(10)
    assert worker.exitcode == 0
    back = store.get(sent.id)
    assert (back.state, back.attempts) == (State.QUEUED, 0)
    assert "asked to stop" in back.reason


def test_an_idle_worker_stops_at_once(store, processes, log):
    worker = processes.Process(target=fakes.work, args=(store.path, log), kwargs={"once": False})
    worker.start()
    time.sleep(0.5)
    begun = time.monotonic()
    worker.terminate()
    worker.join(10)
    assert worker.exitcode == 0
    assert time.monotonic() - begun < 2


def test_handlers_of_the_caller_come_back(store):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    run(store)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
