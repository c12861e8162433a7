"""The tables of the annotation card are those that are measured."""

from __future__ import annotations

from pathlib import Path

from benchmarks.cards import block
from benchmarks.claims_card import CARD, captions_table, descriptions_table


def test_the_card_shows_the_measured_tables(shared: Path) -> None:
    card = CARD.read_text(encoding="utf-8")
    assert block(card, "descriptions") == descriptions_table(shared)
    assert block(card, "captions") == captions_table(shared)
