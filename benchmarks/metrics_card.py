"""Writes the computed tables of ``data_cards/metrics.md``: declared facts, and disturbed recordings.

Run ``python -m benchmarks.metrics_card`` beside the shared recordings, or with HANDX_SHARED set. A test recomputes both.
"""

from __future__ import annotations

import os
from pathlib import Path

from handx_bench.metrics import METRICS

from .disturbances import load_recordings, score_disturbances, table

CARD = Path(__file__).resolve().parents[1] / "data_cards" / "metrics.md"
_ARROWS = {"lower": "↓", "higher": "↑", "none": ""}


def facts() -> str:
    """Markdown table of the registry: a row per metric, headline ones bold."""
    lines = ["| metric | unit | what | variants | source |", "|---|---|---|---|---|"]
    for name, info in METRICS.items():
        shown = f"**`{name}`**" if info.headline else f"`{name}`"
        needs = f"; needs {info.optional}" if info.optional else ""
        needs += f"; K ≥ {info.min_generations}" if info.min_generations > 1 else ""
        variants = ", ".join(f"`.{v}`" for v in info.variants)
        lines.append(
            f"| {shown} {_ARROWS[info.direction]} | {info.unit} | {info.summary}{needs} | {variants} | {info.source} |"
        )
    return "\n".join(lines)


def block(card: str, name: str) -> str:
    """The text between the markers of a block."""
    begin, end = _markers(name)
    return card.split(begin)[1].split(end)[0].strip()


def with_block(card: str, name: str, text: str) -> str:
    """The card with the text of a block replaced."""
    begin, end = _markers(name)
    before, rest = card.split(begin)
    return f"{before}{begin}\n\n{text}\n\n{end}{rest.split(end)[1]}"


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def main() -> None:
    """Compute and write."""
    shared = Path(os.environ.get("HANDX_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    card = with_block(CARD.read_text(encoding="utf-8"), "facts", facts())
    card = with_block(card, "disturbances", table(score_disturbances(*load_recordings(shared))))
    CARD.write_text(card, encoding="utf-8")


if __name__ == "__main__":
    main()
