"""Takes a key out of what a server sends back."""

from __future__ import annotations

import re

#: A shorter value ("x", "EMPTY") is a placeholder; taking it out of texts would only maim them.
_LENGTH = 8


class Secret:
    """A key, and how to leave it out, also where JSON spells its characters otherwise.

    >>> key = Secret("sk-12345678")
    >>> key.taken_out("sk-12345678, sk-\\\\u00312345678"), key.taken_out("sk-1")
    ('[key], [key]', 'sk-1')
    """

    def __init__(self, key: str) -> None:
        self._pattern = re.compile("".join(map(_spellings, key))) if len(key) >= _LENGTH else None

    def taken_out(self, text: str) -> str:
        """``text`` with ``[key]`` in its place."""
        return text if self._pattern is None else self._pattern.sub("[key]", text)


def _spellings(character: str) -> str:
    code = "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{ord(character):04x}")
    # As many backslashes as JSON within JSON within JSON has; any number would take quadratic time on a run of them.
    return rf"(?:\\{{0,7}}{re.escape(character)}|\\{{1,7}}u{code})"
