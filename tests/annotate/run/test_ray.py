"""The same work on Ray: the identical dataset."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import handx_annotate_fakes as fakes
import psutil
import pytest

from handx_bench.annotate.run.model import ModelRecipe
from handx_bench.annotate.run.rules import RulesRecipe
from handx_bench.errors import InputError

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.slow


@pytest.fixture
def own_ray(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))  # the actors import the stand-ins by name
    yield
    assert not ray.is_initialized()  # what was started was ended
    assert print.__module__ == "builtins"  # which Ray replaces by its own where it shows bars


@pytest.mark.usefixtures("own_ray")
def test_two_workers_give_the_identical_dataset(
    server: fakes.ChatServer, recipe: Callable[..., ModelRecipe], tmp_path: Path
) -> None:
    source = fakes.write_clips(tmp_path / "source", 40, test=5)
    wrong = [fakes.replies(fakes.variants("w", "wrong")), fakes.good]
    server.reactions = {"c003": wrong, "c011": wrong, "c020": [fakes.status(400)]}
    made = recipe()
    here = fakes.run(source, tmp_path / "here", made)
    server.seen = fakes.Served()
    server.delay_s = 0.02
    told: list[int] = []
    there = fakes.run(
        source, tmp_path / "there", made, ray_workers=2, concurrency=6, progress=lambda each: told.append(each.done)
    )
    assert fakes.files_of(tmp_path / "there") == fakes.files_of(tmp_path / "here")
    assert there.model_copy(update={"path": here.path}) == here
    assert told[0] == 0
    assert told[-1] == 40
    assert server.seen.most_in_flight <= 6
    # What one way has done, the other finds done.
    again = fakes.run(source, tmp_path / "there", made, ray_workers=2)
    assert (again.new_calls, again.calls) == (0, here.calls)


@pytest.mark.usefixtures("own_ray")
def test_killed_on_ray_it_goes_on_without_paying_twice(
    server: fakes.ChatServer, recipe: Callable[..., ModelRecipe], processes: Any, tmp_path: Path
) -> None:
    source, made = fakes.write_clips(tmp_path / "source", 40), recipe()
    server.delay_s = 0.2
    options = {"ray_workers": 2, "concurrency": 4}
    process = processes.Process(target=fakes.run, args=(source, tmp_path / "out", made), kwargs=options)
    process.start()
    deadline = time.monotonic() + 120
    while len(server.seen.calls) < 10 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.join()
    report = fakes.run(source, tmp_path / "out", made)  # waits until the actors of the killed run are gone
    assert (report.clips, report.failed, report.calls) == (40, 0, 40)
    assert 0 < report.new_calls < 40
    sent = Counter(call.key for call in server.seen.calls)
    assert len(sent) == 40
    assert sum(sent.values()) - 40 <= 4  # those under way when it was killed


@pytest.mark.usefixtures("own_ray")
def test_an_actor_that_dies_is_replaced_by_one_that_knows_what_was_paid(
    server: fakes.ChatServer, recipe: Callable[..., ModelRecipe], processes: Any, tmp_path: Path
) -> None:
    source, made = fakes.write_clips(tmp_path / "source", 40), recipe()
    server.delay_s = 0.2
    options = {"ray_workers": 2, "concurrency": 4}
    process = processes.Process(target=fakes.run, args=(source, tmp_path / "out", made), kwargs=options)
    process.start()
    deadline = time.monotonic() + 120
    while len(server.seen.calls) < 10 and time.monotonic() < deadline:
        time.sleep(0.01)
    actors = [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if any("MapWorker" in word for word in child.cmdline())
    ]
    actors[0].kill()
    process.join()
    assert process.exitcode == 0
    report = fakes.run(source, tmp_path / "out", made)
    assert (report.clips, report.failed, report.calls, report.new_calls) == (40, 0, 40, 0)
    sent = Counter(call.key for call in server.seen.calls)
    assert len(sent) == 40
    assert sum(sent.values()) - 40 <= 2  # those that the actor had under way


@pytest.mark.usefixtures("own_ray")
def test_rules_on_ray_and_a_key_that_is_refused(
    server: fakes.ChatServer, recipe: Callable[..., ModelRecipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = fakes.write_clips(tmp_path / "source", 9)
    made = RulesRecipe(describe=fakes.describe, check=fakes.check)
    fakes.run(source, tmp_path / "here", made)  # type: ignore[arg-type]
    fakes.run(source, tmp_path / "there", made, ray_workers=2)  # type: ignore[arg-type]
    assert fakes.files_of(tmp_path / "there") == fakes.files_of(tmp_path / "here")
    server.default = [fakes.status(401)]
    with pytest.raises(InputError, match="the server answered 401"):
        fakes.run(source, tmp_path / "out", recipe(), ray_workers=2, concurrency=1)
    assert server.seen.most_in_flight == 1, "no more workers than calls at a time"
    monkeypatch.setenv("OPENAI_API_KEY", "no key")
    with pytest.raises(InputError, match="characters that no key has"):
        fakes.run(source, tmp_path / "out", recipe(), ray_workers=2)
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("own_ray")
def test_a_temporary_folder_with_a_long_path_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / ("x" * 100)))
    source = fakes.write_clips(tmp_path / "source", 3)
    made = RulesRecipe(describe=fakes.describe, check=fakes.check)
    with pytest.raises(InputError, match="too long a path"):
        fakes.run(source, tmp_path / "out", made, ray_workers=2)  # type: ignore[arg-type]
