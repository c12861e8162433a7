from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from handx_bench.bench.request import Texts
from handx_bench.bench.tasks import TASKS, get_task
from handx_bench.data.clip import Clip
from handx_bench.errors import InputError

from .posed import make_clips


@pytest.fixture
def clip() -> Clip:
    return make_clips(3, frames=lambda i: 31)[1]


def ask(task: str, clip: Clip, **parameters: object):
    return get_task(task).request(clip, get_task(task).parse(dict(parameters)), seed=0)


#: What each task gives, counted by hand for 31 frames of 2 × 21 joints.
GIVEN = {
    "text-to-motion": 0,
    "action-to-motion": 0,
    "target-pose": 42,
    "in-betweening": 20 * 42,
    "wrist-trajectory": 31 * 2,
    "hand-reaction": 31 * 21,
}


@pytest.mark.parametrize("task", TASKS)
def test_each_task_gives_what_it_says_and_nothing_else(task: str, clip: Clip) -> None:
    request = ask(task, clip)
    if GIVEN[task] == 0:
        assert request.constraint is None
        return
    assert request.constraint is not None
    mask, values = request.constraint.mask, request.constraint.values
    assert mask.sum() == GIVEN[task]
    assert np.array_equal(values[mask], clip.motion[mask])
    assert not values[~mask].any()


def test_places_of_the_given_parts(clip: Clip) -> None:
    def frames(task: str, **parameters: object) -> list[int]:
        return np.flatnonzero(ask(task, clip, **parameters).constraint.mask.all((1, 2))).tolist()

    assert frames("target-pose") == [15]
    assert frames("target-pose", keyframe="last") == [30]
    assert frames("in-betweening") == [*range(10), *range(21, 31)]
    assert frames("in-betweening", first_frames=1, last_frames=2) == [0, 29, 30]
    assert ask("hand-reaction", clip).constraint.mask[:, 0].all()
    assert not ask("hand-reaction", clip).constraint.mask[:, 1].any()
    assert ask("wrist-trajectory", clip).constraint.mask[:, :, 0].all()


def test_text_and_action_are_shown_only_where_the_task_gives_them(clip: Clip) -> None:
    assert ask("text-to-motion", clip).texts.left == "left slowly does thing 1"
    assert ask("text-to-motion", clip, text_level=0).texts == Texts("left does 1", "right does 1", "apart")
    assert ask("text-to-motion", clip).action == ""
    assert ask("action-to-motion", clip).texts == Texts()
    assert ask("action-to-motion", clip).action == "pinch index"
    assert ask("in-betweening", clip).texts
    assert not ask("in-betweening", clip, texts=False).texts


@pytest.mark.parametrize("level", [-64, -3, 5, 63])
def test_a_missing_level_of_detail_gives_the_nearest(level: int, clip: Clip) -> None:
    expected = "left does 1" if level < 0 else "left slowly does thing 1"
    assert ask("text-to-motion", clip, text_level=level).texts.left == expected


def test_what_a_clip_lacks_is_an_error_that_names_it(clip: Clip) -> None:
    bare = dataclasses.replace(clip, left_texts=(), right_texts=(), interaction_texts=(), action="")
    with pytest.raises(InputError, match=r"needs a text.*test-001"):
        ask("text-to-motion", bare)
    with pytest.raises(InputError, match=r"needs an action.*test-001"):
        ask("action-to-motion", bare)
    assert not ask("hand-reaction", bare).texts  # a constraint is enough to go by
    with pytest.raises(InputError, match=r"too few for in-betweening.*test-001"):
        ask("in-betweening", dataclasses.replace(clip, motion=clip.motion[:20]))


@pytest.mark.parametrize("parameters", [{"last": 3}, {"first_frames": 0}, {"first_frames": "ten"}, {"texts": 1}])
def test_parameters_are_strict(parameters: dict[str, object]) -> None:
    with pytest.raises(InputError, match="task in-betweening, parameter"):
        get_task("in-betweening").parse(parameters)


def test_unknown_task() -> None:
    with pytest.raises(InputError, match="unknown task 'juggling'"):
        get_task("juggling")
    with pytest.raises(InputError, match="long-horizon is not supported"):
        get_task("long-horizon")
