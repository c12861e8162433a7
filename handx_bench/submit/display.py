"""Texts of strangers, made safe to print."""

from __future__ import annotations


def printable(text: str) -> str:
    """``text`` with everything that is not a visible character written out; line breaks stay.

    Manifests are checked, but reasons quote files and exceptions, whose characters could rewrite a terminal.

    >>> printable("done\\x1b[2J")
    'done\\\\x1b[2J'
    """
    return "".join(each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in text)
