"""Fills the hashes of protocol files in from the data: ``python -m handx_bench.bench.freeze FILE... [--status
S]``.

For maintainers. A file whose status is already ``frozen`` is refused: changed rules need a new id and
version.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ..errors import InputError
from ..files import write_text
from .fingerprint import clip_list_hash, clips_fingerprint
from .protocol import Protocol, read_protocol
from .protocol_clips import LoadClips, load_clips

_HEADER = "# Written by `python -m handx_bench.bench.freeze`; see data_cards/submission-guide.md.\n"


def freeze(protocol: Protocol, status: str = "draft", load: LoadClips = load_clips) -> Protocol:
    """The protocol with the facts of its dataset and its hash filled in.

    Raises:
        InputError: it is frozen already.
    """
    if protocol.status == "frozen":
        raise InputError(f"protocol {protocol.id} is frozen", fix="Give the changed rules a new id and version")
    test = load(protocol.dataset.source, protocol.dataset.split)
    facts: dict[str, Any] = {
        "num_clips": len(test),
        "clip_list_hash": clip_list_hash(test),
        "fingerprint": clips_fingerprint(test),
    }
    if protocol.dataset.train_split is not None:
        facts["train_fingerprint"] = clips_fingerprint(load(protocol.dataset.source, protocol.dataset.train_split))
    filled = protocol.model_copy(update={"dataset": protocol.dataset.model_copy(update=facts)})
    return Protocol.model_validate({**_values(filled), "status": status, "hash": _fresh(filled).hash})


def to_yaml(protocol: Protocol) -> str:
    """The protocol as the YAML file that :func:`~handx_bench.bench.protocol.read_protocol` reads back
    equal."""
    values = _values(protocol)
    values["metrics"] = [m["id"] if not m["parameters"] else m for m in values["metrics"]]
    return _HEADER + yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 2 if a file is not acceptable."""
    parser = argparse.ArgumentParser(prog="python -m handx_bench.bench.freeze", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--status", choices=("draft", "frozen"), default="draft")
    options = parser.parse_args(arguments)
    load = functools.cache(load_clips)
    try:
        for path in options.files:
            done = freeze(read_protocol(path), options.status, load)
            write_text(path, to_yaml(done))
            sys.stdout.write(f"{path}: {done.id} {done.status} {done.hash}\n")
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


def _values(protocol: Protocol) -> dict[str, Any]:
    values = protocol.model_dump(mode="json", by_alias=True)
    if values["hash"] is None:
        del values["hash"]
    values["dataset"] = {key: value for key, value in values["dataset"].items() if value is not None}
    return values


def _fresh(protocol: Protocol) -> Protocol:
    # model_copy takes the cached hash along.
    return Protocol.model_validate({**_values(protocol), "status": "draft"})


class _Dumper(yaml.SafeDumper):
    """Indents lists and writes long texts as blocks, as a person would."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = ">" if len(value) > 80 else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)

if __name__ == "__main__":
    raise SystemExit(main())
