"""Any GGUF model in this process, through llama.cpp."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from vivavoce import models
from vivavoce.concurrency.model_thread import ModelThread, StopFlag, Stopped
from vivavoce.engine.repetition import looped
from vivavoce.engines import LlmOptions, Message, Thought, Token
from vivavoce.errors import BadRequest, EngineBusy, EngineUnavailable

from . import gguf_files
from .request import CompletionDefaults, CompletionRequest, CompletionRequests
from .server import LlamaServer, ServerOptions
from .slots import PromptSlots

log = logging.getLogger(__name__)

_PUNCTUATION = " .,;:!?…-"
MOST_THREADS = 16
"""Past which more of them slow a model down that fits such a machine."""

_ROUNDS, _LOOKED_AT = 24, 200
"""A reply ends when so many words only repeat those before them, three times at least; and how
many words are looked at for that."""

_FOLLOWERS = 40
"""How many of the tokens that may follow a message are looked at."""


class LlamaCpp:
    """A language model that writes as many replies at once as it has slots.

    model: a built-in model's name, a path, `hf:org/repo/file.gguf`, or a folder of GGUF files.
    quantization: which file of a folder, such as `Q4_1`; None takes the fastest.
    slots: conversations that are remembered, and replies that are written, at once.
    context: tokens that one slot holds, prompt and reply together.
    threads: to read and to write with; None takes all cores up to four, and half of many.
    batch: tokens read at a time; a reply is cancelled, and others get on, between two batches.
    gpu_layers: -1 puts as many on a GPU as fit, where xllamacpp is built for one.
    max_tokens, temperature, top_p, seed: of replies that do not ask for their own.
    repeat_penalty: 1.0 is none; it costs small models the right words.
    dry: how strongly to keep a model from saying the same few words again and again; 0 is not,
    and spares the 50 ms or more that llama.cpp takes for it before each reply. One that goes round
    and round is ended in any case.
    thinking: lets models that can reason do so, unheard, before they answer.
    verbose: shows llama.cpp's own log on stderr.
    """

    def __init__(
        self,
        *,
        model: str = "smollm2-135m",
        quantization: str | None = None,
        slots: int = 4,
        context: int = 2048,
        threads: int | None = None,
        batch: int = 64,
        gpu_layers: int = -1,
        max_tokens: int = 256,
        temperature: float = 0.0,
        top_p: float = 0.95,
        seed: int = 1,
        repeat_penalty: float = 1.0,
        dry: float = 0.0,
        thinking: bool = False,
        verbose: bool = False,
    ) -> None:
        for option, value in (("slots", slots), ("context", context), ("batch", batch)):
            if value < 1:
                raise BadRequest(f"llama-cpp: {option} is {value}; it must be at least 1")
        self._model = model
        self._quantization = quantization
        self._slot_count = slots
        self._context = context
        self._threads = threads or min(MOST_THREADS, max(min(4, cores()), cores() // 2))
        self._batch = batch
        self._gpu_layers = gpu_layers
        self._thinking = thinking
        self._verbose = verbose
        self._defaults = CompletionDefaults(
            max_tokens, temperature, top_p, seed, repeat_penalty, dry
        )
        self._server: LlamaServer | None = None
        self._free: weakref.finalize[[], LlamaCpp] | None = None
        self._closed = threading.Event()
        self._requests: CompletionRequests | None = None
        self._loading = threading.Lock()
        self._slots = PromptSlots(slots)
        self._replies = ModelThread("llama-cpp", workers=slots)
        self._warmups = ModelThread("llama-cpp-warm", workers=slots, limit=slots)

    @property
    def name(self) -> str:
        """`llama-cpp:` and its model."""
        return f"llama-cpp:{self._model}"

    async def load(self) -> None:
        """Fetch and load the model; does nothing when loaded already.

        Raises ModelError when there is none, or llama.cpp cannot load it.
        """
        await self._replies.run(self._load)

    async def aclose(self) -> None:
        """Stop what runs and free the model; the engine cannot be used again."""
        self._server = None
        self._closed.set()
        if self._free is not None:
            await asyncio.to_thread(self._free)
        await self._warmups.aclose()
        await self._replies.aclose()

    def reply(self, messages: Sequence[Message], options: LlmOptions) -> AsyncIterator[Thought]:
        """The reply to `messages`, token by token; see `Llm.reply`.

        Waits where as many replies as there are slots are being written.
        """
        server = self._loaded()
        if options.max_tokens is not None and options.max_tokens < 1:
            raise BadRequest(f"max_tokens is {options.max_tokens}; it must be at least 1")
        return self._replies.stream(partial(self._write, server, messages, options))

    async def warm(self, messages: Sequence[Message], options: LlmOptions) -> None:
        """Read `messages` into the cache; see `Llm.warm`. Ends early where a reply needs it."""
        work = partial(self._read, self._loaded(), messages, options)
        try:
            await self._warmups.run(work)
        except EngineBusy:
            log.debug("%s: too many warm-ups; one is left out", self.name)

    async def completeness(self, messages: Sequence[Message]) -> float:
        """The probability that the last message ends where it does; see `Foresight`."""
        return await self._replies.run(partial(self._foresee, self._loaded(), messages))

    def _loaded(self) -> LlamaServer:
        if self._server is None:
            raise EngineUnavailable(f"{self.name} is not loaded; await load() first")
        return self._server

    # --- on worker threads -----------------------------------------------------------------------

    def _load(self, stop: StopFlag) -> None:
        with self._loading:
            if self._server is not None or self._closed.is_set():
                return
            path = gguf_files.choose(models.fetch(self._model), self._quantization)
            gguf_files.check(path)
            try:
                server = LlamaServer(self._server_options(path))
            except RuntimeError as error:
                raise gguf_files.diagnose(path) from error
            if self._closed.is_set():
                server.close()
                return
            # Runs when Python exits, too: the model's threads must not outlive it.
            self._free = weakref.finalize(self, server.close)
            self._requests = CompletionRequests(server, self.name, self._context, self._defaults)
            self._server = server

    def _server_options(self, path: Path) -> ServerOptions:
        return ServerOptions(
            path=path,
            slots=self._slot_count,
            context=self._context,
            threads=self._threads,
            gpu_layers=self._gpu_layers,
            batch=self._batch,
            thinking=self._thinking,
            verbose=self._verbose,
        )

    def _write(
        self,
        server: LlamaServer,
        messages: Sequence[Message],
        options: LlmOptions,
        emit: Callable[[Thought], None],
        stop: StopFlag,
    ) -> None:
        request = self._made(messages, options)
        written = ""

        def listen(chunk: str) -> bool:
            nonlocal written
            for thought in request.read(chunk):
                emit(thought)
                if isinstance(thought, Token):
                    written += thought.text
            if looped(written.split()[-_LOOKED_AT:], _ROUNDS):
                emit(request.cut())
                return True
            return stop.is_set()

        with self._slots.reply(messages, stop) as slot:
            server.chat({**request.body, "id_slot": slot}, listen)

    def _made(self, messages: Sequence[Message], options: LlmOptions) -> CompletionRequest:
        assert self._requests is not None, "loaded engines have it"
        return self._requests.make(messages, options)

    def _foresee(self, server: LlamaServer, messages: Sequence[Message], stop: StopFlag) -> float:
        last = messages[-1]
        bare = replace(last, content=last.content.rstrip(_PUNCTUATION))
        if not bare.content:
            return 0.0
        body = self._made([*messages[:-1], bare], LlmOptions()).body
        with self._slots.reply(messages, stop) as slot:
            followers = server.next_tokens({**body, "id_slot": slot}, _FOLLOWERS, stop)
        if followers is None:
            raise Stopped
        return min(1.0, sum(p for token, p in followers.items() if _ends(token)))

    def _read(
        self,
        server: LlamaServer,
        messages: Sequence[Message],
        options: LlmOptions,
        stop: StopFlag,
    ) -> None:
        body = self._made(messages, options).body
        with self._slots.warm(messages, stop) as slot:
            if slot is not None:
                server.chat({**body, "id_slot": slot, "max_tokens": 0}, lambda _: stop.is_set())


def _ends(token: str) -> bool:
    """Whether a message with this token after it is complete. Control tokens are empty text."""
    return not token or "\n" in token or token.strip()[:1] in {".", "?", "!"}


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
