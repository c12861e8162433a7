"""What a model is shown of motion codes: shorter, in seconds, and nothing lost that happens."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handx_bench.annotate.codes import motion_codes
from handx_bench.annotate.llm.rendering import render
from tests.hands import random_motion


@pytest.fixture(scope="module")
def codes() -> list[dict[str, Any]]:
    return [motion_codes(motion.numpy(), 30.0).to_json() for motion in random_motion(8, seed=3, apart=0.03)]


def leaves(value: dict[str, Any], path: str = "") -> dict[str, dict[str, Any]]:
    """Tracks by their dotted names."""
    out: dict[str, dict[str, Any]] = {}
    for key, each in value.items():
        if isinstance(each, dict):
            name = f"{path}.{key}".removeprefix(".")
            out.update({name: each} if "low" in each or "range" in each else leaves(each, name))
    return out


def test_every_change_and_contact_is_told(codes: list[dict[str, Any]]) -> None:
    contacts = 0
    for each in codes:
        shown = leaves(render(each))
        for name, track in leaves(each).items():
            changes = [event for event in track["events"] if event.get("direction")]
            if changes:
                told = shown[name]["changes"]
                assert [(c["from_s"], c["to_s"], c["does"]) for c in told] == [
                    (round(e["onset"] / 30, 2), round(e["offset"] / 30, 2), e["direction"]) for e in changes
                ]
            if any(state == "contact" for *_, state in track["states"]):
                contacts += 1
                assert "contact" in json.dumps(shown[name])
    assert contacts > 10


def test_it_is_much_shorter(codes: list[dict[str, Any]]) -> None:
    for each in codes:
        assert render(each)["seconds"] == 2.0
        assert len(json.dumps(render(each))) < 0.75 * len(json.dumps(each))
