"""`WS /tts/stream`: a text is spoken while it is being written."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import aclosing
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, WebSocket
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from vivavoce.audio import Resampler
from vivavoce.engines import Tts, TtsOptions
from vivavoce.errors import BadRequest
from vivavoce.server.errors import Problem, problem_of
from vivavoce.server.http.outbox import Gone
from vivavoce.server.http.sockets import Socket, opening, parsed, serve
from vivavoce.server.selection.engine_selection import chosen
from vivavoce.server.speech import pcm
from vivavoce.speech.synthesis import steps
from vivavoce.text.phrases import Phrase
from vivavoce.text.ssml import marked_text

from .api_types import timed
from .tts_routes import SpokenTextRequest, synthesis, voice_options

router = APIRouter()


class TtsStart(SpokenTextRequest):
    """How to sound, and how the audio is sent. rate: in Hz; None is the engine's own.

    input_type: with `ssml`, each text is a document; the others are plain text.
    """

    type: Literal["start"] = "start"
    rate: pcm.Rate | None = None
    encoding: pcm.Encoding = "pcm16"


class _TtsMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Text(_TtsMessage):
    """The next piece of the text, as it is written."""

    type: Literal["text"]
    text: str


class _Flush(_TtsMessage):
    """Say what there is: the text pauses here. Answered by `Flushed` once it has been sent."""

    type: Literal["flush"]


class _Cancel(_TtsMessage):
    """Forget what has not been sent. Answered by `Cancelled`; nothing of it follows."""

    type: Literal["cancel"]


class _TtsEnd(_TtsMessage):
    """Say what there is; no more will come. Answered by `Ended`."""

    type: Literal["end"]


class _TtsPing(_TtsMessage):
    """Answered by `Pong` with the same id."""

    type: Literal["ping"]
    id: str | int | None = None


_Told: TypeAlias = TtsStart | _Text | _Flush | _Cancel | _TtsEnd | _TtsPing
_TOLD: TypeAdapter[_Told] = TypeAdapter(Annotated[_Told, Field(discriminator="type")])
_Mark: TypeAlias = Literal["flush", "end"]


@router.websocket("/tts/stream")
async def tts_stream(websocket: WebSocket) -> None:
    """Speak: pieces of text in; PCM and the times of words out."""
    await serve(websocket, "tts", _converse)


async def _converse(socket: Socket) -> None:
    async with aclosing(socket.messages()) as messages:
        opened = await opening(socket, messages, TtsStart)
        if opened is None:
            return
        start, first = opened
        with chosen(socket.service, tts=start.model) as engines:
            options = await voice_options(start, socket.service, engines.tts)
            stream = _TtsSocketStream(socket, start, options, engines.tts)
            await stream.begin()
            async with aclosing(stream.voice), asyncio.TaskGroup() as group:
                stream.speak_in(group)
                going = first is None or await stream.receive(first)
                while going and (message := await anext(messages, None)) is not None:
                    going = await stream.receive(message)
                if going:
                    raise Gone("the client disconnected")


class _TtsSocketStream:
    """One client's text and its speech."""

    def __init__(self, socket: Socket, start: TtsStart, options: TtsOptions, tts: Tts) -> None:
        self._socket = socket
        self._options = options
        self._encoding = start.encoding
        self._is_ssml = start.input_type == "ssml"
        self._rate = start.rate or tts.rate
        self._tts = tts
        self._waiting: deque[Phrase | _Mark] = deque()
        self._characters = 0
        self._news = asyncio.Event()
        self.voice = synthesis(start, options, socket.service, tts, estimate=True)
        self._resampler = Resampler(tts.rate, self._rate)
        self._group: asyncio.TaskGroup | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._phrases = 0

    async def begin(self) -> None:
        """Say what the client gets."""
        await self._socket.send(
            {
                "event": "Started",
                "session": self._socket.conversation.id,
                "engine": self._tts.name,
                "voice": self._options.voice,
                "rate": self._rate,
                "encoding": self._encoding,
            }
        )

    def speak_in(self, group: asyncio.TaskGroup) -> None:
        """Speak what comes, as a task of the group, until the end or a cancel."""
        self._group = group
        self._speaking = group.create_task(self._speak())

    async def receive(self, message: str | bytes) -> bool:
        """Do what the message asks for; whether more may come."""
        try:
            if isinstance(message, bytes):
                raise Problem("expected a JSON message, not audio", code="invalid_value")
            return await self._do(parsed(_TOLD, message))
        except (Problem, BadRequest) as error:
            await self._socket.refuse(problem_of(error))
            return True

    async def _do(self, message: _Told) -> bool:
        match message:
            case TtsStart():
                what = "the stream has already started; send `start` only first"
                raise Problem(what, code="already_started", param="type")
            case _Text(text=text) if self._is_ssml:
                await self._take_document(text)
            case _Text(text=text):
                self._hold(len(text))
                for part in steps(text):
                    left_out = self.voice.left_out
                    self._put(*self.voice.feed(part))
                    self._characters -= self.voice.left_out - left_out
                    await asyncio.sleep(0)
            case _Flush():
                self._mark("flush")
            case _TtsEnd():
                self._mark("end")
                return False
            case _Cancel():
                await self._cancel()
            case _TtsPing(id=number):
                await self._socket.send({"event": "Pong", "id": number})
        return True

    def _hold(self, characters: int) -> None:
        """Make room for so much text that is not spoken yet."""
        most = self._socket.service.limits.text_chars
        if self._characters + characters > most:
            what = (
                f"{self._characters:,} of {most:,} characters are waiting to be spoken; send "
                "more later"
            )
            raise Problem(what, status=413, code="text_too_long", param="text")
        self._characters += characters

    async def _take_document(self, text: str) -> None:
        """Hold a whole document, in which the text so far ends."""
        document = marked_text(text, "ssml")
        self._hold(len(text))
        said = 0
        for phrases in self.voice.phrases_of(document):
            said += sum(len(phrase.written) for phrase in phrases)
            self._put(*phrases)
            await asyncio.sleep(0)
        self._characters -= len(text) - said

    def _mark(self, mark: _Mark) -> None:
        self._hold(1 if mark == "flush" else 0)
        self._put(*self.voice.flush(), mark)

    def _put(self, *items: Phrase | _Mark) -> None:
        self._waiting.extend(items)
        self._news.set()

    async def _cancel(self) -> None:
        assert self._group is not None
        assert self._speaking is not None
        self._speaking.cancel()
        await asyncio.wait({self._speaking})
        self._waiting.clear()
        self._characters = 0
        self.voice.forget()
        self._resampler = Resampler(self._tts.rate, self._rate)
        await self._socket.send({"event": "Cancelled", "at": round(self.voice.seconds, 3)})
        self.speak_in(self._group)

    async def _speak(self) -> None:
        while True:
            while not self._waiting:
                self._news.clear()
                await self._news.wait()
            match self._waiting.popleft():
                case Phrase() as phrase:
                    self._characters -= len(phrase.written)
                    await self._say(phrase)
                case "flush":
                    self._characters -= 1
                    await self._end("Flushed")
                case "end":
                    await self._end("Ended")
                    return

    async def _say(self, phrase: Phrase) -> None:
        if phrase.pieces:
            await self._tell(phrase)
        async with aclosing(self.voice.say(phrase)) as pieces:
            async for piece in pieces:
                if piece.words:
                    words = timed(piece.timed_words)
                    told = [word.model_dump(exclude_none=True) for word in words]
                    marked = {"words_estimated": True} if piece.estimated else {}
                    await self._socket.send({"event": "Words", "words": told, **marked})
                if data := pcm.to_bytes(self._resampler.feed(piece.samples), self._encoding):
                    await self._socket.send(data)

    async def _tell(self, phrase: Phrase) -> None:
        self._phrases += 1
        await self._socket.send(
            {
                "event": "Phrase",
                "number": self._phrases,
                "text": phrase.written,
                "spoken": phrase.voiced.text,
                "start": round(self.voice.seconds, 3),
            }
        )

    async def _end(self, event: str) -> None:
        """All that was asked for until here has been sent."""
        if data := pcm.to_bytes(self._resampler.flush(), self._encoding):
            await self._socket.send(data)
        self._resampler = Resampler(self._tts.rate, self._rate)
        await self._socket.send({"event": event, "duration_s": round(self.voice.seconds, 3)})
