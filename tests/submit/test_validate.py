"""The real check, on real predictions files, against a real protocol."""

from __future__ import annotations

import pickle
import shutil

import numpy as np
import pytest

from handx_bench.bench.protocol import Protocol
from handx_bench.errors import InputError
from handx_bench.submit import bundle as bundle_module
from handx_bench.submit import validate
from handx_bench.submit.bundle import InvalidBundle, pack_bundle
from handx_bench.submit.local_store import LocalStore
from handx_bench.submit.manifest import Manifest
from handx_bench.submit.validate import check_bundle

MANIFEST = Manifest(model_name="Two Hands")


@pytest.fixture
def check(world):
    def run(path, manifest=MANIFEST, **options):
        return check_bundle(pack_bundle(path, manifest), **({"known": lambda: [world.protocol]} | options))

    return run


def test_good_predictions(world, check):
    path = world.predictions()
    checked = check(path)
    assert checked.problems == ()
    assert checked.require().protocol is world.protocol
    assert checked.files["predictions.safetensors"].size == path.stat().st_size
    assert (checked.shape.num_clips, checked.shape.num_generations, checked.shape.frames) == (12, 2, 30)


def changed(world, what):
    motion = world.clips.padded()[:, None].repeat(2, axis=1)
    ids, lengths = list(world.clips.clip_ids), world.clips.lengths
    if what == "nan":
        motion[3, 1, 7, 0, 17] = np.nan
        return {"motion": motion}, ["NaN", "clip-03", "generation 1", "frame 7", "left index_tip"]
    return {
        "millimetres": ({"motion": motion * 1000}, ["divide by 1000"]),
        "zeros": ({"motion": motion * 0}, ["all zeros"]),
        "other hash": ({"protocol_hash": "0" * 64}, ["0" * 64, world.protocol.hash]),
        "unknown protocol": (
            {"protocol_id": "nobody-v9", "protocol_hash": "0" * 64}, ["no protocol is called 'nobody-v9'", "small-v0"],
        ),
        "climbing protocol": ({"protocol_id": "../../protocol.yaml", "protocol_hash": "0" * 64}, ["no protocol"]),
        "renamed clip": ({"clip_ids": ("other", *ids[1:])}, ["1 clips are missing: 'clip-00'", "unknown: 'other'"]),
        "missing clip": (
            {"clip_ids": ids[1:], "motion": motion[1:], "lengths": lengths[1:]}, ["missing: 'clip-00'"],
        ),
        "one sample": ({"motion": motion[:, :1]}, ["1 samples per clip, the protocol wants 2"]),
        "length": ({"lengths": lengths - 1}, ["length 29 instead of 30"]),
        "two at once": ({"motion": motion[:, :1] * 1000}, ["the protocol wants 2", "divide by 1000"]),
    }[what]  # fmt: skip


@pytest.mark.parametrize(
    "what",
    [
        "nan", "millimetres", "zeros", "other hash", "unknown protocol", "climbing protocol", "renamed clip",
        "missing clip", "one sample", "length", "two at once",
    ],
)  # fmt: skip
def test_predictions_that_cannot_be_scored(world, check, tmp_path, monkeypatch, what):
    changes, told = changed(world, what)
    # If the id in the file were used as a path, it would find this protocol.
    monkeypatch.chdir(world.folder)
    path = world.predictions("changed", **changes)
    checked = check(path)
    text = "; ".join(checked.problems)
    assert all(part in text for part in told), text
    assert all(problem.startswith("predictions.safetensors: ") for problem in checked.problems)
    assert str(path) not in text
    store = LocalStore(tmp_path / "store", "ada", check=lambda bundle: check(bundle.predictions))
    with pytest.raises(InvalidBundle):
        store.submit(pack_bundle(path, MANIFEST))
    assert store.submissions() == []
    assert list((tmp_path / "store" / "submissions").iterdir()) == []
    assert list((tmp_path / "store" / "staging").iterdir()) == []


def test_a_pickle_in_disguise_runs_nothing(check, tmp_path):
    class Hostile:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    path = tmp_path / "predictions.safetensors"
    path.write_bytes(pickle.dumps(Hostile()))
    assert "pickle" in check(path).problems[0]
    assert not (tmp_path / "ran").exists()


def test_truncated_and_oversized(world, check, monkeypatch):
    path = world.predictions()
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    assert "truncated" in check(path).problems[0]
    path.write_bytes(data + b"x")
    assert "belong to no tensor" in check(path).problems[0]
    path.write_bytes(data)
    monkeypatch.setattr(validate, "MAX_PREDICTIONS_BYTES", len(data) - 1)
    assert "the limit is" in check(path).problems[0]
    monkeypatch.setattr(validate, "MAX_PREDICTIONS_BYTES", len(data))
    assert check(path).problems == ()
    assert bundle_module.MAX_PREDICTIONS_BYTES > 3e9  # ten thousand clips × 20 must fit


def test_problems_of_both_files_are_told_together(world):
    path = world.predictions("changed", motion=world.clips.padded()[:, None].repeat(2, axis=1) * 1000)
    bundle = bundle_module.Bundle(path, b'{"model_name": "", "user": "root"}')
    problems = check_bundle(bundle, known=lambda: [world.protocol]).problems
    assert [problem.split(":")[0] for problem in problems] == ["submission.json"] * 2 + ["predictions.safetensors"]


def test_a_machine_without_the_data_does_not_blame_the_bundle(world, check):
    path = world.predictions()
    lost = world.protocol.model_copy(
        update={"dataset": world.protocol.dataset.model_copy(update={"name": str(world.folder / "gone")})}
    )
    object.__setattr__(lost, "hash", world.protocol.hash)
    with pytest.raises(InputError) as caught:
        check(path, known=lambda: [lost])
    assert not isinstance(caught.value, validate.SUBMISSION_ERRORS)


def test_the_wanted_protocol_can_be_named(world, check):
    other = world.protocol.model_copy(update={"version": "1"})
    other.__dict__.pop("hash", None)
    assert other.hash != world.protocol.hash
    assert "hash" in check(world.predictions(), protocol=other).problems[0]


def test_the_library_s_protocols_are_known_without_being_named(world):
    shutil.rmtree(world.folder / "data")
    checked = check_bundle(pack_bundle(world.predictions(), MANIFEST))
    assert "no protocol is called 'small-v0'; there are" in checked.problems[0]
    assert "mini-v0" in checked.problems[0]


def test_a_protocol_that_does_not_pin_its_data_cannot_be_submitted_to(world):
    """Otherwise two submissions could be scored on different motions and stand in one table."""
    facts = {"fingerprint": None, "clip_list_hash": None, "num_clips": None}
    loose = Protocol.model_validate(
        {**world.protocol.model_dump(mode="json", exclude={"stated_hash"}), "dataset": {
            **world.protocol.dataset.model_dump(mode="json"), **facts}}
    )  # fmt: skip
    path = world.predictions(protocol_hash=loose.hash)
    checked = check_bundle(pack_bundle(path, MANIFEST), protocol=loose)
    assert "does not pin its data" in " ".join(checked.problems)
