"""Motion codes and descriptions, per 60-frame clip and for 10,000 clips, against a plain Python segmentation.

The reference measures the same signals with the tensors of ``hand`` and follows the released rules of segmentation word by
word, trying every stretch of frames; its ratio is to the same rules compiled. (The released extraction takes about 150 ms
per clip on a 2-core machine.) Targets: codes and descriptions 1 ms each per clip; 10,000 clips of codes within 15 s and
memory that does not grow.
Run: ``python -m benchmarks.motion_codes``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import psutil

from handx_bench import load_dataset
from handx_bench.annotate.claims import check_texts
from handx_bench.annotate.codes import MotionCodes, motion_codes
from handx_bench.annotate.codes.channels import CHANNELS
from handx_bench.annotate.codes.signals import channel_signals
from handx_bench.annotate.describe import describe
from handx_bench.hand import contact_distances, joint_angles

from .motions import moving_hands
from .timing import timed

TARGET_MS, TARGET_S, MANY = 1.0, 15.0, 10_000


def plain_codes(motion: np.ndarray) -> int:
    """How many changes the channels have by the released rules, without compiled code."""
    joint_angles(motion)
    contact_distances(motion)
    found = 0
    for signal, (_, kind) in zip(channel_signals(motion), CHANNELS):
        steps = np.diff(signal, prepend=signal[:1])
        least = max(2, round(30 * kind.released.min_duration_s)) if kind.released else 2
        i = 0
        while not kind.is_contact and i < len(signal):
            end = None
            for j in range(len(signal), i + least - 1, -1):
                rising = np.mean(steps[i:j] >= 0) >= 0.8
                if abs(signal[j - 1] - signal[i]) >= kind.min_change and (rising or np.mean(steps[i:j] <= 0) >= 0.8):
                    end = j
                    break
            found += end is not None
            i = i + 1 if end is None else end
    return found


def codes_and_words(clips: Sequence[np.ndarray]) -> tuple[float, float]:
    """Milliseconds per clip of motion codes, and of a description beside them."""
    codes = timed(lambda: [motion_codes(clip) for clip in clips])
    # With the codes, since what they hold becomes objects when it is first asked for.
    both = timed(lambda: [describe(motion_codes(clip)) for clip in clips])
    return 1000 * codes / len(clips), 1000 * (both - codes) / len(clips)


def main() -> None:
    """Print times, ratios and memory."""
    mini = [np.asarray(row["motion"], np.float64) for row in load_dataset("handx-mini", "test")]
    motion = moving_hands(256, seed=0).astype(np.float64)
    for name, clips in (("HandX-Mini", mini), ("hands that move at random", motion)):
        ours, words = codes_and_words(clips)
        print(f"{name}, ms per clip of 60 frames")
        print(f"  motion codes:            {ours:.2f} (target {TARGET_MS:g}: {_verdict(ours, TARGET_MS)})")
        print(f"  descriptions (15 texts): {words:.2f} (target {TARGET_MS:g}: {_verdict(words, TARGET_MS)})")
    released = 1000 / 64 * timed(lambda: [motion_codes(clip, compat="handx-release") for clip in motion[:64]])
    plain = 1000 / 4 * timed(lambda: [plain_codes(clip) for clip in motion[:4]], repeats=3)
    print(f"  by the released rules:   {released:.2f}, plain {plain:.0f}, ratio {plain / released:.0f}×")
    codes = [motion_codes(clip) for clip in motion]
    texts = [describe(each) for each in codes]
    checks = 1000 / len(codes) * timed(lambda: [check_texts(t, c) for t, c in zip(texts, codes)])
    json = 1000 / 32 * timed(lambda: [MotionCodes.from_json(each.to_json()) for each in codes[:32]])
    print(f"  checking 15 texts:       {checks:.2f} (read before; JSON there and back {json:.2f})")

    process = psutil.Process()
    before, start = process.memory_info().rss, time.perf_counter()
    for i in range(MANY):
        motion_codes(motion[i % len(motion)])
    seconds, grown = time.perf_counter() - start, (process.memory_info().rss - before) / 2**20
    print(
        f"{MANY} clips of codes: {seconds:.1f} s (target {TARGET_S:g}: {_verdict(seconds, TARGET_S)}), {grown:+.0f} MB"
    )


def _verdict(value: float, target: float) -> str:
    return "met" if value <= target else "MISSED"


if __name__ == "__main__":
    main()
