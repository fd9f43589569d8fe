"""Any GGUF model in this process, through llama.cpp."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import Field

from vivavoce import models
from vivavoce.concurrency.model_thread import ModelThread, StopFlag, Stopped
from vivavoce.engine.repetition import looped
from vivavoce.engines import LlmOptions, Message, Thought, Token
from vivavoce.errors import BadRequest, EngineBusy, EngineUnavailable
from vivavoce.options import Compute, OnlyKeys

from . import gguf_files
from .request import CompletionDefaults, CompletionRequest, CompletionRequests
from .server import LlamaServer, ServerOptions, placed
from .slots import PromptSlots

log = logging.getLogger(__name__)

_PUNCTUATION = " .,;:!?…-"
MOST_THREADS = 16
"""Past which more of them slow a model down that fits such a machine."""

_ROUNDS, _LOOKED_AT = 24, 200
"""A reply ends when so many words only repeat those before them, three times at least; and how
many words are looked at for that."""

_CHARACTERS_KEPT = 4_000
"""Of what was written, for that."""

_FOLLOWERS = 40
"""How many of the tokens that may follow a message are looked at."""


@dataclass(frozen=True, slots=True)
class LlamaOptions:
    """What may be set. max_tokens, temperature, top_p and seed are those of replies that do not
    ask for their own.
    """

    model: Annotated[
        str,
        Field(
            description="a built-in model's name, a path, `hf:org/repo/file.gguf`, or a folder of"
            " GGUF files"
        ),
    ] = "smollm2-135m"
    compute: Annotated[Compute, OnlyKeys(("device", "threads", "quantization"))] = Compute()
    slots: Annotated[
        int,
        Field(ge=1, description="conversations remembered, and replies written, at once"),
    ] = 4
    context: Annotated[
        int, Field(ge=1, description="tokens that one slot holds, prompt and reply together")
    ] = 2048
    batch: Annotated[
        int,
        Field(
            ge=1,
            description="tokens read at a time; a reply is cancelled, and others get on, between"
            " two batches",
        ),
    ] = 64
    gpu_layers: Annotated[
        int, Field(ge=-1, description="layers on the GPU; -1 puts as many there as fit")
    ] = -1
    max_tokens: Annotated[
        int | None,
        Field(ge=1, description="of a reply; null writes on until the context is full"),
    ] = None
    temperature: Annotated[float, Field(ge=0, description="0 always takes the likeliest")] = 0.0
    top_p: Annotated[float, Field(gt=0, le=1, description="the share of likely tokens kept")] = 0.95
    seed: Annotated[int, Field(description="of the draw, where the temperature is above 0")] = 1
    repeat_penalty: Annotated[
        float, Field(gt=0, description="1.0 is none; it costs small models the right words")
    ] = 1.0
    dry: Annotated[
        float,
        Field(
            ge=0,
            description="how strongly to keep a model from saying the same few words again and"
            " again; costs 50 ms or more before each reply",
        ),
    ] = 0.0
    thinking: Annotated[
        bool, Field(description="lets models that can reason do so, unheard, before they answer")
    ] = False
    verbose: Annotated[bool, Field(description="shows llama.cpp's own log on stderr")] = False


class LlamaCpp:
    """A language model that writes as many replies at once as it has slots."""

    local = True

    def __init__(self, options: LlamaOptions | None = None) -> None:
        self._options = options = options or LlamaOptions()
        self.model = options.model
        threads = min(MOST_THREADS, max(min(4, cores()), cores() // 2))
        self._threads = options.compute.threads or threads
        self._defaults = CompletionDefaults(
            options.max_tokens,
            options.temperature,
            options.top_p,
            options.seed,
            options.repeat_penalty,
            options.dry,
        )
        self._server: LlamaServer | None = None
        self._free: weakref.finalize[[], LlamaCpp] | None = None
        self._closed = threading.Event()
        self._requests: CompletionRequests | None = None
        self._loading = threading.Lock()
        slots = options.slots
        self._slots = PromptSlots(slots)
        self._replies = ModelThread("llama-cpp", workers=slots)
        self._warmups = ModelThread("llama-cpp-warm", workers=slots, limit=slots)

    @property
    def name(self) -> str:
        """`llama-cpp:` and its model."""
        return f"llama-cpp:{self.model}"

    @property
    def device(self) -> str:
        """What it computes on."""
        if self._options.gpu_layers == 0:
            return "cpu"
        return placed(self._options.compute.device)

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

    def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
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
            log.debug("%s: too many warm-ups; skipped one", self.name)

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
            path = gguf_files.choose(models.fetch(self.model), self._options.compute.quantization)
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
            self._requests = CompletionRequests(
                server, self.name, self._options.context, self._defaults
            )
            self._server = server

    def _server_options(self, path: Path) -> ServerOptions:
        return ServerOptions(
            path=path,
            slots=self._options.slots,
            context=self._options.context,
            threads=self._threads,
            device=self.device,
            gpu_layers=self._options.gpu_layers,
            batch=self._options.batch,
            thinking=self._options.thinking,
            verbose=self._options.verbose,
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
                    written = written[-_CHARACTERS_KEPT:] + thought.text
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
