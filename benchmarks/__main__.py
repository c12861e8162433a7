"""``python -m benchmarks``: every benchmark in a process of its own, so that memory and threads are its own."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = ("contact_counts", "motion_codes", "all_metrics")


def main() -> None:
    """Run them one after the other."""
    for name in BENCHMARKS:
        print(f"## {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)


if __name__ == "__main__":
    main()
