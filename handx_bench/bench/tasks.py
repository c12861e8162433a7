"""The tasks: which part of a reference clip a generator is shown.

===================  =====================================================================================
text-to-motion       the texts of left hand, right hand and interaction
action-to-motion     the action label; no text
target-pose          texts and one keyframe of both hands. It is the **middle** frame (``length // 2``), so
                     that both the way to the pose and the way on from it are generated; ``keyframe: last``
                     asks for the end
in-betweening        texts and the first and last 10 frames of both hands
wrist-trajectory     texts and both wrists at every frame
hand-reaction        texts and the whole left hand; the right hand is generated
===================  =====================================================================================

A protocol may hide the texts of a constrained task (``texts: false``). Where a clip has several texts in
order of detail, ``text_level`` chooses one; −1 is the last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..data.clip import Clip
from ..errors import InputError
from ..hand.skeleton import LEFT, WRIST
from .request import Constraint, Request, Texts, derive_seed


class ActionParameters(BaseModel):
    """A task without texts has nothing to choose."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class TextParameters(ActionParameters):
    """Text-to-motion."""

    text_level: int = Field(default=-1, ge=-64, le=63)


class ConstrainedParameters(TextParameters):
    """A task with a given part; its texts may be hidden."""

    texts: bool = True


class TargetPoseParameters(ConstrainedParameters):
    """Which frame is given."""

    keyframe: Literal["middle", "last"] = "middle"


class InBetweeningParameters(ConstrainedParameters):
    """How many frames are given at either end."""

    first_frames: int = Field(default=10, ge=1)
    last_frames: int = Field(default=10, ge=1)


@dataclass(frozen=True)
class Task:
    """A kind of request.

    Attributes:
        parameters: pydantic class of what a protocol may set.
        give: marks in a mask ``(T, 2, 21)`` what is given; None where nothing is.
        gives_action: whether the action label is shown.
    """

    id: str
    summary: str
    parameters: type[ActionParameters]
    give: Callable[[np.ndarray, Any], None] | None = None
    gives_action: bool = False

    def parse(self, values: dict[str, Any]) -> ActionParameters:
        """Typed parameters with their defaults.

        Raises:
            InputError: an unknown parameter or a value that is not allowed.
        """
        try:
            return self.parameters.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            known = ", ".join(self.parameters.model_fields) or "none"
            raise InputError(
                first["msg"], where=f"task {self.id}, parameter {key}", fix=f"Parameters: {known}"
            ) from None

    def mask(self, length: int, parameters: ActionParameters) -> np.ndarray | None:
        """``(T, 2, 21)`` bool of what is given, or None.

        Raises:
            InputError: the clip is so short that nothing is left to generate.
        """
        if self.give is None:
            return None
        mask = np.zeros((length, 2, 21), dtype=bool)
        self.give(mask, parameters)
        if mask.all():
            raise InputError(f"{length} frames are too few for {self.id}: all would be given", fix="Use longer clips")
        return mask

    @staticmethod
    def gives_texts(parameters: ActionParameters) -> bool:
        """Whether a generator is shown the texts."""
        return isinstance(parameters, TextParameters) and getattr(parameters, "texts", True)

    @classmethod
    def texts(cls, clip: Clip, parameters: ActionParameters) -> Texts:
        """The texts that a generator is shown; empty where the task hides them."""
        if not isinstance(parameters, TextParameters) or not cls.gives_texts(parameters):
            return Texts()

        def pick(texts: tuple[str, ...]) -> str:
            # Clips with fewer levels than asked for give their nearest one.
            return texts[max(-len(texts), min(parameters.text_level, len(texts) - 1))] if texts else ""

        return Texts(pick(clip.left_texts), pick(clip.right_texts), pick(clip.interaction_texts))

    def request(self, clip: Clip, parameters: ActionParameters, seed: int) -> Request:
        """What a generator is asked about ``clip`` in a run that starts from ``seed``.

        Raises:
            InputError: the clip has no text (or action) although the task gives it, or is too short.
        """
        where = f"clip {clip.clip_id!r}"
        texts = self.texts(clip, parameters)
        if self.gives_texts(parameters) and not texts and self.give is None:
            raise InputError(f"{self.id} needs a text and the clip has none", where=where, fix="Annotate the dataset")
        if self.gives_action and not clip.action:
            raise InputError(f"{self.id} needs an action and the clip has none", where=where, fix="Label the dataset")
        try:
            mask = self.mask(len(clip.motion), parameters)
        except InputError as error:
            raise InputError(error.what, where=where, fix=error.fix) from None
        return Request(
            clip_id=clip.clip_id,
            texts=texts,
            action=clip.action if self.gives_action else "",
            length=len(clip.motion),
            fps=clip.fps,
            constraint=None if mask is None else Constraint.of(clip.motion, mask),
            seed=derive_seed(seed, clip.clip_id),
        )


def _give_keyframe(mask: np.ndarray, parameters: TargetPoseParameters) -> None:
    mask[len(mask) // 2 if parameters.keyframe == "middle" else -1] = True


def _give_ends(mask: np.ndarray, parameters: InBetweeningParameters) -> None:
    mask[: parameters.first_frames] = True
    mask[-parameters.last_frames :] = True


def _give_wrists(mask: np.ndarray, parameters: ConstrainedParameters) -> None:
    mask[:, :, WRIST] = True


def _give_left_hand(mask: np.ndarray, parameters: ConstrainedParameters) -> None:
    mask[:, LEFT] = True


TASKS = {
    task.id: task
    for task in (
        Task("text-to-motion", "from texts", TextParameters),
        Task("action-to-motion", "from an action label", ActionParameters, gives_action=True),
        Task("target-pose", "from texts and one keyframe", TargetPoseParameters, _give_keyframe),
        Task("in-betweening", "from texts and both ends", InBetweeningParameters, _give_ends),
        Task("wrist-trajectory", "from texts and the path of both wrists", ConstrainedParameters, _give_wrists),
        Task(
            "hand-reaction",
            "the right hand, from texts and the left hand",
            ConstrainedParameters,
            _give_left_hand,
        ),
    )
}


def get_task(task_id: str) -> Task:
    """The task of that id.

    Raises:
        InputError: there is no such task.

    >>> get_task("in-betweening").mask(30, InBetweeningParameters())[:, 0, 0].sum()
    np.int64(20)
    >>> get_task("long-horizon")
    Traceback (most recent call last):
    ...
    handx_bench.errors.InputError: long-horizon is not supported by this version. Choose one of
    text-to-motion, ...
    """
    if task_id in TASKS:
        return TASKS[task_id]
    choose = f"Choose one of {', '.join(TASKS)}"
    if task_id == "long-horizon":
        raise InputError("long-horizon is not supported by this version", fix=choose)
    raise InputError(f"unknown task {task_id[:40]!r}", fix=choose)
