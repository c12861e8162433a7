"""The runner: asks a generator for a protocol's motions, checks each batch, and keeps or writes the
predictions."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, Literal

import numpy as np
import torch

from ..errors import InputError
from ..hand.frames import check_frames
from ..hand.motion import check_motion
from ..hand.skeleton import NUM_JOINTS
from .clips import ClipSet
from .generator import Generator, GeneratorError, check_generator
from .predictions import Predictions, blank_motion, read_predictions, writing_predictions
from .protocol import Protocol, load_protocol
from .protocol_clips import protocol_clips
from .request import Request

#: Called with (clips done, clips in all) after every batch.
Progress = Callable[[int, int], None]


def build_requests(protocol: Protocol, clips: ClipSet, seed: int | None = None) -> list[Request]:
    """What the protocol asks about each clip; ``seed`` overrides the protocol's.

    Raises:
        InputError: a clip lacks what the task needs.
    """
    start = protocol.seeds["generation"] if seed is None else seed
    return [protocol.task_object.request(clip, protocol.parameters, start) for clip in clips]


def generate(
    protocol: Protocol | str,
    generator: Generator,
    *,
    dataset: Any = None,
    out: str | os.PathLike[str] | None = None,
    num_samples: int | None = None,
    seed: int | None = None,
    batch_size: int = 64,
    dtype: Literal["float16", "float32"] = "float32",
    progress: Progress | None = None,
) -> Predictions:
    """Run a generator under a protocol.

    The seed of each clip depends on the run's seed and the clip's id only: batch size does not matter for a
    generator that draws from ``request.seed``.

    Args:
        protocol: a protocol, its id or its file.
        dataset: the clips, where they are not to be loaded by the protocol's name.
        out: write here batch by batch, so that memory stays flat; the result is then memory-mapped from the
            file.
        num_samples: K, where it is not to be the protocol's. Such predictions cannot be evaluated.
        seed: of the run, where it is not to be the protocol's.
        progress: called as ``progress(done, total)`` with numbers of clips.

    Raises:
        GeneratorError: an output that is not ``(N, K, T, 2, 21, 3)`` real numbers.
        MotionError: an output that is not finite or not of the size of a hand; naming generator, clip and
            joint.
        InputError: the data are not those of the protocol, or ``out`` cannot be written.
    """
    protocol = protocol if isinstance(protocol, Protocol) else load_protocol(protocol)
    check_generator(generator)
    if batch_size < 1:
        raise InputError(f"batch size is {batch_size}", fix="Give 1 or more")
    seed = protocol.seeds["generation"] if seed is None else seed
    num_samples = protocol.num_generations if num_samples is None else num_samples
    clips = protocol_clips(protocol, dataset)
    requests = build_requests(protocol, clips, seed)
    frames = int(clips.lengths.max())
    predictions = Predictions(
        motion=blank_motion((len(clips), num_samples, frames, 2, NUM_JOINTS, 3), dtype),
        lengths=clips.lengths,
        clip_ids=clips.clip_ids,
        protocol_id=protocol.id,
        protocol_hash=protocol.hash,
        generator=generator.name,
        seeds={"generation": seed},
    )
    batches: list[np.ndarray] = []
    with nullcontext(batches.append) if out is None else writing_predictions(out, predictions) as append:
        for start in range(0, len(requests), batch_size):
            batch = requests[start : start + batch_size]
            append(_ask(generator, batch, num_samples, seed, frames, dtype))
            if progress is not None:
                progress(start + len(batch), len(requests))
    if out is not None:
        return read_predictions(out)
    values = {key: getattr(predictions, key) for key in predictions.__dataclass_fields__}
    return Predictions(**{**values, "motion": np.concatenate(batches)})


def batch_dependence(
    protocol: Protocol, generator: Generator, predictions: Predictions, *, dataset: Any = None, count: int = 2
) -> float:
    """Ask again for ``count`` clips, each alone: the largest difference to ``predictions``, in metres.

    Near 0 for a generator that draws from ``request.seed``; a few micrometres where a GPU sums in another order.
    """
    clips = protocol_clips(protocol, dataset)
    seed, samples = predictions.seeds["generation"], predictions.num_generations
    requests = {request.clip_id: request for request in build_requests(protocol, clips, seed)}
    worst = 0.0
    # The last clips: the first of a batch are right even if all noise comes from one stream.
    for row in range(max(0, predictions.num_clips - count), predictions.num_clips):
        request = requests[predictions.clip_ids[row]]
        again = _ask(generator, [request], samples, seed, request.length)[0]
        worst = max(worst, float(np.abs(again - predictions.motion[row, :, : request.length]).max()))
    return worst


def _ask(
    generator: Generator, batch: Sequence[Request], num_samples: int, seed: int, frames: int, dtype: str = "float32"
) -> np.ndarray:
    """One batch ``(n, K, frames, 2, 21, 3)``, checked as it will be stored, zero beyond each clip's length."""
    try:
        answer = generator.generate(list(batch), num_samples, seed)  # its own list: what it sorts, ours need not
    except SystemExit as error:
        raise GeneratorError(
            f"generator {generator.name!r} tried to end the program (exit code {error.code})",
            fix="Raise an error that says what is wrong",
        ) from error
    except Exception as error:
        error.add_note(f"raised by generator {generator.name!r} on clips {batch[0].clip_id!r} … {batch[-1].clip_id!r}")
        raise
    with np.errstate(over="ignore"):  # what float16 cannot hold becomes Inf, and is told as such
        motion = _as_array(answer, generator.name).astype(dtype, copy=False)
    longest = max(request.length for request in batch)
    expected = (len(batch), num_samples, longest, 2, NUM_JOINTS, 3)
    if motion.shape != expected:
        raise GeneratorError(
            f"generator {generator.name!r} returned shape {motion.shape}, expected {expected}",
            where=f"clips {batch[0].clip_id!r} … {batch[-1].clip_id!r}",
            fix="Return (N requests, K samples, T = longest request.length, 2 hands, 21 joints, xyz)",
        )
    lengths = np.array([request.length for request in batch])
    name, clip_ids = f"output of generator {generator.name!r}", [request.clip_id for request in batch]
    check_frames(
        check_motion(motion, lengths, name=name, clip_ids=clip_ids),
        torch.from_numpy(lengths),
        name=name,
        clip_ids=clip_ids,
    )
    out = np.zeros((len(batch), num_samples, frames, 2, NUM_JOINTS, 3), dtype)
    for row, values, length in zip(out, motion, lengths):
        row[:, :length] = values[:, :length]
    return out


def _as_array(answer: Any, name: str) -> np.ndarray:
    if hasattr(answer, "detach"):  # a torch tensor, without importing torch for those who do not use it
        answer = answer.detach().cpu().float().numpy()
    if not isinstance(answer, np.ndarray):
        raise GeneratorError(
            f"generator {name!r} returned a {type(answer).__name__}",
            fix="Return a numpy array (N, K, T, 2, 21, 3)",
        )
    if answer.dtype.kind != "f":
        raise GeneratorError(f"generator {name!r} returned dtype {answer.dtype}", fix="Return float32 metres")
    return answer.astype(np.float32, copy=False)
