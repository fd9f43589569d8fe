"""`POST /v1/chat/completions`: the configured language model, by text and by voice."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from vivavoce.audio import Audio, Resampler, Samples, to_pcm16
from vivavoce.concurrency.pending_calls import PendingCalls
from vivavoce.conversation.session import Engines
from vivavoce.engines import Reasoning, Token, ToolCall, TtsOptions
from vivavoce.media.decode import write_audio
from vivavoce.server.access.admission import Caller
from vivavoce.server.access.auth import TheCaller, TheService
from vivavoce.server.errors import problem_of
from vivavoce.server.http.event_stream import EventStream, while_connected
from vivavoce.server.selection.aliases import voice_of
from vivavoce.server.selection.engine_selection import chosen
from vivavoce.server.service import Service
from vivavoce.server.speech.transcript_cache import TranscriptCache
from vivavoce.text.pronunciations import dictionary_of

from .chat_messages import ChatMessageReader
from .chat_options import PCM16, Sound, options_of, sound_of
from .chat_reply import ChatReply, Piece, Voiced, aloud, joined
from .chat_request import ChatRequest
from .chat_responses import Heading, Json, called

log = logging.getLogger(__name__)
router = APIRouter(tags=["OpenAI"])

PCM16_RATE = 24_000
_recollections: WeakKeyDictionary[Service, TranscriptCache] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class _ChatCompletion:
    """One answer in the making."""

    request: ChatRequest
    heading: Heading
    sound: Sound | None
    reader: ChatMessageReader
    transcript_cache: TranscriptCache
    rate: int
    draft: ChatReply

    def remember(self) -> None:
        """Let later messages refer to what was spoken."""
        if self.sound is not None:
            key = self.reader.reply_key(self.heading.audio_id)
            self.transcript_cache.remember(key, self.draft.text)


@router.post("/v1/chat/completions", response_model=None)
async def complete(
    body: ChatRequest, request: Request, service: TheService, caller: TheCaller
) -> Response:
    """A reply to a conversation; streamed as server-sent events where `stream` is set."""
    options, sound = options_of(body), sound_of(body)
    voice, settings = _voice(service, sound), service.config.session
    async with AsyncExitStack() as stack:
        engines = stack.enter_context(chosen(service, llm=body.model))
        answer = _begun(body, sound, engines, service, caller)
        await stack.enter_async_context(service.admission.request(caller))

        async def begin() -> tuple[AsyncGenerator[Piece, None], Piece | None]:
            messages = await answer.reader.messages(body.messages)
            thoughts = PendingCalls().each(
                engines.llm.reply(messages, options), settings.llm_timeout_s
            )
            pieces: AsyncGenerator[Piece, None] = thoughts
            if voice is not None:
                pieces = aloud(
                    thoughts,
                    engines.tts,
                    voice,
                    settings.tts_timeout_s,
                    settings.max_reply_s,
                    dictionary_of(settings.pronunciations),
                )
            await stack.enter_async_context(aclosing(pieces))
            return pieces, await anext(pieces, None)

        pieces, first = await while_connected(request.receive, begin)
        if body.stream:
            return EventStream(_events(answer, pieces, first), stack.pop_all())
        return await while_connected(request.receive, lambda: _whole(answer, pieces, first))


def _begun(
    body: ChatRequest, sound: Sound | None, engines: Engines, service: Service, caller: Caller
) -> _ChatCompletion:
    transcript_cache = _recollections.setdefault(service, TranscriptCache())
    return _ChatCompletion(
        request=body,
        heading=Heading(engines.llm.name),
        sound=sound,
        reader=ChatMessageReader(service, transcript_cache, caller.id),
        transcript_cache=transcript_cache,
        rate=engines.tts.rate,
        draft=ChatReply(parallel=body.parallel_tool_calls is not False),
    )


def _voice(service: Service, sound: Sound | None) -> TtsOptions | None:
    if sound is None:
        return None
    settings = service.config.session
    wanted = voice_of(sound.voice, service.engines.tts, service.settings, param="audio.voice")
    return TtsOptions(wanted or settings.voice, settings.language, settings.speed, settings.pitch)


async def _whole(
    answer: _ChatCompletion, pieces: AsyncGenerator[Piece, None], first: Piece | None
) -> Response:
    sounds: list[Samples] = []
    async for piece in _with(first, pieces):
        answer.draft.feed(piece)
        if isinstance(piece, Voiced):
            sounds.append(piece.samples)
    data = None
    if answer.sound is not None and (sounds or not answer.draft.calls):
        audio = Audio(joined(sounds), answer.rate)
        data = await asyncio.to_thread(_encoded, audio, answer.sound.format)
        answer.remember()
    return JSONResponse(
        answer.heading.completion(
            answer.draft, data, reasoning=bool(answer.request.include_reasoning)
        )
    )


async def _events(
    answer: _ChatCompletion, pieces: AsyncGenerator[Piece, None], first: Piece | None
) -> AsyncGenerator[str, None]:
    """The answer as server-sent events; so is an error in its midst."""
    try:
        async with aclosing(_chunks(answer, pieces, first)) as chunks:
            async for chunk in chunks:
                yield _event(chunk)
    except Exception as error:
        problem = problem_of(error)
        if problem.code == "internal_error":
            log.exception("a chat completion failed")
        yield f"event: error\n{_event(problem.body())}"
    else:
        yield "data: [DONE]\n\n"


async def _chunks(
    answer: _ChatCompletion, pieces: AsyncGenerator[Piece, None], first: Piece | None
) -> AsyncGenerator[Json, None]:
    heading, draft = answer.heading, answer.draft
    spoken = answer.sound is not None
    resampler = Resampler(answer.rate, PCM16_RATE)
    yield heading.chunk({"role": "assistant", **({} if spoken else {"content": ""})})
    async for piece in _with(first, pieces):
        match piece:
            case _ if not draft.feed(piece):
                pass
            case Reasoning(text) if answer.request.include_reasoning:
                yield heading.chunk({"reasoning": text})
            case Token(text) if spoken:
                yield heading.spoken(transcript=text)
            case Token(text):
                yield heading.chunk({"content": text})
            case Voiced(samples):
                if data := _pcm16(resampler.feed(samples)):
                    yield heading.spoken(data=data)
            case ToolCall():
                yield heading.chunk(called(len(draft.calls) - 1, piece))
    if spoken:
        answer.remember()
        if data := _pcm16(resampler.flush()):
            yield heading.spoken(data=data)
        yield heading.spoken(expires_at=heading.expires_at)
    yield heading.chunk({}, draft.finish)
    options = answer.request.stream_options
    if options is not None and options.include_usage:
        yield heading.spent(draft)


async def _with(
    first: Piece | None, rest: AsyncGenerator[Piece, None]
) -> AsyncGenerator[Piece, None]:
    if first is not None:
        yield first
        async for piece in rest:
            yield piece


def _event(data: object) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"


def _encoded(audio: Audio, wanted: str) -> str:
    """The sound as base64, in the form that was asked for."""
    if wanted == PCM16:
        return _pcm16(audio.resampled(PCM16_RATE).samples)
    file = io.BytesIO()
    write_audio(audio, file, format=wanted)
    return base64.b64encode(file.getvalue()).decode()


def _pcm16(samples: Samples) -> str:
    return base64.b64encode(to_pcm16(samples)).decode()
