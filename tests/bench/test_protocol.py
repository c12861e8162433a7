"""Protocols: strict reading, and a hash that notices what can change a score."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from handx_bench.bench.freeze import freeze, to_yaml
from handx_bench.bench.freeze import main as freeze_main
from handx_bench.bench.protocol import (
    Protocol,
    ProtocolError,
    list_protocols,
    load_protocol,
    protocol_path,
    read_protocol,
)
from handx_bench.bench.protocol_clips import dataset_differences, protocol_clips, train_clips, verify_protocol
from handx_bench.bench.yaml_io import MAX_YAML_BYTES, read_yaml
from handx_bench.data.clip import Clip
from handx_bench.errors import InputError
from handx_bench.metrics.registry import METRICS

from .posed import PROTOCOL, as_dataset, make_clips, make_protocol

# -- YAML ------------------------------------------------------------------------------------------------------------

HOSTILE_YAML = {
    "duplicate key": ("id: a\nid: b\n", r"duplicate key 'id'.*line 2"),
    "duplicate key, deep": ("a:\n  - {b: 1, b: 2}\n", "duplicate key 'b'"),
    "alias": ("a: &x [1]\nb: *x\n", "aliases are not allowed.*line 2"),
    "billion laughs": ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "aliases"),
    "merge key": ("a: &a {x: 1}\nb: {<<: *a}\n", "aliases"),
    "python object": ("!!python/object/apply:os.system ['true']\n", "not acceptable YAML"),
    "not text as a key": ("1: a\n", "key 1 is not text"),
    "list": ("- a\n", "does not hold a mapping"),
    "empty": ("", "does not hold a mapping"),
    "broken": ("a: [1\n", "not acceptable YAML"),
    "binary": ("\x00", "not YAML"),
    "deep": ("[" * 100_000, "not YAML"),
    "large": ("a: " + "x" * MAX_YAML_BYTES, "larger than"),
}


@pytest.mark.parametrize("name", HOSTILE_YAML)
def test_hostile_yaml_is_refused(name: str, tmp_path: Path) -> None:
    text, message = HOSTILE_YAML[name]
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_yaml(path)
    assert str(path) in str(caught.value)


def test_yaml_that_is_not_utf8_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(InputError, match="not YAML"):
        read_yaml(tmp_path / "p.yaml")
    with pytest.raises(InputError, match="no YAML file there"):
        read_yaml(tmp_path / "q.yaml")


# -- the model -------------------------------------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": ({"note": 1}, "note: Extra inputs"),
    "unknown dataset key": ({"dataset": {"name": "x", "split": "test", "path": "/"}}, "dataset.path"),
    "text for a number": ({"num_generations": "4"}, "num_generations"),
    "true for a number": ({"num_generations": True}, "num_generations"),
    "number for a version": ({"version": 0.1}, "version"),
    "no metrics": ({"metrics": [], "headline": []}, "metrics"),
    "unknown metric": ({"metrics": ["fid"], "headline": []}, "unknown metric 'fid'"),
    "metric twice": ({"metrics": ["mpjpe", "mpjpe"], "headline": []}, "listed twice"),
    "metric with parameters": (
        {"metrics": [{"id": "mpjpe", "parameters": {"a": 1}}], "headline": []},
        "mpjpe takes no parameters",
    ),
    "headline is not that of the registry": ({"headline": ["mpjpe"]}, "headline must list exactly"),
    "headline twice": ({"headline": ["joint_angle_error"] * 2 + ["contact_event_f1"]}, "headline must list"),
    "energy needs two samples": (
        {"metrics": ["joint_angle_energy"], "headline": ["joint_angle_energy"], "num_generations": 1},
        "needs num_generations of 2",
    ),
    "memorised share needs a training split": ({"metrics": ["memorised_share"], "headline": []}, "train_split"),
    "constraint error needs a constraint": ({"metrics": ["constraint_error"], "headline": []}, "needs a task"),
    "transitions need a task": ({"metrics": ["transition_smoothness"], "headline": []}, "needs a task"),
    "unknown task": ({"task": "juggling"}, "unknown task"),
    "unknown task parameter": ({"task_parameters": {"keyframe": "last"}}, "parameter keyframe"),
    "encoder": ({"encoder": "tmr"}, "encoder"),
    "other confidence": ({"statistics": {"confidence": 0.9}}, "statistics.confidence"),
    "few draws": ({"statistics": {"draws": 3}}, "statistics.draws"),
    "negative seed": ({"seeds": {"generation": -1}}, "seeds"),
    "unknown seed": ({"seeds": {"luck": 1}}, "seeds"),
    "climbing id": ({"id": "../../etc/passwd"}, "id"),
    "frozen without facts": ({"status": "frozen"}, "states num_clips"),
    "hash that is none": ({"hash": "abc"}, "hash"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_protocol_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    changes, message = WRONG[name]
    path = tmp_path / "p.yaml"
    path.write_text(yaml.safe_dump({**PROTOCOL, **changes}))
    with pytest.raises(ProtocolError, match=message) as caught:
        read_protocol(path)
    assert str(path) in str(caught.value)


CHANGES: list[dict[str, Any]] = [
    {"id": "posed-v1"},
    {"version": "1"},
    {"dataset": {"name": "other", "split": "test"}},
    {"dataset": {"name": "posed", "split": "train"}},
    {"dataset": {"name": "posed", "split": "test", "revision": "abc"}},
    {"dataset": {"name": "posed", "split": "test", "fingerprint": "0" * 64}},
    {"task_parameters": {"text_level": 0}},
    {"num_generations": 3},
    {"seeds": {"generation": 1}},
    {"metrics": ["joint_angle_error", "contact_event_f1", "leak_share"]},
    {"statistics": {"draws": 100, "seed": 1}},
    {"statistics": {"draws": 101}},
]


def test_whatever_can_change_a_score_changes_the_hash() -> None:
    hashes = [make_protocol().hash] + [make_protocol(**change).hash for change in CHANGES]
    assert len(set(hashes)) == len(hashes)


def test_what_cannot_change_a_score_does_not_change_the_hash() -> None:
    expected = make_protocol().hash
    assert make_protocol(description="Hands.").hash == expected
    assert make_protocol(metrics=PROTOCOL["metrics"][::-1]).hash == expected
    assert make_protocol(metrics=[{"id": name} for name in PROTOCOL["metrics"]]).hash == expected
    assert make_protocol(task_parameters={"text_level": -1}).hash == expected  # the default, written out


def test_the_hash_is_that_of_canonical_json() -> None:
    """Written down by hand, so that nobody changes the recipe without noticing."""
    text = json.dumps(
        {
            "id": "posed-v0", "version": "0", "task": "text-to-motion", "task_parameters": {"text_level": -1},
            "dataset": {
                "name": "posed", "revision": None, "split": "test", "num_clips": None, "clip_list_hash": None,
                "fingerprint": None, "train_split": None, "train_fingerprint": None,
            },
            "num_generations": 2, "seeds": {"generation": 0}, "encoder": None,
            "metrics": [
                {"id": name, "parameters": {}, "revision": 1}
                for name in ("contact_event_f1", "joint_angle_error", "leak_share", "mpjpe")
            ],
            "headline": ["contact_event_f1", "joint_angle_error"],
            "statistics": {"draws": 100, "seed": 0, "confidence": 0.95}, "scoring_revision": 1,
        },
        sort_keys=True, separators=(",", ":"),
    )  # fmt: skip
    assert make_protocol().hash == hashlib.sha256(text.encode()).hexdigest()


# -- those that come with the library --------------------------------------------------------------------------------


def test_every_task_has_its_mini_protocol() -> None:
    protocols = {p.id: p for p in list_protocols()}
    assert protocols["mini-v0"].task == "text-to-motion"
    others = {f"mini-v0/{p.task}" for p in protocols.values() if p.task != "text-to-motion"}
    assert set(protocols) == {"mini-v0"} | others
    assert len(others) == 5
    assert len({p.hash for p in protocols.values()}) == len(protocols)
    for protocol in protocols.values():
        assert (protocol.num_generations, protocol.dataset.name, protocol.dataset.split) == (4, "handx-mini", "test")
        assert load_protocol(protocol.id).hash == protocol.hash


@pytest.mark.parametrize("name", ["mini-v0", "mini-v0/text-to-motion"])
def test_the_set_alone_means_text_to_motion(name: str) -> None:
    assert load_protocol(name).id == "mini-v0"


@pytest.mark.parametrize("name", ["", "mini", "../mini-v0", "mini-v0/..", "/etc/passwd", "mini-v0/text-to-motion/x"])
def test_no_such_protocol(name: str) -> None:
    with pytest.raises(ProtocolError, match=r"no protocol is called.*mini-v0/in-betweening"):
        load_protocol(name)


def test_files_lie_where_their_ids_say() -> None:
    for protocol in list_protocols():
        assert read_protocol(protocol_path(protocol.id)).id == protocol.id


# -- data ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def frozen(clips: list[Clip]) -> tuple[Protocol, Callable[[str, str], Any]]:
    from handx_bench.bench.clips import ClipSet

    sets = {"test": ClipSet(tuple(clips)), "train": ClipSet(tuple(make_clips(4, "train", seed=1)))}

    def load(name: str, split: str) -> ClipSet:
        assert name == "posed"
        return sets[split]

    draft = make_protocol(dataset={"name": "posed", "split": "test", "train_split": "train"})
    return freeze(draft, "frozen", load), load


def test_freezing_states_every_fact(frozen: Any, tmp_path: Path) -> None:
    protocol, load = frozen
    assert protocol.status == "frozen"
    assert protocol.dataset.num_clips == 10
    assert protocol.stated_hash == protocol.hash
    assert verify_protocol(protocol, load) == []
    (tmp_path / "p.yaml").write_text(to_yaml(protocol), encoding="utf-8")
    back = load_protocol(tmp_path / "p.yaml")
    assert back == protocol
    with pytest.raises(InputError, match="is frozen"):
        freeze(protocol, "draft", load)


def test_a_frozen_protocol_that_was_edited_is_refused(frozen: Any, tmp_path: Path) -> None:
    protocol, load = frozen
    path = tmp_path / "p.yaml"
    path.write_text(to_yaml(protocol).replace("num_generations: 2", "num_generations: 3"))
    with pytest.raises(ProtocolError, match=f"states hash {protocol.hash} and has"):
        load_protocol(path)
    assert [d.key for d in verify_protocol(read_protocol(path), load)] == ["hash"]
    path.write_text(
        to_yaml(protocol).replace("num_generations: 2", "num_generations: 3").replace(": frozen", ": draft")
    )
    with pytest.raises(ProtocolError, match="fill its hashes in anew"):
        load_protocol(path)
    path.write_text(to_yaml(protocol).replace("description: ''", "description: A better text."))
    assert load_protocol(path).description == "A better text."


def test_other_data_are_noticed(frozen: Any, clips: list[Clip]) -> None:
    protocol, load = frozen
    assert len(protocol_clips(protocol, as_dataset(clips))) == 10
    with pytest.raises(InputError, match=r"num_clips: the protocol states 10, found 9; .*clip_list_hash.*fingerprint"):
        protocol_clips(protocol, as_dataset(clips[1:]))
    moved = [clips[0].__class__(**{**vars(clips[0]), "motion": clips[0].motion + 1}), *clips[1:]]
    with pytest.raises(InputError, match=r"dataset.fingerprint: the protocol states \w{64}, found \w{64} \(protocol"):
        protocol_clips(protocol, as_dataset(moved))
    with pytest.raises(InputError, match="train_fingerprint"):
        train_clips(protocol, {"train": as_dataset(clips)})
    with pytest.raises(InputError, match="no split 'train'"):
        train_clips(protocol, {"test": as_dataset(clips)})

    def swapped(name: str, split: str) -> Any:
        return load(name, "train")

    keys = [difference.key for difference in verify_protocol(protocol, swapped)]
    assert keys == ["dataset.num_clips", "dataset.clip_list_hash", "dataset.fingerprint"]
    assert len(dataset_differences(protocol, load("posed", "train"))) == 3


def test_the_maintainers_command(on_disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = on_disk / "protocol.yaml"
    assert freeze_main([str(path), "--status", "frozen"]) == 0
    protocol = load_protocol(path)
    assert protocol.dataset.num_clips == 10
    assert protocol.hash in capsys.readouterr().out
    assert verify_protocol(protocol) == []
    assert freeze_main([str(path)]) == 2
    assert "is frozen" in capsys.readouterr().err


def test_a_new_revision_of_a_metric_is_a_new_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    before = make_protocol().hash
    changed = dataclasses.replace(METRICS["mpjpe"], revision=2)
    monkeypatch.setattr("handx_bench.bench.protocol.METRICS", {**METRICS, "mpjpe": changed})
    assert make_protocol().hash != before
