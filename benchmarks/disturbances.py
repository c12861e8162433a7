"""What each metric does to known disturbances of real recordings; a table of the metrics card (``metrics_card.py``)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from handx_bench.annotate.codes import motion_codes
from handx_bench.annotate.describe import describe
from handx_bench.metrics import METRICS, score
from handx_bench.metrics.report import Report

DELAY_FRAMES = 20

Clips = list[np.ndarray]


def load_recordings(shared: Path) -> tuple[list[str], Clips]:
    """The real recordings ``(T, 2, 21, 3)`` in metres by name."""
    files = sorted((shared / "real_hands").glob("*.npz"))
    return [f.stem for f in files], [np.load(f)["motion"].astype(np.float64) for f in files]


def delayed(clip: np.ndarray, frames: int = DELAY_FRAMES) -> np.ndarray:
    """The clip held at its first frame for some frames, then played."""
    return np.concatenate([np.repeat(clip[:1], frames, axis=0), clip[:-frames]])


def smooth_disturbance(clip: np.ndarray, size_m: float, seed: int) -> np.ndarray:
    """Slow waves (0.5–2 Hz) of the given RMS size on every coordinate of every joint."""
    rng = np.random.default_rng(seed)
    time = np.arange(len(clip))[:, None, None, None] / 30.0
    waves = np.zeros_like(clip)
    for _ in range(3):
        frequency, phase = rng.uniform(0.5, 2, clip.shape[1:]), rng.uniform(0, 2 * np.pi, clip.shape[1:])
        waves += np.sin(2 * np.pi * frequency * time + phase)
    return clip + waves * (size_m / np.sqrt(1.5))


def disturbances(clips: Clips) -> dict[str, Clips]:
    """Name of each row of the table and its predictions, from none to all wrong."""

    def each(change: Callable[[int, np.ndarray], np.ndarray]) -> Clips:
        return [change(i, clip) for i, clip in enumerate(clips)]

    def other(i: int, clip: np.ndarray) -> np.ndarray:
        """The next clip, held or cut, with its own right wrist where this clip's was."""
        donor = clips[(i + 1) % len(clips)]
        donor = donor[np.minimum(np.arange(len(clip)), len(donor) - 1)]
        return donor - donor[0, 1, 0] + clip[0, 1, 0]

    return {
        "itself": clips,
        "2 mm": each(lambda i, c: smooth_disturbance(c, 0.002, i)),
        "10 mm": each(lambda i, c: smooth_disturbance(c, 0.010, i)),
        "delayed": each(lambda _, c: delayed(c)),
        "reversed": each(lambda _, c: c[::-1]),
        "hands swapped": each(lambda _, c: c[:, ::-1]),
        "another clip": each(other),
    }


def score_disturbances(names: list[str], clips: Clips) -> dict[str, Report]:
    """One report per disturbance."""
    lengths = np.array([len(c) for c in clips])

    def padded(x: Clips) -> np.ndarray:
        return np.stack([np.concatenate([c, np.repeat(c[-1:], lengths.max() - len(c), axis=0)]) for c in x])

    reference = padded(clips)
    # What the rules say of the undisturbed recordings, in full.
    told = [describe(motion_codes(clip, 30.0), seed) for seed, clip in enumerate(clips)]
    texts = [(t.left[-1], t.right[-1], t.interaction[-1]) for t in told]
    return {
        name: score(padded(x), reference, lengths, clip_ids=names, texts=texts, draws=200)
        for name, x in disturbances(clips).items()
    }


def table(reports: dict[str, Report]) -> str:
    """Markdown table: a row per metric, a column per disturbance."""
    lines = [f"| metric | unit | {' | '.join(reports)} |", "|---" * (len(reports) + 2) + "|"]
    for name in next(iter(reports.values())).metrics:
        base = name.split(".")[0]
        if "." in name and METRICS[base].has_value:
            continue
        metric = reports["itself"].metrics[name]
        arrow = {"lower": " ↓", "higher": " ↑", "none": ""}[metric.direction]
        values = " | ".join(_number(report.metrics[name].value) for report in reports.values())
        lines.append(f"| `{name}`{arrow} | {metric.unit} | {values} |")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    if abs(value) < 1e-9:
        return "0"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
