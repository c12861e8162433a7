"""A page that stands alone: styles, script and data inside, nothing loaded from anywhere.

Names and texts come from outside and are hostile input. Three things keep them text: everything in the markup goes
through ``html.escape``; data stand in a JSON block in which ``<``, ``>`` and ``&`` are escaped, so that no string
can end it; and a content security policy names the one script that may run by its hash and forbids all else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from html import escape
from importlib import resources
from typing import Any

__all__ = ["escape", "json_block", "standalone_page"]


_SCRIPTS = ("timeline.js", "player.js")


def json_block(value: Any, element_id: str) -> str:
    """A script element that holds ``value`` as JSON and is never run.

    >>> json_block({"name": "</script><b>"}, "data")
    '<script type="application/json" id="data">{"name":"\\\\u003c/script\\\\u003e\\\\u003cb\\\\u003e"}</script>'
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json" id="{escape(element_id)}">{text}</script>'


def standalone_page(title: str, body: str, *, data: str = "", styles: tuple[str, ...] = ("page.css",)) -> str:
    """The whole page.

    Args:
        title: plain text.
        body: markup, every text from outside in it already escaped.
        data: the block that :func:`json_block` made for the player; without it no script is put in.
        styles: files of ``view/assets``.
    """
    css = "".join(asset(name) for name in styles)
    script = "".join(map(asset, _SCRIPTS)) if data else ""
    policy = f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src '{_hash(css)}'"
    if script:
        # The players lay their canvases out through the style attribute's object model, which no policy concerns.
        policy += f"; script-src '{_hash(script)}'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>{css}</style>\n</head>\n<body>\n{body}\n{data}\n"
        + (f"<script>{script}</script>\n" if script else "")
        + "</body>\n</html>\n"
    )


@lru_cache(maxsize=8)
def asset(name: str) -> str:
    """Text of a file of ``view/assets``."""
    return (resources.files(__package__) / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
