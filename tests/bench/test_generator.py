"""Discovery of generators."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from handx_bench.bench.generator import Generator, GeneratorError, check_generator, list_generators, load_generator

from .posed import SeededHands

MODULE = """
from dataclasses import dataclass

class Hands:
    name = "hands"
    def __init__(self, steps=3):
        self.steps = steps
    def generate(self, requests, num_samples, seed):
        raise NotImplementedError

class Shelf:
    Inner = Hands

class Nameless:
    def generate(self, requests, num_samples, seed): ...

class Idle:
    name = "idle"

class NumberedName(Hands):
    name = 7

def build():
    return Hands(steps=9)

def need(checkpoint):
    return Hands()

constant = 3
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "posed_module.py").write_text(MODULE)
    (tmp_path / "posed_broken.py").write_text("import a_module_that_nobody_has")
    (tmp_path / "posed_failing.py").write_text("raise RuntimeError('no licence')")
    monkeypatch.syspath_prepend(tmp_path)
    yield "posed_module"
    for name in ("posed_module", "posed_broken", "posed_failing"):
        sys.modules.pop(name, None)


def test_the_installed_generators_are_found_by_their_names() -> None:
    """Through the entry points of the installed distribution."""
    found = list_generators()
    for name in ("reference", "random-clip", "mean-pose", "nearest-text"):
        assert found[name].startswith("handx_baselines.simple:")
        generator = load_generator(name)
        assert generator.name == name
        assert isinstance(generator, Generator)


def test_module_and_factory(module: str) -> None:
    assert load_generator(f"{module}:Hands").steps == 3  # type: ignore[attr-defined]
    assert load_generator(f"{module}:Hands", steps=5).steps == 5  # type: ignore[attr-defined]
    assert load_generator(f"{module}:build").steps == 9  # type: ignore[attr-defined]
    assert load_generator(f"{module}:Shelf.Inner").name == "hands"


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "no such name": ("magic", {}, r"no generator is called 'magic'\. Installed: mean-pose, .*Or give module:Factory"),
    "no module": ("no_such_module:X", {}, "there is no module 'no_such_module'"),
    "no parent module": ("no_such.module:X", {}, "there is no module 'no_such.module'"),
    "no submodule": ("handx_bench.nothing:X", {}, "there is no module 'handx_bench.nothing'"),
    "empty module": (":X", {}, "'' is no module name"),
    "relative module": (".x:X", {}, "'.x' is no module name"),
    "module needs another": ("posed_broken:X", {}, "posed_broken needs 'a_module_that_nobody_has'"),
    "no attribute": ("posed_module:Feet", {}, "module posed_module has no attribute 'Feet'"),
    "no inner attribute": ("posed_module:Shelf.Outer", {}, "has no attribute 'Shelf.Outer'"),
    "empty attribute": ("posed_module:", {}, "has no attribute ''"),
    "not callable": ("posed_module:constant", {}, "constant of module posed_module is a int and cannot be called"),
    "no name": ("posed_module:Nameless", {}, "the Nameless has no name"),
    "name is no text": ("posed_module:NumberedName", {}, "the NumberedName has no name"),
    "no generate": ("posed_module:Idle", {}, "the Idle has no method generate"),
    "unknown option": ("posed_module:Hands", {"size": 1}, "unexpected keyword argument 'size'.*Its options: steps"),
    "missing option": ("posed_module:need", {}, "missing a required argument: 'checkpoint'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_loaded_says_why(name: str, module: str) -> None:
    spec, options, message = WRONG[name]
    with pytest.raises(GeneratorError, match=message):
        load_generator(spec, **options)


def test_an_error_of_the_module_itself_is_not_hidden(module: str) -> None:
    with pytest.raises(RuntimeError, match="no licence"):
        load_generator("posed_failing:X")


def test_two_distributions_with_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Third-party distributions on the path, with real metadata."""
    for number in (1, 2):
        info = tmp_path / f"posed_{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: posed-{number}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(
            f"[handx_bench.generators]\ntwice = posed_{number}:X\nalone-{number} = posed_{number}:X\n"
        )
    (tmp_path / "posed_1.py").write_text(MODULE + "X = Hands\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert list_generators()["alone-2"] == "posed_2:X"
    assert load_generator("alone-1").name == "hands"
    with pytest.raises(GeneratorError, match=r"several generators are called 'twice'.*posed_1:X, posed_2:X"):
        load_generator("twice")
    sys.modules.pop("posed_1", None)


def test_an_object_is_checked_as_well() -> None:
    assert isinstance(check_generator(SeededHands()), Generator)
    with pytest.raises(GeneratorError, match="the object has no name"):
        check_generator(object())
