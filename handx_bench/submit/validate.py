"""Is this bundle a submission that can be scored? One check for the submitter, the store and the worker.

Everything that can be told is told at once. A problem of the machine at hand (no disk, the protocol's data
are not there) is not a problem of the bundle and is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..bench.predictions import Predictions, PredictionsError, read_predictions
from ..bench.protocol import Protocol, list_protocols
from ..bench.protocol_clips import protocol_clips
from ..bench.validate import check_protocol, check_values, match_clips
from ..errors import InputError
from ..hand.motion import MotionError
from ._files import FileFact, bytes_fact, hash_file
from .bundle import MANIFEST_FILE, MAX_PREDICTIONS_BYTES, PREDICTIONS_FILE, Bundle, InvalidBundle
from .manifest import InvalidManifest, Manifest, parse_manifest

#: Errors that are the submission's own fault, wherever they come up.
SUBMISSION_ERRORS = (InvalidBundle, InvalidManifest, PredictionsError, MotionError)


@dataclass(frozen=True)
class Shape:
    """What the predictions hold, for display."""

    num_clips: int
    num_generations: int
    frames: int
    dtype: str
    generator: str
    protocol_id: str
    protocol_hash: str


@dataclass(frozen=True)
class ValidBundle:
    """What is known about a bundle without problems."""

    files: Mapping[str, FileFact]
    manifest: Manifest
    protocol: Protocol


@dataclass(frozen=True)
class BundleCheck:
    """The outcome of a check: problems, and as much as could be read.

    Attributes:
        problems: one message per breach; empty if the bundle can be scored.
        files: facts of the files that could be read.
    """

    problems: tuple[str, ...]
    files: Mapping[str, FileFact] = field(default_factory=dict)
    manifest: Manifest | None = None
    protocol: Protocol | None = None
    shape: Shape | None = None
    where: str = ""

    def require(self) -> ValidBundle:
        """The bundle's facts.

        Raises:
            InvalidBundle: it has problems.
        """
        if self.problems or self.manifest is None or self.protocol is None:
            raise InvalidBundle("; ".join(self.problems), where=self.where, problems=self.problems)
        return ValidBundle(self.files, self.manifest, self.protocol)


def check_bundle(
    bundle: Bundle, *, protocol: Protocol | None = None, known: Callable[[], list[Protocol]] = list_protocols
) -> BundleCheck:
    """Check a bundle: sizes, manifest, file format, protocol and hash, clips, lengths, samples, motion.

    Args:
        protocol: the bundle must be for this one; otherwise for any of ``known``.
        known: the protocols that may be submitted to. The id in the file is looked up among them and nowhere
            else: it comes from outside and could name a path.

    Raises:
        InputError: the protocol's clips cannot be loaded on this machine.
    """
    problems: list[str] = []
    files = {MANIFEST_FILE: bytes_fact(bundle.manifest)}
    manifest = None
    try:
        manifest = parse_manifest(bundle.manifest)
    except InvalidManifest as error:
        problems += [f"{MANIFEST_FILE}: {problem}" for problem in error.problems]
    predictions = None
    try:
        files[PREDICTIONS_FILE] = hash_file(bundle.predictions, MAX_PREDICTIONS_BYTES)
        predictions = read_predictions(bundle.predictions, max_bytes=MAX_PREDICTIONS_BYTES)
    except InputError as error:
        problems.append(f"{PREDICTIONS_FILE}: {_told(error, str(bundle.predictions))}")
    if predictions is None:
        return BundleCheck(tuple(problems), files, manifest, protocol, None, bundle.where)
    if protocol is None:
        protocols = known()
        protocol = next(
            (each for each in protocols if each.hash == predictions.protocol_hash),
            next((each for each in protocols if each.id == predictions.protocol_id), None),
        )
    if protocol is None:
        names = ", ".join(each.id for each in protocols)
        problems.append(
            f"{PREDICTIONS_FILE}: no protocol is called {predictions.protocol_id[:80]!a}; there are {names}"
        )
    else:
        problems += [f"{PREDICTIONS_FILE}: {problem}" for problem in _against_protocol(predictions, protocol)]
    return BundleCheck(tuple(problems), files, manifest, protocol, _shape(predictions), bundle.where)


def _against_protocol(predictions: Predictions, protocol: Protocol) -> list[str]:
    problems = []
    try:
        check_protocol(predictions, protocol)
    except PredictionsError as error:
        problems.append(_told(error))
        if predictions.protocol_hash != protocol.hash:
            return problems  # under other rules, everything else may rightly be different
    if protocol.dataset.fingerprint is None:
        # Two submissions could be scored on different motions and stand in one table.
        freeze = "python -m handx_bench.bench.freeze FILE"
        return [*problems, f"protocol {protocol.id} does not pin its data: fill its hashes in with {freeze}"]
    clips = protocol_clips(protocol)
    checks: list[Callable[[], object]] = [
        lambda: match_clips(predictions, clips),
        lambda: check_values(predictions, "motion"),
    ]
    for check in checks:
        try:
            check()
        except (PredictionsError, MotionError) as error:
            problems.append(_told(error))
    return problems


def _told(error: InputError, path: str = "") -> str:
    # The file is named already, and the path of a store's copy means nothing to the submitter.
    return str(InputError(error.what, where=error.where.replace(path, "").strip(", "), fix=error.fix))


def _shape(predictions: Predictions) -> Shape:
    return Shape(
        num_clips=predictions.num_clips,
        num_generations=predictions.num_generations,
        frames=int(predictions.motion.shape[2]),
        dtype=str(predictions.motion.dtype),
        generator=predictions.generator,
        protocol_id=predictions.protocol_id,
        protocol_hash=predictions.protocol_hash,
    )
