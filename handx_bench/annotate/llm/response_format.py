"""How a server is asked to answer in JSON."""

from __future__ import annotations

import enum
from typing import Any

from ..texts import LEVELS, PARTS

#: JSON Schema of an answer, within what strict structured output supports: bounds of lengths are checked here.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "variants": {
            "type": "array",
            "minItems": LEVELS,
            "maxItems": LEVELS,
            "items": {
                "type": "object",
                "properties": {part: {"type": "string"} for part in PARTS},
                "required": list(PARTS),
                "additionalProperties": False,
            },
        }
    },
    "required": ["variants"],
    "additionalProperties": False,
}


class ResponseFormat(enum.StrEnum):
    """How the form of an answer is asked for; servers differ in what they know."""

    json_schema = "json_schema"
    json_object = "json_object"
    text = "text"

    def parameter(self) -> dict[str, Any] | None:
        """The ``response_format`` of the request; None sends none."""
        if self is ResponseFormat.json_schema:
            return {"type": "json_schema", "json_schema": {"name": "texts", "strict": True, "schema": SCHEMA}}
        return {"type": "json_object"} if self is ResponseFormat.json_object else None
