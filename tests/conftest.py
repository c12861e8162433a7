"""Fixtures shared by all tests. The environment is set before anything imports torch or the Hub client."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Read at import by huggingface_hub and datasets; tests never touch the network or the user's caches.
if "HF_HOME" not in os.environ:  # the processes of pytest-xdist inherit the folder of the one that started them
    os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="handx-hf-")
    atexit.register(shutil.rmtree, os.environ["HF_HOME"], ignore_errors=True)
# One HandX-Mini for all workers and runs: its folder is named after the code that makes it.
os.environ.setdefault("HANDX_BENCH_CACHE", str(Path(tempfile.gettempdir()) / "handx-bench-tests"))
os.environ["HF_HUB_DISABLE_XET"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
os.environ.setdefault("MPLBACKEND", "Agg")
# Consoles read their width once: messages must not be wrapped differently from terminal to terminal.
os.environ["COLUMNS"] = "200"

import hypothesis
import pytest

# The same examples in every run, and no verdict on how long one took: the machine may be busy.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real recordings and golden values, which lies beside the repository."""
    path = Path(os.environ.get("HANDX_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    if not (path / "golden").is_dir():
        pytest.skip(f"no shared data at {path}; set HANDX_SHARED")
    return path


@pytest.fixture(scope="session")
def processes() -> Iterator[Any]:
    """Starts processes in milliseconds: they fork from a server that has imported everything.

    Python has one such server for the whole session, so this is for all tests that kill processes.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["handx_annotate_fakes", "handx_submit_fakes"])
    here = Path(__file__).parent
    folders = [str(here / "annotate/run"), str(here / "submit"), os.environ.get("PYTHONPATH", "")]
    with pytest.MonkeyPatch.context() as patch:
        # Python 3.11 does not hand sys.path to the server, which would silently preload nothing.
        patch.setenv("PYTHONPATH", os.pathsep.join(folders))
        # What killed processes leave behind goes with it. Short: Ray's sockets lie in it, and their paths are bounded.
        scratch = tempfile.mkdtemp(prefix="hx-", dir="/tmp")
        patch.setenv("TMPDIR", scratch)
        first = context.Process(target=os.getpid)
        first.start()
        first.join()
    assert first.exitcode == 0
    yield context
    shutil.rmtree(scratch, ignore_errors=True)
