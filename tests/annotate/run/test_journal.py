"""The journal: what is in it after any kill, and who may write to it."""

from __future__ import annotations

import fcntl
import json
import shutil
from pathlib import Path

import pytest

from handx_bench.annotate.llm.reply import Reply
from handx_bench.annotate.llm.usage import Usage
from handx_bench.annotate.run import journal
from handx_bench.annotate.run.annotator import Annotation, TextMark, Turn
from handx_bench.annotate.run.journal import JournalWriter, check_header, find, find_dead, hold
from handx_bench.annotate.run.records import read_lines
from handx_bench.annotate.texts import PARTS, Texts
from handx_bench.errors import InputError


def done(clip_id: str, failure: str = "") -> Annotation:
    if failure:
        return Annotation(clip_id, "m", "hash", failure=failure)
    texts = Texts(*(tuple(f"{part} {n} é" for n in range(5)) for part in PARTS))
    marks = {part: (TextMark(None, 0.0, False), *(TextMark(1 / 3, 0.1, True),) * 4) for part in PARTS}
    return Annotation(clip_id, "m", "hash", texts, marks, usage=Usage(1, 10, 5))


def reply(text: str) -> Reply:
    return Reply(text, "", Usage(1, 10, 5))


def write(folder: Path) -> None:
    """Two clips finished, one failed and begun again, one only begun."""
    with hold(folder, "m", "f"):
        writer = JournalWriter(folder)
        for clip in ("a", "b"):
            turn = Turn(clip, "d", 0)
            writer.record(f"call-{clip}", turn, reply(f"answer to {clip}"))
            writer.finish(turn, done(clip))
        writer.record("call-c", Turn("c", "d", 0), reply("bad"))
        writer.finish(Turn("c", "d", 0), done("c", "no usable answer"))
        writer.record("call-c1", Turn("c", "d", 1), reply("better"))
        writer.record("call-e", Turn("e", "d", 0), reply("e"))
        writer.close()


def test_what_is_found_again(tmp_path: Path) -> None:
    write(tmp_path / "j")
    found = find(tmp_path / "j")
    assert found.usage == Usage(5, 50, 25)
    assert {key: (entry.round, entry.failed) for key, entry in found.outcomes.items()} == {
        ("a", "d"): (0, False), ("b", "d"): (0, False), ("c", "d"): (0, True),
    }  # fmt: skip
    assert found.outcomes["b", "d"].annotation() == done("b")
    assert found.outcomes["c", "d"].annotation() == done("c", "no usable answer")
    assert found.left.pending == {"call-c1": reply("better"), "call-e": reply("e")}


def test_the_latest_round_counts_wherever_it_stands(tmp_path: Path) -> None:
    write(tmp_path / "j")
    writer = JournalWriter(tmp_path / "j")
    writer.finish(Turn("c", "d", 1), done("c"))
    writer.finish(Turn("a", "other motion", 0), done("a", "other"))
    writer.close()
    for file in (tmp_path / "j").glob("*.jsonl"):  # even if a clock went backwards
        file.rename(file.with_name(file.name[::-1][6:] + ".jsonl"))
    found = find(tmp_path / "j")
    assert (found.outcomes["c", "d"].round, found.outcomes["c", "d"].failed) == (1, False)
    assert found.outcomes["a", "d"].annotation() == done("a")
    assert set(found.left.pending) == {"call-e"}


def test_cut_off_at_any_byte_it_holds_all_whole_lines_before(tmp_path: Path) -> None:
    write(tmp_path / "j")
    [file] = (tmp_path / "j").glob("*.jsonl")
    data = file.read_bytes()
    lines = [json.loads(line) for line in data.splitlines()]
    for length in range(len(data) + 1):
        file.write_bytes(data[:length])
        whole = data[:length].count(b"\n")
        assert [record for _, record in read_lines(file)] == lines[:whole]
        found = find(tmp_path / "j")
        kinds = [line["kind"] for line in lines[:whole]]
        assert found.usage.calls == kinds.count("answer")
        assert len(found.outcomes) == kinds.count("outcome")
        # An answer is either to be used again or has become an outcome: none is lost.
        calls = {line["call"]: tuple(line["turn"]) for line in lines[:whole] if line["kind"] == "answer"}
        finished = {tuple(line["turn"]) for line in lines[:whole] if line["kind"] == "outcome"}
        assert set(found.left.pending) == {call for call, turn in calls.items() if turn not in finished}


def test_a_line_damaged_in_the_middle_is_told(tmp_path: Path) -> None:
    write(tmp_path / "j")
    [file] = (tmp_path / "j").glob("*.jsonl")
    lines = file.read_bytes().splitlines(keepends=True)
    turn = b'"turn": ["a", "b", 0]'
    for damaged in (
        b"\0" * 10 + b"\n",
        b"{}\n",
        b"[1]\n",
        b'{"kind": "gossip"}\n',
        lines[2][5:],
        b'{"kind": "answer"}\n',
        b'{"kind": "answer", ' + turn + b', "call": "x"}\n',
        b'{"kind": "answer", ' + turn + b', "call": "x", "reply": {"content": "", "problem": "", "usage": 3}}\n',
        b'{"kind": "outcome", ' + turn + b"}\n",
        b'{"kind": "outcome", "turn": [["a"], "b", 0], "failed": true}\n',
        b'{"kind": "outcome", "turn": "abcd", "failed": true}\n',
        b"[" * 100_000 + b"\n",
    ):
        file.write_bytes(b"".join([*lines[:2], damaged, *lines[3:]]))
        with pytest.raises(InputError, match="line 3 of the journal is damaged"):
            find(tmp_path / "j")


def test_an_outcome_without_marks_is_told_when_it_is_read(tmp_path: Path) -> None:
    write(tmp_path / "j")
    [file] = (tmp_path / "j").glob("*.jsonl")
    file.write_bytes(file.read_bytes().replace(b'"marks"', b'"Marks"'))
    with pytest.raises(InputError, match="damaged"):
        find(tmp_path / "j").outcomes["a", "d"].annotation()


def test_one_run_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "j"
    with hold(folder, "m", "f"):
        with pytest.raises(InputError, match="another run writes this dataset"), hold(folder, "m", "f"):
            pass
        orphan = JournalWriter(folder)
    monkeypatch.setattr(journal, "ORPHANS_WAIT_S", 0.1)
    with pytest.raises(InputError, match="workers of an earlier run still write"), hold(folder, "m", "f"):
        pass
    orphan.close()
    with hold(folder, "m", "f"):
        pass


def test_a_journal_of_other_settings_or_of_nobody_is_refused(tmp_path: Path) -> None:
    check_header(tmp_path / "j", "f")
    write(tmp_path / "j")
    check_header(tmp_path / "j", "f")
    with pytest.raises(InputError, match="begun with other settings, by 'm'"), hold(tmp_path / "j", "n", "g"):
        pass
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.png").touch()
    with pytest.raises(InputError, match="not a journal"), hold(tmp_path / "photos", "m", "f"):
        pass
    assert [file.name for file in (tmp_path / "photos").iterdir()] == ["cat.png"]
    header = tmp_path / "j" / "journal.json"
    for content, words in (
        ("{", "cannot be read"),
        ('{"format": 9, "fingerprint": "f", "annotator": "m"}', "format 9"),
    ):
        header.write_text(content)
        with pytest.raises(InputError, match=words):
            check_header(tmp_path / "j", "f")


def test_killed_while_it_was_made(tmp_path: Path) -> None:
    """A folder with nothing but the lock, or with half a header under its temporary name, is begun anew."""
    for names in ((), ("lock",), ("lock", ".journal.json.x1.tmp")):
        folder = tmp_path / "j"
        folder.mkdir()
        for name in names:
            (folder / name).touch()
        write(folder)
        assert find(folder).usage.calls == 5
        shutil.rmtree(folder)


def test_a_disk_that_fills_ends_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "j")
    writer = JournalWriter(tmp_path / "j")
    real = journal.os.write

    def full(descriptor: int, data: bytes) -> int:
        if len(data) > 20:
            return real(descriptor, bytes(data[:20]))
        raise OSError(28, "No space left on device")

    for _ in range(2):  # nothing is written behind half a line
        monkeypatch.setattr(journal.os, "write", full)
        with pytest.raises(InputError, match=r"space|descriptor"):
            writer.record("call-z" + "z" * 20, Turn("z", "d", 0), reply("z"))
        monkeypatch.setattr(journal.os, "write", real)
    writer.close()
    assert find(tmp_path / "j").usage.calls == 5


def test_what_a_process_leaves_is_taken_over_when_it_is_dead(tmp_path: Path) -> None:
    write(tmp_path / "j")
    known = find(tmp_path / "j").left.files
    other = JournalWriter(tmp_path / "j")
    other.record("call-y", Turn("y", "d", 0), reply("y"))
    other.record("call-z", Turn("z", "d", 0), reply("z"))
    other.finish(Turn("z", "d", 0), done("z"))
    assert find_dead(tmp_path / "j", known).outcomes == {}
    other.close()
    dead = max((tmp_path / "j").glob("*.jsonl"))
    with open(dead) as looks_too:  # another process that looks whether it is dead does not make it look alive
        fcntl.flock(looks_too, fcntl.LOCK_SH)
        assert set(find_dead(tmp_path / "j", known).outcomes) == {("z", "d")}
    found = find_dead(tmp_path / "j", known)
    assert set(found.outcomes) == {("z", "d")}
    assert found.left.pending == {"call-y": reply("y")}
    assert find_dead(tmp_path / "j", known | found.left.files).left.pending == {}
