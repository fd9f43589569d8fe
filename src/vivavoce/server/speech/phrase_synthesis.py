"""Text as speech, phrase by phrase."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from vivavoce.audio import Samples
from vivavoce.concurrency.pending_calls import PendingCalls
from vivavoce.engines import Tts, TtsOptions
from vivavoce.text.phrases import Phrase


async def voiced(
    phrases: Iterable[Phrase], tts: Tts, options: TtsOptions, timeout_s: float
) -> AsyncGenerator[Samples, None]:
    """The phrases' audio at the engine's rate, piece by piece; consume under `aclosing`.

    timeout_s: how long to wait for each piece. Raises what the engine raises, and EngineTimeout.
    """
    for phrase in phrases:
        if not phrase.spoken:
            continue
        async with aclosing(
            PendingCalls().each(tts.speak(phrase.spoken, options), timeout_s)
        ) as pieces:
            async for piece in pieces:
                yield piece.samples
