"""Samples that the released HandX scripts generate: ``val_sample_XXX_idxI.pkl``, one pickled dict per clip."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from ...hand.motion import check_motion
from ..check import check_text, check_unique
from ..restricted_pickle import loads

SAMPLE_FILE = re.compile(r"val_sample_(\d+)_idx(\d+)\.pkl")
MAX_SAMPLE_BYTES = 256 * 2**20
#: Per joint x, y, z and one scalar rotation.
FRAME_WIDTH = 2 * 21 * 4
_KEYS = ("text_prompt", "gt_motion_real", "generated_real")
_TEXT_KEYS = ("left", "right", "two_hands_relation")


@dataclass(frozen=True)
class GeneratedSamples:
    """Generated motions beside the recorded ones they answer.

    Attributes:
        pred: ``(N, K, T, 2, 21, 3)`` float32 metres.
        ref: ``(N, T, 2, 21, 3)`` float32 metres.
        clip_ids: ``handx-test-<I>``, the ids that the release reader gives the same entries.
        left_texts, right_texts, interaction_texts: the prompt of each clip.
    """

    pred: np.ndarray
    ref: np.ndarray
    clip_ids: tuple[str, ...]
    left_texts: tuple[str, ...]
    right_texts: tuple[str, ...]
    interaction_texts: tuple[str, ...]


def sample_files(folder: Path) -> list[Path]:
    """The sample files in ``folder`` in the order of their numbers."""
    found = [(int(m[1]), file) for file in folder.iterdir() if (m := SAMPLE_FILE.fullmatch(file.name))]
    return [file for _, file in sorted(found)]


def read_generated(path: str | Path) -> GeneratedSamples:
    """Read a folder of samples, or one file.

    Raises:
        InputError: naming file and key; a pickle that asks for a class is refused and runs nothing.
    """
    path = Path(path)
    if not path.exists():
        raise InputError("no such file or folder", where=str(path))
    files = sample_files(path) if path.is_dir() else [path]
    if not files:
        raise InputError("no generated samples here", where=str(path), fix="Expected val_sample_XXX_idxI.pkl")
    ids, samples = [], []
    for file in files:
        match = SAMPLE_FILE.fullmatch(file.name)
        if match is None:
            raise InputError("not named as a generated sample", where=str(file), fix="Expected val_sample_XXX_idxI.pkl")
        ids.append(f"handx-test-{int(match[2])}")
        samples.append(_read_sample(file))
    check_unique(ids, str(path))
    first = samples[0]
    for file, (_, _, generated) in zip(files, samples):
        if generated.shape != first[2].shape:
            raise InputError(
                f"generated_real has shape {generated.shape}, the first file {first[2].shape} (K, T, 2, 21, 3)",
                where=str(file),
                fix="All samples need the same number of generations and frames",
            )
    left, right, interaction = (tuple(prompt[key] for prompt, _, _ in samples) for key in _TEXT_KEYS)
    pred = np.stack([generated for _, _, generated in samples])
    ref = np.stack([recorded for _, recorded, _ in samples])
    return GeneratedSamples(pred, ref, tuple(ids), left, right, interaction)


def _read_sample(path: Path) -> tuple[dict[str, str], np.ndarray, np.ndarray]:
    where = str(path)
    if path.stat().st_size > MAX_SAMPLE_BYTES:
        raise InputError(f"the file has more than {MAX_SAMPLE_BYTES} bytes", where=where)
    sample = loads(path.read_bytes(), where=where, max_bytes=MAX_SAMPLE_BYTES)
    if not isinstance(sample, dict):
        raise InputError(f"the file holds a {type(sample).__name__}, expected a dict", where=where)
    for key in _KEYS:
        if key not in sample:
            raise InputError(f"the key {key!r} is missing", where=where, fix=f"Expected the keys {', '.join(_KEYS)}")
    prompt = sample["text_prompt"]
    if not isinstance(prompt, dict) or not set(_TEXT_KEYS) <= set(prompt):
        raise InputError("text_prompt is no dict of left, right, two_hands_relation", where=where)
    for key in _TEXT_KEYS:
        check_text(prompt[key], f"text_prompt {key}", where)
    recorded = _positions(sample["gt_motion_real"], 2, "gt_motion_real", where)
    generated = _positions(sample["generated_real"], 3, "generated_real", where)
    if generated.shape[1:] != recorded.shape:
        raise InputError(
            f"generated_real is {generated.shape[1]} frames long, gt_motion_real {len(recorded)}", where=where
        )
    return prompt, recorded, generated


def _positions(values: Any, ndim: int, key: str, where: str) -> np.ndarray:
    if not isinstance(values, np.ndarray) or values.dtype.kind != "f" or values.ndim != ndim:
        found = getattr(values, "shape", type(values).__name__)
        raise InputError(f"{key} has shape {found}, expected floats of {ndim} axes", where=where)
    if values.shape[-1] != FRAME_WIDTH:
        raise InputError(f"{key} has {values.shape[-1]} numbers per frame, expected {FRAME_WIDTH}", where=where)
    motion = values.reshape(*values.shape[:-1], 2, 21, 4)[..., :3].astype(np.float32)
    check_motion(motion, name=f"{where}: {key}")
    return motion
