"""A protocol: the frozen rules under which scores may be compared.

A protocol is a YAML file. Its hash covers everything that can change a score; scores of different hashes are
never put in one table. A ``frozen`` protocol states its own hash, so an edited file is noticed when it is
loaded; changing anything means a new version.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..errors import InputError
from ..metrics.registry import METRICS, SCORING_REVISION, get_metric
from .tasks import ActionParameters, Task, get_task
from .yaml_io import read_yaml

PROTOCOL_DIR = Path(__file__).parent / "protocols"
#: ``<set>`` is the set's text-to-motion protocol, ``<set>/<task>`` any other.
ID_PATTERN = r"[a-z0-9][a-z0-9.-]{0,63}(/[a-z0-9][a-z0-9-]{0,63})?"
DEFAULT_TASK = "text-to-motion"
_SHA256 = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class ProtocolError(InputError):
    """A protocol does not exist, is not well formed, or has been changed after it was frozen."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DatasetSpec(_Strict):
    """Which clips.

    ``clip_list_hash`` and ``fingerprint`` are SHA-256 as in :mod:`~handx_bench.bench.fingerprint`,
    ``train_*`` name the training clips for metrics of memorisation. A draft may leave them out; they are then
    not checked.
    """

    name: str = Field(min_length=1, max_length=256)
    revision: str | None = None
    split: str = Field(min_length=1, max_length=64)
    num_clips: int | None = Field(default=None, ge=1)
    clip_list_hash: str | None = _SHA256
    fingerprint: str | None = _SHA256
    train_split: str | None = None
    train_fingerprint: str | None = _SHA256

    @property
    def source(self) -> str:
        """What ``handx_bench.load_dataset`` is asked for: the name, with the revision if there is one."""
        return self.name if self.revision is None else f"{self.name}@{self.revision}"


class MetricSpec(_Strict):
    """A metric and its parameters; in YAML the id alone is enough."""

    id: str
    parameters: dict[str, bool | int | float | str] = {}

    @model_validator(mode="before")
    @classmethod
    def _from_id(cls, value: Any) -> Any:
        return {"id": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _known(self) -> Self:
        get_metric(self.id)
        if self.parameters:
            raise ValueError(f"metric {self.id} takes no parameters")
        return self


class StatisticsSpec(_Strict):
    """The clustered bootstrap behind every interval. Reports are defined with 95 % intervals."""

    draws: int = Field(default=1000, ge=100, le=100_000)
    seed: int = Field(default=0, ge=0, lt=2**32)
    confidence: float = Field(default=0.95, ge=0.95, le=0.95)


class Protocol(_Strict):
    """The rules; see the module.

    Attributes:
        num_generations: K, the samples that every clip needs.
        seeds: ``generation`` starts the seeds of the requests; that of the bootstrap stands in
            ``statistics``.
        headline: the metrics whose skills make the overall score.
        encoder: of the semantic metrics; none yet.
        stated_hash: the hash that the file claims (key ``hash``).
    """

    id: str = Field(pattern=f"^{ID_PATTERN}$")
    version: str = Field(min_length=1, max_length=32)
    status: Literal["draft", "frozen", "retired"] = "draft"
    description: str = ""
    dataset: DatasetSpec
    task: str
    task_parameters: dict[str, bool | int | float | str] = {}
    num_generations: int = Field(ge=1, le=1000)
    seeds: dict[Literal["generation"], int] = Field(default={"generation": 0}, min_length=1)
    metrics: tuple[MetricSpec, ...] = Field(min_length=1)
    headline: tuple[str, ...] = ()
    encoder: None = None
    statistics: StatisticsSpec = StatisticsSpec()
    stated_hash: str | None = Field(default=None, alias="hash", pattern=r"^[0-9a-f]{64}$")

    @field_validator("metrics", "headline", mode="before")
    @classmethod
    def _tuple(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("seeds")
    @classmethod
    def _seed_range(cls, value: dict[str, int]) -> dict[str, int]:
        if not all(0 <= seed < 2**32 for seed in value.values()):
            raise ValueError("seeds are whole numbers in [0, 2³²)")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        parsed = get_task(self.task).parse(self.task_parameters)
        # Defaults are written out, so that the hash notices if the library's defaults ever change.
        object.__setattr__(self, "task_parameters", parsed.model_dump())
        names = self.metric_names
        if len(set(names)) < len(names):
            raise ValueError("a metric is listed twice")
        # Skills are made of the metrics that the registry calls headline; a protocol must say the same.
        expected = {name for name in names if METRICS[name].headline}
        if set(self.headline) != expected or len(self.headline) != len(expected):
            raise ValueError(f"headline must list exactly {', '.join(sorted(expected)) or 'no metric'}")
        for name in names:
            info = METRICS[name]
            if info.min_generations > self.num_generations:
                raise ValueError(f"{name} needs num_generations of {info.min_generations} or more")
            if info.optional == "train" and self.dataset.train_split is None:
                raise ValueError(f"{name} needs dataset.train_split")
            if info.optional == "constraints" and get_task(self.task).give is None:
                raise ValueError(f"{name} needs a task with a constraint")
            if info.optional == "texts" and not get_task(self.task).gives_texts(parsed):
                raise ValueError(f"{name} needs a task that shows texts")
            if info.optional == "transitions":
                raise ValueError(f"{name} needs a task with transitions")
        facts = self.dataset
        if self.status != "draft" and None in (
            facts.num_clips,
            facts.clip_list_hash,
            facts.fingerprint,
            self.stated_hash,
        ):
            raise ValueError("a protocol that is no draft states num_clips, clip_list_hash, fingerprint and hash")
        return self

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Ids of the metrics, in the order of the file."""
        return tuple(metric.id for metric in self.metrics)

    @property
    def task_object(self) -> Task:
        """The task."""
        return get_task(self.task)

    @property
    def parameters(self) -> ActionParameters:
        """The task's typed parameters."""
        return self.task_object.parse(self.task_parameters)

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) over canonical JSON of everything that can change a score: all but description and status, and the
        revisions of scoring and of each metric's code."""
        content = self.model_dump(mode="json", exclude={"description", "status", "stated_hash"})
        content["metrics"] = sorted(
            ({**metric, "revision": METRICS[metric["id"]].revision} for metric in content["metrics"]),
            key=lambda metric: metric["id"],
        )
        content["scoring_revision"] = SCORING_REVISION
        content["headline"] = sorted(content["headline"])
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


def read_protocol(path: str | os.PathLike[str]) -> Protocol:
    """Read a YAML file without comparing its hash (:func:`load_protocol` does).

    Raises:
        ProtocolError: naming the file and each key that is wrong.
        InputError: the file is no acceptable YAML.
    """
    values = read_yaml(path)
    try:
        return Protocol.model_validate(values)
    except ValidationError as error:
        problems = []
        for item in error.errors()[:5]:
            key = ".".join(str(part) for part in item["loc"])
            problems.append(f"{key}: {item['msg']}" if key else item["msg"])
        raise ProtocolError("; ".join(problems), where=os.fspath(path), fix="Mend the protocol file") from None


def load_protocol(protocol: str | os.PathLike[str]) -> Protocol:
    """The protocol of that id, or of that ``.yaml`` file.

    Raises:
        ProtocolError: unknown, not well formed, or its content no longer has the hash that it states.

    >>> load_protocol("mini-v0").task
    'text-to-motion'
    """
    path = protocol_path(protocol)
    loaded = read_protocol(path)
    if loaded.stated_hash is not None and loaded.stated_hash != loaded.hash:
        raise ProtocolError(
            f"protocol {loaded.id} was changed: it states hash {loaded.stated_hash} and has {loaded.hash}",
            where=str(path),
            fix="Restore the file, or give the changed rules a new id and version"
            if loaded.status != "draft"
            else "Restore the draft, or fill its hashes in anew: python -m handx_bench.bench.freeze FILE",
        )
    return loaded


def protocol_path(protocol: str | os.PathLike[str]) -> Path:
    """Where a protocol's file lies.

    Raises:
        ProtocolError: no such id.
    """
    name = os.fspath(protocol)
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    paths = _paths()
    found = paths.get(name) or paths.get(name.removesuffix(f"/{DEFAULT_TASK}"))
    if found is None:
        raise ProtocolError(
            f"no protocol is called {name[:80]!r}", fix=f"Choose one of {', '.join(paths)}, or a .yaml file"
        )
    return found


def list_protocols() -> list[Protocol]:
    """The protocols that come with the library, sorted by id."""
    return [load_protocol(path) for path in _paths().values()]


def _paths() -> dict[str, Path]:
    # The id follows from the place, so finding one does not need to open them all.
    found = {}
    for path in PROTOCOL_DIR.glob("*/*.yaml"):
        suffix = "" if path.stem == DEFAULT_TASK else f"/{path.stem}"
        found[f"{path.parent.name}{suffix}"] = path
    return dict(sorted(found.items()))
