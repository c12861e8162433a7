"""Writes ``docs/descriptions.md``: ten clips, real and procedural, as pictures beside what the rules say of them.

The real ones are Leap Motion recordings (Apache-2.0; LeapJS Playback sample recordings and examples, Leap Motion, Inc., 2014).
Run ``python -m benchmarks.description_gallery`` beside the shared recordings, or with HANDX_SHARED set.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from handx_bench import load_dataset
from handx_bench.annotate.codes import motion_codes
from handx_bench.annotate.describe import describe
from handx_bench.view.skeleton_plot import write_strip

from .cards import shared_folder

DOCS = Path(__file__).resolve().parents[1] / "docs"
#: Name of the recording and the frames shown of it.
RECORDINGS = (
    ("leap_three_claps", 0, 60),
    ("leap_confidence2", 30, 90),
    ("leap_confidence_bones", 40, 100),
    ("leap_left_or_right", 60, 120),
)
#: Gestures of HandX-Mini whose first clip of the test split is shown.
GESTURES = ("pinch_middle", "counting", "clap", "write_on_palm", "fist", "interlock")
LEVELS = (1, 3, 4)
WIDTH, PICTURES = 1500, 7


class Shown(NamedTuple):
    """A clip of the gallery."""

    name: str
    origin: str
    motion: np.ndarray
    fps: float


def clips(shared: Path) -> list[Shown]:
    """The ten clips."""
    out = []
    for name, first, last in RECORDINGS:
        with np.load(shared / "real_hands" / f"{name}.npz") as data:
            motion, fps = data["motion"][first:last], float(data["fps"])
        out.append(Shown(name, f"Leap Motion recording, frames {first}–{last}", motion, fps))
    rows = load_dataset("handx-mini", "test")
    actions = rows.with_format(None)["action"]
    for gesture in GESTURES:
        row = rows[list(actions).index(gesture)]
        out.append(Shown(row["clip_id"], f"HandX-Mini, `{gesture}`", row["motion"], row["fps"]))
    return out


def main() -> None:
    """Write the page and its pictures."""
    (DOCS / "descriptions").mkdir(exist_ok=True)
    lines = [
        "# Ten clips and what the rules say of them",
        "",
        "Written by `python -m benchmarks.description_gallery`; every text was read beside its picture. Each picture shows the",
        "motion from left to right and below it what happens, as `handx-bench show … --codes` draws it; the left hand is blue.",
        f"Levels {LEVELS[0]} (brief), {LEVELS[1]} and {LEVELS[2]} of five.",
    ]
    for seed, clip in enumerate(clips(shared_folder())):
        picture = f"descriptions/{clip.name}.png"
        write_strip(DOCS / picture, {clip.name: clip.motion}, clip.fps, codes=True, num_frames=PICTURES, width=WIDTH)
        texts = describe(motion_codes(clip.motion, clip.fps), seed)
        lines += ["", f"## {clip.name}", "", f"{clip.origin}.", "", f"![{clip.name}]({picture})", ""]
        lines += ["| | left | right | interaction |", "|---|---|---|---|"]
        lines += [f"| {n} | {' | '.join(part[n - 1] for part in texts)} |" for n in LEVELS]
    (DOCS / "descriptions.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
