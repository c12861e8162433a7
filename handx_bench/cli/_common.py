"""What all commands share: consoles, JSON answers, and how errors become exit codes."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

#: Answers go to standard output; progress and messages to standard error, so that ``--json`` can be piped.
out = Console()
err = Console(stderr=True)


def print_json(value: Any) -> None:
    """Write ``value`` as JSON; NaN is refused, since other languages cannot read it."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json")
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
