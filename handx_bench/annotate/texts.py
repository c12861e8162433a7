"""The texts of a clip: five levels of detail for the left hand, the right hand and their interaction."""

from __future__ import annotations

from typing import NamedTuple

#: Levels of detail, from one brief sentence to everything that the motion codes tell.
LEVELS = 5
#: Characters of a text at most; longer ones are refused everywhere.
MAX_TEXT_LENGTH = 20_000
#: What a text is about, in the order in which texts are kept.
PARTS = ("left", "right", "interaction")


class Texts(NamedTuple):
    """``LEVELS`` texts for each part, brief first."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    interaction: tuple[str, ...]
