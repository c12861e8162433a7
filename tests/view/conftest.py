"""Motions to look at, made by hand so that it is known what must be seen, and a reader of HTML pages."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest

from handx_bench.hand.skeleton import CHAINS, FINGERS, NUM_JOINTS

#: Direction of each finger of a flat hand (across, along) and where its joints lie, metres.
_FAN = {
    "thumb": (-0.75, 0.55),
    "index": (-0.25, 1.0),
    "middle": (-0.02, 1.0),
    "ring": (0.2, 0.95),
    "pinky": (0.42, 0.85),
}
_REACH = (0.0, 0.085, 0.125, 0.15, 0.17)


def flat_hand(side: int) -> np.ndarray:
    """A spread hand ``(21, 3)`` in the x–z plane, fingers up; ``side`` −1 is the left hand, whose thumb is right."""
    hand = np.zeros((NUM_JOINTS, 3))
    for finger, chain in zip(FINGERS, CHAINS):
        across, along = _FAN[finger]
        direction = np.array([side * across, 0, along]) / np.hypot(across, along)
        for joint, reach in zip(chain, _REACH):
            hand[joint] = reach * direction
    return hand


@pytest.fixture(scope="session")
def motion() -> np.ndarray:
    """``(20, 2, 21, 3)``: two open hands 0.3 m apart that move up by 40 mm."""
    pose = np.stack([flat_hand(-1) - np.array([0.15, 0, 0]), flat_hand(1) + np.array([0.15, 0, 0])])
    rise = np.linspace(0, 0.04, 20)[:, None, None, None] * np.array([0, 0, 1.0])
    return (pose + rise).astype(np.float32)


@pytest.fixture(scope="session")
def far_apart(motion: np.ndarray) -> np.ndarray:
    """The same hands 2 m apart."""
    wide = motion.copy()
    wide[:, 1, :, 0] += 1.7
    return wide


@pytest.fixture(scope="session")
def eventful(motion: np.ndarray) -> np.ndarray:
    """``(61, 2, 21, 3)``, 2 s: the left hand rises by 0.2 m from 0.5 to 1 s, the index tips touch from 1 to 1.5 s."""
    clip = np.repeat(motion[:1], 61, axis=0)
    clip[:, 0, :, 2] += np.interp(np.arange(61), [15, 30], [0, 0.2]).astype(np.float32)[:, None]
    clip[30:45, 1, 17] = clip[30:45, 0, 17] + np.float32([0.005, 0, 0])
    return clip


#: Texts that would run, load or hide something if they were taken for markup or code.
HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    '"><svg onload=alert(1)>',
    "' onfocus='alert(1)",
    "{{7*7}} ${alert(1)} \u2028 &lt;b&gt;",
    "]]></style><style>*{display:none}",
]


class Page(HTMLParser):
    """What a browser would make of a page: elements with attributes, text, and the content of scripts and styles."""

    VOID = frozenset({"meta", "br", "img", "input", "link", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[dict[str, str | None], str, str]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            self.raw.append((self.elements[-1][1], self.open[-1], data))
        else:
            self.text.append(data)

    @property
    def data(self) -> dict:  # type: ignore[type-arg]
        blocks = [content for attributes, _, content in self.raw if attributes.get("id") == "handx-scenes"]
        assert len(blocks) == 1
        return json.loads(blocks[0])  # type: ignore[no-any-return]


def assert_safe(page: Page) -> None:
    """Nothing can run but the page's own script, and nothing is loaded."""
    for tag, attributes in page.elements:
        assert tag not in ("img", "iframe", "object", "embed", "link", "base", "form")
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in ("src", "href", "action", "srcset", "style"), (tag, name, value)
    runnable = [c for a, tag, c in page.raw if tag == "script" and a.get("type") != "application/json"]
    styles = [c for _, tag, c in page.raw if tag == "style"]
    policy = next(a["content"] or "" for t, a in page.elements if t == "meta" and "http-equiv" in a)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    hashes = {"sha256-" + base64.b64encode(hashlib.sha256(c.encode()).digest()).decode() for c in runnable + styles}
    assert set(re.findall(r"sha256-[\w+/=]+", policy)) == hashes
    assert len(runnable) <= 1
    assert len(styles) == 1
    for content in runnable + styles:
        assert not re.search(
            r"https?://|@import|url\(|fetch\(|XMLHttpRequest|eval\(|innerHTML|document\.write", content
        )


@pytest.fixture(params=HOSTILE)
def hostile(request: pytest.FixtureRequest) -> str:
    """A text from somebody with bad intentions."""
    return str(request.param)


@pytest.fixture(scope="session")
def pages() -> SimpleNamespace:
    """``Page`` reads a page, ``assert_safe`` checks that it runs and loads nothing foreign."""
    return SimpleNamespace(Page=Page, assert_safe=assert_safe)
