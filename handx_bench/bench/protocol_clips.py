"""A protocol's clips, and whether the data at hand are the data that it was frozen on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from .clips import ClipSet
from .fingerprint import clip_list_hash, clips_fingerprint
from .protocol import Protocol

LoadClips = Callable[[str, str], ClipSet]


@dataclass(frozen=True)
class Difference:
    """One fact that a protocol states and the data do not bear out."""

    key: str
    stated: str
    found: str

    def __str__(self) -> str:
        return f"{self.key}: the protocol states {self.stated}, found {self.found}"


def protocol_clips(protocol: Protocol, dataset: Any = None) -> ClipSet:
    """The clips to generate and score.

    Args:
        dataset: a ``datasets.Dataset`` with the protocol's clips, or a mapping from splits to such; loaded by
            name where None.

    Raises:
        InputError: the data are not those of the protocol, naming each difference.
    """
    clips = _clips(protocol, protocol.dataset.split, dataset)
    problems = dataset_differences(protocol, clips)
    if problems:
        raise InputError(
            "; ".join(map(str, problems)),
            where=f"protocol {protocol.id}, dataset {protocol.dataset.name} {protocol.dataset.split}",
            fix="Rebuild or download the dataset again; another dataset needs another protocol",
        )
    return clips


def train_clips(protocol: Protocol, dataset: Any = None) -> ClipSet | None:
    """The training clips that the protocol names, or None.

    Raises:
        InputError: they have another fingerprint.
    """
    split = protocol.dataset.train_split
    if split is None:
        return None
    clips = _clips(protocol, split, dataset if isinstance(dataset, Mapping) else None)
    stated, found = protocol.dataset.train_fingerprint, clips_fingerprint(clips)
    if stated not in (None, found):
        raise InputError(
            str(Difference("dataset.train_fingerprint", str(stated), found)),
            where=f"protocol {protocol.id}, dataset {protocol.dataset.name} {split}",
            fix="Rebuild or download the dataset again",
        )
    return clips


def dataset_differences(protocol: Protocol, clips: ClipSet) -> list[Difference]:
    """Where the clips are not those that the protocol states; a draft's missing facts are not compared."""
    facts = {
        "num_clips": len(clips),
        "clip_list_hash": clip_list_hash(clips),
        "fingerprint": clips_fingerprint(clips),
    }
    stated = {key: getattr(protocol.dataset, key) for key in facts}
    return [
        Difference(f"dataset.{key}", str(stated[key]), str(found))
        for key, found in facts.items()
        if stated[key] not in (None, found)
    ]


def verify_protocol(protocol: Protocol, load: LoadClips | None = None) -> list[Difference]:
    """Recompute hash, clip list, fingerprint and training fingerprint; empty if all is as stated.

    ``load(name, split)`` can be given to read a dataset once for several protocols.
    """
    load = load or load_clips
    facts = protocol.dataset
    problems = []
    if protocol.stated_hash not in (None, protocol.hash):
        problems.append(Difference("hash", str(protocol.stated_hash), protocol.hash))
    problems += dataset_differences(protocol, load(facts.source, facts.split))
    if facts.train_split is not None and facts.train_fingerprint is not None:
        found = clips_fingerprint(load(facts.source, facts.train_split))
        if found != facts.train_fingerprint:
            problems.append(Difference("dataset.train_fingerprint", facts.train_fingerprint, found))
    return problems


def load_clips(name: str, split: str) -> ClipSet:
    """The clips of one split by the dataset's name."""
    from .. import load_dataset  # slow to import, and not needed where the caller brings the data

    return ClipSet.from_dataset(load_dataset(name, split))


def _clips(protocol: Protocol, split: str, dataset: Any) -> ClipSet:
    """One split; ``dataset`` may be a mapping from splits (a ``DatasetDict``), the clips themselves, or
    None."""
    if isinstance(dataset, Mapping):
        if split not in dataset:
            raise InputError(f"the dataset has no split {split!r}", fix=f"It has {', '.join(map(str, dataset))}")
        dataset = dataset[split]
    return load_clips(protocol.dataset.source, split) if dataset is None else ClipSet.from_dataset(dataset)
