"""A Realtime client without a socket, in lockstep: exact, and as fast as the session computes."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from vivavoce.audio import Audio, from_pcm16, to_pcm16
from vivavoce.config.configuration import load_config
from vivavoce.conversation.playout import Sink
from vivavoce.conversation.session import Engines
from vivavoce.conversation.sources import Feed
from vivavoce.engines import Llm, Stt, Tts
from vivavoce.events import Event
from vivavoce.server.access.byte_budget import Account, ByteBudget
from vivavoce.server.realtime.client_actions import ClientActions
from vivavoce.server.realtime.client_events import event_of
from vivavoce.server.realtime.inputs import Inputs
from vivavoce.server.realtime.session import RealtimeSession
from vivavoce.server.realtime.sessions import first_config
from vivavoce.server.realtime.wire_error import WireError
from vivavoce.server.service import Service
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, ScriptedVad

KNOWN: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
CHUNK_S = 0.02
Told = dict[str, Any]


class Watch:
    """Takes what the session tells the logs."""

    def handle(self, event: Event) -> None:
        """Nothing to do."""


class Talk:
    """A client and its session; use as `async with`.

    session: a first `session.update`. Every event that comes must be one that OpenAI's package
    knows.
    """

    def __init__(
        self,
        *,
        stt: Stt | None = None,
        llm: Llm | None = None,
        tts: Tts | None = None,
        kind: str = "realtime",
        session: Mapping[str, Any] | None = None,
        call: Sink | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.llm = llm or ScriptedLlm("It is noon now.")
        self.now = 0.0
        self.events: list[Told] = []
        self._session = session
        config = load_config(overrides={"session": settings or {}}, environment={})
        service = Service(config)
        service.ready(
            Engines(
                ScriptedVad(),
                ScriptedTurn(),
                stt or ScriptedStt("what time is it"),
                self.llm,
                tts or ScriptedTts(),
            )
        )
        self._inputs: Inputs = Feed(clock=lambda: self.now)
        account = Account(ByteBudget(service.limits), "test", 32_000_000)
        first = first_config(service, "transcription" if kind == "transcription" else "realtime")
        self.dialogue = RealtimeSession(
            service, service.engines, first, self._handle, Watch(), account, call=call
        )
        self.dialogue.inputs = self._inputs
        self._run: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Connect."""
        self._run = asyncio.create_task(self.dialogue.run(ClientActions(self.dialogue).act))
        await self.settled()
        if self._session is not None:
            await self.sends({"type": "session.update", "session": self._session})
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up; the session ends, and all that was told must hold together."""
        assert self._run is not None
        self._inputs.close()
        await asyncio.wait({self._run})
        if error is None:
            self._run.result()
            check(self.events)

    async def sends(self, *events: Mapping[str, Any]) -> None:
        """Send these; returns when everything that follows from them was done."""
        for event in events:
            await self.sends_at_once(event)
            await self.settled()

    async def sends_at_once(self, event: Mapping[str, Any]) -> None:
        """Send it, and do not wait."""
        try:
            await self._inputs.put(event_of(event))
        except WireError as error:
            await self._inputs.put(error)

    async def hears(self, *audio: Audio) -> None:
        """Speak this in real time, to the session's clock."""
        form = self.dialogue.config.input_format
        assert form.type == "audio/pcm"
        for stretch in audio:
            samples = stretch.resampled(form.rate).samples
            step = round(CHUNK_S * form.rate)
            for start in range(0, len(samples), step):
                self.now += CHUNK_S
                await self.appends(samples[start : start + step])

    async def appends(self, samples: Any) -> None:
        """Send audio, in no time; by the call's line where there is one."""
        if self.dialogue.has_call:
            await self._inputs.put(Audio(samples, self.dialogue.config.input_format.rate))
            await self.settled()
            return
        encoded = b64encode(to_pcm16(samples)).decode()
        await self.sends({"type": "input_audio_buffer.append", "audio": encoded})

    async def settled(self) -> None:
        """Wait until the session has done all there is to do."""
        assert self._run is not None
        while not (self._inputs.empty or self._run.done()):  # noqa: ASYNC110 - lockstep
            await asyncio.sleep(0)
        await self.dialogue.session.settled()

    @property
    def types(self) -> list[str]:
        """What kinds of events came so far, without deltas."""
        kinds = [event["type"] for event in self.events]
        return [kind for kind in kinds if not kind.endswith(".delta")]

    def of(self, kind: str) -> list[Told]:
        """The events of this kind so far."""
        return [event for event in self.events if event["type"] == kind]

    def last(self, kind: str) -> Told:
        """The latest event of this kind."""
        return self.of(kind)[-1]

    @property
    def audio(self) -> Audio:
        """All that the client was sent, if it is PCM."""
        deltas = self.of("response.output_audio.delta")
        pieces = [from_pcm16(b64decode(event["delta"], validate=True)) for event in deltas]
        return Audio(np.concatenate([np.zeros(0, np.float32), *pieces]), 24_000)

    def _handle(self, event: Mapping[str, Any]) -> None:
        KNOWN.validate_python(event)
        self.events.append(dict(event))


def check(events: Sequence[Told]) -> None:
    """What holds of every session, whatever happens in it."""
    ids = [event["event_id"] for event in events]
    assert len(ids) == len(set(ids))
    active: str | None = None
    done: set[str] = set()
    added: dict[str, str] = {}
    for event in events:
        match event["type"]:
            case "response.created":
                assert active is None, "two responses at once"
                active = event["response"]["id"]
                assert active not in done
            case "response.done":
                assert event["response"]["id"] == active
                done.add(event["response"]["id"])
                active = None
                assert not {kind for kind in added.values() if kind == "output"}
            case "response.output_item.added":
                added[event["item"]["id"]] = "output"
            case "response.output_item.done":
                assert added.pop(event["item"]["id"]) == "output"
        if "response_id" in event and event["type"].startswith("response."):
            assert event["response_id"] == active, f"{event['type']} outside of its response"
    assert active is None, "a response without its end"
    check_items(events)


def check_items(events: Sequence[Told]) -> None:
    """Each item that is added gets done, and each part; nothing grows after that."""
    open_items: set[str] = set()
    open_parts: set[str] = set()
    for event in events:
        match event["type"]:
            case "conversation.item.added":
                open_items.add(event["item"]["id"])
            case "conversation.item.done":
                open_items.remove(event["item"]["id"])
            case "response.content_part.added":
                open_parts.add(event["item_id"])
            case "response.content_part.done":
                open_parts.remove(event["item_id"])
            case "response.output_audio.delta" | "response.output_audio_transcript.delta":
                assert event["item_id"] in open_parts
    assert not open_items
    assert not open_parts
