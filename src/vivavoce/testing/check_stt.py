"""What every STT engine must keep to."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import numpy as np

from vivavoce.audio import Audio, Samples
from vivavoce.engines import Stt, SttOptions, SttStream, Transcript
from vivavoce.errors import BadRequest

from .chunks import odd_chunks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_NO_LANGUAGE = "tlh"
_ROUNDING_S = 0.1


async def check_stt(stt: Stt, speech: Audio | None = None, text: str = "") -> None:
    """Raise AssertionError, saying what is wrong, unless the engine keeps the contract.

    speech: someone speaking, at any rate. text: words said in it, all of which the engine should
    find; case and punctuation do not count. Without them only the order of calls is checked.
    The engine is loaded, but not closed.
    """
    tasks = asyncio.all_tasks()
    await asyncio.gather(stt.load(), stt.load())
    await stt.load()
    assert stt.rate >= 8_000, f"rate is {stt.rate} Hz: too low for speech"
    heard = speech or Audio.silence(1.0, stt.rate)
    samples = heard.resampled(stt.rate).samples
    await _check_nothing(stt)
    await _check_partials(stt, samples, text)
    await _check_no_partials(stt, samples, text)
    await _check_two_at_once(stt, samples, text)
    await _check_cancel(stt, samples, text)
    await _check_language(stt)
    left = asyncio.all_tasks() - tasks
    assert not left, f"tasks are left running: {left}"


@asynccontextmanager
async def _stream(stt: Stt, options: SttOptions | None = None) -> AsyncIterator[SttStream]:
    stream = await stt.open(options or SttOptions())
    try:
        yield stream
    finally:
        await stream.aclose()
        await stream.aclose()


async def _check_nothing(stt: Stt) -> None:
    async with _stream(stt) as stream:
        for _ in range(2):
            transcript = await stream.finish()
            assert transcript.text == "", f"nothing was fed, yet {transcript.text!r} was heard"
    async with _stream(stt) as stream:
        await stream.feed(np.zeros(1, np.float32))
        transcript = await stream.finish()
        assert transcript.text == "", f"one sample of silence gave {transcript.text!r}"
    async with _stream(stt):
        pass


async def _check_partials(stt: Stt, samples: Samples, text: str) -> None:
    """Feed in odd chunks; finish, finish again, go on, and finish once more."""
    async with _stream(stt) as stream:
        last = Transcript("")
        for chunk in odd_chunks(samples):
            given = chunk.copy()
            partial = await stream.feed(given)
            assert np.array_equal(given, chunk), "feed must not change the samples that it is given"
            given[:] = 0
            if partial is not None:
                _check_partial(partial, last)
                last = partial
        final = await stream.finish()
        _check_final(final, len(samples) / stt.rate, text)
        again = await stream.finish()
        assert again.text == final.text, f"finish gave {final.text!r}, then {again.text!r}"
        await stream.feed(np.zeros(stt.rate // 2, np.float32))
        longer = await stream.finish()
        _check_final(longer, len(samples) / stt.rate + 0.5, text)


def _check_partial(partial: Transcript, last: Transcript) -> None:
    changed = (partial.text, partial.stable) != (last.text, last.stable)
    assert changed, f"the partial {partial.text!r} was returned twice"
    words, before = partial.text.split(), last.text.split()
    assert partial.stable <= len(words), f"{partial.stable} words of {partial.text!r} are stable"
    assert partial.stable >= last.stable, f"{last.stable} words were stable, then {partial.stable}"
    kept = before[: last.stable]
    assert words[: last.stable] == kept, f"{kept} were stable, but became {words[: last.stable]}"


def _check_final(final: Transcript, seconds: float, text: str) -> None:
    assert final.text == final.text.strip(), f"{final.text!r} starts or ends with a space"
    for value in (final.confidence, final.language_confidence):
        assert value is None or 0.0 <= value <= 1.0, f"a confidence of {value} is not 0 to 1"
    said = _letters(final.text)
    missing = [word for word in _letters(text) if word not in said]
    assert not missing, f"{missing} not found in {final.text!r}"
    previous = 0.0
    for word in final.words:
        assert previous <= word.start <= word.end, f"{word} is out of order"
        assert word.end <= seconds + _ROUNDING_S, f"{word} ends after the audio does"
        previous = word.start


async def _check_no_partials(stt: Stt, samples: Samples, text: str) -> None:
    async with _stream(stt, SttOptions(partials=False)) as stream:
        for chunk in odd_chunks(samples):
            partial = await stream.feed(chunk)
            assert partial is None, f"partials were off, but feed returned {partial}"
        _check_final(await stream.finish(), len(samples) / stt.rate, text)


async def _check_two_at_once(stt: Stt, samples: Samples, text: str) -> None:
    async with _stream(stt) as stream, _stream(stt) as other:
        for chunk in odd_chunks(samples):
            await asyncio.gather(stream.feed(chunk), other.feed(np.zeros_like(chunk)))
        final, nothing = await asyncio.gather(stream.finish(), other.finish())
        _check_final(final, len(samples) / stt.rate, text)
        assert nothing.text == "", f"a stream that was fed silence heard {nothing.text!r}"


async def _check_cancel(stt: Stt, samples: Samples, text: str) -> None:
    """A call that is cancelled leaves the engine to others, and its own stream closable."""
    for finishing in (False, True):
        async with _stream(stt) as stream:
            if finishing:
                await stream.feed(samples)
            async with asyncio.TaskGroup() as group:
                call = stream.finish() if finishing else stream.feed(samples)
                busy = group.create_task(call)
                await asyncio.sleep(0)
                busy.cancel()
        async with _stream(stt) as stream:
            await stream.feed(samples)
            _check_final(await stream.finish(), len(samples) / stt.rate, text)


async def _check_language(stt: Stt) -> None:
    if not stt.languages or _NO_LANGUAGE in stt.languages:
        return
    refusal = ""
    try:
        await (await stt.open(SttOptions(language=_NO_LANGUAGE))).aclose()
    except BadRequest as error:
        refusal = str(error)
    assert refusal, f"it lacks the language {_NO_LANGUAGE!r}, yet open raises no BadRequest"


def _letters(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text.lower()).split()
