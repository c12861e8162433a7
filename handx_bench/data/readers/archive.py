"""Bounded reading of ``.npy`` and ``.npz``: what a file declares is checked before anything is read or allocated."""

from __future__ import annotations

import io
import math
import re
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
from numpy.lib import format as npy_format

from ...errors import InputError

MAX_MEMBERS = 2_000_000
#: Recorded motion hardly compresses; an archive that unfolds further than this is built to exhaust memory.
MAX_RATIO = 100
#: Small archives of constant arrays may compress better; up to here the ratio is not looked at.
RATIO_FREE_BYTES = 64 * 2**20
MAX_ARRAY_BYTES = 32 * 2**30
_MEMBER = re.compile(r"[^/\\\x00-\x1f]{1,200}\.npy")
_READ_HEADER = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}
_HEADER_ERRORS = (
    ValueError, SyntaxError, TypeError, KeyError, EOFError, RecursionError, MemoryError, struct.error, tokenize.TokenError,
)  # fmt: skip
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    struct.error,
)


class DamagedFileError(InputError):
    """A file that is truncated, oversized, encrypted, or not what its name says."""


@dataclass(frozen=True)
class ArrayHeader:
    """What an ``.npy`` stream declares: dtype, order, shape, and how many bytes the header took."""

    dtype: np.dtype
    fortran_order: bool
    shape: tuple[int, ...]
    size: int

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(stream: IO[bytes], where: str) -> ArrayHeader:
    """Read the header of an ``.npy`` stream and leave the stream at its data.

    Raises:
        DamagedFileError: the header is no header; the evaluation of its text is numpy's literal one, bounded in length.
    """
    try:
        version = npy_format.read_magic(stream)
        if version not in _READ_HEADER:
            raise ValueError(f"format version {version}")
        shape, fortran_order, dtype = _READ_HEADER[version](stream)
    except _HEADER_ERRORS as error:
        raise DamagedFileError(f"not a readable numpy array: {_short(error)}", where=where) from error
    if len(shape) > 32 or any(n < 0 for n in shape):
        raise DamagedFileError(f"the array declares the shape {str(shape)[:80]}", where=where)
    return ArrayHeader(dtype, fortran_order, tuple(int(n) for n in shape), stream.tell())


def check_plain(header: ArrayHeader, stored_bytes: int, where: str) -> None:
    """Refuse arrays that are not plain numbers or text, or whose declared size is not the stored one."""
    if header.dtype.hasobject:
        raise InputError(
            "the array holds Python objects, which could run code when read",
            where=where,
            fix="Save plain numbers; texts as np.array([...], dtype=str)",
        )
    if header.dtype.kind not in "biufU" or header.dtype.fields is not None or header.dtype.subdtype is not None:
        raise InputError(f"the array has dtype {header.dtype}, expected numbers or text", where=where)
    if header.nbytes > MAX_ARRAY_BYTES:
        raise DamagedFileError(
            f"the array declares the shape {header.shape} ({header.nbytes} bytes), at most {MAX_ARRAY_BYTES} are read",
            where=where,
        )
    if header.nbytes != stored_bytes:
        raise DamagedFileError(
            f"the array declares the shape {header.shape} ({header.nbytes} bytes) but {stored_bytes} bytes are stored",
            where=where,
            fix="The file is truncated or was changed; get it again",
        )


def read_npy(path: Path) -> np.ndarray:
    """A plain array from an ``.npy`` file, memory-mapped and read-only."""
    with path.open("rb") as stream:
        header = read_header(stream, str(path))
    check_plain(header, path.stat().st_size - header.size, str(path))
    if header.nbytes == 0:
        return np.empty(header.shape, header.dtype)
    order = "F" if header.fortran_order else "C"
    return np.memmap(path, header.dtype, mode="r", offset=header.size, shape=header.shape, order=order)  # type: ignore[call-overload]


class Archive:
    """An ``.npz`` whose directory has been checked: names, encryption, declared sizes and compression ratio.

    Args:
        path: the file.
        max_member_bytes: refuse archives with a larger member (uncompressed).

    Raises:
        DamagedFileError: naming the file and the member.
    """

    def __init__(self, path: Path, *, max_member_bytes: int = MAX_ARRAY_BYTES) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except _ZIP_ERRORS as error:
            raise DamagedFileError(
                f"not a readable .npz archive: {_short(error)}",
                where=str(path),
                fix="The file is truncated or no .npz; get or write it again",
            ) from error
        try:
            self._members = self._check_directory(max_member_bytes)
        except BaseException:
            self._zip.close()
            raise

    def _check_directory(self, max_member_bytes: int) -> dict[str, zipfile.ZipInfo]:
        infos = self._zip.infolist()
        if len(infos) > MAX_MEMBERS:
            raise DamagedFileError(f"the archive has {len(infos)} members", where=str(self.path))
        members: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            # orig_filename keeps what zipfile would cut off or translate, e.g. behind a NUL byte.
            name, where = info.orig_filename, f"{self.path}, member {info.orig_filename[:80]!r}"
            if not _MEMBER.fullmatch(name) or name.startswith(".."):
                raise DamagedFileError("the archive holds a member that is not a plain '<key>.npy'", where=where)
            if name[:-4] in members:
                raise DamagedFileError("the archive holds a key twice", where=where)
            if info.flag_bits & 0x41:
                raise DamagedFileError("the archive is encrypted", where=where, fix="Write it without a password")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise DamagedFileError(f"compression method {info.compress_type} is not one of .npz", where=where)
            if info.file_size > max_member_bytes:
                raise DamagedFileError(
                    f"the member declares {info.file_size} bytes, at most {max_member_bytes} are read",
                    where=where,
                )
            members[name[:-4]] = info
        # Over all members, so that members that share the same compressed bytes are caught too.
        total, stored = sum(info.file_size for info in infos), self.path.stat().st_size
        if total > RATIO_FREE_BYTES and total > MAX_RATIO * stored:
            raise DamagedFileError(
                f"the archive of {stored} bytes unfolds to {total} bytes, more than {MAX_RATIO} times",
                where=str(self.path),
                fix="Write it with np.savez",
            )
        return members

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __contains__(self, key: object) -> bool:
        return key in self._members

    def where(self, key: str) -> str:
        """How messages call an entry."""
        return f"{self.path}, entry {key!r}"

    def read_bytes(self, key: str) -> bytes:
        """The whole member; never more than its directory entry declares."""
        try:
            with self._zip.open(self._members[key]) as stream:
                return stream.read()
        except _ZIP_ERRORS as error:
            raise DamagedFileError(
                f"the entry cannot be read: {_short(error)}", where=self.where(key), fix="Get the file again"
            ) from error

    def read_array(self, key: str) -> np.ndarray:
        """A plain array (read-only); object arrays are refused before their content is touched."""
        data = self.read_bytes(key)
        header = read_header(io.BytesIO(data), self.where(key))
        check_plain(header, len(data) - header.size, self.where(key))
        flat = np.frombuffer(data, header.dtype, offset=header.size) if header.nbytes else np.empty(0, header.dtype)
        return flat.reshape(header.shape, order="F" if header.fortran_order else "C")

    def read_pickle_bytes(self, key: str) -> bytes:
        """The pickle inside a 0-d object array, unread: only :mod:`..restricted_pickle` may interpret it."""
        data = self.read_bytes(key)
        header = read_header(io.BytesIO(data), self.where(key))
        if header.dtype != np.dtype(object) or header.shape != ():
            raise InputError(
                f"the entry is an array of dtype {header.dtype} and shape {header.shape}, "
                "expected a 0-d object array with a dict",
                where=self.where(key),
            )
        return data[header.size :]


def _short(error: BaseException) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text[:120]
