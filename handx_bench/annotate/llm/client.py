"""One chat call over HTTP, tried again while that can help, through the ``openai`` client.

The client's own retries are off: its waits cannot be bounded, shared between calls, or counted.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx2
import openai

from ...errors import InputError
from .backoff import retry_after_s
from .bounds import bound_errors
from .reply import CallFailedError, Reply, UnreadableReplyError, read_reply
from .secret import Secret
from .server import OPENAI_URL, Server

_MAX_BODY_BYTES = 4 * 2**20
_REASON_LENGTH = 300
_MEND = {
    401: "Check the key and --key-env",
    402: "Top up the account, then run the same command again",
    403: "Check what the key may do",
    404: "Check --model and --base-url",
}
_TRY_AGAIN = {408, 409, 425, 429}


class ChatClient:
    """Sends calls to one server. Must be used and closed within one event loop.

    Raises:
        InputError: there is no key where one is needed.
    """

    def __init__(self, server: Server) -> None:
        self._backoff = server.backoff
        self._timeout_s = server.timeout_s
        key = server.key()
        self._secret = Secret(key)
        self._random = random.Random()
        self._not_before = 0.0
        self._heard = False
        self._openai = openai.AsyncOpenAI(
            api_key=key,
            base_url=server.base_url or OPENAI_URL,  # whatever OPENAI_BASE_URL says
            max_retries=0,
            timeout=server.timeout_s,
            http_client=openai.DefaultAsyncHttpxClient(event_hooks={"response": [bound_errors]}),
        )
        if server.base_url is not None:  # those of the environment are OpenAI's affair
            self._openai.organization = self._openai.project = None

    async def close(self) -> None:
        """Close the connections."""
        await self._openai.close()

    async def complete(self, request: Mapping[str, Any], idempotency_key: str) -> Reply:
        """Send one call; all its tries carry the same idempotency key.

        Args:
            request: parameters of ``chat.completions.create``.
            idempotency_key: tells a server that knows such keys that this call may have reached it before.

        Raises:
            CallFailedError: no answer came, or the server will not answer this call.
            InputError: the server will answer no call at all, or none for long: the key, the account, the model or the
                address is wrong, or a limit is used up.
        """
        for tried in range(1, self._backoff.tries + 1):
            await self._hold()
            unreachable = False
            try:
                async with asyncio.timeout(self._timeout_s):
                    body = await self._send(request, idempotency_key)
                return self._read(body)
            except (TimeoutError, openai.APITimeoutError, httpx2.TimeoutException):
                reason, asked = f"no answer within {self._timeout_s:g} s", None
            except openai.APIStatusError as error:
                reason, asked = self._explain(error)
            except (openai.APIConnectionError, httpx2.HTTPError) as error:
                reason, asked = f"the connection failed ({_cause(error)})", None
                unreachable = isinstance(error.__cause__, httpx2.ConnectError)
            except UnreadableReplyError as error:
                reason, asked = str(error), None
            if asked is not None and asked > self._backoff.longest_retry_after_s:
                # All other clips would fail the same way, one after the other.
                raise InputError(f"{reason}; it asks to wait {asked:g} s", fix="Run the same command again then")
            if asked:  # the limit is that of the account: calls beside and after this one wait too
                self._not_before = max(self._not_before, time.monotonic() + asked)
            elif tried < self._backoff.tries:
                await asyncio.sleep(self._backoff.wait_s(tried, self._random))
        if unreachable and not self._heard:
            raise InputError("the server cannot be reached", fix="Check --base-url, and that the server runs")
        raise CallFailedError(f"{reason}, {self._backoff.tries} times")

    async def _hold(self) -> None:
        """Wait until the time that the server named is over."""
        while (wait := self._not_before - time.monotonic()) > 0:
            # Not all at the same moment.
            await asyncio.sleep(wait + self._random.uniform(0, self._backoff.first_s))

    async def _send(self, request: Mapping[str, Any], idempotency_key: str) -> bytes:
        streaming = self._openai.chat.completions.with_streaming_response
        body = bytearray()
        async with streaming.create(**request, extra_headers={"Idempotency-Key": idempotency_key}) as response:
            self._heard = True
            async for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _MAX_BODY_BYTES:
                    raise CallFailedError(f"the server's reply is longer than {_MAX_BODY_BYTES} bytes")
        return bytes(body)

    def _read(self, body: bytes) -> Reply:
        reply = read_reply(body)
        return replace(reply, content=self._secret.taken_out(reply.content))

    def _explain(self, error: openai.APIStatusError) -> tuple[str, float | None]:
        """The reason and the wait that is asked for, where trying again may help.

        Raises:
            CallFailedError, InputError: where it will not.
        """
        self._heard = True
        status = error.status_code
        reason = f"the server answered {status}: {self._clean(error.message)}"
        if status in _MEND:
            raise InputError(reason, fix=_MEND[status]) from None
        if error.code == "insufficient_quota":
            raise InputError(reason, fix=_MEND[402]) from None
        if status not in _TRY_AGAIN and status < 500:
            raise CallFailedError(reason) from None
        return reason, retry_after_s(error.response.headers.get("retry-after"))

    def _clean(self, message: str) -> str:
        """What a server says, fit for a terminal and a table, and without the key."""
        printable = "".join(each if each.isprintable() else " " for each in self._secret.taken_out(message))
        return " ".join(printable.split())[:_REASON_LENGTH]


def _cause(error: BaseException) -> str:
    return type(error.__cause__ or error).__name__
