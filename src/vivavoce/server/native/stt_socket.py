"""`WS /stt/stream`: what is said, while it is said, for as long as anybody speaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, WebSocket
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from vivavoce.audio import Audio
from vivavoce.conversation.session import Engines
from vivavoce.engines import SttOptions
from vivavoce.errors import BadAudio
from vivavoce.server.errors import Problem
from vivavoce.server.http.outbox import Gone
from vivavoce.server.http.sockets import Socket, opening, parsed, serve
from vivavoce.server.selection.engine_selection import chosen
from vivavoce.server.speech import pcm
from vivavoce.transcripts.doubts import LiveDoubts, only_language
from vivavoce.transcripts.live_captions import Caption, CaptionSettings, captions
from vivavoce.transcripts.recordings import Segment
from vivavoce.transcripts.subtitles import segment_dict, warning_dict

from .stt_routes import SttRequest

router = APIRouter()

_SLICE_S = 0.24
"""Audio heard in one go while others wait."""


class SttStart(SttRequest):
    """How the audio is sent, and how it is to be transcribed.

    rate: in Hz. partials: whether to tell what is understood before an utterance has ended.
    silence_s: what ends an utterance.
    """

    type: Literal["start"] = "start"
    rate: pcm.Rate = 16_000
    encoding: pcm.Encoding = "pcm16"
    partials: bool = True
    silence_s: float = Field(1.0, ge=0.1, le=10.0)

    def options(self) -> SttOptions:
        """As engines have it."""
        return replace(super().options(), partials=self.partials)


class _SttEnd(BaseModel):
    """No more audio will come."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["end"]


class _SttPing(BaseModel):
    """Answered by `Pong` with the same id; keeps a silent stream open."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["ping"]
    id: str | int | None = None


_Message: TypeAlias = SttStart | _SttEnd | _SttPing
_MESSAGE: TypeAdapter[_Message] = TypeAdapter(Annotated[_Message, Field(discriminator="type")])


@router.websocket("/stt/stream")
async def stt_stream(websocket: WebSocket) -> None:
    """Transcribe: PCM in; partial and final transcripts out."""
    await serve(websocket, "stt", _converse)


async def _converse(socket: Socket) -> None:
    async with aclosing(socket.messages()) as messages:
        opened = await opening(socket, messages, SttStart)
        if opened is None:
            return
        start, first = opened
        with chosen(socket.service, stt=start.model) as engines:
            await _SttSocketStream(socket, start, engines).run(_with(first, messages))


class _SttSocketStream:
    """One client's audio and its captions."""

    def __init__(self, socket: Socket, start: SttStart, engines: Engines) -> None:
        self._engines = engines
        self._socket = socket
        self._start = start
        self._seconds = 0.0

    async def run(self, messages: AsyncIterator[str | bytes]) -> None:
        """Caption until the client says that it is done."""
        start, engines = self._start, self._engines
        stream = await engines.stt.open(start.options())  # an unknown language is refused now
        await stream.aclose()
        await self._socket.send(
            {
                "event": "Started",
                "session": self._socket.conversation.id,
                "engine": engines.stt.name,
                "rate": start.rate,
                "encoding": start.encoding,
                "sample_rate": engines.stt.rate,
            }
        )
        settings = CaptionSettings(silence_s=start.silence_s)
        doubts = LiveDoubts(engines.stt.name, only_language(engines.stt))
        async with (
            aclosing(self._audio(messages)) as audio,
            aclosing(captions(audio, engines.vad, engines.stt, start.options(), settings)) as found,
        ):
            async for caption in found:
                await self._socket.send(_event(caption, words=start.words))
                segment = Segment(caption.start, caption.end, caption.transcript)
                if caption.final and (warning := doubts.feed(segment)) is not None:
                    await self._socket.send({"event": "Warning", **warning_dict(warning)})
        await self._socket.send({"event": "Ended", "duration_s": round(self._seconds, 3)})

    async def _audio(self, messages: AsyncIterator[str | bytes]) -> AsyncGenerator[Audio, None]:
        """The client's audio until it says that this is all. Raises Gone when it just leaves."""
        async for message in messages:
            try:
                if isinstance(message, str):
                    if await self._is_last(message):
                        return
                    continue
                audio = pcm.from_bytes(message, self._start.encoding, self._start.rate)
            except (BadAudio, Problem) as error:
                await self._socket.refuse(error)
                continue
            self._seconds += audio.seconds
            for part in audio.slices(_SLICE_S):
                if self._socket.left:
                    break
                yield part
                await asyncio.sleep(0)
        raise Gone("the client disconnected")

    async def _is_last(self, message: str) -> bool:
        match parsed(_MESSAGE, message):
            case SttStart():
                what = "the stream has already started; send `start` only first"
                raise Problem(what, code="already_started", param="type")
            case _SttPing(id=number):
                await self._socket.send({"event": "Pong", "id": number})
                return False
        return True


def _event(caption: Caption, *, words: bool) -> dict[str, object]:
    said = caption.transcript
    segment = Segment(caption.start, caption.end, said)
    stable = len(said.text.split()) if caption.final else said.stable
    event = {
        "event": "Final" if caption.final else "Partial",
        **segment_dict(segment, words=words and caption.final and bool(said.text.strip())),
        "stable": stable,
    }
    if words and caption.final and said.words:
        event["words_estimated"] = False
    return event


async def _with(
    first: str | bytes | None, messages: AsyncIterator[str | bytes]
) -> AsyncGenerator[str | bytes, None]:
    if first is not None:
        yield first
    async for message in messages:
        yield message
