"""``submission.json``: what a submitter says about the model. Hostile until checked; never says who the
submitter is.

Every text is one line of visible characters, bounded in length. HTML and console markup are not interpreted
here: whoever displays a text escapes it. A URL is ``http`` or ``https`` with a host and without credentials.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ..bench.safetensors_header import strict_json
from ..errors import InputError
from .display import printable

#: A manifest is a page of text; anything longer is not one.
MAX_MANIFEST_BYTES = 64 * 1024


class InvalidManifest(InputError):
    """``submission.json`` breaks its rules; ``problems`` lists every breach that could be found."""

    def __init__(self, what: str, *, where: str = "", fix: str = "", problems: Sequence[str] = ()) -> None:
        super().__init__(what, where=where, fix=fix)
        self.problems = tuple(problems) or (what,)


#: Letters and marks that show nothing (Unicode's Default_Ignorable_Code_Point outside Cf, and the empty Braille pattern):
#: two names that differ by one look the same.
_BLANK_LETTERS = frozenset(
    map(chr, [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, 0x3164, 0xFFA0])
) | frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))


def check_text(text: str) -> str:
    """Return ``text`` in NFC form without surrounding blanks.

    Raises:
        ValueError: it holds a control, invisible, private or unassigned character or a line break (these hide
            or reorder what a reader sees).

    >>> check_text("  Two Hands ")
    'Two Hands'
    >>> check_text("safe\\u202eevil")
    Traceback (most recent call last):
    ValueError: holds the invisible or control character U+202E
    """
    text = unicodedata.normalize("NFC", text.strip())
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} or character in _BLANK_LETTERS:
            raise ValueError(f"holds the invisible or control character U+{ord(character):04X}")
    return text


def check_url(url: str) -> str:
    """Return ``url`` if it is a plain web address.

    Raises:
        ValueError: other scheme, no host, credentials, blanks or a broken port.

    >>> check_url("https://example.org/model")
    'https://example.org/model'
    >>> check_url("javascript:alert(1)")
    Traceback (most recent call last):
    ValueError: is not an http:// or https:// address
    """
    if any(character.isspace() for character in url):
        raise ValueError("holds a blank")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"is not a valid address: {error}") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ValueError("is not an http:// or https:// address")
    if "@" in parts.netloc:
        raise ValueError("carries credentials")
    return url


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


Name = Annotated[str, Field(max_length=80), AfterValidator(check_text), AfterValidator(_not_empty)]
ShortText = Annotated[str, Field(max_length=120), AfterValidator(check_text)]
LongText = Annotated[str, Field(max_length=2000), AfterValidator(check_text)]
Url = Annotated[str, Field(max_length=500), AfterValidator(check_text), AfterValidator(check_url)]


class Manifest(BaseModel):
    """What a submitter says about a model. An unknown key is an error.

    ``category`` sets entries apart on the board: ``model`` competes; ``simple`` (mean pose, nearest text …)
    is ranked but flagged; ``reference`` sees the reference motions and is shown without a rank. ``generator``
    is the spec (``module:Factory`` or an entry point) from which a maintainer could reproduce the
    predictions.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format_version: Literal["1"] = "1"
    model_name: Name
    organisation: ShortText = ""
    url: Url | None = None
    licence: ShortText = ""
    parameters: int | None = Field(default=None, ge=0, le=10**15)
    training_data: LongText = ""
    code_url: Url | None = None
    open_weights: bool = False
    generator: ShortText | None = None
    description: LongText = ""
    category: Literal["model", "simple", "reference"] = "model"


def parse_manifest(data: bytes, where: str = "submission.json") -> Manifest:
    """Read a manifest from the bytes of its file.

    Raises:
        InvalidManifest: too large, not UTF-8 JSON, a key twice, an unknown key, a value out of bounds; all
            breaches that can be told apart stand in ``problems``.
    """
    if len(data) > MAX_MANIFEST_BYTES:
        raise InvalidManifest(f"manifest has {len(data):,} bytes, the limit is {MAX_MANIFEST_BYTES:,}", where=where)
    try:
        value = strict_json(data, "manifest")
    except InputError as error:
        raise InvalidManifest(error.what, where=where, fix=error.fix) from None
    if not isinstance(value, dict):
        raise InvalidManifest("manifest is not a JSON object", where=where)
    return build_manifest(value, where)


def build_manifest(value: dict[str, Any], where: str = "submission.json") -> Manifest:
    """A manifest from keys and values, with the same checks as a file.

    Raises:
        InvalidManifest: see :func:`parse_manifest`.

    >>> build_manifest({"model_name": "Two Hands", "user": "somebody else"})
    Traceback (most recent call last):
    handx_bench.submit.manifest.InvalidManifest: user: unknown key (submission.json)
    """
    try:
        return Manifest.model_validate(value)
    except ValidationError as error:
        problems = [_explain(dict(item)) for item in error.errors(include_url=False)]
        raise InvalidManifest("; ".join(problems), where=where, problems=problems) from None


def manifest_bytes(manifest: Manifest) -> bytes:
    """The bytes of ``submission.json``; equal manifests give equal bytes."""
    value = manifest.model_dump(mode="json", exclude_defaults=True) | {"format_version": manifest.format_version}
    return (json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _explain(item: dict[str, Any]) -> str:
    # A key is the submitter's text too: shortened and escaped before it is quoted in a message.
    key = printable(".".join(str(part) for part in item["loc"])[:60]) or "manifest"
    text = "unknown key" if item["type"] == "extra_forbidden" else str(item["msg"])
    text = "missing" if item["type"] == "missing" else text
    return f"{key}: {text.removeprefix('Value error, ')}"
