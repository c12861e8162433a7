"""Where a model is reached, and with which key."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ...errors import InputError
from .backoff import Backoff

DEFAULT_KEY_ENV = "OPENAI_API_KEY"
OPENAI_URL = "https://api.openai.com/v1"
#: Sent where a local server needs no key, since the client insists on one.
_NO_KEY = "none"


@dataclass(frozen=True)
class Server:
    """Where a model is reached. Nothing of it changes what the model says, so none of it is kept with the texts.

    Attributes:
        base_url: of the OpenAI-compatible API, such as ``http://localhost:11434/v1``; None is OpenAI itself.
        key_env: the environment variable that holds the key; None is ``OPENAI_API_KEY`` where it is set.
        timeout_s: the longest that one try may take as a whole.
    """

    base_url: str | None = None
    key_env: str | None = None
    timeout_s: float = 120.0
    backoff: Backoff = field(default_factory=Backoff)

    def __post_init__(self) -> None:
        if self.base_url is not None and not _is_address(self.base_url):
            raise InputError("the base URL is no address", fix="Give one such as http://localhost:11434/v1")

    def key(self) -> str:
        """The key from the environment.

        Raises:
            InputError: the named variable is not set or holds no key, or OpenAI itself is meant and there is no key.
        """
        key = os.environ.get(self.key_env or DEFAULT_KEY_ENV, "").strip()
        if not key and (self.key_env or self.base_url is None):
            raise InputError(
                f"the environment variable {self.key_env or DEFAULT_KEY_ENV} is not set",
                fix="Put the key of the server there; servers named by --base-url may need none",
            )
        if not key.isascii() or not key.isprintable() or " " in key:
            raise InputError(
                f"the environment variable {self.key_env or DEFAULT_KEY_ENV} holds characters that no key has",
                fix="Copy the key again",
            )
        return key or _NO_KEY


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port  # raises where it is none
    except ValueError:
        return False
    plain = url.isprintable() and " " not in url and port != 0
    return plain and parts.scheme in ("http", "https") and bool(parts.hostname)
