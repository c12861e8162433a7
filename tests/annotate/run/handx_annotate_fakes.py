"""A chat server on 127.0.0.1 that does what a test asks for, and stand-ins for motion codes and claims.

A module that can be imported by name, since other processes (kills, actors of Ray) need it too.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import datasets
import numpy as np
import pytest

from handx_bench.annotate.llm import client as _preloaded  # noqa: F401
from handx_bench.annotate.run.dataset import annotate_dataset
from handx_bench.annotate.run.model import ModelRecipe
from handx_bench.annotate.run.report import Report
from handx_bench.annotate.run.source import Source
from handx_bench.annotate.texts import LEVELS, PARTS, Texts
from handx_bench.data import FEATURES, Clip
from handx_bench.errors import InputError

KEY = "sk-a-secret-that-must-not-leak-0123456789"
PROMPT_TOKENS, COMPLETION_TOKENS = 700, 300


class FakeCheck(NamedTuple):
    satisfied: int
    applicable: int
    coverage: float
    violated: tuple[str, ...]

    @property
    def agreement(self) -> float | None:
        return self.satisfied / self.applicable if self.applicable else None


def check_text(text: str) -> FakeCheck:
    """Texts say themselves what they are: wrong, vague, or else right."""
    if "vague" in text:
        return FakeCheck(0, 0, 0.0, ())
    if "wrong" in text:
        return FakeCheck(1, 2, 0.25, ("the thumb does not touch the index finger",))
    return FakeCheck(2, 2, 0.75, ())


def check(clip: Clip, texts: Texts) -> dict[str, list[FakeCheck]]:
    return {part: [check_text(text) for text in getattr(texts, part)] for part in PARTS}


def payload(clip: Clip) -> dict[str, Any]:
    return {"clip": clip.clip_id, "frames": len(clip.motion)}


def describe(clip: Clip, seed: int) -> Texts:
    return Texts(
        *(tuple(f"the {part} of {clip.clip_id}, level {n}, seed {seed}" for n in range(LEVELS)) for part in PARTS)
    )


def payload_but_c001(clip: Clip) -> dict[str, Any]:
    if clip.clip_id == "c001":
        raise InputError("a hand has no frame", where="clip 'c001'")
    return payload(clip)


def describe_but_c001(clip: Clip, seed: int) -> Texts:
    payload_but_c001(clip)
    return describe(clip, seed)


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the stand-ins where the command line finds motion codes, claims and descriptions."""

    class Codes(NamedTuple):
        frames: int

        def to_json(self) -> dict[str, Any]:
            track = {"events": [], "states": [], "low": 0.0, "high": float(self.frames)}
            return {"num_frames": self.frames, "fps": 30.0, "frames": track}

    def by_rules(codes: Codes, seed: int) -> Texts:
        return Texts(*(tuple(f"{part} at level {n}" for n in range(LEVELS)) for part in PARTS))

    package = "handx_bench.annotate"
    monkeypatch.setattr(f"{package}.codes.motion_codes", lambda motion, fps: Codes(len(motion)))
    monkeypatch.setattr(f"{package}.claims.check_texts", lambda texts, codes: check(None, texts))  # type: ignore[arg-type]
    monkeypatch.setattr(f"{package}.describe.describe", by_rules)


def run(source: Path, dest: Path, recipe: ModelRecipe, **options: Any) -> Report:
    """Annotate a folder; also what a process runs that is to be killed."""
    return annotate_dataset(Source(str(source)), dest, recipe, **options)


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` with its content."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def write_clips(folder: Path, count: int, test: int = 0) -> Path:
    """``count`` clips, the last ``test`` of them in the split ``test``; clip ``i`` has ``5 + i`` frames."""
    clips = []
    for i in range(count):
        motion = np.random.default_rng(i).uniform(-0.06, 0.06, (5 + i, 2, 21, 3)).astype(np.float32)
        split = "test" if i >= count - test else "train"
        old = (("an old text",),) * 3
        clips.append(Clip(f"c{i:03d}", "made", f"s{i}", motion, split, 30.0, "", *old))
    (folder / "data").mkdir(parents=True)
    for split in {clip.split for clip in clips}:
        rows = [clip.to_row() for clip in clips if clip.split == split]
        file = folder / "data" / f"{split}-00000-of-00001.parquet"
        datasets.Dataset.from_list(rows, features=FEATURES).to_parquet(str(file))
    return folder


@dataclass(frozen=True)
class Call:
    """A request as the server got it; ``nth`` counts those of its clip from 0."""

    clip: str
    nth: int
    key: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float

    @property
    def corrects(self) -> bool:
        """Whether the model is told what contradicts the motion."""
        return "do not agree" in self.body["messages"][-1]["content"]


Reaction = Callable[["Handler", Call], None]


def good(handler: Handler, call: Call) -> None:
    handler.answer(variants(call.clip))


def variants(clip: str, word: str = "right", count: int = LEVELS) -> str:
    """An answer whose texts say what they are."""
    level = [{part: f"the {part} of {clip} at level {n} is {word}" for part in PARTS} for n in range(count)]
    return json.dumps({"variants": level})


def replies(content: str, **options: Any) -> Reaction:
    return lambda handler, call: handler.answer(content, **options)


def status(code: int, message: str = "no", error: str | None = None, **headers: str) -> Reaction:
    def react(handler: Handler, call: Call) -> None:
        handler.send(code, json.dumps({"error": {"message": message, "code": error}}), headers)

    return react


def hang(handler: Handler, call: Call) -> None:
    handler.server.stop.wait(30)
    handler.close_connection = True


def close_mid_body(handler: Handler, call: Call) -> None:
    body = handler.completion(variants(call.clip)).encode()
    handler.head(200, len(body), {})
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def not_json(handler: Handler, call: Call) -> None:
    handler.send(200, "<html>gateway</html>", {})


@dataclass
class Served:
    """What a server has seen."""

    calls: list[Call] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0


class ChatServer(ThreadingHTTPServer):
    """Reacts to the ``n``-th call about a clip with the ``n``-th of its reactions; the last one stays."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reactions: dict[str, list[Reaction]] = {}
        self.default: list[Reaction] = [good]
        self.delay_s = 0.0
        self.seen = Served()
        self.lock = threading.Lock()
        self.stop = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that went away are part of the tests."""

    def calls(self, clip: str) -> list[Call]:
        return [call for call in self.seen.calls if call.clip == clip]


def _clip_of(told: dict[str, Any]) -> str:
    """The name in a payload of the stand-ins; through the command line, clips are told by their frames."""
    return told["clip"] if "clip" in told else f"frames-{told['frames']['range'][1]:.0f}"


@contextmanager
def serving(patch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """A server in a thread of its own, and its key in the environment, while the block lasts."""
    patch.setenv("OPENAI_API_KEY", KEY)
    patch.setenv("NO_PROXY", "127.0.0.1")
    with ChatServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.stop.set()
            server.shutdown()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ChatServer

    def do_POST(self) -> None:
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        clip = _clip_of(json.loads(body["messages"][1]["content"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with server.lock:
            nth = len(server.calls(clip))
            call = Call(clip, nth, headers["idempotency-key"], headers, body, time.monotonic())
            server.seen.calls.append(call)
            server.seen.in_flight += 1
            server.seen.most_in_flight = max(server.seen.most_in_flight, server.seen.in_flight)
        try:
            if server.delay_s:
                time.sleep(server.delay_s)
            reactions = server.reactions.get(clip, server.default)
            reactions[min(nth, len(reactions) - 1)](self, call)
        finally:
            with server.lock:
                server.seen.in_flight -= 1

    def answer(self, content: str | None, finish: str = "stop", usage: bool = True, refusal: str | None = None) -> None:
        self.send(200, self.completion(content, finish, usage, refusal), {})

    def completion(
        self, content: str | None, finish: str = "stop", usage: bool = True, refusal: str | None = None
    ) -> str:
        message = {"role": "assistant", "content": content, "refusal": refusal}
        told: dict[str, Any] = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
        told["choices"] = [{"index": 0, "finish_reason": finish, "message": message}]
        if usage:
            told["usage"] = {
                "prompt_tokens": PROMPT_TOKENS,
                "completion_tokens": COMPLETION_TOKENS,
                "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
            }
        return json.dumps(told)

    def send(self, code: int, body: str, headers: dict[str, str]) -> None:
        data = body.encode()
        self.head(code, len(data), headers)
        self.wfile.write(data)

    def head(self, code: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        """Tests look at :class:`Served`."""
