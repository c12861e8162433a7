"""Calls over real HTTP through the real openai client, to a server that misbehaves in every way."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import gzip
import json
import time
import tracemalloc
from typing import Any

import handx_annotate_fakes as fakes
import pytest

from handx_bench.annotate.llm.backoff import Backoff
from handx_bench.annotate.llm.client import ChatClient
from handx_bench.annotate.llm.reply import CallFailedError, Reply
from handx_bench.annotate.llm.secret import Secret
from handx_bench.annotate.llm.server import Server
from handx_bench.annotate.llm.usage import Usage
from handx_bench.errors import InputError

QUICK = Backoff(tries=3, first_s=0.01, longest_s=0.05)


def request_about(name: str) -> dict[str, Any]:
    told = json.dumps({"clip": name})
    return {"model": "m", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": told}]}


def call(server: fakes.ChatServer, count: int = 1, **options: Any) -> list[Reply]:
    """``count`` calls at once through one client, about the clips a, b, …"""

    async def run() -> list[Reply]:
        client = ChatClient(Server(server.url, **({"timeout_s": 5.0, "backoff": QUICK} | options)))
        try:
            requests = [request_about(name) for name in "abcdefgh"[:count]]
            return await asyncio.gather(*(client.complete(each, f"key-{n}") for n, each in enumerate(requests)))
        finally:
            await client.close()

    return asyncio.run(run())


def test_a_good_answer(server: fakes.ChatServer) -> None:
    assert call(server) == [Reply(fakes.variants("a"), "", Usage(1, fakes.PROMPT_TOKENS, fakes.COMPLETION_TOKENS))]
    seen = server.seen.calls[0]
    assert seen.headers["authorization"] == f"Bearer {fakes.KEY}"
    assert seen.key == "key-0"


@pytest.mark.parametrize(
    "bad",
    [
        fakes.status(500),
        fakes.status(503),
        fakes.status(408),
        fakes.status(429),
        fakes.status(429, retry_after="0"),
        fakes.status(429, retry_after="nonsense"),
        fakes.close_mid_body,
        fakes.not_json,
    ],
)
def test_tried_again_with_the_same_idempotency_key(server: fakes.ChatServer, bad: fakes.Reaction) -> None:
    server.default = [bad, bad, fakes.good]
    assert call(server)[0].content == fakes.variants("a")
    assert [each.key for each in server.seen.calls] == ["key-0"] * 3


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (fakes.status(500, "boiler\x1b[2J down"), "the server answered 500: Error code: 500"),
        (fakes.status(429), "429"),
        (fakes.close_mid_body, "the connection failed (RemoteProtocolError), 3 times"),
        (fakes.not_json, "not a chat completion, 3 times"),
        (fakes.replies("x" * (5 * 2**20)), "longer than"),
    ],
)
def test_given_up_with_the_reason(server: fakes.ChatServer, bad: fakes.Reaction, words: str) -> None:
    server.default = [bad]
    with pytest.raises(CallFailedError) as caught:
        call(server)
    assert words in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(server.seen.calls) == (1 if words == "longer than" else 3)


def test_a_server_that_hangs(server: fakes.ChatServer) -> None:
    server.default = [fakes.hang]
    with pytest.raises(CallFailedError, match=r"no answer within 0\.2 s, 3 times"):
        call(server, timeout_s=0.2)
    assert [each.key for each in server.seen.calls] == ["key-0"] * 3


def test_a_server_that_trickles(server: fakes.ChatServer) -> None:
    """Each byte comes in time, the answer never does: the time limit is one of the whole call."""

    def trickle(handler: fakes.Handler, call: fakes.Call) -> None:
        handler.head(200, 100_000, {})
        while not handler.server.stop.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    server.default = [trickle, fakes.good]
    assert call(server, timeout_s=0.3)[0].content == fakes.variants("a")


def test_a_bad_request_is_not_repeated(server: fakes.ChatServer) -> None:
    server.default = [fakes.status(400, "response_format is not supported")]
    with pytest.raises(CallFailedError, match=r"400.*response_format is not supported"):
        call(server)
    assert len(server.seen.calls) == 1


@pytest.mark.parametrize(
    "bad",
    [
        fakes.status(401, f"Incorrect API key provided: {fakes.KEY}"),
        fakes.status(402, "insufficient balance"),
        fakes.status(403, "not in your country"),
        fakes.status(404, "no such model"),
        fakes.status(429, "quota", error="insufficient_quota"),
    ],
)
def test_what_no_call_can_survive_stops_the_run(server: fakes.ChatServer, bad: fakes.Reaction) -> None:
    server.default = [bad]
    with pytest.raises(InputError, match="the server answered 4") as caught:
        call(server)
    assert caught.value.fix
    assert fakes.KEY not in str(caught.value)
    assert len(server.seen.calls) == 1


def test_a_server_that_is_not_there(server: fakes.ChatServer) -> None:
    server.server_close()
    with pytest.raises(InputError, match="cannot be reached"):
        call(server)


def test_retry_after_in_seconds_holds_all_calls(server: fakes.ChatServer) -> None:
    """One call is told to wait; those that begin later wait too, and nothing is sent before."""
    times: list[float] = []

    def limited(handler: fakes.Handler, call: fakes.Call) -> None:
        times.append(time.monotonic())
        fakes.status(429, retry_after="0.4")(handler, call)

    server.default = [limited, fakes.good]
    call(server, 4)
    first = {each.clip: each.at for each in server.seen.calls if each.nth == 0}
    again = {each.clip: each.at for each in server.seen.calls if each.nth == 1}
    assert set(again) == set(first) == set("abcd")
    assert min(again.values()) >= min(times) + 0.4


def test_retry_after_as_a_date(server: fakes.ChatServer) -> None:
    def limited(handler: fakes.Handler, call: fakes.Call) -> None:
        fakes.status(429, retry_after=email.utils.formatdate(time.time() + 2, usegmt=True))(handler, call)

    server.default = [limited, fakes.good]
    call(server)
    assert server.seen.calls[1].at - server.seen.calls[0].at > 0.9  # dates are in whole seconds


def test_a_wait_that_is_too_long_stops_the_run(server: fakes.ChatServer) -> None:
    """A limit for the day would fail clip after clip."""
    server.default = [fakes.status(429, retry_after="3600")]
    with pytest.raises(InputError, match="asks to wait 3600 s"):
        call(server)
    assert len(server.seen.calls) == 1


def test_the_wait_after_the_last_try_holds_the_next_call(server: fakes.ChatServer) -> None:
    server.reactions["a"] = [fakes.status(429, retry_after="0.5")]

    async def run() -> None:
        client = ChatClient(Server(server.url, backoff=Backoff(tries=1)))
        try:
            for name in "ab":
                with contextlib.suppress(CallFailedError):
                    await client.complete(request_about(name), name)
        finally:
            await client.close()

    asyncio.run(run())
    assert server.seen.calls[1].at - server.seen.calls[0].at >= 0.5


@pytest.mark.parametrize("charset", ["utf-16", "idna", "undefined", "punycode", "rot13", "hex", "zlib", "none such"])
def test_an_error_in_an_odd_charset_is_an_error_as_any_other(server: fakes.ChatServer, charset: str) -> None:
    def odd(handler: fakes.Handler, call: fakes.Call) -> None:
        handler.send_response(502)
        handler.send_header("Content-Type", f"text/html; charset={charset}")
        handler.send_header("Content-Length", "3")
        handler.end_headers()
        handler.wfile.write(b"bad")

    server.default = [odd, fakes.good]
    assert call(server)[0].content == fakes.variants("a")


@pytest.mark.parametrize("packed", [False, True])
def test_of_an_error_without_end_only_the_beginning_is_read(server: fakes.ChatServer, packed: bool) -> None:
    sent, chunk = 0, gzip.compress(bytes(2**24)) if packed else b"no " * 2**14

    def endless(handler: fakes.Handler, call: fakes.Call) -> None:
        nonlocal sent
        handler.send_response(400)
        if packed:
            handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        with contextlib.suppress(OSError):
            while sent < 2**26:
                handler.wfile.write(chunk)
                sent += len(chunk)

    server.default = [endless]
    tracemalloc.start()
    try:
        with pytest.raises(CallFailedError, match="the server answered 400") as caught:
            call(server)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(str(caught.value)) < 500
    assert peak < 2**24
    assert sent < 2**26


@pytest.mark.parametrize(
    ("reaction", "problem"),
    [
        (fakes.replies("{", finish="length"), "cut off"),
        (fakes.replies(None, refusal="I cannot help with that"), "refused"),
        (fakes.replies("", finish="content_filter"), "content filter"),
        (fakes.replies(None), "empty"),
    ],
)
def test_answers_that_cannot_be_used_are_answers(
    server: fakes.ChatServer, reaction: fakes.Reaction, problem: str
) -> None:
    server.default = [reaction]
    reply = call(server)[0]
    assert problem in reply.problem
    assert reply.usage == Usage(1, fakes.PROMPT_TOKENS, fakes.COMPLETION_TOKENS)


@pytest.mark.parametrize(
    "beside",
    [
        {"usage": {"prompt_tokens": None, "completion_tokens": None}},
        {"usage": {"prompt_tokens": -1, "completion_tokens": "many"}},
        {"usage": {"prompt_tokens": 1.5, "completion_tokens": 10**400}},
        {"usage": []},
        {"usage": "none"},
        {"usage": None},
        {"finish_reason": 3},
        {"refusal": False},
        {"content": "parts"},
        {"bom": "\ufeff"},
    ],
)
def test_an_answer_is_not_thrown_away_for_what_stands_beside_it(
    server: fakes.ChatServer, beside: dict[str, Any]
) -> None:
    def odd(handler: fakes.Handler, call: fakes.Call) -> None:
        told = json.loads(handler.completion(fakes.variants("a")))
        choice = told["choices"][0]
        if "usage" in beside:
            told["usage"] = beside["usage"]
        choice["finish_reason"] = beside.get("finish_reason", "stop")
        choice["message"]["refusal"] = beside.get("refusal")
        if "content" in beside:
            text = choice["message"]["content"]
            choice["message"]["content"] = [{"type": "text", "text": each} for each in (text[:50], text[50:])]
        handler.send(200, beside.get("bom", "") + json.dumps(told), {})

    server.default = [odd]
    reply = call(server)[0]
    assert (reply.content, reply.problem, reply.usage.calls) == (fakes.variants("a"), "", 1)
    assert len(server.seen.calls) == 1
    if "usage" in beside:
        assert reply.usage == Usage(1, 0, 0)


def test_a_server_that_counts_no_tokens(server: fakes.ChatServer) -> None:
    server.default = [fakes.replies("x", usage=False)]
    assert call(server)[0].usage == Usage(1, 0, 0)


def test_a_key_that_comes_back_is_taken_out(server: fakes.ChatServer) -> None:
    server.default = [fakes.replies(f"your key is {fakes.KEY}")]
    assert call(server)[0].content == "your key is [key]"


@pytest.mark.parametrize("spell", ["\\u{:04x}", "\\u{:04X}", "\\\\u{:04x}"])
def test_a_key_that_is_spelled_otherwise_is_taken_out(server: fakes.ChatServer, spell: str) -> None:
    """What the model writes is JSON, in which every character can be written in two ways."""
    spelled = "".join(spell.format(ord(each)) if i % 2 else each for i, each in enumerate(fakes.KEY))
    content = f'{{"variants": ["{spelled}"]}}'
    server.default = [fakes.replies(content)]
    found = call(server)[0].content
    assert found == '{"variants": ["[key]"]}'
    assert call(server)[0].content.count("[key]") == 1


def test_a_run_of_backslashes_takes_no_time() -> None:
    began = time.monotonic()
    assert Secret(fakes.KEY).taken_out("\\" * 2**20) == "\\" * 2**20
    assert time.monotonic() - began < 5


def test_only_openai_is_told_what_openai_is_to_know(server: fakes.ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "mine")
    call(server)
    assert not {"openai-organization", "openai-project"} & set(server.seen.calls[0].headers)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    assert str(ChatClient(Server())._openai.base_url) == "https://api.openai.com/v1/"


def test_keys_come_from_the_environment(server: fakes.ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_KEY", " other-key\n")
    call(server, key_env="OTHER_KEY")
    assert server.seen.calls[-1].headers["authorization"] == "Bearer other-key"
    monkeypatch.delenv("OPENAI_API_KEY")
    call(server)  # a local server needs none
    assert fakes.KEY not in server.seen.calls[-1].headers["authorization"]
    for options, words in (
        ({"key_env": "UNSET_KEY"}, "UNSET_KEY is not set"),
        ({"base_url": None}, "OPENAI_API_KEY is not set"),
    ):
        with pytest.raises(InputError, match=words):
            ChatClient(Server(**options))
    monkeypatch.setenv("OTHER_KEY", "two words")
    with pytest.raises(InputError, match="OTHER_KEY holds characters") as caught:
        ChatClient(Server(key_env="OTHER_KEY"))
    assert "two words" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "localhost:11434/v1", "file:///etc/passwd", "http://", "ftp://host/v1", "http://h:abc/v1", "http://[::1",
        "http://h:99999/v1", "http://h:0/v1", "http://h/v1\n", "http://h/a b",
    ],
)  # fmt: skip
def test_base_urls_that_are_none(url: str) -> None:
    with pytest.raises(InputError, match="base URL"):
        Server(url)
