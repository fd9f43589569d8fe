"""A web server that does as it is told, for tests of what talks to one: real HTTP, no network."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias

Step: TypeAlias = bytes | Literal["stall", "cut"]
"""Bytes to send; `stall`: wait until the client goes or the server closes; `cut`: hang up."""


@dataclass(frozen=True, slots=True)
class ScriptedResponse:
    """One answer. kind: its content type. headers: further ones.

    body: sent step by step, each as a chunk of its own.
    first: `stall` or `cut` before the first byte of the answer.
    """

    body: tuple[Step, ...] = ()
    status: int = 200
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    first: Literal["stall", "cut"] | None = None

    @classmethod
    def of(cls, value: object, status: int = 200, **headers: str) -> ScriptedResponse:
        """The value as JSON. headers: with `_` for `-`."""
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return cls((json.dumps(value).encode(),), status, headers=named)

    @classmethod
    def events(cls, *data: object, end: bool = True) -> ScriptedResponse:
        """Server-sent events: JSON values, bytes and steps as they stand; then `[DONE]`."""
        steps: list[Step] = []
        for value in data:
            match value:
                case bytes() | "stall" | "cut":
                    steps.append(value)
                case _:
                    steps.append(f"data: {json.dumps(value)}\n\n".encode())
        if end:
            steps.append(b"data: [DONE]\n\n")
        return cls(tuple(steps), kind="text/event-stream")


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """What a client asked."""

    method: str
    path: str
    headers: Message
    body: bytes

    @property
    def json(self) -> object:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class _ResponseScript:
    answers: list[ScriptedResponse]
    respond: Callable[[ReceivedRequest], ScriptedResponse]
    always: dict[str, ScriptedResponse]
    requests: list[ReceivedRequest] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)
    sockets: list[socket.socket] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class ScriptedServer:
    """Listens on a free port of this machine while used as `with`.

    answers: to POST requests, in turn; past them, what `respond` says, or status 500.
    always: what GET requests get, by path; else status 404.
    """

    def __init__(
        self,
        *answers: ScriptedResponse,
        respond: Callable[[ReceivedRequest], ScriptedResponse] = lambda _: ScriptedResponse(
            status=500
        ),
        always: Iterable[tuple[str, ScriptedResponse]] = (("/v1/models", ScriptedResponse()),),
    ) -> None:
        self._script = _ResponseScript(list(answers), respond, dict(always))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self._script))
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all answers, and wait until their threads have ended."""
        self._script.closing.set()
        self._server.shutdown()
        for connection in self._script.sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it is: `http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def posts(self) -> list[ReceivedRequest]:
        """The POST requests so far."""
        return [request for request in self._script.requests if request.method == "POST"]

    @property
    def connections(self) -> int:
        """How many connections clients have made."""
        return len(self._script.sockets)

    @property
    def asked(self) -> threading.Event:
        """Set by the first POST request."""
        return self._script.asked

    @property
    def gone(self) -> threading.Event:
        """Set when a client has closed the connection before the answer was out."""
        return self._script.gone


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30

    def __init__(self, script: _ResponseScript, *connection: Any) -> None:
        self._script = script
        super().__init__(*connection)

    def setup(self) -> None:
        super().setup()
        with self._script.lock:
            self._script.sockets.append(self.connection)

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        self._answer(self._script.always.get(self.path, ScriptedResponse(status=404)))

    def do_POST(self) -> None:
        self._answer(None)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing is logged."""

    def _answer(self, answer: ScriptedResponse | None) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        request = ReceivedRequest(self.command, self.path, self.headers, body)
        with self._script.lock:
            self._script.requests.append(request)
            if answer is None and self._script.answers:
                answer = self._script.answers.pop(0)
        answer = answer or self._script.respond(request)
        if self.command == "POST":
            self._script.asked.set()
        try:
            self._send(answer)
        except OSError:
            self.close_connection = True
            self._script.gone.set()

    def _send(self, answer: ScriptedResponse) -> None:
        if answer.first and not self._goes_on(answer.first):
            return
        self.send_response(answer.status)
        sent = {"content-type": answer.kind, "transfer-encoding": "chunked"}
        for name, value in [*sent.items(), *answer.headers]:
            self.send_header(name, value)
        self.end_headers()
        if all(self._goes_on(step) for step in answer.body):
            self.wfile.write(b"0\r\n\r\n")

    def _goes_on(self, step: Step) -> bool:
        """Take the step; false if it is the last."""
        if isinstance(step, bytes):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(step), step))
            return True
        self.close_connection = True
        self.connection.settimeout(0.01)
        while step == "stall" and not self._script.closing.is_set():
            with suppress(TimeoutError):
                if not self.connection.recv(1):
                    self._script.gone.set()
                    break
        return False
