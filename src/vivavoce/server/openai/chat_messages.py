"""The conversation of a chat completion as the language model reads it; speech becomes text."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import io
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from vivavoce.audio import Samples
from vivavoce.engines import Message, SttOptions, ToolCall
from vivavoce.errors import BadAudio
from vivavoce.media.decode import stream_audio
from vivavoce.server.errors import Problem
from vivavoce.server.http.uploads import one_turn
from vivavoce.server.service import Service
from vivavoce.server.speech.transcript_cache import TranscriptCache
from vivavoce.transcripts.recordings import RecordingTranscription

from .chat_request import ChatMessage, ContentPartParam, InputAudio

MOST_CHARACTERS = 400_000
"""Of all messages together: about what fits the largest contexts."""


class ChatMessageReader:
    """Reads one caller's messages. recollection: what was said to and by whom before."""

    def __init__(self, service: Service, transcript_cache: TranscriptCache, caller_id: str) -> None:
        self._service = service
        self._transcript_cache = transcript_cache
        self._caller_id = caller_id

    async def messages(self, sent: Sequence[ChatMessage]) -> list[Message]:
        """The messages in the engines' form. Raises Problem, which names the part that is wrong."""
        total = sum(len(text) for message in sent for text in _texts(message))
        if total > MOST_CHARACTERS:
            raise Problem(
                f"the messages have {total:,} characters, over the limit of {MOST_CHARACTERS:,}; "
                "send fewer",
                code="context_length_exceeded",
                param="messages",
            )
        return [
            await self._message(message, f"messages.{index}") for index, message in enumerate(sent)
        ]

    async def _message(self, sent: ChatMessage, param: str) -> Message:
        match sent.role:
            case "system" | "developer":
                return Message("system", await self._content(sent, param))
            case "user":
                return Message("user", await self._content(sent, param, speech=True))
            case "assistant":
                calls = tuple(_calls(sent, param))
                return Message("assistant", await self._said(sent, param), calls)
            case "tool":
                if not sent.tool_call_id:
                    raise _bad("a tool message needs a tool_call_id", f"{param}.tool_call_id")
                content = await self._content(sent, param)
                return Message("tool", content, tool_call_id=sent.tool_call_id)
        raise _bad(
            f"unknown role {sent.role!r}; try system, developer, user, assistant or tool",
            f"{param}.role",
        )

    async def _said(self, sent: ChatMessage, param: str) -> str:
        """An assistant's message, which may have been spoken."""
        if sent.content or sent.audio is None:
            return await self._content(sent, param) or sent.refusal or ""
        said = self._transcript_cache.recall(self.reply_key(sent.audio.id))
        if said is None:
            raise Problem(
                f"audio {sent.audio.id!r} is unknown or has expired; send its transcript as "
                "`content`",
                code="audio_not_found",
                param=f"{param}.audio.id",
            )
        return said

    def reply_key(self, audio_id: str) -> tuple[str, str, str]:
        """Under which a spoken reply's transcript is remembered."""
        return ("reply", self._caller_id, audio_id)

    async def _content(self, sent: ChatMessage, param: str, *, speech: bool = False) -> str:
        if sent.content is None or isinstance(sent.content, str):
            return sent.content or ""
        texts = []
        for index, part in enumerate(sent.content):
            where = f"{param}.content.{index}"
            if part.type == "input_audio" and part.input_audio is not None and speech:
                texts.append(await self._heard(part.input_audio, where))
            else:
                texts.append(_text(part, where, speech=speech))
        return "\n".join(texts)

    async def _heard(self, audio: InputAudio, param: str) -> str:
        """What is said in a recording; known already when it was sent before."""
        where = f"{param}.input_audio.data"
        data, digest = await asyncio.to_thread(_decoded, audio.data, where)
        key = ("heard", digest)
        known = self._transcript_cache.recall(key)
        if known is not None:
            return known
        try:
            text = await self._transcript(data, where)
        except BadAudio as error:
            raise Problem(str(error), code="invalid_audio", param=where) from error
        if not text:
            message = "no words were recognized in the audio; check that it is loud and long enough"
            raise Problem(message, code="invalid_audio", param=where)
        self._transcript_cache.remember(key, text)
        return text

    async def _transcript(self, data: bytes, param: str) -> str:
        service, engines = self._service, self._service.engines
        options = SttOptions(language=service.config.session.language)
        file = io.BytesIO(data)
        file.name = "the audio"
        samples = self._bounded(file, engines.stt.rate, param)
        return (
            await RecordingTranscription(samples, engines.stt, engines.vad, options).finish()
        ).text

    async def _bounded(
        self, file: io.BytesIO, rate: int, param: str
    ) -> AsyncGenerator[Samples, None]:
        """Its audio, however small the file was, up to `turn_s`."""
        limit_s = one_turn(self._service.limits).audio_s
        count = 0
        async with aclosing(stream_audio(file, rate)) as chunks:
            async for chunk in chunks:
                count += len(chunk)
                if count > limit_s * rate:
                    message = f"the audio is longer than the limit of {limit_s:g} s; split it"
                    raise Problem(message, status=413, code="audio_too_long", param=param)
                yield chunk


def _texts(message: ChatMessage) -> list[str]:
    """All text in it but for recordings, to count its length."""
    content = message.content
    parts = [content] if isinstance(content, str) else [part.text for part in content or ()]
    calls = [call.function.arguments for call in message.tool_calls or () if call.function]
    return [text for text in (*parts, message.refusal, *calls) if text]


def _calls(sent: ChatMessage, param: str) -> list[ToolCall]:
    calls = []
    for index, call in enumerate(sent.tool_calls or ()):
        if call.type != "function" or call.function is None:
            what = f"tool calls of type {call.type!r} are not supported; use functions"
            raise _bad(what, f"{param}.tool_calls.{index}.type")
        calls.append(ToolCall(call.id, call.function.name, call.function.arguments))
    return calls


def _text(part: ContentPartParam, param: str, *, speech: bool) -> str:
    match part.type:
        case "text" if part.text is not None:
            return part.text
        case "refusal" if part.refusal is not None:
            return part.refusal
        case "text" | "refusal" | "input_audio" if speech or part.type != "input_audio":
            raise _bad(f"the part of type {part.type!r} needs a {part.type}", param)
    can = "text and input_audio" if speech else "text"
    message = f"content of type {part.type!r} is not supported here; use {can}"
    raise Problem(message, code="unsupported_content", param=f"{param}.type")


def _decoded(data: str, param: str) -> tuple[bytes, bytes]:
    """A recording, and what tells it from others."""
    try:
        audio = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad(f"the audio is not valid base64: {error}", param) from None
    if not audio:
        raise _bad("the audio is empty", param)
    return audio, hashlib.sha256(audio).digest()


def _bad(message: str, param: str) -> Problem:
    return Problem(message, code="invalid_value", param=param)
