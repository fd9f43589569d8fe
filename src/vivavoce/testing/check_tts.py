"""What every TTS engine must keep to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np

from vivavoce.audio import Samples
from vivavoce.engines import Speech, Tts, TtsOptions, TtsStream, Word
from vivavoce.errors import BadRequest

_SILENT_PHRASES = ("", "   ", "...", " - ", "\n", "“”", "?!")
_SHORTER = 0.8
"""At twice the speed a phrase takes about half the time; noise and pauses vary it."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    samples: Samples
    words: Sequence[Word]
    pieces: int


async def check_tts(
    tts: Tts,
    phrase: str = "Hello there, how are you?",
    *,
    words: bool = False,
    speed: bool = True,
) -> None:
    """Raise AssertionError, saying what is wrong, unless the engine keeps the contract.

    phrase: something to say that the engine knows how to.
    words: whether it must give word times; those that it gives are checked in any case.
    speed: whether it must follow `TtsOptions.speed`.
    The engine is loaded, but not closed.
    """
    tasks = asyncio.all_tasks()
    await asyncio.gather(tts.load(), tts.load())
    await tts.load()
    assert tts.rate >= 8_000, f"rate is {tts.rate} Hz: too low for speech"
    whole = await _spoken(tts, phrase)
    _check_audio(whole, phrase)
    _check_words(whole, phrase, tts.rate, required=words)
    for silent in _SILENT_PHRASES:
        nothing = await _spoken(tts, silent)
        assert nothing.pieces == 0, f"{silent!r} has nothing to speak, but gave audio"
    await _check_phrases_in_a_row(tts, phrase, whole)
    await _check_two_at_once(tts, phrase, whole)
    await _check_early_close(tts, phrase)
    await _check_cancel(tts, phrase)
    await _check_voices(tts, phrase)
    if speed:
        fast = await _spoken(tts, phrase, TtsOptions(speed=2.0))
        assert len(fast.samples) < _SHORTER * len(whole.samples), (
            f"at twice the speed {phrase!r} took {len(fast.samples)} samples,"
            f" at its own {len(whole.samples)}"
        )
    left = asyncio.all_tasks() - tasks
    assert not left, f"tasks are left running: {left}"


async def _spoken(tts: Tts, phrase: str, options: TtsOptions | None = None) -> _Spoken:
    stream = await tts.open(options or TtsOptions())
    try:
        return await _phrase(stream, phrase)
    finally:
        await stream.aclose()
        await stream.aclose()


async def _phrase(stream: TtsStream, phrase: str) -> _Spoken:
    samples: list[Samples] = []
    words: list[Word] = []
    async with aclosing(_pieces(stream, phrase)) as pieces:
        async for piece in pieces:
            assert piece.samples.ndim == 1, (
                f"samples have shape {piece.samples.shape}; expected (n,)"
            )
            assert piece.samples.dtype == np.float32, (
                f"samples are {piece.samples.dtype}; expected float32"
            )
            samples.append(piece.samples)
            words += piece.words
    joined = np.concatenate(samples) if samples else np.zeros(0, np.float32)
    return _Spoken(joined, words, len(samples))


def _pieces(stream: TtsStream, phrase: str) -> AsyncGenerator[Speech, None]:
    pieces = stream.speak(phrase)
    assert hasattr(pieces, "aclose"), (
        "speak must return an async generator, so that it can be closed"
    )
    return pieces


def _check_audio(spoken: _Spoken, phrase: str) -> None:
    samples = spoken.samples
    assert len(samples), f"{phrase!r} gave no audio"
    assert np.isfinite(samples).all(), "the audio contains NaN or infinity"
    peak = float(np.abs(samples).max())
    assert peak <= 1.0, f"the audio peaks at {peak}; full scale is 1.0"
    assert peak > 0.001, f"{phrase!r} gave silence"


def _check_words(spoken: _Spoken, phrase: str, rate: int, *, required: bool) -> None:
    seconds = len(spoken.samples) / rate
    cursor, previous = 0, 0.0
    for word in spoken.words:
        at = phrase.find(word.text, cursor)
        assert at >= 0, f"word {word.text!r} is repeated, out of order, or not in {phrase!r}"
        cursor = at + len(word.text)
        assert 0 <= word.start <= word.end, f"{word} ends before it starts"
        assert word.start >= previous, f"{word} starts before the word ahead of it ({previous} s)"
        assert word.end <= seconds + 0.001, f"{word} ends after the audio does, at {seconds} s"
        previous = word.start
    if required:
        told = _letters("".join(word.text for word in spoken.words))
        assert told == _letters(phrase), f"for {phrase!r}, only these words are reported: {told!r}"


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


async def _check_phrases_in_a_row(tts: Tts, phrase: str, alone: _Spoken) -> None:
    async with aclosing(await tts.open(TtsOptions())) as stream:
        for text in (phrase, "...", phrase):
            spoken = await _phrase(stream, text)
            if text != phrase:
                assert spoken.pieces == 0, f"{text!r} has nothing to speak, but gave audio"
                continue
            _check_audio(spoken, phrase)
            _check_words(spoken, phrase, tts.rate, required=False)
            same = 0.5 < len(spoken.samples) / len(alone.samples) < 2
            assert same, "the second phrase of a stream is mixed up with the first"


async def _check_two_at_once(tts: Tts, phrase: str, alone: _Spoken) -> None:
    for spoken in await asyncio.gather(_spoken(tts, phrase), _spoken(tts, phrase)):
        _check_audio(spoken, phrase)
        _check_words(spoken, phrase, tts.rate, required=False)
        same = 0.5 < len(spoken.samples) / len(alone.samples) < 2
        assert same, "two streams at once mix up their audio"


async def _check_early_close(tts: Tts, phrase: str) -> None:
    async with aclosing(await tts.open(TtsOptions())) as stream:
        pieces = _pieces(stream, f"{phrase} " * 20)
        await anext(pieces)
        await pieces.aclose()
        _check_audio(await _phrase(stream, phrase), phrase)


async def _check_cancel(tts: Tts, phrase: str) -> None:
    begun = asyncio.Event()

    async def speak() -> None:
        try:
            async with (
                aclosing(await tts.open(TtsOptions())) as stream,
                aclosing(_pieces(stream, f"{phrase} " * 20)) as pieces,
            ):
                async for _ in pieces:
                    begun.set()
        finally:
            begun.set()

    async with asyncio.TaskGroup() as group:
        speaking = group.create_task(speak())
        await begun.wait()
        speaking.cancel()
    _check_audio(await _spoken(tts, phrase), phrase)


async def _check_voices(tts: Tts, phrase: str) -> None:
    refusal = ""
    try:
        await tts.open(TtsOptions(voice="no such voice"))
    except BadRequest as error:
        refusal = str(error)
    assert refusal, "opening a voice that is not there must raise BadRequest, with the remedy"
    if tts.voices:
        last = tts.voices[-1].id
        _check_audio(await _spoken(tts, phrase, TtsOptions(voice=last)), phrase)
