"""A call to a session in lockstep: exact, and as fast as the session computes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self, TypeVar

from vivavoce.audio import Audio
from vivavoce.conversation.history import Memory
from vivavoce.conversation.session import Engines, Session
from vivavoce.conversation.sinks import MemorySink
from vivavoce.conversation.tools import Toolbox
from vivavoce.engines import Llm, Stt, Tts, TurnDetector, Vad
from vivavoce.events import Event
from vivavoce.settings import SessionSettings

from .scripted import RATE, ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, ScriptedVad

E = TypeVar("E")


class Call:
    """A caller and their session; use as `async with`, and speak with `hears`.

    Engines that are not given are scripted ones with their defaults.
    """

    def __init__(
        self,
        *,
        vad: Vad | None = None,
        turn: TurnDetector | None = None,
        stt: Stt | None = None,
        llm: Llm | None = None,
        tts: Tts | None = None,
        sink: MemorySink | None = None,
        history: Memory | None = None,
        settings: SessionSettings | None = None,
        toolbox: Toolbox | None = None,
        chunk_s: float = 0.02,
    ) -> None:
        self.events: list[Event] = []
        self.sink = sink or MemorySink(RATE)
        self.engines = Engines(
            vad or ScriptedVad(),
            turn or ScriptedTurn(),
            stt or ScriptedStt(),
            llm or ScriptedLlm(),
            tts or ScriptedTts(),
        )
        self.session = Session(
            self.engines,
            self.sink,
            self.events.append,
            settings=settings,
            toolbox=toolbox,
            history=history,
            clock=lambda: self.session.now,
        )
        self._chunk_s = chunk_s
        self._audio: asyncio.Queue[Audio | None] = asyncio.Queue(1)
        self._run: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Pick up."""
        self._run = asyncio.create_task(self.session.run(self._source()))
        await asyncio.sleep(0)
        await self.session.settled()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up, and wait until the session has ended."""
        assert self._run is not None
        await self._put(None)
        await asyncio.wait({self._run})
        if error is None:
            self._run.result()

    async def hears(self, *audio: Audio) -> None:
        """Play this to the session; returns when everything that follows from it was done."""
        for stretch in audio:
            for chunk in stretch.slices(self._chunk_s):
                await self._put(chunk)
                await self.session.settled()

    def of(self, kind: type[E]) -> list[E]:
        """The events of this kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    async def _put(self, audio: Audio | None) -> None:
        """Hand it over, or notice that the session is no more."""
        assert self._run is not None
        put = asyncio.ensure_future(self._audio.put(audio))
        await asyncio.wait({put, self._run}, return_when=asyncio.FIRST_COMPLETED)
        put.cancel()
        if self._run.done() and audio is not None:
            self._run.result()
            raise AssertionError("the session ended before the call did")

    async def _source(self) -> AsyncIterator[Audio]:
        while (audio := await self._audio.get()) is not None:
            yield audio
