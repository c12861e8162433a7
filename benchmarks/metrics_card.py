"""Writes the computed tables of ``data_cards/metrics.md``: declared facts, and disturbed recordings.

Run ``python -m benchmarks.metrics_card`` beside the shared recordings, or with HANDX_SHARED set. A test recomputes both.
"""

from __future__ import annotations

from handx_bench.metrics import METRICS

from .cards import CARDS, shared_folder, with_block
from .disturbances import load_recordings, score_disturbances, table

CARD = CARDS / "metrics.md"
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


def main() -> None:
    """Compute and write."""
    shared = shared_folder()
    card = with_block(CARD.read_text(encoding="utf-8"), "facts", facts())
    card = with_block(card, "disturbances", table(score_disturbances(*load_recordings(shared))))
    CARD.write_text(card, encoding="utf-8")


if __name__ == "__main__":
    main()
