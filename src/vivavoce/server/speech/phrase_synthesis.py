"""Text as speech, phrase by phrase."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from vivavoce.audio import Samples
from vivavoce.text.phrases import Phrase

from .synthesis import Synthesis


async def voiced(phrases: Iterable[Phrase], voice: Synthesis) -> AsyncGenerator[Samples, None]:
    """The phrases' audio at the engine's rate, piece by piece; consume under `aclosing`.

    Raises what the engine raises, and EngineTimeout.
    """
    for phrase in phrases:
        async with aclosing(voice.say(phrase)) as pieces:
            async for piece in pieces:
                yield piece.samples
