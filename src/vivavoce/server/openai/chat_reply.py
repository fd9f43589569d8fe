"""A reply in the making: text, tool calls and, where it is spoken, its sound; pure but for them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from vivavoce.audio import Samples
from vivavoce.engines import Reasoning, Thought, Token, ToolCall, Tts, TtsOptions, Usage
from vivavoce.speech.synthesis import Synthesis
from vivavoce.text.pauses import Pause, PauseReader
from vivavoce.text.pronunciations import PronouncingDictionary


@dataclass(frozen=True, slots=True, eq=False)
class Voiced:
    """The next of a reply's sound. samples: at the voice's rate."""

    samples: Samples


@dataclass(frozen=True, slots=True)
class Cut:
    """The reply ends here, for it has been spoken for as long as may be."""


Piece: TypeAlias = Thought | Voiced | Cut


async def aloud(
    thoughts: AsyncGenerator[Thought, None],
    tts: Tts,
    options: TtsOptions,
    timeout_s: float,
    most_s: float,
    words: PronouncingDictionary | None = None,
) -> AsyncGenerator[Piece, None]:
    """The thoughts, and between them the sound of each phrase that they complete.

    Consume under `aclosing`, which closes `thoughts` too. The usage comes last.
    most_s: once there is more sound, the reply is cut. words: how some are to sound.
    """
    usage: Usage | None = None
    voice, reader = Synthesis(tts, options, timeout_s, dictionary=words), PauseReader()

    async with aclosing(thoughts), aclosing(voice):
        async for thought in thoughts:
            match thought:
                case Usage():
                    usage = thought
                    continue
                case Token(text):
                    parts = reader.feed(text)
                case _:
                    yield thought
                    continue
            async with aclosing(_with_sound(parts, voice)) as made:
                async for each in made:
                    yield each
            if voice.seconds > most_s:
                yield Cut()
                return
        async with aclosing(_with_sound(reader.flush(), voice)) as made:
            async for each in made:
                yield each
        async with aclosing(voice.say(*voice.flush())) as pieces:
            async for piece in pieces:
                yield Voiced(piece.samples)
    if usage is not None:
        yield usage


async def _with_sound(
    parts: list[str | Pause], voice: Synthesis
) -> AsyncGenerator[Token | Voiced, None]:
    """The words as they were written, and the sound of the phrases that they complete."""
    for part in parts:
        match part:
            case Pause(seconds):
                phrases = voice.pause(seconds)
            case text:
                yield Token(text)
                phrases = voice.feed(text)
        async with aclosing(voice.say(*phrases)) as pieces:
            async for piece in pieces:
                yield Voiced(piece.samples)


@dataclass(slots=True)
class ChatReply:
    """What there is of a reply so far.

    parallel: whether it may have more than one tool call; the rest are left out.
    """

    parallel: bool = True
    texts: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    usage: Usage | None = None
    cut: bool = False

    def feed(self, piece: Piece) -> bool:
        """Add the next piece; whether it belongs to the reply."""
        match piece:
            case Token(text):
                self.texts.append(text)
            case Reasoning(text):
                self.reasoning.append(text)
            case ToolCall() if self.calls and not self.parallel:
                return False
            case ToolCall():
                self.calls.append(piece)
            case Usage():
                self.usage = piece
            case Cut():
                self.cut = True
        return True

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.texts)

    @property
    def finish(self) -> str:
        """Why it ended."""
        if self.calls:
            return "tool_calls"
        if not self.cut and self.usage is not None and self.usage.finish == "content_filter":
            return "content_filter"
        short = self.cut or (self.usage is not None and self.usage.finish == "length")
        return "length" if short else "stop"


def joined(pieces: Iterable[Samples]) -> Samples:
    """The samples in one piece."""
    return np.concatenate([np.zeros(0, np.float32), *pieces])
