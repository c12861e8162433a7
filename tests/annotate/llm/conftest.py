"""The chat server of the tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "run"))  # where the stand-ins are

import handx_annotate_fakes as fakes


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[fakes.ChatServer]:
    """A chat server on 127.0.0.1, and its key in the environment."""
    with fakes.serving(monkeypatch) as made:
        yield made
