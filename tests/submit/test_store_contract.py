"""What every store must do, whoever keeps it; written against the interface only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import handx_submit_fakes as fakes
import pytest

from handx_bench.errors import InputError
from handx_bench.submit.bundle import InvalidBundle
from handx_bench.submit.manifest import parse_manifest
from handx_bench.submit.record import make_record
from handx_bench.submit.store import LeaseLost, State, Store, UnknownSubmission

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def finish(store, lease, tmp_path):
    bundle = store.fetch(lease, tmp_path)
    record, table = make_record(
        lease.submission, parse_manifest(bundle.manifest), fakes.fake_report(), worker=lease.worker,
        started_at=NOW, recorded_at=NOW,
    )  # fmt: skip
    return store.record(lease, record, table)


def test_implements_the_interface(store):
    assert isinstance(store, Store)


def test_a_submission_waits_in_line_and_keeps_its_files(store, bundle, tmp_path, clock):
    first = store.submit(bundle("One")).submission
    clock.now += 1
    second = store.submit(bundle("Two", "other")).submission
    assert (first.state, first.position, second.position) == (State.QUEUED, 1, 2)
    assert (first.user, first.model_name, first.protocol_hash) == ("ada", "One", fakes.PROTOCOL.hash)
    assert second.submitted_at - first.submitted_at == timedelta(seconds=1)
    assert first.submitted_at.tzinfo is not None
    lease = store.lease("w", 10)
    assert lease.submission.id == first.id
    fetched = store.fetch(lease, tmp_path)
    assert fetched.predictions.read_text() == "ok\nOne"
    assert fetched.manifest == bundle("One").manifest
    assert store.get(second.id).position == 1
    assert [each.id for each in store.submissions()] == [first.id, second.id]
    assert [each.id for each in store.submissions([State.LEASED])] == [first.id]


def test_the_identical_bundle_is_the_same_submission(open_store, bundle):
    store = open_store()
    first = store.submit(bundle())
    again = store.submit(bundle())
    assert (first.outcome, again.outcome) == ("new", "known")
    assert again.submission.id == first.submission.id
    assert len(store.submissions()) == 1
    # One bit more is another one; so is the same bundle of somebody else, who could otherwise be robbed of it.
    other = store.submit(bundle(content="ok2"))
    someone = open_store(user="eve").submit(bundle())
    assert {other.outcome, someone.outcome} == {"new"}
    assert len({first.submission.id, other.submission.id, someone.submission.id}) == 3
    assert someone.submission.user == "eve"


def test_identity_never_comes_from_the_manifest(store, bundle):
    submission = store.submit(bundle("Model", organisation="eve")).submission
    assert submission.user == "ada"


def test_a_bad_bundle_leaves_nothing_and_tells_everything(store, bundle):
    with pytest.raises(InvalidBundle) as caught:
        store.submit(bundle(content="bad"))
    assert caught.value.problems == ("the file is bad", "and has a second problem")
    assert store.submissions() == []
    assert store.lease("w", 10) is None
    assert store.sweep() == 0


def test_a_check_of_other_bytes_is_not_believed(store, bundle):
    good = fakes.fake_check(bundle(content="ok"))
    with pytest.raises(InvalidBundle):
        store.submit(bundle(content="bad"), good)
    assert store.submit(bundle(content="ok"), good).outcome == "new"


def test_scoring_happens_once(store, bundle, tmp_path):
    sent = store.submit(bundle()).submission
    lease = store.lease("w", 10)
    assert (lease.submission.state, lease.submission.attempts, lease.submission.worker) == ("leased", 1, "w")
    digest = finish(store, lease, tmp_path)
    done = store.get(sent.id)
    assert (done.state, done.record_hash, done.lease_expires_at) == (State.SCORED, digest, None)
    with pytest.raises(LeaseLost):
        finish(store, lease, tmp_path)
    assert [(stored.hash, stored.record.submission_id) for stored in store.records()] == [(digest, sent.id)]
    assert store.lease("w", 10) is None
    assert store.submit(bundle()).outcome == "known"
    assert [event.state for event in done.history] == ["queued", "leased", "scored"]


def test_records_come_back_as_they_were(store, bundle, tmp_path):
    sent = store.submit(bundle("Model", organisation="Ünïversity", parameters=12)).submission
    finish(store, store.lease("w", 10), tmp_path)
    (stored,) = store.records()
    record = stored.record
    assert record.report == fakes.fake_report().model_copy(update={"clip_scores": None})
    assert (record.user, record.manifest.organisation, record.manifest.parameters) == ("ada", "Ünïversity", 12)
    assert (record.verification, record.worker, record.submitted_at) == ("predictions-scored", "w", sent.submitted_at)
    assert store.clip_scores(stored).equals(fakes.fake_report().clip_table())
    assert store.records("0" * 64) == []
    assert len(store.records(fakes.PROTOCOL.hash)) == 1


def test_nobody_takes_what_is_leased(store, bundle):
    store.submit(bundle())
    assert store.lease("one", 10) is not None
    assert store.lease("two", 10) is None


def test_an_expired_lease_is_fenced(store, bundle, tmp_path, clock):
    sent = store.submit(bundle()).submission
    old = store.lease("old", 10)
    clock.now += 10
    calls = (
        lambda: finish(store, old, tmp_path), lambda: store.renew(old), lambda: store.reject(old, ["x"]),
        lambda: store.fail(old, "x"), lambda: store.release(old, "x"),
    )  # fmt: skip
    for call in calls:
        with pytest.raises(LeaseLost, match="ran out"):
            call()
    new = store.lease("new", 10)
    assert new.submission.id == sent.id
    for call in calls:
        with pytest.raises(LeaseLost, match="not leased to old any more"):
            call()
    assert store.records() == []
    finish(store, new, tmp_path)
    assert [stored.record.worker for stored in store.records()] == ["new"]
    assert any("old was not heard of" in event.reason for event in store.get(sent.id).history)


def test_heartbeats_keep_a_lease(store, bundle, tmp_path, clock):
    store.submit(bundle())
    lease = store.lease("w", 10)
    for _ in range(5):
        clock.now += 9
        store.renew(lease)
        assert store.lease("other", 10) is None
    clock.now += 9.9
    finish(store, lease, tmp_path)


def test_a_clock_set_back_frees_a_dead_workers_lease_after_one_lease_time(store, bundle, clock):
    store.submit(bundle())
    store.lease("dead", 10)
    clock.now -= 100_000
    assert store.lease("other", 10) is None
    clock.now += 9
    assert store.lease("other", 10) is None
    clock.now += 2
    assert store.lease("other", 10) is not None


def test_a_clock_set_back_does_not_end_a_living_lease(store, bundle, tmp_path, clock):
    sent = store.submit(bundle()).submission
    lease = store.lease("w", 10)
    clock.now -= 5000
    store.renew(lease)
    finish(store, lease, tmp_path)
    assert store.get(sent.id).state == State.SCORED


def test_attempts_are_bounded_and_their_reasons_kept(open_store, bundle):
    store = open_store(max_attempts=3)
    sent = store.submit(bundle()).submission
    for number in (1, 2, 3):
        state = store.fail(store.lease("w", 10), f"boom {number}")
        assert state == (State.FAILED if number == 3 else State.QUEUED)
    assert store.lease("w", 10) is None
    ended = store.get(sent.id)
    assert (ended.state, ended.attempts) == (State.FAILED, 3)
    assert "gave up after 3 attempts" in ended.reason
    assert "boom 3" in ended.reason
    told = " ".join(event.reason for event in ended.history)
    assert all(f"boom {number}" in told for number in (1, 2, 3))


def test_dead_workers_count_as_attempts(open_store, bundle, clock):
    store = open_store(max_attempts=2)
    sent = store.submit(bundle()).submission
    for name in ("first", "second"):
        assert store.lease(name, 10) is not None
        clock.now += 11
    assert store.lease("third", 10) is None
    ended = store.get(sent.id)
    assert ended.state == State.FAILED
    assert "second was not heard of" in ended.reason


def test_giving_back_is_no_attempt(store, bundle):
    sent = store.submit(bundle()).submission
    for _ in range(10):
        store.release(store.lease("w", 10), "shutting down")
    back = store.get(sent.id)
    assert (back.state, back.attempts, back.position) == (State.QUEUED, 0, 1)
    assert "shutting down" in back.reason


def test_a_submission_that_breaks_workers_does_not_hold_up_others(store, bundle):
    poison = store.submit(bundle("Poison")).submission
    other = store.submit(bundle("Other", "other")).submission
    store.fail(store.lease("w", 10), "boom")
    assert store.lease("w", 10).submission.id == other.id
    assert store.lease("w", 10).submission.id == poison.id


@pytest.mark.parametrize("end", ["failed", "rejected"])
def test_what_ended_badly_can_be_sent_again(open_store, bundle, tmp_path, end):
    store = open_store(max_attempts=1)
    sent = store.submit(bundle()).submission
    lease = store.lease("w", 10)
    store.fail(lease, "boom") if end == "failed" else store.reject(lease, ["one", "two"])
    assert store.get(sent.id).state == end
    store.submit(bundle("Other", "other"))
    again = store.submit(bundle())
    assert (again.outcome, again.submission.id, again.submission.attempts) == ("requeued", sent.id, 0)
    assert again.submission.position == 2
    store.submit(bundle("Third", "third"))
    assert [store.lease("w", 10).submission.model_name for _ in range(3)] == ["Other", "Model", "Third"]


def test_rejection_keeps_all_reasons(store, bundle):
    sent = store.submit(bundle()).submission
    store.reject(store.lease("w", 10), ["one", "two"])
    assert (store.get(sent.id).state, store.get(sent.id).reason) == (State.REJECTED, "one; two")


@pytest.mark.parametrize("name", ["", "0" * 16, "../../etc/passwd", "%", "a' OR 1=1", "*", "ffff\n", "é" * 1000])
def test_unknown_ids(store, bundle, name):
    store.submit(bundle())
    with pytest.raises(UnknownSubmission):
        store.get(name)


def test_ids_may_be_shortened(store, bundle):
    sent = store.submit(bundle()).submission
    assert store.get(sent.id[:6]).id == sent.id


def test_a_record_belongs_to_its_lease_and_protocol(store, bundle, tmp_path):
    one, two = (store.submit(bundle(name, name)).submission for name in ("One", "Two"))
    lease = store.lease("w", 10)
    record, table = make_record(
        two, parse_manifest(bundle("Two", "Two").manifest), fakes.fake_report(), worker="w", started_at=NOW,
        recorded_at=NOW,
    )  # fmt: skip
    with pytest.raises(ValueError, match=two.id):
        store.record(lease, record, table)
    other = fakes.SimpleNamespace(id="fake-v1", version="2", hash="0" * 64)
    with pytest.raises(ValueError, match="another protocol"):
        make_record(
            one, record.manifest, fakes.fake_report(protocol=other), worker="w", started_at=NOW, recorded_at=NOW
        )
    assert store.records() == []


def test_names_of_users_are_checked(open_store):
    for name in ("", "a" * 101, "a\x1b[31m", "a\u202eb"):
        with pytest.raises(InputError, match="user name"):
            open_store(user=name)


def test_fetch_gives_files_that_survive_the_submitters_changes(store, bundle, tmp_path):
    sent = bundle()
    store.submit(sent)
    Path(sent.predictions).write_text("changed")
    assert store.fetch(store.lease("w", 10), tmp_path).predictions.read_text() == "ok\nModel"
