"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .errors import InputError


@contextlib.contextmanager
def atomic_path(target: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside ``target``, moved over it when the block ends well and removed when it does
    not.

    The folder of ``target`` is made if it is missing.

    Raises:
        InputError: ``target`` is a folder, or cannot be made there.
    """
    path = Path(os.path.realpath(target))  # a link stays, and what it points to is written
    if path.is_dir():
        raise InputError("the output is a folder", where=str(path), fix="Name a file")
    if path.exists() and not path.is_file():
        raise InputError("the output is a device or a pipe", where=str(path), fix="Name a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    except OSError as error:
        raise InputError(
            f"cannot write there: {error.strerror}", where=str(path), fix="Choose another place"
        ) from error
    os.close(handle)
    temporary = Path(name)
    try:
        # mkstemp makes files that only their owner can read; results are meant to be shared as the umask
        # says.
        os.chmod(temporary, 0o666 & ~umask())
        yield temporary
        with open(temporary, "rb") as stream:
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(target: str | os.PathLike[str], text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_bytes(path: str | os.PathLike[str], max_bytes: int, what: str) -> bytes:
    """Read a whole file that must be a regular one of at most ``max_bytes``.

    Raises:
        InputError: missing, not a regular file, or too large; ``what`` says what it should have been.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"no {what} there", where=str(path), fix="Check the path")
    with open(path, "rb") as stream:
        data = stream.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise InputError(f"{what} is larger than {max_bytes} bytes", where=str(path), fix="Is it the right file?")
    return data


def umask() -> int:
    """The process's umask; the only portable way to read it is to set it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
