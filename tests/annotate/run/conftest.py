"""The chat server of the tests, and datasets to annotate."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # processes import the stand-ins by name

import handx_annotate_fakes as fakes

from handx_bench.annotate.llm.backoff import Backoff
from handx_bench.annotate.llm.conversation import Style
from handx_bench.annotate.llm.server import Server
from handx_bench.annotate.run.model import ModelRecipe


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[fakes.ChatServer]:
    """A chat server on 127.0.0.1, and its key in the environment."""
    with fakes.serving(monkeypatch) as made:
        yield made


@pytest.fixture
def recipe(server: fakes.ChatServer) -> Callable[..., ModelRecipe]:
    """A recipe for the server, with the stand-ins: ``recipe(threshold=0.9)``."""

    def make(timeout_s: float = 10.0, **style: Any) -> ModelRecipe:
        reached = Server(server.url, timeout_s=timeout_s, backoff=Backoff(3, 0.01, 0.05))
        return ModelRecipe(Style(**({"model": "test-model"} | style)), reached, fakes.payload, fakes.check)

    return make
