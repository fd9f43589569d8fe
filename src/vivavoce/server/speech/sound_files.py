"""Sound files that leave while they are made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Literal, TypeAlias

from vivavoce.audio import Audio, Samples
from vivavoce.server.errors import Problem
from vivavoce.speech.synthesis import SpokenPiece

from .file_encoder import FileEncoder

SpeechForm: TypeAlias = Literal["wav", "mp3", "ogg", "opus", "aac", "flac", "pcm"]
MEDIA_TYPES: dict[SpeechForm, str] = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg; codecs=opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "pcm": "audio/pcm",
}


def forms_by_type(form: SpeechForm | None) -> dict[str, SpeechForm]:
    """What a client's `Accept` may name, and what it means: this form, or any, `wav` first."""
    found: dict[str, SpeechForm] = {}
    for each in MEDIA_TYPES if form is None else (form,):
        found.setdefault(MEDIA_TYPES[each].partition(";")[0], each)
    return found


async def audible(pieces: AsyncGenerator[SpokenPiece, None]) -> AsyncGenerator[Samples, None]:
    """The samples of a text's speech, under `aclosing`. Raises Problem where there are none."""
    nothing = True
    async with aclosing(pieces):
        async for piece in pieces:
            if len(piece.samples):
                nothing = False
                yield piece.samples
    if nothing:
        raise Problem(
            "the text has nothing to speak; send some words", code="invalid_value", param="text"
        )


async def sound_file(
    samples: AsyncGenerator[Samples, None],
    source_rate: int,
    rate: int,
    form: SpeechForm,
    *,
    least_s: float = 0.0,
) -> AsyncGenerator[bytes, None]:
    """The samples as a sound file that leaves while it is made; never an empty piece.

    least_s: silence that it holds where there are no samples.
    """
    silent = True
    async with aclosing(samples):
        encoder = await asyncio.to_thread(FileEncoder, source_rate, rate, form)
        try:
            async for piece in samples:
                silent = silent and not len(piece)
                if data := await asyncio.to_thread(encoder.feed, piece):
                    yield data
            if silent and least_s:
                silence = Audio.silence(least_s, source_rate).samples
                if data := await asyncio.to_thread(encoder.feed, silence):
                    yield data
            if data := await asyncio.to_thread(encoder.finish):
                yield data
        finally:
            encoder.close()
