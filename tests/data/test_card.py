"""The data card says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from handx_bench.data import FEATURES
from handx_bench.data.clip import MANO_WIDTHS
from handx_bench.data.readers.motion_file import KNOWN_KEYS
from handx_bench.hand.motion import HAND_SPAN_M
from handx_bench.hand.skeleton import JOINT_NAMES, PARENTS

CARD = Path(__file__).resolve().parents[2] / "data_cards" / "handx-form.md"


def test_joint_table_is_the_skeleton() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| (?:`(\w+)`|–) \|", CARD.read_text(encoding="utf-8"), re.MULTILINE)
    assert [(int(index), name) for index, name, _ in rows] == list(enumerate(JOINT_NAMES))
    assert [parent or "wrist" for _, _, parent in rows] == [JOINT_NAMES[p] for p in PARENTS]


def test_columns_keys_and_limits_are_named() -> None:
    text = CARD.read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \| (?:string|float32|Array4D|list|struct)", text, re.MULTILINE) == list(FEATURES)
    assert all(f"`{key}`" in text for key in (*KNOWN_KEYS, *MANO_WIDTHS))
    assert f"{HAND_SPAN_M[0]}–{HAND_SPAN_M[1]} m" in text
