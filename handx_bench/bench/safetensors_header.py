"""The header of a safetensors file, read as if an enemy had written it.

The format (huggingface/safetensors): 8 bytes little-endian header length, a JSON object that maps each tensor
to ``{"dtype", "shape", "data_offsets": [begin, end)}`` and ``__metadata__`` to strings, then the tensors'
bytes. The library's own reader is not handed a file before this module has found its sizes in order.
"""

from __future__ import annotations

import json
import math
import os
import stat
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError

MAX_HEADER_BYTES = 16 * 2**20
MAX_TENSORS = 64
_ITEM_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8, "C64": 8,
}  # fmt: skip
_NAMES = {np.dtype("<f2"): "F16", np.dtype("<f4"): "F32", np.dtype("<i4"): "I32", np.dtype("<i8"): "I64"}
#: First bytes of files that people take for predictions.
_DISGUISES = {
    b"PK\x03\x04": "a zip file (.npz, or torch.save)",
    b"\x93NUMPY": "a .npy file",
    b"\x89HDF": "an HDF5 file",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gzip file",
}


@dataclass(frozen=True)
class TensorEntry:
    """One tensor of the header; ``start`` is its first byte in the file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int


@dataclass(frozen=True)
class Header:
    """Tensors and metadata, whose sizes have been found to fit the file exactly."""

    tensors: dict[str, TensorEntry]
    metadata: dict[str, str]


def read_header(path: str | os.PathLike[str], *, max_bytes: int, error: type[InputError] = InputError) -> Header:
    """Read and check the header.

    Raises:
        InputError (or the subclass ``error``): no regular file, larger than ``max_bytes``, another format, a
            header beyond ``MAX_HEADER_BYTES`` or the file, bad JSON, a dtype or offset that does not fit,
            bytes that belong to no tensor.
    """
    where = os.fspath(path)

    def fail(what: str, fix: str = "Write the file anew; it may have been cut off in a transfer") -> InputError:
        return error(what, where=where, fix=fix)

    try:
        # Without O_NONBLOCK, opening a named pipe would wait for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as problem:
        raise fail(f"the file cannot be opened: {problem.strerror}", "Check the path") from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise fail("the file is not a regular file", "Name a .safetensors file")
    with open(handle, "rb") as stream:
        if status.st_size > max_bytes:
            raise fail(
                f"the file has {status.st_size} bytes, more than the {max_bytes} allowed",
                "Use float16, or fewer samples",
            )
        prefix, first = stream.read(8), stream.read(1)
        if first != b"{":  # a header's length may begin with any bytes, so this alone tells
            for magic, name in _DISGUISES.items():
                if prefix.startswith(magic):
                    raise fail(
                        f"the file is {name}, not safetensors", "Write it with handx_bench.bench.write_predictions"
                    )
            if prefix[:1] == b"\x80" and prefix[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
                raise fail("the file is a pickle, not safetensors", "Pickles are never read: they can run code")
        length = int.from_bytes(prefix, "little")
        if len(prefix) < 8 or length < 2:
            raise fail("the file is too short to be a safetensors file")
        if length > MAX_HEADER_BYTES:
            raise fail(
                f"the file claims a header of {length} bytes, more than {MAX_HEADER_BYTES}",
                "Is it a safetensors file?",
            )
        if 8 + length > status.st_size:
            raise fail(f"the file is truncated: its header needs {8 + length} bytes and the file has {status.st_size}")
        raw = first + stream.read(length - 1)
    if not raw.startswith(b"{"):
        raise fail("the file has no JSON header", "Is it a safetensors file?")
    try:
        tensors, metadata = _parse(raw, data_start=8 + length, file_size=status.st_size)
    except InputError as problem:
        raise fail(problem.what, problem.fix) from None
    return Header(tensors, metadata)


def strict_json(text: str | bytes, what: str, error: type[InputError] = InputError) -> Any:
    """Parse JSON that has no duplicate keys, no NaN and no absurd depth.

    >>> strict_json('{"a": 1, "a": 2}', "seeds")
    Traceback (most recent call last):
    ...
    handx_bench.errors.InputError: seeds: duplicate key 'a'
    """

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in items:
            if key in result:
                raise error(f"{what}: duplicate key {key[:40]!r}")
            result[key] = value
        return result

    def constant(name: str) -> Any:
        raise error(f"{what}: {name} is not allowed")

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except InputError:
        raise
    except (
        ValueError,
        RecursionError,
    ) as problem:  # UnicodeDecodeError is a ValueError, and so are endless integers
        raise error(f"{what} is not valid JSON: {str(problem)[:80]}") from None


def encode_header(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    """Length and header for tensors that follow in the given order without gaps, padded to 8 bytes.

    Put the widest dtype first, so that every tensor starts at a multiple of its item size.
    """
    entries: dict[str, Any] = {"__metadata__": metadata}
    begin = 0
    for name, array in tensors.items():
        end = begin + array.size * array.dtype.itemsize
        dtype = _NAMES[array.dtype.newbyteorder("<")]
        entries[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [begin, end]}
        begin = end
    raw = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)
    if len(raw) > MAX_HEADER_BYTES:
        raise InputError(f"the header would have {len(raw)} bytes", fix="Use shorter clip ids or fewer clips")
    return len(raw).to_bytes(8, "little") + raw


def _parse(raw: bytes, *, data_start: int, file_size: int) -> tuple[dict[str, TensorEntry], dict[str, str]]:
    header = strict_json(raw, "the header")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise InputError("the header's metadata is not an object of strings", fix="Write every value as a string")
    if not 0 < len(header) <= MAX_TENSORS:
        raise InputError(f"the file holds {len(header)} tensors", fix=f"Expected 1–{MAX_TENSORS}")
    spans: list[tuple[int, int]] = []
    tensors = {}
    for name, value in header.items():
        dtype, shape, begin, end = _fields(name, value)
        if end - begin != math.prod(shape) * _ITEM_BYTES[dtype]:
            raise InputError(f"{name}: {end - begin} bytes do not fit shape {shape} of {dtype}")
        spans.append((begin, end))
        tensors[name] = TensorEntry(name, dtype, shape, data_start + begin)
    position = 0
    for begin, end in sorted(spans):
        if begin != position:
            raise InputError(f"tensors overlap or leave a gap at byte {min(begin, position)}")
        position = end
    if data_start + position != file_size:
        kind = (
            "the file is truncated"
            if data_start + position > file_size
            else "the file has bytes that belong to no tensor"
        )
        raise InputError(f"{kind}: the header describes {data_start + position} bytes and the file has {file_size}")
    return tensors, metadata


def _fields(name: str, value: Any) -> tuple[str, tuple[int, ...], int, int]:
    label = repr(name[:40])
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        raise InputError(f"{label} is not described by dtype, shape and data_offsets")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _ITEM_BYTES:
        raise InputError(f"{label} has the unknown dtype {str(dtype)[:20]!r}")
    if not isinstance(shape, list) or len(shape) > 16 or not all(_is_size(v) for v in shape):
        raise InputError(f"{label} has no proper shape")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(_is_size(v) for v in offsets):
        raise InputError(f"{label} has no proper data_offsets")
    return dtype, tuple(shape), offsets[0], offsets[1]


def _is_size(value: Any) -> bool:
    # bool is an int in Python; 2⁶³ is beyond any file.
    return type(value) is int and 0 <= value < 2**63
