"""The pickle reader against Python's own on plain data, and against pickles that are not plain data."""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handx_bench.data.restricted_pickle import RefusedPickleError, loads

PLAIN = {
    "motion": np.arange(12, dtype=np.float32).reshape(2, 3, 2),
    "big_endian": np.arange(4, dtype=">f8"),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "empty": np.zeros((0, 3)),
    "flags": np.array([True, False]),
    "half": np.ones(3, np.float16),
    "scalars": [np.float64(2.5), np.int32(-3), np.bool_(True)],
    "texts": ["left", "é", ""],
    "others": (1, -(2**40), None, True, 2.5, b"x"),
}


def assert_same(found: Any, expected: Any) -> None:
    if isinstance(expected, np.ndarray):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype.newbyteorder("=") == expected.dtype.newbyteorder("=")
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            assert_same(found[key], expected[key])
    elif isinstance(expected, list | tuple):
        assert type(found) is type(expected)
        assert len(found) == len(expected)
        for a, b in zip(found, expected):
            assert_same(a, b)
    else:
        assert found == expected


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_reads_what_pickle_reads(protocol: int) -> None:
    data = pickle.dumps(PLAIN, protocol=protocol)
    assert_same(loads(data), pickle.loads(data))


def test_reads_the_names_of_numpy_1() -> None:
    new = pickle.dumps(PLAIN, protocol=3)
    old = new.replace(b"numpy._core", b"numpy.core")
    assert old != new
    assert_same(loads(old), PLAIN)


def test_reads_the_box_that_savez_makes() -> None:
    box = np.empty((), object)
    box[()] = {"texts": ["a"]}
    assert loads(pickle.dumps(box, protocol=4), boxed=True) == {"texts": ["a"]}
    with pytest.raises(RefusedPickleError, match="array of objects"):
        loads(pickle.dumps(box, protocol=4))
    with pytest.raises(RefusedPickleError, match="no 0-d object array"):
        loads(pickle.dumps({"texts": ["a"]}), boxed=True)


_scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text() | st.binary()
)
_plain = st.recursive(
    _scalars,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(value=_plain, protocol=st.sampled_from([3, 4, 5]))
def test_round_trip_of_any_plain_data(value: Any, protocol: int) -> None:
    assert_same(loads(pickle.dumps(value, protocol=protocol)), value)


@settings(max_examples=300)
@given(st.data())
def test_damaged_pickles_are_refused_or_plain(data: st.DataObject) -> None:
    raw = bytearray(pickle.dumps(PLAIN, protocol=4))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(raw)))
    try:
        found = loads(bytes(raw[:cut]))
    except RefusedPickleError:
        return
    stack = [found]
    while stack:
        value = stack.pop()
        assert type(value) in (dict, list, tuple, str, bytes, bytearray, int, float, bool, type(None), np.ndarray)
        stack.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [])


def test_every_truncation_is_refused() -> None:
    data = pickle.dumps(PLAIN, protocol=4)
    for cut in range(len(data)):
        with pytest.raises(RefusedPickleError):
            loads(data[:cut])


class Call:
    """Pickles as a call of ``function`` with ``args``, optionally followed by a state."""

    def __init__(self, function: Any, *args: Any, state: Any = None) -> None:
        self.parts = (function, args) if state is None else (function, args, state)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.parts


class Matrix(np.ndarray):
    pass


def _text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


def _global(module: str, name: str) -> bytes:
    return _text(module) + _text(name) + b"\x93"


def hostile(marker: Path) -> dict[str, tuple[bytes, str]]:
    """Payloads that create ``marker`` if anything runs, each with the words its refusal must hold."""
    touch = f"open({str(marker)!r}, 'w').close()"
    shell = f"touch {marker}"
    reconstruct = _global("numpy._core.multiarray", "_reconstruct")
    box = np.empty(1, object)
    box[0] = Call(os.system, shell)
    laugh: list[Any] = ["ha"]
    for _ in range(60):
        laugh = [laugh, laugh]
    cycle: list[Any] = []
    cycle.append(cycle)
    return {
        "os.system": (pickle.dumps(Call(os.system, shell), 4), "posix.system"),
        "os.system, text protocol": (b"cos\nsystem\n(S'" + shell.encode() + b"'\ntR.", "os.system"),
        "os.system, protocol 2": (pickle.dumps(Call(os.system, shell), 2), "posix.system"),
        "subprocess": (pickle.dumps(Call(subprocess.call, ["touch", str(marker)]), 4), "subprocess.call"),
        "eval": (pickle.dumps(Call(eval, f"exec({touch!r})"), 4), "builtins.eval"),
        "exec": (pickle.dumps(Call(exec, touch), 4), "builtins.exec"),
        "getattr": (pickle.dumps(getattr, 4), "builtins.getattr"),
        "import": (pickle.dumps(__import__, 4), "builtins.__import__"),
        "inside a dict": (pickle.dumps({"motion": Call(os.system, shell)}, 4), "posix.system"),
        "as a state": (pickle.dumps(Call(np.dtype, "f4", state=(3, Call(os.system, shell))), 4), "posix.system"),
        "in an object array": (pickle.dumps(box, 4), "posix.system"),
        "numpy.load": (pickle.dumps(Call(np.load, str(marker)), 4), "numpy.load"),
        "numpy.fromfile": (pickle.dumps(np.fromfile, 4), "numpy.fromfile"),
        "ufunc": (pickle.dumps(np.add, 4), "numpy"),
        "frompyfunc": (b"\x80\x04" + _global("numpy", "frompyfunc") + b".", "numpy.frompyfunc"),
        "attribute path": (b"\x80\x04" + _global("numpy", "ndarray.tofile") + b".", "numpy.ndarray.tofile"),
        "private numpy": (b"\x80\x04" + _global("numpy.testing._private.utils", "runstring") + b".", "runstring"),
        "subclass": (
            b"\x80\x04" + reconstruct + _global("numpy", "matrix") + b"K\x00\x85C\x01b\x87R.",
            "numpy.matrix",
        ),
        "own subclass": (pickle.dumps(np.zeros(2).view(Matrix), 4), "Matrix"),
        "reconstruct a dtype": (
            b"\x80\x04" + reconstruct + _global("numpy", "dtype") + b"K\x00\x85C\x01b\x87R.",
            "_reconstruct",
        ),
        "reconstruct with a size": (
            b"\x80\x04"
            + reconstruct
            + _global("numpy", "ndarray")
            + b"J"
            + struct.pack("<i", 2**30)
            + b"\x85C\x01b\x87R.",
            "_reconstruct",
        ),
        "call a dict": (b"\x80\x04})R.", "calls 'dict'"),
        "call text": (b"\x80\x04" + _text("os.system") + b")R.", "calls 'str'"),
        "state of a dict": (b"\x80\x04}}" + _text("__class__") + b"Nsb.", "state of a dict"),
        "state of a list": (b"\x80\x04]}b.", "state of a list"),
        "object array": (pickle.dumps(np.array([1, "a"], object), 4), "array of objects"),
        "structured array": (pickle.dumps(np.zeros(2, "f4,i4"), 4), "dtype 'V8'"),
        "text array": (pickle.dumps(np.array(["a"]), 4), "dtype 'U1'"),
        "datetime array": (pickle.dumps(np.zeros(1, "M8[s]"), 4), "dtype 'M8'"),
        "huge shape": (
            pickle.dumps(np.zeros(2, "f4"), 4).replace(b"K\x02\x85", b"J\xff\xff\xff\x7f\x85"),
            "shape",
        ),
        "negative shape": (
            pickle.dumps(np.zeros((2, 2), "f4"), 4).replace(
                b"K\x02K\x02\x86", b"J\xfe\xff\xff\xffJ\xfe\xff\xff\xff\x86"
            ),
            "shape",
        ),
        "huge int": (pickle.dumps(2**1000, 4), "64 bits"),
        "set": (pickle.dumps({1, 2}, 4), "EMPTY_SET"),
        "key that is no text": (pickle.dumps({(1, 2): 3}, 4), "dict key"),
        "a class": (pickle.dumps(Path, 4), "pathlib"),
        "new object": (b"\x80\x04" + _global("numpy", "ndarray") + b")\x81.", "NEWOBJ"),
        "instance": (b"(ios\nsystem\n.", "INST"),
        "object opcode": (b"\x80\x04(" + _global("numpy", "ndarray") + b"o.", "OBJ"),
        "persistent id": (b"\x80\x04Ppassword\n.", "PERSID"),
        "binary persistent id": (b"\x80\x04K\x01Q.", "BINPERSID"),
        "extension registry": (b"\x80\x04\x82\x01.", "EXT1"),
        "out-of-band buffer": (b"\x80\x05\x97.", "NEXT_BUFFER"),
        "deep nesting": (b"\x80\x04" + b"]" * 5000 + b"a" * 4999 + b".", "deeper than"),
        "deep tuples": (b"\x80\x04)" + b"\x85" * 5000 + b".", "deeper than"),
        "billion laughs": (pickle.dumps(laugh, 4), "deeper than"),
        "wide laughs": (_wide_laughs(), "unfolds to more than"),
        "laughs as a shape": (_laughing_shape(laugh), "shape"),
        "cycle": (pickle.dumps(cycle, 4), "deeper than"),
        "many opcodes": (b"\x80\x04" + b"N0" * 10 + b"]" + b"(Ne" * 100_000 + b".", "POP"),
        "too many opcodes": (b"\x80\x04]" + b"(Ne" * 100_000 + b".", "opcodes"),
        "trailing bytes": (pickle.dumps({}, 4) + b"cos\nsystem\n.", "followed by"),
        "second value": (b"\x80\x04NN.", "damaged"),
        "no value": (b"\x80\x04.", "damaged"),
        "unknown memo": (b"\x80\x04h\x07.", "damaged"),
        "mark as a value": (b"\x80\x04(\x85.", "damaged"),
        "declared length beyond the end": (b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x.", "damaged"),
        "not a pickle": (b"\x00\x01\x02\x03", "damaged"),
        "empty": (b"", "damaged"),
    }


def _wide_laughs() -> bytes:
    value: list[Any] = ["ha"] * 50
    for _ in range(4):
        value = [value] * 50
    return pickle.dumps(value, 4)


def _laughing_shape(laugh: list[Any]) -> bytes:
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, 4)
    pickler.dump(laugh)
    body = stream.getvalue()
    body = body[body.index(b"]") : -1]  # the list alone, without PROTO, FRAME and STOP
    f4 = _global("numpy", "dtype") + _text("f4") + b"\x89\x88\x87R"
    array = _global("numpy._core.multiarray", "_reconstruct") + _global("numpy", "ndarray") + b"K\x00\x85C\x01b\x87R"
    return b"\x80\x04" + array + b"(K\x01" + body + b"\x85" + f4 + b"\x89C\x00tb."


@pytest.mark.parametrize("name", list(hostile(Path("/nowhere"))))
def test_refuses_and_runs_nothing(name: str, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    data, words = hostile(marker)[name]
    before = set(sys.modules)
    with pytest.raises(RefusedPickleError) as caught:
        loads(data, where="clips.npz, entry '7'")
    assert words in str(caught.value)
    assert "clips.npz, entry '7'" in str(caught.value)
    assert not marker.exists()
    assert set(sys.modules) == before


def test_the_payloads_would_work(tmp_path: Path) -> None:
    """Python's own reader runs them: the tests above do not pass for want of a working payload."""
    for name in ("os.system", "exec", "inside a dict", "in an object array", "os.system, text protocol"):
        marker = tmp_path / name.replace(" ", "_").replace(",", "")
        pickle.loads(hostile(marker)[name][0])
        assert marker.exists(), name


def test_length_is_bounded() -> None:
    data = pickle.dumps(np.zeros(1000), 4)
    assert loads(data, max_bytes=len(data)) is not None
    with pytest.raises(RefusedPickleError, match="at most"):
        loads(data, max_bytes=len(data) - 1)


def test_shared_arrays_are_not_copied() -> None:
    array = np.zeros(100_000)
    found = loads(pickle.dumps([array] * 1000, 4))
    assert all(part is found[0] for part in found)


def test_arrays_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        loads(pickle.dumps(np.zeros(3), 4))[0] = 1


def test_uses_no_opcode_table_of_its_own() -> None:
    """Every opcode handled is one of Python's, so that a misspelt name cannot refuse by accident."""
    from handx_bench.data import restricted_pickle as module

    names = {opcode.name for opcode in pickletools.opcodes}
    assert set(module._ACTIONS) | set(module._CONSTANTS) | module._LITERALS | module._IGNORED <= names


def test_a_buffer_named_again_and_again_is_not_copied_for_ever() -> None:
    """Each call made its own copy: 10 MB of pickle asked for 180 GB."""
    raw = b"\x96" + struct.pack("<Q", 100_000) + bytes(100_000) + b"\x94"
    many = b"\x80\x05](" + raw + b"".join(_frombuffer(0) for _ in range(50)) + b"e."
    assert len(pickle.loads(many)) == 51
    with pytest.raises(RefusedPickleError, match="unfolds to more bytes than it holds"):
        loads(many)


def _frombuffer(memo: int) -> bytes:
    """``numpy._frombuffer(memo, uint8, (100000,), 'C')`` as opcodes."""
    dtype = b"cnumpy\ndtype\n(X\x02\x00\x00\x00u1\x89\x88tR"
    size = b"J" + struct.pack("<i", 100_000) + b"\x85"
    return b"cnumpy._core.numeric\n_frombuffer\n(h" + bytes([memo]) + dtype + size + b"X\x01\x00\x00\x00CtR"
