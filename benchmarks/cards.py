"""Computed blocks of the data cards, between markers that a reader does not see."""

from __future__ import annotations

import os
from pathlib import Path

CARDS = Path(__file__).resolve().parents[1] / "data_cards"


def shared_folder() -> Path:
    """Where the real recordings lie: beside the repository, or in HANDX_SHARED."""
    return Path(os.environ.get("HANDX_SHARED", CARDS.parents[1] / "shared"))


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
