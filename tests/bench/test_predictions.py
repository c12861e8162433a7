"""The predictions file, against the safetensors library and against an enemy."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch

from handx_bench.bench.predictions import (
    Predictions,
    PredictionsError,
    blank_motion,
    read_predictions,
    write_predictions,
    writing_predictions,
)
from handx_bench.errors import InputError

N, K, T = 3, 2, 5


def example(dtype: str = "float32") -> Predictions:
    random = np.random.default_rng(0)
    return Predictions(
        motion=random.normal(size=(N, K, T, 2, 21, 3)).astype(dtype),
        lengths=np.array([5, 3, 4]),
        clip_ids=("a", "b", "ü c"),
        protocol_id="mini-v0",
        protocol_hash="0" * 64,
        generator="hands",
        seeds={"generation": 7},
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "p.safetensors"


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_the_library_reads_what_we_write(dtype: str, path: Path) -> None:
    ours = example(dtype)
    write_predictions(path, ours)
    theirs = safetensors.numpy.load_file(path)
    assert np.array_equal(theirs["motion"], ours.motion)
    assert theirs["motion"].dtype == ours.motion.dtype
    assert np.array_equal(theirs["lengths"], ours.lengths)
    with safetensors.safe_open(path, framework="np") as file:
        assert file.metadata() == ours.metadata()


@pytest.mark.parametrize("lengths", [np.int32, np.int64])
def test_we_read_what_the_library_writes(lengths: type, path: Path) -> None:
    ours = example()
    tensors = {"motion": ours.motion, "lengths": ours.lengths.astype(lengths)}
    safetensors.numpy.save_file(tensors, path, metadata=ours.metadata())
    back = read_predictions(path)
    assert np.array_equal(back.motion, ours.motion)
    assert np.array_equal(back.lengths, ours.lengths)
    assert (back.clip_ids, back.seeds, back.generator) == (ours.clip_ids, ours.seeds, ours.generator)
    assert (back.protocol_id, back.protocol_hash) == (ours.protocol_id, ours.protocol_hash)


def test_motion_is_memory_mapped_and_read_only(path: Path) -> None:
    write_predictions(path, example())
    motion = read_predictions(path).motion
    assert isinstance(motion, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        motion[0] = 0


def test_opening_a_large_file_costs_no_memory(path: Path) -> None:
    # A sparse file of 4 GB: reading it whole would fail or take the memory of this machine.
    count = 200
    blank = Predictions(
        motion=blank_motion((count, 20, 2000, 2, 21, 3)),
        lengths=np.full(count, 2000),
        clip_ids=tuple(map(str, range(count))),
        protocol_id="p",
        protocol_hash="h",
        generator="g",
    )
    from handx_bench.bench.safetensors_header import encode_header

    header = encode_header({"lengths": blank.lengths, "motion": blank.motion}, blank.metadata())
    path.write_bytes(header + blank.lengths.astype("<i8").tobytes())
    os.truncate(path, len(header) + 8 * count + blank.motion.size * 4)
    assert path.stat().st_size > 4e9
    assert read_predictions(path).motion[137, 3, 50, 1].shape == (21, 3)
    with pytest.raises(PredictionsError, match="more than the 1000 allowed"):
        read_predictions(path, max_bytes=1000)


def test_writing_leaves_nothing_behind_when_it_fails(path: Path) -> None:
    def fail_halfway() -> None:
        with writing_predictions(path, example()) as append:
            append(example().motion[:1])
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert list(path.parent.iterdir()) == []


def test_an_older_file_survives_a_failed_write(path: Path) -> None:
    write_predictions(path, example())
    before = path.read_bytes()
    with (
        pytest.raises(PredictionsError, match="1 motions were written for 3 clips"),
        writing_predictions(path, example()) as append,
    ):
        append(example().motion[:1])
    assert path.read_bytes() == before
    with pytest.raises(PredictionsError, match="a batch has shape"), writing_predictions(path, example()) as append:
        append(example().motion[:, :1])


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write there"):
        write_predictions(tmp_path / "file" / "p.safetensors", example())
    with pytest.raises(InputError, match="is a folder"):
        write_predictions(tmp_path, example())


# -- what an enemy sends ---------------------------------------------------------------------------------------------


def raw(header: Any, data: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    if not isinstance(header, bytes):
        text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


def parts() -> tuple[dict[str, Any], bytes]:
    """Header and data of a good file, to be spoilt."""
    ours = example()
    sizes = (8 * N, ours.motion.nbytes)
    header = {
        "__metadata__": ours.metadata(),
        "lengths": {"dtype": "I64", "shape": [N], "data_offsets": [0, sizes[0]]},
        "motion": {"dtype": "F32", "shape": [N, K, T, 2, 21, 3], "data_offsets": [sizes[0], sum(sizes)]},
    }
    return header, ours.lengths.tobytes() + ours.motion.tobytes()


def spoil(change: Callable[[dict[str, Any]], None]) -> bytes:
    header, data = parts()
    change(header)
    return raw(header, data)


def meta(key: str, value: Any) -> bytes:
    return spoil(lambda h: h["__metadata__"].update({key: value}))


def motion(**entry: Any) -> bytes:
    return spoil(lambda h: h["motion"].update(entry))


def with_lengths(*values: int) -> bytes:
    header, data = parts()
    return raw(header, np.array(values).tobytes() + data[8 * N :])


def torch_file() -> bytes:
    buffer = io.BytesIO()
    torch.save({"motion": torch.zeros(3)}, buffer)
    return buffer.getvalue()


def npz_file() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, motion=np.zeros(3))
    return buffer.getvalue()


#: What a pickle would leave behind if anybody loaded it.
MARK = Path(tempfile.gettempdir()) / f"handx-bench-bomb-{os.getpid()}"


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(MARK),)


def good() -> bytes:
    return raw(*parts())


def pairs_twice() -> bytes:
    header, data = parts()
    text = json.dumps(header)
    return raw((text[:-1] + ', "motion": ' + json.dumps(header["motion"]) + "}").encode(), data)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "too short"),
    "seven bytes": (lambda: b"\x10" + b"\0" * 6, "too short"),
    "header of 0 bytes": (lambda: b"\0" * 64, "too short"),
    "header beyond the file": (lambda: (1000).to_bytes(8, "little") + b"{}", "truncated"),
    "header of 2⁶³ bytes": (lambda: (2**63).to_bytes(8, "little") + b"{" + b" " * 50, "claims a header"),
    "header of 17 MB": (lambda: (17 * 2**20).to_bytes(8, "little") + b"{" + b" " * 50, "claims a header"),
    "data cut off": (lambda: good()[:-1], "truncated"),
    "data too long": (lambda: good() + b"\0", "belong to no tensor"),
    "pickle": (lambda: pickle.dumps({"motion": Bomb()}), "is a pickle"),
    "pickle, protocol 2": (lambda: pickle.dumps(Bomb(), protocol=2), "is a pickle"),
    "torch": (torch_file, "is a zip"),
    "npz": (npz_file, "is a zip"),
    "npy": (lambda: b"\x93NUMPY" + b"\1" * 80, r"is a \.npy"),
    "parquet": (lambda: b"PAR1" + b"\1" * 80, "is a Parquet"),
    "no JSON": (lambda: raw(b"[1, 2]", b""), "no JSON header"),
    "broken JSON": (lambda: raw(b'{"motion": ', b""), "not valid JSON"),
    "not UTF-8": (lambda: raw(b'{"\xff\xfe": 1}', b""), "not valid JSON"),
    "deep JSON": (lambda: raw(b'{"a":' * 100_000 + b"}" * 100_000, b""), "not valid JSON"),
    "NaN in JSON": (lambda: raw(b'{"a": NaN}', b""), "NaN is not allowed"),
    "a tensor twice": (pairs_twice, "duplicate key 'motion'"),
    "no tensors": (lambda: raw({"__metadata__": {}}, b""), "holds 0 tensors"),
    "another tensor": (
        lambda: spoil(lambda h: h.update(extra={"dtype": "U8", "shape": [0], "data_offsets": [0, 0]})),
        "holds 3 tensors",
    ),
    "no lengths": (
        lambda: raw({"motion": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, b"\0" * 4),
        r"holds 1 tensors: 'motion'",
    ),
    "entry is a list": (lambda: raw({"motion": []}, b""), "is not described"),
    "entry with more": (lambda: motion(more=1), "is not described"),
    "unknown dtype": (lambda: motion(dtype="OBJECT"), "unknown dtype"),
    "bfloat16": (
        lambda: raw(
            {
                **parts()[0],
                "motion": {"dtype": "BF16", "shape": [N, K, T, 2, 21, 3], "data_offsets": [24, 24 + N * K * T * 252]},
            },
            parts()[1][: 24 + N * K * T * 252],
        ),
        "dtype BF16",
    ),
    "integers": (lambda: motion(dtype="I32"), "dtype I32"),
    "float lengths": (
        lambda: spoil(lambda h: h["lengths"].update(dtype="F64")),
        "lengths has dtype F64",
    ),
    "negative size": (lambda: motion(shape=[-N, K, T, 2, 21, -3]), "no proper shape"),
    "true as a size": (lambda: motion(shape=[True, K, T, 2, 21, 3]), "no proper shape"),
    "float size": (lambda: motion(shape=[3.0, K, T, 2, 21, 3]), "no proper shape"),
    "size of 2⁷⁰": (lambda: motion(shape=[2**70, 0]), "no proper shape"),
    "product overflows 64 bits": (lambda: motion(shape=[2**32, 2**32, 1, 1, 1, 1]), "do not fit shape"),
    "shape is not its bytes": (lambda: motion(shape=[N, K, T, 2, 21, 4]), "do not fit shape"),
    "axes swapped": (lambda: motion(shape=[N, K, T, 21, 2, 3]), "motion has shape"),
    "one hand": (lambda: motion(shape=[N, K, 2 * T, 1, 21, 3]), "motion has shape"),
    "no clip": (
        lambda: raw(
            {
                "__metadata__": {**example().metadata(), "clip_ids": "[]"},
                "lengths": {"dtype": "I64", "shape": [0], "data_offsets": [0, 0]},
                "motion": {"dtype": "F32", "shape": [0, K, T, 2, 21, 3], "data_offsets": [0, 0]},
            },
            b"",
        ),
        "N is 0",
    ),
    "overlap": (lambda: spoil(lambda h: h["lengths"].update(data_offsets=[8, 32])), "overlap or leave a gap"),
    "offsets backwards": (lambda: motion(data_offsets=[50, 20]), "do not fit shape"),
    "offsets beyond": (
        lambda: motion(data_offsets=[10**9, 10**9 + example().motion.nbytes]),
        "overlap or leave a gap",
    ),
    "offsets are text": (lambda: motion(data_offsets=["0", "1"]), "no proper data_offsets"),
    "not aligned": (
        lambda: raw(json.dumps(parts()[0]).encode().ljust(1201), parts()[1]),
        "is not a multiple of",
    ),
    "metadata is a list": (lambda: spoil(lambda h: h.update(__metadata__=[])), "not an object of strings"),
    "metadata with a number": (lambda: meta("generator", 1), "not an object of strings"),
    "unknown metadata": (lambda: meta("note", "hello"), "unknown metadata key 'note'"),
    "missing metadata": (lambda: spoil(lambda h: h["__metadata__"].pop("seeds")), "metadata lacks seeds"),
    "another version": (lambda: meta("format_version", "2"), "format version '2'"),
    "clip ids no JSON": (lambda: meta("clip_ids", "a,b,c"), "clip_ids is not valid JSON"),
    "clip ids a text": (lambda: meta("clip_ids", '"abc"'), "not a JSON list of strings"),
    "clip ids numbers": (lambda: meta("clip_ids", "[1, 2, 3]"), "not a JSON list of strings"),
    "clip id twice": (lambda: meta("clip_ids", '["a", "b", "a"]'), "duplicate clip id .*'a'"),
    "clip id missing": (lambda: meta("clip_ids", '["a", "b"]'), "2 clip ids for 3 motions"),
    "empty clip id": (lambda: meta("clip_ids", '["a", "b", ""]'), "clip id is ''"),
    "terminal codes": (lambda: meta("generator", "\x1b[2Jhands"), "generator is"),
    "long name": (lambda: meta("generator", "x" * 10_000), "generator is"),
    "seeds a list": (lambda: meta("seeds", "[1]"), "seeds are not"),
    "seeds true": (lambda: meta("seeds", '{"generation": true}'), "seeds are not"),
    "seeds huge": (lambda: meta("seeds", '{"generation": ' + "9" * 5000 + "}"), "seeds"),
    "lengths of two axes": (
        lambda: spoil(lambda h: h["lengths"].update(shape=[N, 1])),
        r"lengths have shape \(3, 1\)",
    ),
    "length beyond T": (lambda: with_lengths(5, 6, 4), r"length 6 is outside 3–5.*clip 'b'"),
    "length of 0": (lambda: with_lengths(5, 3, 0), "length 0 is outside"),
    "negative length": (lambda: with_lengths(-1, 3, 3), "length -1 is outside"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(name: str, path: Path) -> None:
    make, message = HOSTILE[name]
    path.write_bytes(make())
    with pytest.raises(PredictionsError, match=message) as caught:
        read_predictions(path)
    assert str(path) in str(caught.value)
    assert not MARK.exists()


def test_the_unspoilt_file_is_read(path: Path) -> None:
    path.write_bytes(raw(json.dumps(parts()[0]).encode().ljust(1200), parts()[1]))
    assert np.array_equal(read_predictions(path).motion, example().motion)


@pytest.mark.parametrize("length", [0x0280, 0x0380, 0x010280])
def test_a_header_whose_length_looks_like_a_pickle_is_none(length: int, path: Path) -> None:
    header, data = parts()
    text = json.dumps(header).encode()
    if length < len(text):
        pytest.skip("the header is longer")
    path.write_bytes(raw(text.ljust(length), data))
    assert read_predictions(path).num_clips == N


def test_no_file_and_no_regular_file(tmp_path: Path) -> None:
    with pytest.raises(PredictionsError, match="cannot be opened"):
        read_predictions(tmp_path / "nothing.safetensors")
    with pytest.raises(PredictionsError, match="not a regular file"):
        read_predictions(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PredictionsError, match="not a regular file"):
        read_predictions(tmp_path / "pipe")


def test_random_damage_never_gives_another_error(path: Path) -> None:
    """Flipped bytes anywhere in the header end in PredictionsError or in predictions, nothing else."""
    write_predictions(path, example())
    whole = path.read_bytes()
    end = 8 + int.from_bytes(whole[:8], "little")
    random = np.random.default_rng(0)
    refused = 0
    for _ in range(400):
        damaged = bytearray(whole)
        for place in random.integers(0, end, random.integers(1, 4)):
            damaged[place] = random.integers(0, 256)
        path.write_bytes(damaged)
        try:
            read_predictions(path)
        except PredictionsError:
            refused += 1
    assert refused > 300


def test_bfloat16_of_torch_is_refused(path: Path) -> None:
    ours = example()
    tensors = {"motion": torch.from_numpy(ours.motion).bfloat16(), "lengths": torch.from_numpy(ours.lengths)}
    safetensors.torch.save_file(tensors, path, metadata=ours.metadata())
    with pytest.raises(PredictionsError, match="dtype BF16"):
        read_predictions(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"motion": np.zeros((N, K, T, 2, 21, 3))}, "dtype float64"),
        ({"motion": np.zeros((N, T, 2, 21, 3), np.float32)}, "motion has shape"),
        ({"lengths": np.array([5.0, 3, 4])}, "lengths have dtype"),
        ({"lengths": np.array([5, 3])}, "lengths have shape"),
        ({"clip_ids": ("a", "b")}, "2 clip ids"),
        ({"generator": ""}, "generator is"),
        ({"seeds": {"generation": -1}}, "seeds are not"),
    ],
)
def test_predictions_that_do_not_fit_together(change: dict[str, Any], message: str) -> None:
    values = {key: getattr(example(), key) for key in Predictions.__dataclass_fields__}
    with pytest.raises(PredictionsError, match=re.escape(message)):
        Predictions(**{**values, **change})


def test_the_package_offers_its_names_without_loading_torch() -> None:
    code = (
        "import sys, handx_bench.bench as b; assert 'torch' not in sys.modules; "
        "assert all(getattr(b, name).__name__ == name for name in b.__all__)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    import handx_bench.bench

    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = handx_bench.bench.nothing


def test_zip_magic_is_what_torch_and_numpy_write() -> None:
    assert zipfile.is_zipfile(io.BytesIO(torch_file()))
    assert zipfile.is_zipfile(io.BytesIO(npz_file()))
