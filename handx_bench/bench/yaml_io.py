"""YAML from outside: plain data only, bounded, no duplicate keys, no aliases."""

from __future__ import annotations

import os
from collections.abc import Hashable
from typing import Any

import yaml

from ..errors import InputError
from ..files import read_bytes

MAX_YAML_BYTES = 256 * 1024


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses what SafeLoader lets through silently."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):  # a few aliases of aliases can fill the memory
            raise yaml.constructor.ConstructorError(None, None, "aliases are not allowed", self.peek_event().start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is not text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a YAML mapping.

    Raises:
        InputError: missing, larger than ``MAX_YAML_BYTES``, not YAML, not a mapping, a duplicate key, an
            alias or a tag that would build an object; naming the file and the line.
    """
    where = os.fspath(path)
    raw = read_bytes(path, MAX_YAML_BYTES, "YAML file")
    try:
        value = yaml.load(raw.decode("utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"not acceptable YAML: {error.problem}", where=f"{where}{line}", fix="Mend the file") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"not YAML: {str(error)[:120]}", where=where, fix="Mend the file") from None
    if not isinstance(value, dict):
        raise InputError("the YAML file does not hold a mapping", where=where, fix="Write `key: value` lines")
    return value
