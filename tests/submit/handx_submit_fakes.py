"""Importable stand-ins for the tests of ``submit``: a quick check and a quick scoring, and workers as processes."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from handx_bench.errors import InputError
from handx_bench.hand.motion import MotionError
from handx_bench.metrics.report import MetricValue, ProtocolRef, Report, Skill, Skills
from handx_bench.metrics.skills import skill_samples, summarise
from handx_bench.submit._files import bytes_fact, hash_file
from handx_bench.submit.bundle import MANIFEST_FILE, PREDICTIONS_FILE, Bundle
from handx_bench.submit.local_store import LocalStore
from handx_bench.submit.manifest import InvalidManifest, parse_manifest
from handx_bench.submit.validate import BundleCheck
from handx_bench.submit.worker import run_worker

PROTOCOL = SimpleNamespace(id="fake-v1", version="1", hash="f" * 64)


def fake_check(bundle: Bundle) -> BundleCheck:
    """Reads the manifest and the file's hash; a file that holds ``bad`` has a problem."""
    problems, manifest, files = [], None, {MANIFEST_FILE: bytes_fact(bundle.manifest)}
    try:
        manifest = parse_manifest(bundle.manifest)
    except InvalidManifest as error:
        problems += error.problems
    try:
        files[PREDICTIONS_FILE] = hash_file(bundle.predictions, 1 << 20)
        if b"bad" in bundle.predictions.read_bytes():
            problems += ["the file is bad", "and has a second problem"]
    except InputError as error:
        problems.append(error.what)
    return BundleCheck(tuple(problems), files, manifest, PROTOCOL, where=bundle.where)


def clip_table(scores: np.ndarray, metrics: tuple[str, ...] = ("error",), seed: int = 0) -> pd.DataFrame:
    """Long table of per-clip ``scores`` (N,) in pairs of clips per sequence."""
    rows = [
        (f"clip-{n:03}", f"sequence-{n // 2:03}", "prediction", metric, float(value), 1.0)
        for metric in metrics
        for n, value in enumerate(scores)
    ]
    return pd.DataFrame(rows, columns=["clip_id", "sequence_id", "row", "metric", "numerator", "denominator"])


def fake_report(skill: float = 0.5, protocol: Any = PROTOCOL, table: pd.DataFrame | None = None) -> Report:
    """A report with one metric; with the skills of ``table`` if it is given."""
    skills = Skills(overall=Skill(value=skill)) if table is None else summarise(skill_samples(table))
    return Report(
        generator="fake",
        protocol=ProtocolRef(id=protocol.id, version=protocol.version, hash=protocol.hash),
        num_clips=4,
        num_generations=1,
        metrics={"error": MetricValue(value=1.0, unit="mm", direction="lower", n=4, coverage=1.0)},
        skills=skills,
        clip_scores=clip_table(np.ones(4)) if table is None else table,
    )


def log_line(**values: Any) -> None:
    """One atomic line in the file that ``HANDX_TEST_LOG`` names."""
    handle = os.open(os.environ["HANDX_TEST_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(handle, (json.dumps(values | {"pid": os.getpid(), "at": time.monotonic()}) + "\n").encode())
    os.close(handle)


def fake_evaluate(path: Path, protocol: Any) -> Report:
    """Logs start and end; what it does stands in the predictions file: ``sleep 0.01``, ``raise``, ``nan`` …"""
    words = path.read_text().split()
    log_line(event="start", id=path.parent.name)
    if "sleep" in words:
        time.sleep(float(words[words.index("sleep") + 1]))
    if "raise" in words:
        raise ZeroDivisionError("the metric broke")
    if "nan" in words:
        raise MotionError("motion holds NaN", where="clip 3")
    if "machine" in words:
        raise InputError("the dataset is not on this machine")
    log_line(event="end", id=path.parent.name)
    return fake_report()


def work(store: Path, log: Path, lease_s: float = 30.0, max_attempts: int = 3, once: bool = True) -> None:
    """A worker as the target of a process."""
    os.environ["HANDX_TEST_LOG"] = str(log)
    run_worker(
        LocalStore(store, max_attempts=max_attempts, check=fake_check),
        once=once, poll_s=0.02, lease_s=lease_s, evaluate=fake_evaluate, check=fake_check,
    )  # fmt: skip


def send(store: Path, bundles: list[Bundle]) -> None:
    """A submitter as the target of a process."""
    target = LocalStore(store, "ada", check=fake_check)
    for bundle in bundles:
        target.submit(bundle)


def read_log(log: Path) -> list[dict[str, Any]]:
    """The lines of the log."""
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
