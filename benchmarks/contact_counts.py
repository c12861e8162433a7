"""Released-compatible contact counts against a plain NumPy implementation of the released definition.

The reference does what the released evaluation does, clip by clip: it draws 25 palm points per triangle anew for every
hand of every clip and computes all distances. Target: at most 0.2 ms per clip pair on 2 cores.
Run: ``python -m benchmarks.contact_counts``.
"""

from __future__ import annotations

import numpy as np

from handx_bench.hand.skeleton import PALM_TRIANGLES, TIPS
from handx_bench.metrics.handx_release import INTER_M, INTRA_M, contact_counts

from .motions import moving_hands
from .timing import timed

TARGET_MS = 0.2


def plain_contacts(clip: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The 8 intra-hand and 10 inter-hand contacts of one clip ``(T, 2, 21, 3)``, with random palm points."""
    intra, inter = [], []
    for hand in (0, 1):
        tips = clip[:, hand, list(TIPS)]
        intra.append((np.linalg.norm(tips[:, 1:] - tips[:, :1], axis=-1) < INTRA_M).any(0))
        palm = []
        for corners in PALM_TRIANGLES:
            weights = rng.dirichlet(np.ones(3), 25)  # uniform on the triangle
            palm.append(np.einsum("pc,tcx->tpx", weights, clip[:, 1 - hand, list(corners)]))
        distance = np.linalg.norm(tips[:, :, None] - np.concatenate(palm, axis=1)[:, None], axis=-1)
        inter.append((distance.min(-1) < INTER_M).any(0))
    return np.concatenate(intra), np.concatenate(inter)


def main() -> None:
    """Print both times and their ratio."""
    pred, ref = moving_hands(512, seed=0), moving_hands(512, seed=1)
    ours = timed(lambda: contact_counts(pred, ref)) / len(ref)
    rng = np.random.default_rng(0)
    few = 32

    def plain() -> None:
        for a, b in zip(pred[:few], ref[:few]):
            plain_contacts(a, rng)
            plain_contacts(b, rng)

    theirs = timed(plain, repeats=3) / few
    verdict = "met" if 1000 * ours <= TARGET_MS else "MISSED"
    print(f"contact counts, ms per clip pair: {1000 * ours:.3f} (target {TARGET_MS}: {verdict})")
    print(f"plain NumPy, ms per clip pair:    {1000 * theirs:.3f}  ratio {theirs / ours:.0f}×")


if __name__ == "__main__":
    main()
