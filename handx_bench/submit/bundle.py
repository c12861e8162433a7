"""A bundle: the two files that make a submission, ``predictions.safetensors`` and ``submission.json``.

A bundle says nothing about who sends it: the identity comes from the store. Opening a bundle looks at names
and kinds of files only; :func:`handx_bench.submit.validate.check_bundle` looks inside.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ._files import copy_file, read_bounded, write_file
from .manifest import MAX_MANIFEST_BYTES, Manifest, manifest_bytes

PREDICTIONS_FILE = "predictions.safetensors"
MANIFEST_FILE = "submission.json"
#: 10,000 clips of 60 frames with 20 generations in float16 are 3.0 GB.
MAX_PREDICTIONS_BYTES = 4 * 1024**3


class InvalidBundle(InputError):
    """A submission breaks the rules; ``problems`` holds one message per breach."""

    def __init__(self, what: str, *, where: str = "", fix: str = "", problems: Iterable[str] = ()) -> None:
        super().__init__(what, where=where, fix=fix)
        self.problems = tuple(problems) or (what,)


@dataclass(frozen=True)
class Bundle:
    """Where the predictions lie, and the exact bytes of the manifest.

    Attributes:
        predictions: path of the predictions file; not necessarily named ``predictions.safetensors``.
        manifest: bytes of ``submission.json``.
        where: what to name in messages.
    """

    predictions: Path
    manifest: bytes
    where: str = ""


def check_names(names: Iterable[str]) -> list[str]:
    """Problems with the names of a bundle's files: exactly two are allowed, at the top of the folder.

    >>> check_names(["predictions.safetensors", "submission.json"])
    []
    >>> check_names(["../submission.json", "predictions.safetensors"])
    ["'../submission.json' is not allowed in a bundle", 'submission.json is missing']
    """
    wanted, found = (PREDICTIONS_FILE, MANIFEST_FILE), sorted(set(names))
    strange = [f"{name[:80]!a} is not allowed in a bundle" for name in found if name not in wanted]
    if len(strange) > 5:
        strange = [*strange[:5], f"{len(strange) - 5} more files are not allowed in a bundle"]
    return strange + [f"{name} is missing" for name in wanted if name not in found]


def open_bundle(folder: str | os.PathLike[str]) -> Bundle:
    """The bundle in a folder.

    Raises:
        InvalidBundle: not a folder, a link, or not exactly the two regular files within their sizes.
    """
    path = Path(folder)
    if path.is_symlink() or not path.is_dir():
        raise InvalidBundle("there is no bundle folder here", where=str(path), fix=_HOW)
    problems = check_names(entry.name for entry in os.scandir(path))
    manifest = b""
    for name in (PREDICTIONS_FILE, MANIFEST_FILE):
        if f"{name} is missing" in problems:
            continue
        if (path / name).is_symlink():
            problems.append(f"{name} is a symbolic link")
        elif not (path / name).is_file():
            problems.append(f"{name} is not a regular file")
        elif name == MANIFEST_FILE:
            try:
                manifest = read_bounded(path / name, MAX_MANIFEST_BYTES)
            except InputError as error:
                problems.append(error.what)
    if problems:
        raise InvalidBundle("; ".join(problems), where=str(path), fix=_HOW, problems=problems)
    return Bundle(path / PREDICTIONS_FILE, manifest, str(path))


def pack_bundle(predictions: str | os.PathLike[str], manifest: Manifest) -> Bundle:
    """A bundle from a predictions file anywhere and a manifest, without copying the predictions."""
    return Bundle(Path(predictions), manifest_bytes(manifest), str(predictions))


def write_bundle(folder: str | os.PathLike[str], predictions: str | os.PathLike[str], manifest: Manifest) -> Bundle:
    """Write a new bundle folder; it appears complete or not at all.

    Raises:
        InputError: the folder exists already, or the predictions are not a regular file of acceptable size.

    >>> import tempfile
    >>> home = Path(tempfile.mkdtemp())
    >>> _ = (home / "p").write_bytes(b"motion")
    >>> bundle = write_bundle(home / "bundle", home / "p", Manifest(model_name="Two Hands"))
    >>> sorted(path.name for path in (home / "bundle").iterdir())
    ['predictions.safetensors', 'submission.json']
    """
    target = Path(folder)
    if target.exists() or target.is_symlink():
        raise InputError(
            "there is something at the bundle's place already", where=str(target), fix="choose a new folder"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        copy_file(Path(predictions), staging / PREDICTIONS_FILE, MAX_PREDICTIONS_BYTES)
        write_file(staging / MANIFEST_FILE, manifest_bytes(manifest))
        staging.chmod(0o755)
        os.rename(staging, target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return open_bundle(target)


_HOW = f"A bundle is a folder with {PREDICTIONS_FILE} and {MANIFEST_FILE}, nothing else"
