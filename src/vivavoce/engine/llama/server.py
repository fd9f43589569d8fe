"""llama.cpp's server in this process: requests in, chunks out. Opens no port.

The server cannot be had without a listener, so it listens on a Unix socket in a folder that only
this user may enter. That also gives the one way to count tokens. Where Python has no Unix
sockets, it listens on 127.0.0.1. It wants a random key in any case.
"""

from __future__ import annotations

import http.client
import importlib
import json
import math
import os
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from vivavoce.concurrency.model_thread import StopFlag
from vivavoce.errors import EngineError, EngineUnavailable

_LET_GO = 10.0
"""Seconds that `close` waits for running requests, each of which ends within a batch."""

_SPINS = "250"
"""How often a thread looks for its next step before it sleeps, a few microseconds in all. Of 0,
100, 250, 1000 and 10000, five tokens take 106, 86, 43, 43 and 48 ms on two free cores, and 80, 91,
103, 150 and 330 ms where another thread keeps one of them busy."""

_LONGEST_SOCKET = 100
"""Bytes of a socket's path; systems allow 104 to 108."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """context: tokens a slot holds. device: from `placed`. gpu_layers: -1 leaves it to llama.cpp.

    batch: tokens read at a time; a request is cancelled, and other slots get on, between two.
    """

    path: Path
    slots: int
    context: int
    threads: int
    device: str
    gpu_layers: int
    batch: int
    thinking: bool
    verbose: bool


class LlamaServer:
    """A loaded model. Its methods block and may be called from any thread."""

    def __init__(self, options: ServerOptions) -> None:
        """Load; raises RuntimeError where llama.cpp cannot, EngineUnavailable without it."""
        self._library = _library()
        self._folder = tempfile.TemporaryDirectory(prefix="vivavoce-", ignore_cleanup_errors=True)
        self._key = secrets.token_hex(16)
        self._running = 0
        self._closing = False
        self._idle = threading.Condition()
        try:
            self._server = self._library.Server(self._params(options))
        except BaseException:
            self._folder.cleanup()
            raise
        self._address = str(self._server.listening_address)

    def chat(self, body: dict[str, object], on_chunk: Callable[[str], bool]) -> None:
        """Run a chat completion in slot `id_slot`; `on_chunk(json)` returns True to stop it.

        What `on_chunk` raises stops it too, and is raised here. The slot is free on return.
        """
        with self._in_use() as server:
            self._run(server.handle_chat_completions, body, on_chunk)

    def next_tokens(
        self, body: dict[str, object], most: int, stop: StopFlag
    ) -> dict[str, float] | None:
        """What may follow the last message of a chat completion request, as token: probability.

        The prompt is read up to that message's end and stays cached. most: how many tokens.
        None when it was stopped.
        """
        messages = cast("list[dict[str, str]]", body["messages"])
        found: dict[str, float] = {}

        def listen(chunk: str) -> bool:
            found.update(_probabilities(json.loads(chunk)))
            return stop.is_set()

        with self._in_use() as server:
            answer = cast("dict[str, str]", self._ask("POST", "/apply-template", body))
            prompt, last, _ = answer["prompt"].rpartition(messages[-1]["content"])
            if not last:
                raise EngineError("the chat template does not write the last message as it is")
            request = {
                "prompt": prompt + last,
                "id_slot": body["id_slot"],
                "n_predict": 1,
                "n_probs": most,
                "temperature": 0,
                # A stream leaves the end-of-message token out, and its alternatives with it.
                "ignore_eos": True,
                "cache_prompt": True,
                "stream": True,
                "return_progress": True,
            }
            self._run(server.handle_completions, request, listen)
        if not found and not stop.is_set():
            raise EngineError("llama.cpp gave no probabilities")
        return found or None

    def count(self, body: dict[str, object]) -> int:
        """The prompt tokens of a chat completion request. Takes about a millisecond."""
        with self._in_use():
            answer = self._ask("POST", "/v1/chat/completions/input_tokens", body)
        return cast("int", cast("dict[str, object]", answer)["input_tokens"])

    def close(self) -> None:
        """Stop what runs and free the model. Safe to call twice, and when Python exits."""
        with self._idle:
            self._closing = True
            # A server freed under a waiting request would end the process.
            if not self._idle.wait_for(lambda: not self._running, _LET_GO):
                return
        self.__dict__.pop("_server", None)
        self._folder.cleanup()

    def _run(
        self,
        handle: Callable[[str, Callable[[str], bool]], None],
        body: dict[str, object],
        on_chunk: Callable[[str], bool],
    ) -> None:
        failures: list[BaseException] = []
        stopped = False

        def listen(chunk: str) -> bool:
            nonlocal stopped
            try:
                if self._closing:
                    raise EngineUnavailable("llama-cpp was closed during a reply")
                stopped = on_chunk(chunk)
            except BaseException as error:  # noqa: BLE001 - must not pass through C++
                failures.append(error)
                stopped = True
            return stopped

        handle(json.dumps(body), listen)
        if stopped:
            self._wait_for_slot(cast("int", body["id_slot"]))
        if failures:
            raise failures[0]

    def _wait_for_slot(self, slot: int) -> None:
        """Until the cancelled slot is free: at the end of the batch being computed."""
        while not self._closing:
            slots = cast("list[dict[str, object]]", self._ask("GET", "/slots"))
            if not any(each["id"] == slot and each["is_processing"] for each in slots):
                return
            time.sleep(0.002)

    @contextmanager
    def _in_use(self) -> Iterator[Any]:
        with self._idle:
            if self._closing:
                raise EngineUnavailable("llama-cpp is closed")
            self._running += 1
        try:
            yield self._server
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def _params(self, options: ServerOptions) -> Any:
        params = self._library.CommonParams()
        params.model.path = str(options.path)
        params.n_parallel = options.slots
        params.n_ctx = options.slots * options.context
        kind, _, number = options.device.partition(":")
        params.n_gpu_layers = 0 if kind == "cpu" else options.gpu_layers
        if number:
            params.split_mode = self._library.llama_split_mode.LLAMA_SPLIT_MODE_NONE
            params.main_gpu = int(number)
        params.n_batch = params.n_ubatch = options.batch
        # One number for both: OpenMP ends and starts threads wherever it changes, which takes
        # longer than a few tokens do.
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
        params.cpuparams.poll = params.cpuparams_batch.poll = 0
        params.enable_reasoning = -1 if options.thinking else 0
        params.verbosity = 3 if options.verbose else -1
        params.cache_ram_mib = 0
        params.prefill_assistant = False  # a reply after a reply is a new one
        params.endpoint_slots = True
        params.ui = False
        params.n_threads_http = 1
        listener = str(Path(self._folder.name) / "llama.sock")
        if hasattr(socket, "AF_UNIX") and len(listener.encode()) <= _LONGEST_SOCKET:
            params.hostnames = [listener]
        else:
            params.hostnames, params.port = ["127.0.0.1"], 0
        params.api_keys = [self._key]
        return params

    def _ask(self, method: str, path: str, body: object = None) -> object:
        """The answer of an HTTP endpoint that has no Python binding."""
        connection = _connection(self._address)
        try:
            data = None if body is None else json.dumps(body)
            headers = {
                "Content-Type": "application/json",
                "Authorization": f"Bearer {self._key}",
            }
            connection.request(method, path, data, headers)
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise EngineError(f"llama.cpp: {answer['error'].get('message', answer['error'])}")
        return answer


def _probabilities(chunk: dict[str, Any]) -> dict[str, float]:
    """The alternatives to a completion's token; none in a chunk that has no token."""
    if "error" in chunk:
        raise EngineError(f"llama.cpp: {chunk['error'].get('message', chunk['error'])}")
    tokens = [
        token
        for choice in chunk.get("choices", ())
        for token in (choice.get("logprobs") or {}).get("content") or ()
    ]
    return {
        each["token"]: math.exp(each["logprob"])
        for token in tokens
        for each in token["top_logprobs"]
    }


def placed(device: str) -> str:
    """What a model computes on that is to be on `device`: `cpu`, `cuda`, `cuda:1` or `mps`.

    `auto` is all GPUs that llama.cpp is built for. Raises EngineUnavailable for one that is not
    here.
    """
    kind, _, number = device.partition(":")
    if kind == "cpu":
        return "cpu"
    gpus = [name for name in _devices() if not name.startswith("CPU")]
    if not gpus:
        found = "cpu"
    elif gpus[0].startswith(("CUDA", "ROCm")):
        found = "cuda"
    else:
        found = "mps" if gpus[0].startswith(("Metal", "MTL")) else gpus[0].rstrip("0123456789")
    if kind == "auto":
        return found.lower()
    if kind != found or int(number or 0) >= len(gpus):
        have = ", ".join(gpus) or "the CPU alone"
        raise EngineUnavailable(
            f"llama-cpp: {device} is not here, for xllamacpp knows {have}; install xllamacpp for"
            " your GPU, or set device: cpu"
        )
    return device


def _devices() -> list[str]:
    """The names of what llama.cpp can compute on, such as `CUDA0`."""
    return [str(each["name"]) for each in _library().get_device_info()]


def _library() -> Any:
    """The package, with threads that sleep soon after a step.

    Spinning ones keep the cores from other engines' threads, and wait for their turn to get on:
    beside one busy thread of another, two on two cores then take four times as long for a token.
    Those that sleep at once are woken hundreds of times a token, which takes half of it.
    """
    # Both are read when the library is loaded; the second is GNU's, and goes before the first.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
    try:
        return importlib.import_module("xllamacpp")
    except ImportError as error:
        if "libgomp" in str(error):
            raise EngineUnavailable(
                "llama-cpp needs the OpenMP runtime: install your system's libgomp1 (or libgomp)"
            ) from error
        raise EngineUnavailable(f"xllamacpp cannot be imported: {error}") from error


def _connection(address: str) -> http.client.HTTPConnection:
    url = urlsplit(address)
    if url.scheme == "unix":
        return _UnixConnection(url.path)
    return http.client.HTTPConnection(url.hostname or "127.0.0.1", url.port)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)
