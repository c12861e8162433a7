"""Output files: whole or not at all, and never in the place of something else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from handx_bench.errors import InputError
from handx_bench.files import atomic_path, write_text


def test_a_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_only_files_are_replaced(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/null")
    with pytest.raises(InputError, match="the output is a"):
        write_text(path, "x")
    assert not path.is_file()
    assert [entry.name for entry in tmp_path.iterdir()] == [kind]


def test_what_breaks_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")

    def write_half() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]
