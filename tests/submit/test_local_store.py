"""The folder behind the local store: crashes at every step, full disks, tampering, other people's folders."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import handx_submit_fakes as fakes
import pytest

from handx_bench.errors import InputError
from handx_bench.submit import _queue_rows, local_store
from handx_bench.submit.local_store import QUEUE_FILE, LocalStore
from handx_bench.submit.manifest import parse_manifest
from handx_bench.submit.record import make_record
from handx_bench.submit.store import State

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def local(folder, clock):
    return LocalStore(folder, "ada", clock=clock, check=fakes.fake_check)


def finish(store, lease, tmp_path):
    manifest = parse_manifest(store.fetch(lease, tmp_path).manifest)
    record, table = make_record(
        lease.submission, manifest, fakes.fake_report(), worker=lease.worker, started_at=NOW, recorded_at=NOW
    )
    return store.record(lease, record, table)


def assert_consistent(folder):
    """Rows and files agree: every visible thing is whole; returns how many pieces nobody sees."""
    store = LocalStore(folder, "ada", check=fakes.fake_check)
    seen = {each.id for each in store.submissions()}
    for each in store.submissions():
        files = {path.name: path for path in (folder / "submissions" / each.id).iterdir()}
        assert set(files) == set(each.files)
        for name, path in files.items():
            assert fakes.hash_file(path, 1 << 20) == (each.files[name].size, each.files[name].sha256)
        assert (each.state == State.SCORED) == (each.record_hash is not None)
    records = store.records()
    assert len({stored.record.submission_id for stored in records}) == len(records)
    for stored in records:
        assert len(store.clip_scores(stored)) == 4
        assert store.get(stored.record.submission_id).record_hash == stored.hash
    stray = {path.name for path in (folder / "submissions").iterdir()} - seen
    stray |= {path.name for path in (folder / "records").iterdir()} - {stored.hash for stored in records}
    return len(stray) + len(list((folder / "staging").iterdir()))


# Every step that changes anything on the disk; the process dies before or after the k-th of them.
STEPS = [
    (os, "fsync"), (os, "rename"), (shutil, "rmtree"), (local_store, "copy_file"), (local_store, "write_file"),
    (_queue_rows, "insert"), (_queue_rows, "add_record"), (_queue_rows, "end"), (_queue_rows, "_log"),
]  # fmt: skip


class Crash(BaseException):
    pass


@contextmanager
def dies_at(monkeypatch, number, how, steps=STEPS):
    """Call ``how`` at the ``number``-th step (counted before and after each call)."""
    count = 0

    def tick():
        nonlocal count
        count += 1
        if count == number + 1:
            how()

    def wrap(function):
        def step(*args, **kwargs):
            tick()
            value = function(*args, **kwargs)
            tick()
            return value

        return step

    with monkeypatch.context() as patch:
        for module, name in steps:
            patch.setattr(module, name, wrap(getattr(module, name)))
        yield lambda: count


def fork(action):
    """Run in a forked child; True if it lived to the end."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            action()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


@pytest.mark.parametrize("what", ["submit", "record"])
def test_a_process_that_dies_at_any_step_leaves_the_store_whole(folder, bundle, tmp_path, monkeypatch, what):
    number = 0
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        clean = LocalStore(folder, "ada", check=fakes.fake_check)
        if what == "record":
            clean.submit(bundle())
        lease = clean.lease("dying", 0.001) if what == "record" else None

        def action(number=number, lease=lease):
            store = LocalStore(folder, "ada", clock=lambda: time.time() - 60, check=fakes.fake_check)
            with dies_at(monkeypatch, number, lambda: os._exit(9)):
                store.submit(bundle()) if lease is None else finish(store, lease, tmp_path)

        lived = fork(action)
        assert_consistent(folder)
        # Whatever was left, the work can be done (if it is not done already), and then all leftovers can go.
        if what == "submit":
            assert clean.submit(bundle()).outcome in {"new", "known"}
        else:
            again = clean.lease("living", 10)
            if again is not None:
                finish(clean, again, tmp_path)
        assert len(clean.records()) == (what == "record")
        for path in (folder / "staging").iterdir():
            for piece in [*path.rglob("*"), path]:
                os.utime(piece, (0, 0))
        clean.sweep()
        assert assert_consistent(folder) == 0
        assert len(clean.submissions()) == 1
        if lived:
            break
        number += 1
    assert number > 10  # the steps were really met


@pytest.mark.parametrize("what", ["submit", "record"])
def test_a_full_disk_at_any_step_changes_nothing_visible(folder, bundle, tmp_path, monkeypatch, what):
    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    for number in range(200):
        shutil.rmtree(folder, ignore_errors=True)
        store = LocalStore(folder, "ada", check=fakes.fake_check)
        if what == "record":
            store.submit(bundle())
        lease = store.lease("w", 60) if what == "record" else None
        broke = False
        writing = [step for step in STEPS if step[1] != "rmtree"]  # removing needs no room
        with dies_at(monkeypatch, number, full, writing) as steps:
            try:
                store.submit(bundle()) if lease is None else finish(store, lease, tmp_path)
            except OSError:
                broke = True
        assert_consistent(folder)
        if number >= steps():
            assert not broke
            break
        # After the disk has room again, the same call succeeds, in the same process, under the same lease.
        if what == "submit":
            assert store.submit(bundle()).outcome == ("new" if broke else "known")
        elif broke and not store.records():
            finish(store, lease, tmp_path)
        assert len(store.submissions()) == 1
        assert len(store.records()) == (what == "record")
        store.sweep()
        assert_consistent(folder)
    assert number > 10


def test_sqlite_out_of_space_is_a_failure_of_the_machine(local, bundle, monkeypatch):
    class Full(sqlite3.Connection):
        def execute(self, sql, *args):
            if sql == "COMMIT":
                raise sqlite3.OperationalError("database or disk is full")
            return super().execute(sql, *args)

    connect = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, factory=Full, **kwargs))
        with pytest.raises(OSError, match="disk is full"):
            local.submit(bundle())
    assert local.submissions() == []
    assert local.submit(bundle()).outcome == "new"
    assert assert_consistent(local.path) == 0


def test_sweep_spares_what_is_alive(local, bundle, tmp_path):
    sent = local.submit(bundle()).submission
    finish(local, local.lease("w", 10), tmp_path)
    (local.path / "staging" / "being-written").mkdir()
    old = local.path / "staging" / "old"
    old.mkdir()
    os.utime(old, (0, 0))
    strange = {"submissions": "0" * 16, "records": "0" * 64}
    for name, orphan in strange.items():
        (local.path / name / orphan).mkdir()
        (local.path / name / orphan / "file").write_text("x")
        (local.path / name / ".DS_Store").write_text("not ours")
    (local.path / "records" / ("1" * 64)).symlink_to(tmp_path)
    assert local.sweep() == 3
    assert {path.name for path in (local.path / "orphans").iterdir()} == set(strange.values())
    assert (local.path / "orphans" / ("0" * 16) / "file").read_text() == "x"
    assert [path.name for path in (local.path / "staging").iterdir()] == ["being-written"]
    assert local.get(sent.id).state == State.SCORED
    assert len(local.records()) == 1


@pytest.mark.parametrize("file", ["record.json", "clip_scores.parquet"])
@pytest.mark.parametrize("how", ["flip", "truncate", "remove", "link", "swap"])
def test_tampering_is_told_with_the_file(local, bundle, tmp_path, file, how):
    for name in ("One", "Two"):
        local.submit(bundle(name, name))
        lease = local.lease("w", 10)
        manifest = parse_manifest(local.fetch(lease, tmp_path).manifest)
        report = fakes.fake_report(table=fakes.clip_table([1.0, 2.0, len(name), ord(name[0])]))
        record, table = make_record(lease.submission, manifest, report, worker="w", started_at=NOW, recorded_at=NOW)
        local.record(lease, record, table)
    first, second = local.records()
    path, other = (local.path / "records" / stored.hash / file for stored in (first, second))
    data = bytearray(path.read_bytes())
    if how == "flip":
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    elif how == "truncate":
        path.write_bytes(data[:-1])
    else:
        path.unlink()
        if how == "link":
            path.symlink_to(other)
        elif how == "swap":
            path.write_bytes(other.read_bytes())
    with pytest.raises(InputError, match=file) as caught:
        [local.clip_scores(stored) for stored in local.records()]
    assert str(path) in str(caught.value)


def test_an_old_queue_loses_nothing_that_came_later(local, bundle, tmp_path):
    local.submit(bundle("One", "one"))
    finish(local, local.lease("w", 10), tmp_path)
    backup = (local.path / "queue.sqlite3").read_bytes()
    later = local.submit(bundle("Two", "two")).submission
    finish(local, local.lease("w", 10), tmp_path)
    for side in ("-wal", "-shm"):
        (local.path / f"queue.sqlite3{side}").unlink(missing_ok=True)
    (local.path / "queue.sqlite3").write_bytes(backup)
    again = LocalStore(local.path, "ada", check=fakes.fake_check)
    again.sweep()
    aside = {path.name: path for path in (local.path / "orphans").iterdir()}
    assert len(aside) == 2
    assert (aside[later.id] / "predictions.safetensors").exists()


def test_a_damaged_record_hides_no_other(local, bundle, tmp_path):
    for name in ("One", "Two"):
        local.submit(bundle(name, name))
        finish(local, local.lease("w", 10), tmp_path)
    first, second = local.records()
    (local.path / "records" / first.hash / "record.json").write_text("{}")
    told = []
    assert local.records(on_damage=told.append) == [second]
    assert len(told) == 1
    with pytest.raises(InputError, match="record"):
        local.records()


def test_a_record_that_could_never_be_read_again_is_not_written(local, bundle, tmp_path, monkeypatch):
    monkeypatch.setattr("handx_bench.submit.local_store.MAX_RECORD_BYTES", 1000)
    sent = local.submit(bundle()).submission
    with pytest.raises(ValueError, match="too large"):
        finish(local, local.lease("w", 10), tmp_path)
    assert local.records() == []
    assert local.get(sent.id).state == State.LEASED


def test_other_folders_are_left_alone(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="no queue"):
        LocalStore(home, "ada")
    assert [path.name for path in home.iterdir()] == ["thesis.tex"]
    with pytest.raises(InputError, match="cannot make a store"):
        LocalStore(home / "thesis.tex", "ada")
    with pytest.raises(InputError, match="no store here"):
        LocalStore(tmp_path / "absent", "ada", create=False)
    assert not (tmp_path / "absent").exists()


def test_a_lost_queue_is_not_taken_for_a_new_store(local, bundle, tmp_path):
    # A fresh queue would make every record an orphan, and the next sweep would remove them all.
    local.submit(bundle())
    finish(local, local.lease("w", 10), tmp_path)
    (local.path / QUEUE_FILE).unlink()
    with pytest.raises(InputError, match="restore its queue"):
        LocalStore(local.path, "ada")
    with pytest.raises(InputError):
        local.sweep()
    assert len(list((local.path / "records").iterdir())) == 1


def test_a_damaged_queue_and_one_of_the_future(local, bundle):
    local.submit(bundle())
    queue = local.path / QUEUE_FILE
    with sqlite3.connect(queue) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(InputError, match=r"schema 99.*update handx-bench"):
        local.submissions()
    queue.write_bytes(b"\x80\x04 this is no database, it is a pickle" * 100)
    with pytest.raises(InputError, match="damaged"):
        local.submissions()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_without_permission(local, bundle):
    (local.path / "staging").chmod(0o500)
    with pytest.raises(OSError, match="Permission"):
        local.submit(bundle())


def test_the_queue_itself_refuses_a_second_record(local, bundle, tmp_path):
    # Should a bug ever get past the lease: the table admits one record per submission and protocol.
    sent = local.submit(bundle()).submission
    finish(local, local.lease("w", 10), tmp_path)
    with pytest.raises(sqlite3.IntegrityError), local._queue.write() as connection:
        _queue_rows.add_record(connection, sent.id, sent.protocol_hash, "0" * 64)
    with pytest.raises(sqlite3.IntegrityError), local._queue.write() as connection:
        connection.execute("UPDATE submissions SET state = 'leased' WHERE id = ?", (sent.id,))
    assert assert_consistent(local.path) == 0


def test_many_can_make_the_same_store_at_once(tmp_path, bundle, processes):
    target = tmp_path / "new" / "store"
    bundles = [bundle(f"Model {n}", f"content {n}") for n in range(8)]
    crowd = [processes.Process(target=fakes.send, args=(target, [each])) for each in bundles]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join(60)
    assert [each.exitcode for each in crowd] == [0] * 8
    assert len(LocalStore(target, "ada", create=False).submissions()) == 8
    assert assert_consistent(target) == 0
