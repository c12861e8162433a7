"""What the readers of ``.npz`` and ``.npy`` refuse before they read or allocate."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from handx_bench.data.readers.archive import Archive, read_npy
from handx_bench.errors import InputError


def npy(array: np.ndarray, **header: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    data = stream.getvalue()
    if not header:
        return data
    end = data.index(b"\n") + 1
    text = repr({"descr": array.dtype.str, "fortran_order": False, "shape": array.shape, **header}).encode()
    text += b" " * (end - 10 - 1 - len(text)) + b"\n"
    return data[:8] + len(text).to_bytes(2, "little") + text + data[end:]


def make_zip(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float16).reshape(1, 2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array(3),
        np.zeros((0, 4)),
        np.array(["a", "é"]),
        np.arange(3, dtype=">i4"),
    ],
)
def test_reads_what_numpy_reads(tmp_path: Path, array: np.ndarray, save: object) -> None:
    path = tmp_path / "x.npz"
    save(path, x=array)  # type: ignore[operator]
    with Archive(path) as archive, np.load(path) as expected:
        found = archive.read_array("x")
        np.testing.assert_array_equal(found, expected["x"])
        assert found.dtype == expected["x"].dtype
    np.save(tmp_path / "x.npy", array)
    np.testing.assert_array_equal(read_npy(tmp_path / "x.npy"), array)


@pytest.mark.parametrize("name", ["../x.npy", "/etc/x.npy", "a/b.npy", "..\\x.npy", "x.txt", "x", "..npy", "a\nb.npy"])
def test_refuses_member_names_that_climb_or_are_no_arrays(tmp_path: Path, name: str) -> None:
    path = make_zip(tmp_path / "x.npz", {name: npy(np.zeros(3))})
    with pytest.raises(InputError, match=r"plain '<key>\.npy'") as caught:
        Archive(path)
    assert str(path) in str(caught.value)


def test_refuses_a_key_twice(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.npz", {"x.npy": npy(np.zeros(3)), "y.npy": npy(np.ones(3))})
    path.write_bytes(path.read_bytes().replace(b"y.npy", b"x.npy"))
    with pytest.raises(InputError, match="a key twice"):
        Archive(tmp_path / "x.npz")


def test_refuses_encryption(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.npz", {"x.npy": npy(np.zeros(3))})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="encrypted"):
        Archive(path)


def test_refuses_foreign_compression(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.npz", {"x.npy": npy(np.zeros(3))}, zipfile.ZIP_LZMA)
    with pytest.raises(InputError, match="compression method 14"):
        Archive(path)


def test_refuses_a_bomb_before_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file, file.open("x.npy", "w") as stream:
        for _ in range(100):
            stream.write(bytes(2**20))
    with pytest.raises(InputError, match="unfolds to 104857600 bytes"):
        Archive(path)


def test_refuses_members_that_share_their_bytes(tmp_path: Path) -> None:
    """Fifield's bomb: many directory entries for one compressed stream."""
    path = make_zip(tmp_path / "x.npz", {"000.npy": npy(np.random.default_rng(0).random(2**17))})
    data = path.read_bytes()
    start, stop = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry, end = data[start:stop], bytearray(data[stop:])
    entries = b"".join(entry.replace(b"000.npy", f"{i:03d}.npy".encode()) for i in range(200))
    end[8:12] = (200).to_bytes(2, "little") * 2
    end[12:16] = len(entries).to_bytes(4, "little")
    path.write_bytes(data[:start] + entries + bytes(end))
    assert len(zipfile.ZipFile(path).namelist()) == 200  # a proper archive to the standard library
    with pytest.raises(InputError, match="unfolds to"):
        Archive(path)


def test_refuses_a_large_member(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.npz", {"0.npy": npy(np.zeros(1000))})
    with pytest.raises(InputError, match="declares 8128 bytes, at most 1000"):
        Archive(path, max_member_bytes=1000)


@pytest.mark.parametrize("cut", [0, 10, 100, -200, -30, -1])
def test_refuses_truncation(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, x=np.random.default_rng(0).random(100))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError, match=r"not a readable \.npz"):
        Archive(path)


def test_refuses_changed_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, x=np.zeros(100))
    data = bytearray(path.read_bytes())
    data[400] ^= 1
    path.write_bytes(data)
    with Archive(path) as archive, pytest.raises(InputError, match="entry 'x'"):
        archive.read_array("x")


HEADERS = {
    "huge shape": (npy(np.zeros(8, "f4"), shape=(2**40, 2**20)), "declares the shape"),
    "more than stored": (npy(np.zeros(8, "f4"), shape=(9,)), "36 bytes.*32 bytes are stored"),
    "less than stored": (npy(np.zeros(8, "f4"), shape=(7,)), "28 bytes.*32 bytes are stored"),
    "negative shape": (npy(np.zeros(8, "f4"), shape=(-2, -4)), "declares the shape"),
    "objects": (npy(np.zeros(4), descr="|O"), "Python objects"),
    "structured": (npy(np.zeros(4), descr=[("a", "<f4"), ("b", "<f4")]), "dtype"),
    "structured with objects": (npy(np.zeros(4), descr=[("a", "|O")]), "Python objects"),
    "void": (npy(np.zeros(4), descr="|V8"), "dtype"),
    "dates": (npy(np.zeros(4), descr="<M8[s]"), "dtype"),
    "code in the header": (
        npy(np.zeros(4)).replace(b"'fortran_order': False", b"'fortran_order': 1+1  "),
        "numpy array",
    ),
    "nested header": (npy(np.zeros(2000)).replace(b"{'descr'", b"((((((((", 1), "numpy array"),
    "no header": (b"x" * 200, "numpy array"),
    "empty": (b"", "numpy array"),
    "version 9": (b"\x93NUMPY\x09\x00" + npy(np.zeros(4))[8:], "numpy array"),
}


@pytest.mark.parametrize("name", list(HEADERS))
def test_refuses_what_is_no_plain_array(tmp_path: Path, name: str) -> None:
    data, words = HEADERS[name]
    with (
        Archive(make_zip(tmp_path / "x.npz", {"x.npy": data})) as archive,
        pytest.raises(InputError, match=words) as caught,
    ):
        archive.read_array("x")
    assert "entry 'x'" in str(caught.value)
    (tmp_path / "x.npy").write_bytes(data)
    with pytest.raises(InputError, match=words):
        read_npy(tmp_path / "x.npy")
