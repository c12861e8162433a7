"""Writes the measured tables of ``data_cards/annotation.md``: how well texts agree with motion.

Run ``python -m benchmarks.claims_card`` beside the shared recordings, or with HANDX_SHARED set. A test recomputes it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from handx_bench import load_dataset
from handx_bench.annotate.claims import TextCheck, check_text, check_texts
from handx_bench.annotate.codes import MotionCodes, motion_codes
from handx_bench.annotate.describe import describe
from handx_bench.annotate.texts import Texts

from .cards import CARDS, shared_folder, with_block

CARD = CARDS / "annotation.md"


def real_codes(shared: Path) -> dict[str, MotionCodes]:
    """Motion codes of the real recordings by name."""
    out = {}
    for file in sorted((shared / "real_hands").glob("*.npz")):
        with np.load(file) as data:
            out[file.stem] = motion_codes(data["motion"], float(data["fps"]))
    return out


def mini_codes() -> list[MotionCodes]:
    """Motion codes of the test split of HandX-Mini."""
    return [motion_codes(row["motion"], row["fps"]) for row in load_dataset("handx-mini", "test")]


def descriptions_table(shared: Path) -> str:
    """Descriptions by rules on their own motion, on another clip's, and with left and right exchanged."""
    lines = [
        "| clips | claims | own motion | another clip's motion | left and right exchanged |",
        "|---|---|---|---|---|",
    ]
    for name, clips in (
        ("HandX-Mini, test split", mini_codes()),
        ("real recordings", list(real_codes(shared).values())),
    ):
        texts = [describe(codes, seed) for seed, codes in enumerate(clips)]
        order = list(range(len(clips)))
        random.Random(0).shuffle(order)
        other = dict(zip(order, order[1:] + order[:1]))
        own = _checks(zip(texts, clips))
        shuffled = _checks((texts[other[i]], codes) for i, codes in enumerate(clips))
        exchanged = _checks((_exchanged(t), codes) for t, codes in zip(texts, clips))
        shares = " | ".join(f"{_agreement(checks):.1%}" for checks in (own, shuffled, exchanged))
        lines.append(f"| {name} ({len(clips)}) | {sum(c.applicable for c in own):,} | {shares} |")
    return "\n".join(lines)


def captions_table(shared: Path) -> str:
    """Captions written by people for BOTH57M, on their own recording and on the nine others."""
    captions = json.loads((shared / "real_hands" / "both57m_captions.json").read_text(encoding="utf-8"))
    codes = {name: clip for name, clip in real_codes(shared).items() if name in captions}
    lines = ["| captions | coverage | claims | own motion | other clips' motion |", "|---|---|---|---|---|"]
    for kind, what in (("hand", "of the fingers"), ("body", "of the body")):
        own = [check_text(text, codes[name]) for name in codes for text in captions[name][kind]]
        others = [check_text(t, codes[o]) for n in codes for t in captions[n][kind] for o in codes if o != n]
        coverage = sum(check.coverage for check in own) / len(own)
        claims = sum(check.applicable for check in own)
        lines.append(
            f"| {what} ({len(own)}) | {coverage:.1%} | {claims} | {_agreement(own):.1%} | {_agreement(others):.1%} |"
        )
    return "\n".join(lines)


def _checks(pairs: Iterable[tuple[Texts, MotionCodes]]) -> list[TextCheck]:
    return [check for texts, codes in pairs for part in check_texts(texts, codes).values() for check in part]


def _agreement(checks: list[TextCheck]) -> float:
    return sum(check.satisfied for check in checks) / sum(check.applicable for check in checks)


def _exchanged(texts: Texts) -> Texts:
    def other(text: str) -> str:
        return re.sub(r"\b(left|right)\b", lambda match: "right" if match[0] == "left" else "left", text)

    return Texts(*(tuple(map(other, part)) for part in (texts.right, texts.left, texts.interaction)))


def main() -> None:
    """Compute and write."""
    card = CARD.read_text(encoding="utf-8")
    card = with_block(card, "descriptions", descriptions_table(shared_folder()))
    card = with_block(card, "captions", captions_table(shared_folder()))
    CARD.write_text(card, encoding="utf-8")


if __name__ == "__main__":
    main()
