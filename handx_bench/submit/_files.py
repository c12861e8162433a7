"""Durable and careful file operations: nothing half-written, no symbolic link followed, sizes bounded."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..errors import InputError

_CHUNK = 1 << 20


class FileFact(NamedTuple):
    """Size in bytes and SHA-256 of a file."""

    size: int
    sha256: str


def bytes_fact(data: bytes) -> FileFact:
    """Size and SHA-256 of bytes in memory.

    >>> bytes_fact(b"").size
    0
    """
    return FileFact(len(data), hashlib.sha256(data).hexdigest())


def open_regular(path: Path, limit: int) -> BinaryIO:
    """Open a regular file for reading, following no symbolic link and blocking on no pipe.

    Raises:
        InputError: absent, unreadable, a link, not a regular file, or larger than ``limit`` bytes.
    """
    try:
        # O_NONBLOCK: opening a FIFO that somebody put here must not hang.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.EMLINK}:
            raise InputError(
                f"{path.name} is a symbolic link", where=str(path), fix="put the file itself there"
            ) from None
        raise InputError(f"{path.name} cannot be read: {error.strerror}", where=str(path)) from None
    facts = os.fstat(descriptor)
    problem = ""
    if not stat.S_ISREG(facts.st_mode):
        problem = f"{path.name} is not a regular file"
    elif facts.st_size > limit:
        problem = f"{path.name} has {facts.st_size:,} bytes, the limit is {limit:,}"
    if problem:
        os.close(descriptor)
        raise InputError(problem, where=str(path))
    return os.fdopen(descriptor, "rb")


def read_bounded(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most ``limit`` bytes.

    Raises:
        InputError: see :func:`open_regular`; also if the file grew past the limit while it was read.
    """
    with open_regular(path, limit) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise InputError(f"{path.name} grew beyond {limit:,} bytes while it was read", where=str(path))
    return data


def hash_file(path: Path, limit: int) -> FileFact:
    """Size and SHA-256 of a regular file. Raises as :func:`open_regular`."""
    with open_regular(path, limit) as file:
        return _copy(file, None, limit, path)


def copy_file(source: Path, target: Path, limit: int) -> FileFact:
    """Copy a regular file to a new file, flushed to the disk; returns the facts of what was written.

    Raises:
        InputError: the source is not acceptable (see :func:`open_regular`).
        OSError: the target cannot be written (exists, disk full, no permission).
    """
    with open_regular(source, limit) as file, open(target, "xb") as written:
        fact = _copy(file, written, limit, source)
        written.flush()
        os.fsync(written.fileno())
    return fact


def write_file(target: Path, data: bytes) -> FileFact:
    """Write bytes to a new file, flushed to the disk."""
    with open(target, "xb") as written:
        written.write(data)
        written.flush()
        os.fsync(written.fileno())
    return bytes_fact(data)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries, so that a rename inside it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(source: BinaryIO, target: BinaryIO | None, limit: int, path: Path) -> FileFact:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise InputError(f"{path.name} grew beyond {limit:,} bytes while it was read", where=str(path))
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
    return FileFact(size, digest.hexdigest())
