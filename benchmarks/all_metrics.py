"""All metrics of the families angles, coordination, contact and plausibility on 2,048 clips × 4 samples.

Targets: under 60 s and under 2 GB on 2 cores, and time linear in the number of clips. Includes the reference rows, skills
and the bootstrap of 1,000 draws. Run: ``python -m benchmarks.all_metrics [--clips 2048]``.
"""

from __future__ import annotations

import argparse
import tempfile
import time

import numpy as np

from handx_bench.bench.report_io import write_report
from handx_bench.metrics import score

from .motions import moving_hands
from .timing import peak_memory_gb

TARGET_S, TARGET_GB = 60.0, 2.0
GENERATIONS = 4


def main() -> None:
    """Print seconds, memory, and the ratio to a quarter of the clips."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=2048)
    count = parser.parse_args().clips
    ref = moving_hands(count, seed=0)
    pred = np.empty((count, GENERATIONS, *ref.shape[1:]), np.float32)
    for k in range(GENERATIONS):
        pred[:, k] = moving_hands(count, seed=1 + k)
    score(pred[:16], ref[:16], draws=10)  # compiles

    def seconds(part: int) -> tuple[float, int]:
        start = time.perf_counter()
        report = score(pred[:part], ref[:part])
        taken = time.perf_counter() - start
        with tempfile.TemporaryDirectory() as folder:
            size = sum(f.stat().st_size for f in write_report(report, folder).parent.iterdir())
        return taken, size

    (quarter, small), (whole, large) = seconds(count // 4), seconds(count)
    memory = peak_memory_gb()
    print(f"{count} clips × {GENERATIONS}: {whole:.1f} s (target {TARGET_S:.0f}: {_verdict(whole <= TARGET_S)}), "
          f"{memory:.2f} GB (target {TARGET_GB:.0f}: {_verdict(memory < TARGET_GB)})")  # fmt: skip
    print(
        f"{count // 4} clips × {GENERATIONS}: {quarter:.1f} s, so four times as many take {whole / quarter:.1f}× as long"
    )

    print(f"report and clip scores: {large / 2**20:.2f} MB, {large / small:.1f}× those of a quarter")


def _verdict(met: bool) -> str:
    return "met" if met else "MISSED"


if __name__ == "__main__":
    main()
