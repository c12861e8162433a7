"""The README of an annotated dataset: its configurations for ``datasets``, and where its texts come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

#: Folder by configuration; the first is what ``datasets.load_dataset(folder)`` gives.
_CONFIGS = {"default": "data", "annotations": "annotations"}


def render(source: str, annotator: str, splits: Mapping[str, tuple[int, int]], content: Mapping[str, str]) -> str:
    """The card as Markdown.

    Args:
        source: what was annotated; of a path, only the last part is told.
        annotator: ``rules`` or the model's name.
        splits: clips, and failed clips, of each.
        content: a hash of the files of each folder. ``datasets`` keeps what it has read under a name that is made of
            the folder's name and its card alone; without a hash there, it would take another content for the same.
    """
    configs = [
        {
            "config_name": config,
            "description": f"sha256 {content[folder]}",
            "data_files": [{"split": split, "path": f"{folder}/{split}-*.parquet"} for split in splits],
        }
        for config, folder in _CONFIGS.items()
    ]
    counts = "\n".join(f"| {split} | {clips} | {failed} |" for split, (clips, failed) in splits.items())
    name = Path(source).name if Path(source).exists() else source
    return f"""---
{yaml.safe_dump({"configs": configs}, sort_keys=False)}---

# {_plain(name)}, annotated

Two-hand motion in the HandX form. The texts were written by `{_plain(annotator)}` from the motion alone, and checked
against it, with `handx-bench annotate`. Texts that the source had are not here.

| split | clips | of these failed, without texts |
|---|---|---|
{counts}

`datasets.load_dataset(folder)` gives the clips; `datasets.load_dataset(folder, "annotations")` gives one row per text:
`clip_id`, `part` (left, right, interaction), `level` (0 brief to 4 full), `text`, `model`, `prompt_hash`, `agreement`
with the motion (null where nothing in it could be checked), `coverage` (share of its clauses that could be checked),
`flagged` (agrees less than was asked for), `status` and `failure` (of a clip that has no texts, which has one row).
"""


def _plain(text: str) -> str:
    return "".join(each for each in text if each.isprintable() and each not in "`|<>[]*_#\\")
