"""submit, status, worker and leaderboard on the command line, with the real metrics on a small data set."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from handx_bench.cli import leaderboard, submit, worker
from handx_bench.errors import InputError


@pytest.fixture
def run(world, monkeypatch):
    app = typer.Typer()
    for module in (submit, worker, leaderboard):
        module.register(app)
    monkeypatch.chdir(world.folder)
    monkeypatch.setenv("COLUMNS", "180")

    def call(*arguments, code=0):
        result = CliRunner().invoke(app, [str(each) for each in arguments])
        if isinstance(result.exception, InputError):  # what cli.main turns into exit code 2
            assert code == 2, result.exception
            return str(result.exception)
        assert result.exit_code == code, (result.output, result.exception)
        return result.stdout if code == 0 else result.output

    return call


def send(run, path, name, *more):
    return json.loads(
        run("submit", path, "--store", "store", "--model-name", name, "--protocol", "protocol.yaml", "--json", *more)
    )


def test_the_whole_way(world, run):
    good = world.predictions("good", 0.002)
    text = run("submit", good, "--store", "store", "--model-name", "Good", "--organisation", "Uni",
               "--protocol", "protocol.yaml", "--user", "ada")  # fmt: skip
    for part in ("predictions.safetensors", f"{good.stat().st_size:,}", "small-v0", "12 clips × 2", "valid",
                 "number 1 in the queue", "next: handx-bench status", "handx-bench worker"):  # fmt: skip
        assert part in text
    poor = send(run, world.predictions("poorer", 0.02), "Poor", "--user", "eve")
    assert (poor["outcome"], poor["submission"]["position"], poor["ok"]) == ("new", 2, True)
    assert send(run, world.predictions("poorer", 0.02), "Poor", "--user", "eve")["outcome"] == "known"
    assert json.loads(run("status", poor["submission"]["id"], "--store", "store", "--json"))["state"] == "queued"

    done = json.loads(run("worker", "--store", "store", "--once", "--protocol", "protocol.yaml", "--json"))
    assert len(done["scored"]) == 2

    status = run("status", poor["submission"]["id"][:8], "--store", "store")
    assert all(part in status for part in ("Poor (user eve)", "scored", "overall skill", "attempt 1 by"))
    told = json.loads(run("status", poor["submission"]["id"], "--store", "store", "--json"))
    assert told["skills"]["overall"]["value"] < 1
    assert told["age_s"] >= 0

    (board,) = json.loads(run("leaderboard", "--store", "store", "--json"))["boards"]
    assert [(e["manifest"]["model_name"], e["rank"]) for e in board["entries"]] == [("Good", 1), ("Poor", 2)]
    assert board["entries"][1]["skills"] == told["skills"]
    assert (board["families"], board["metrics"]) == (
        ["angles", "coordination", "contact"], ["joint_angle_error", "relative_wrist_error", "contact_event_f1"],
    )  # fmt: skip
    table = run("leaderboard", "--store", "store", "--protocol", "small-v0")
    assert table.index("angles") < table.index("coordination") < table.index("contact")
    for part in ("Good", "Uni", "eve", "a random real clip", "verification", "scored", f"{time.strftime('%Y')}-"):
        assert part in table
    assert "nothing has been scored under" in run("leaderboard", "--store", "store", "--protocol", "x", code=2)


def test_markup_and_escapes_of_strangers_do_nothing(world, run):
    name = "[red]<b>M[/red][link=x]y[/]"
    send(run, world.predictions(), name, "--organisation", "[bold]", "--user", "[blink]u")
    run("worker", "--store", "store", "--once", "--protocol", "protocol.yaml")
    assert name in run("status", "--store", "store")
    text = run("leaderboard", "--store", "store")
    assert name in text
    assert "[bold]" in text
    assert "\x1b" not in text


def test_dry_run_sends_nothing(world, run):
    answer = send(run, world.predictions(), "Model", "--dry-run")
    assert (answer["ok"], answer["manifest"]["model_name"]) == (True, "Model")
    assert "Nothing was sent" in run(
        "submit", world.predictions(), "--store", "store", "--model-name", "M", "--protocol", "protocol.yaml",
        "--dry-run",
    )  # fmt: skip
    assert not (world.folder / "store").exists()


def test_a_bundle_folder(world, run):
    folder = world.folder / "bundle"
    folder.mkdir()
    world.predictions().rename(folder / "predictions.safetensors")
    (folder / "submission.json").write_text('{"model_name": "From a folder"}')
    common = ("submit", folder, "--store", "store", "--protocol", "protocol.yaml")
    assert "has its own submission.json" in run(*common, "--model-name", "x", code=2)
    assert "From a folder" in run(*common)
    assert "From a folder" in run("status", "--store", "store")


def test_a_manifest_file(world, run):
    (world.folder / "m.json").write_text('{"model_name": "From a file", "licence": "MIT"}')
    common = ("submit", world.predictions(), "--store", "store", "--protocol", "protocol.yaml")
    assert "needs a name" in run(*common, code=2)
    assert "not both" in run(*common, "--manifest", "m.json", "--licence", "MIT", code=2)
    assert "From a file" in run(*common, "--manifest", "m.json")


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("what", ["manifest", "predictions", "link", "extra file", "absent", "options"])
def test_bad_input_is_refused_and_nothing_is_made(world, run, what, as_json):
    folder = world.folder / "bundle"
    folder.mkdir()
    (folder / "submission.json").write_text('{"model_name": "M", "user": "root"}' if what == "manifest" else
                                            '{"model_name": "M"}')  # fmt: skip
    target = folder / "predictions.safetensors"
    path = world.predictions("x", protocol_hash="0" * 64) if what == "predictions" else world.predictions()
    os.symlink(path, target) if what == "link" else path.rename(target)
    if what == "extra file":
        (folder / "notes.txt").write_text("hello")
    told = {
        "manifest": "user: unknown key", "predictions": "with hash", "link": "symbolic link", "extra file": "notes.txt",
        "absent": "cannot be read", "options": "url",
    }[what]  # fmt: skip
    source = {"absent": world.folder / "absent", "options": target}.get(what, folder)
    more = ["--model-name", "M"] if what in {"absent", "options"} else []
    more += ["--url", "javascript:x"] if what == "options" else []
    more += ["--json"] if as_json else []
    text = run("submit", source, "--store", "store", "--protocol", "protocol.yaml", *more, code=2)
    assert told in text
    if as_json and text.startswith("{"):
        assert json.loads(text)["ok"] is False
    assert not (world.folder / "store").exists()


def test_a_file_that_was_swapped_in_the_store_is_rejected(world, run):
    sent = send(run, world.predictions("good"), "Model")["submission"]["id"]
    stored = world.folder / "store" / "submissions" / sent / "predictions.safetensors"
    stored.write_bytes(world.predictions("better", 0.0).read_bytes())
    run("worker", "--store", "store", "--once", "--protocol", "protocol.yaml")
    answer = json.loads(run("status", sent, "--store", "store", "--json"))
    assert answer["state"] == "rejected"
    assert "not the file that was sent" in answer["reason"]
    # Sent again, it is scored from what was sent.
    assert send(run, world.predictions("good"), "Model")["outcome"] == "requeued"
    run("worker", "--store", "store", "--once", "--protocol", "protocol.yaml")
    assert json.loads(run("status", sent, "--store", "store", "--json"))["state"] == "scored"


def test_a_worker_without_the_protocol_says_so(world, run):
    sent = send(run, world.predictions(), "Model")["submission"]["id"]
    run("worker", "--store", "store", "--once")
    answer = json.loads(run("status", sent, "--store", "store", "--json"))
    assert (answer["state"], answer["attempts"]) == ("queued", 0)  # another worker may know it
    run("worker", "--store", "store", "--once", "--protocol", "protocol.yaml")
    assert json.loads(run("status", sent, "--store", "store", "--json"))["state"] == "scored"


def test_failing_for_good_is_exit_code_1(world, run):
    sent = send(run, world.predictions(), "Model")["submission"]["id"]
    # The data are there when it is sent, and gone when it is to be scored.
    text = (world.folder / "protocol.yaml").read_text()
    name = world.protocol.dataset.name
    os.rename(name, name + ".away")
    try:
        for _ in range(3):  # a worker on a machine that cannot score stops after one attempt
            run("worker", "--store", "store", "--once", "--protocol", "protocol.yaml", code=1)
    finally:
        os.rename(name + ".away", name)
    assert name in text
    answer = json.loads(run("status", sent, "--store", "store", "--json"))
    assert (answer["state"], answer["attempts"]) == ("failed", 3)


def test_stores_that_are_none(world, run):
    for command in (["status"], ["worker", "--once"], ["leaderboard"]):
        assert "no store here" in run(*command, "--store", "nowhere", code=2)
    assert not (world.folder / "nowhere").exists()
    assert "there is no submission" in run_unknown(run, world)


def run_unknown(run, world):
    send(run, world.predictions(), "Model")
    assert json.loads(run("leaderboard", "--store", "store", "--json")) == {"boards": []}
    assert "Nothing has been scored yet" in run("leaderboard", "--store", "store")
    return run("status", "../../etc", "--store", "store", code=2)


def test_a_worker_that_vanished_shows(world, run):
    sent = send(run, world.predictions(), "Model")["submission"]["id"]
    with sqlite3.connect(world.folder / "store" / "queue.sqlite3") as connection:
        connection.execute(
            "UPDATE submissions SET state = 'leased', lease_token = 'x', worker = 'w', renewed_at = 1, lease_s = 1"
        )
    connection.close()
    assert "the next worker takes over" in " ".join(run("status", sent, "--store", "store").split())


def test_a_damaged_record_is_told_and_hides_no_other(world, run):
    first = send(run, world.predictions("one"), "One")["submission"]["id"]
    second = send(run, world.predictions("two", noise_m=0.004), "Two")["submission"]["id"]
    run("worker", "--store", "store", "--once", "--protocol", "protocol.yaml")
    spoilt = json.loads(run("status", first, "--store", "store", "--json"))["record_hash"]
    path = Path("store/records") / spoilt / "record.json"
    path.write_text(path.read_text() + " ")
    (board,) = json.loads(run("leaderboard", "--store", "store", "--json"))["boards"]
    assert [entry["manifest"]["model_name"] for entry in board["entries"]] == ["Two"]
    assert json.loads(run("status", second, "--store", "store", "--json"))["state"] == "scored"
    assert "was changed after it was written" in run("status", first, "--store", "store", code=2)
    path.unlink()
    run("status", first, "--store", "store", code=2)
