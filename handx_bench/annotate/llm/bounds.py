"""What a server sends with an error, bounded before the ``openai`` client reads all of it and decodes it as it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2

#: An error that says more than this says nothing.
MAX_ERROR_BYTES = 64 * 2**10


async def bound_errors(response: httpx2.Response) -> None:
    """A response hook: of an error reply only the beginning is read, as UTF-8 and not unpacked."""
    if response.status_code < 400 or not isinstance(response.stream, httpx2.AsyncByteStream):
        return
    response.stream = _Beginning(response.stream)
    response.headers.pop("content-encoding", None)
    response.headers["content-type"] = "text/plain; charset=utf-8"


class _Beginning(httpx2.AsyncByteStream):
    """The first bytes of a stream."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MAX_ERROR_BYTES
        async for chunk in self._stream:
            yield chunk[:left]
            left -= len(chunk)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()
