"""Folders that claim to be bundles."""

from __future__ import annotations

import os

import handx_submit_fakes as fakes
import pytest

from handx_bench.errors import InputError
from handx_bench.submit import _files, bundle
from handx_bench.submit.bundle import InvalidBundle, check_names, open_bundle, pack_bundle, write_bundle
from handx_bench.submit.manifest import MAX_MANIFEST_BYTES, Manifest, parse_manifest

MANIFEST = Manifest(model_name="Two Hands", parameters=7)


@pytest.fixture
def motion(tmp_path):
    path = tmp_path / "motion"
    path.write_bytes(b"motion")
    return path


@pytest.fixture
def folder(tmp_path, motion):
    write_bundle(tmp_path / "bundle", motion, MANIFEST)
    return tmp_path / "bundle"


def test_a_bundle_comes_back(folder):
    found = open_bundle(folder)
    assert found.predictions.read_bytes() == b"motion"
    assert parse_manifest(found.manifest) == MANIFEST


def test_writing_never_replaces_and_leaves_nothing_half_done(tmp_path, folder, motion, monkeypatch):
    with pytest.raises(InputError, match="already"):
        write_bundle(folder, motion, MANIFEST)
    with pytest.raises(InputError, match="cannot be read"):
        write_bundle(tmp_path / "new", tmp_path / "absent", MANIFEST)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle, "write_file", full)
    with pytest.raises(OSError, match="No space"):
        write_bundle(tmp_path / "new", motion, MANIFEST)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "motion"]


@pytest.mark.parametrize(
    "names",
    [
        ["../submission.json"], ["a/../../b"], ["/etc/passwd"], ["submission.json/x"], ["Submission.json"],
        ["predictions.safetensors\n"], ["predictions.pkl"], [".hidden"], ["\x1b[2J"], ["x" * 5000],
    ],
)  # fmt: skip
def test_only_the_two_names(names):
    told = check_names(["predictions.safetensors", "submission.json", *names])
    assert len(told) == 1
    assert "is not allowed in a bundle" in told[0]
    assert told[0].isprintable()
    assert len(told[0]) < 200


def test_many_strange_files_do_not_flood_the_message():
    assert len(check_names(str(number) for number in range(10_000))) == 8


def test_extra_and_missing_files(folder):
    (folder / "model.pkl").write_bytes(b"\x80\x04.")
    (folder / "submission.json").unlink()
    with pytest.raises(InvalidBundle) as caught:
        open_bundle(folder)
    assert caught.value.problems == ("'model.pkl' is not allowed in a bundle", "submission.json is missing")


@pytest.mark.parametrize("name", ["predictions.safetensors", "submission.json"])
@pytest.mark.parametrize("kind", ["link", "dangling", "folder", "fifo", "self"])
def test_only_regular_files(folder, tmp_path, name, kind):
    path = folder / name
    path.rename(tmp_path / "real")
    {
        "link": lambda: path.symlink_to(tmp_path / "real"),
        "dangling": lambda: path.symlink_to(tmp_path / "nowhere"),
        "folder": path.mkdir,
        "fifo": lambda: os.mkfifo(path),
        "self": lambda: path.symlink_to(path),
    }[kind]()
    with pytest.raises(InvalidBundle, match=rf"{name} is (a symbolic link|not a regular file)"):
        open_bundle(folder)
    # The same for a file that is named alone, or that was put there after the folder was looked at.
    checked = fakes.fake_check(pack_bundle(path, MANIFEST))
    assert len(checked.problems) == 1
    assert any(word in checked.problems[0] for word in ("symbolic link", "regular file"))


def test_a_folder_that_is_none(tmp_path, folder, motion):
    (tmp_path / "link").symlink_to(folder)
    for path in (tmp_path / "link", tmp_path / "absent", motion):
        with pytest.raises(InvalidBundle, match="no bundle folder"):
            open_bundle(path)


def test_sizes_are_bounded(folder, monkeypatch):
    (folder / "submission.json").write_bytes(b" " * (MAX_MANIFEST_BYTES + 1))
    with pytest.raises(InvalidBundle, match=r"submission.json has 65,537 bytes, the limit is 65,536"):
        open_bundle(folder)
    path = folder / "predictions.safetensors"
    with pytest.raises(InputError, match="has 6 bytes, the limit is 5"):
        _files.copy_file(path, folder / "copy", 5)
    assert not (folder / "copy").exists()


def test_a_file_that_grows_while_it_is_read_is_refused(folder, monkeypatch):
    path = folder / "predictions.safetensors"

    def fstat(descriptor):
        facts = real(descriptor)
        path.write_bytes(b"x" * 100)  # after the size was looked at
        return facts

    real = os.fstat
    monkeypatch.setattr(_files.os, "fstat", fstat)
    with pytest.raises(InputError, match="grew beyond 10 bytes"):
        _files.hash_file(path, 10)
    path.write_bytes(b"motion")
    with pytest.raises(InputError, match="grew beyond 10 bytes"):
        _files.read_bounded(path, 10)
