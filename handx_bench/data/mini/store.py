"""HandX-Mini on disk: built on first use into a cache folder as Parquet, checked whenever it is opened.

The folder's name holds a hash of the generator, so another version of the library builds its own. It is built in a
temporary folder beside and moved into place at once: a reader never sees half of it, and of several processes that
build at the same time one wins while the others use its result.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from datasets import Dataset, are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

from ...errors import InputError
from ...files import umask
from ..clip import FEATURES, Clip
from .builder import SOURCE, SPLITS, VERSION, Progress, build, fingerprint
from .fingerprints import FINGERPRINT

_MANIFEST = "manifest.json"
_ARROW = "arrow"
_MAX_MANIFEST_BYTES = 100_000


def default_cache() -> Path:
    """``HANDX_BENCH_CACHE``, or ``~/.cache/handx-bench`` where it is not set."""
    return Path(os.environ.get("HANDX_BENCH_CACHE") or Path.home() / ".cache" / "handx-bench").expanduser()


def folder_name() -> str:
    """Name of the folder of this version, e.g. ``v1-0a1b2c3d``: changes whenever the generator's code does.

    >>> folder_name().startswith(f"v{VERSION}-")
    True
    """
    return f"v{VERSION}-{_generator_hash()}"


def load(split: str, cache: str | os.PathLike[str] | None = None, progress: Progress | None = None) -> Dataset:
    """A split of HandX-Mini, memory-mapped; all splits are built where the cache lacks them or they are damaged.

    Args:
        split: "train", "validation" or "test".
        cache: folder of the cache; see :func:`default_cache`.
        progress: called with (clips done, clips in all) while building.

    Returns:
        Rows that fit :data:`~handx_bench.data.clip.FEATURES`; ``motion`` as float32 ``(60, 2, 21, 3)`` arrays.

    Raises:
        InputError: no such split, a cache that cannot be written, or clips that differ from their fingerprint.
    """
    if split not in SPLITS:
        raise InputError(f"HandX-Mini has no split {split!r}", fix=f"Choose one of {', '.join(SPLITS)}")
    folder = (default_cache() if cache is None else Path(cache)) / SOURCE / folder_name()
    if not is_intact(folder):
        try:
            _install(folder, progress)
        except OSError as error:
            raise InputError(
                f"HandX-Mini cannot be written: {error}",
                where=str(folder),
                fix="Set HANDX_BENCH_CACHE to another folder",
            ) from error
    try:
        return _opened(folder, split)
    except OSError as error:
        raise InputError(
            f"HandX-Mini cannot be read: {error}",
            where=str(folder),
            fix="Set HANDX_BENCH_CACHE to a folder of your own",
        ) from error


def is_intact(folder: Path) -> bool:
    """Whether the folder holds all splits with the contents its manifest tells."""
    try:
        path = folder / _MANIFEST
        if path.stat().st_size > _MAX_MANIFEST_BYTES:
            return False
        told = json.loads(path.read_text("utf-8"))
        return all(_sha256(folder / f"{split}.parquet") == told[split]["sha256"] for split in SPLITS)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def check_fingerprint(split: str, clips: list[Clip]) -> None:
    """Compare clips with the pinned fingerprint of their split.

    Raises:
        InputError: they differ, with both hashes.
    """
    _compare(split, fingerprint([c.clip_id for c in clips], [c.motion for c in clips]), "built")


def _compare(split: str, found: str, how: str) -> None:
    if found != FINGERPRINT[split]:
        raise InputError(
            f"HandX-Mini as {how} here has fingerprint {found}, expected {FINGERPRINT[split]}",
            where=f"split {split}",
            fix="Delete the cache and try again; if it stays, report the versions of numpy and torch and the processor",
        )


def _install(folder: Path, progress: Progress | None) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    work.chmod(0o777 & ~umask())  # others may read what is made once
    try:
        _write(work, progress)
        try:
            os.replace(work, folder)
        except OSError:
            # Another process was first, or a damaged folder stands in the way.
            if is_intact(folder):
                return
            aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-damaged-", dir=folder.parent))
            with contextlib.suppress(FileNotFoundError):
                os.replace(folder, aside)
            shutil.rmtree(aside, ignore_errors=True)
            try:
                os.replace(work, folder)
            except OSError:
                if not is_intact(folder):
                    raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write(folder: Path, progress: Progress | None) -> None:
    total, before = sum(SPLITS.values()), 0
    manifest = {}
    for split, count in SPLITS.items():
        report = None if progress is None else functools.partial(_report, progress, before, total)
        clips = build(split, progress=report)
        check_fingerprint(split, clips)
        path = folder / f"{split}.parquet"
        with _quiet():
            Dataset.from_list([clip.to_row() for clip in clips], features=FEATURES).to_parquet(path)
        manifest[split] = {"clips": count, "sha256": _sha256(path), "fingerprint": FINGERPRINT[split]}
        before += count
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def _report(progress: Progress, before: int, total: int, done: int, _: int) -> None:
    progress(before + done, total)


def _opened(folder: Path, split: str) -> Dataset:
    try:
        return _checked(folder, split)
    except (OSError, ValueError):  # pyarrow's errors are OSErrors or ValueErrors, and so is another fingerprint
        # The Parquet is intact: then the Arrow files made from it are not.
        shutil.rmtree(folder / _ARROW, ignore_errors=True)
        return _checked(folder, split)


def _checked(folder: Path, split: str) -> Dataset:
    with _quiet():
        data = Dataset.from_parquet(str(folder / f"{split}.parquet"), features=FEATURES, cache_dir=str(folder / _ARROW))
    motion = data.data.column("motion")
    parts = [chunk.storage.flatten().flatten().flatten().flatten().to_numpy() for chunk in motion.chunks]
    positions = np.concatenate(parts).reshape(len(data), -1, 2, 21, 3)
    _compare(split, fingerprint(data.data.column("clip_id").to_pylist(), positions), "read")
    return data.with_format("numpy", columns=["motion"], output_all_columns=True)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The library draws no progress bars of its own accord; the caller's setting is restored."""
    shown = not are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            enable_progress_bars()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def _generator_hash() -> str:
    digest = hashlib.sha256(repr(FEATURES).encode())
    package = Path(__file__).parents[2]
    for path in [
        *sorted(Path(__file__).parent.glob("*.py")),
        *(package / "hand" / f"{n}.py" for n in ("angles", "frames", "kinematics", "palm_kernel")),
        *(path for part in ("codes", "describe") for path in sorted((package / "annotate" / part).glob("*.py"))),
    ]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:8]
