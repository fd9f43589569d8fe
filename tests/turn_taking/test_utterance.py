"""What the user says, fed to the recognizer while it is said."""

from __future__ import annotations

import asyncio

import pytest

from vivavoce.audio import Audio, Samples
from vivavoce.audio.levels import LevelMeter
from vivavoce.concurrency.pending_calls import PendingCalls
from vivavoce.engines import SttOptions, Transcript
from vivavoce.testing import ScriptedStt, hush, say
from vivavoce.turn_taking.utterance import Utterance


class _Stream:
    """Its first partial takes for ever."""

    def __init__(self) -> None:
        self.began, self.given_up = asyncio.Event(), asyncio.Event()
        self.fed = 0

    async def feed(self, samples: Samples) -> Transcript | None:
        self.fed += len(samples)
        if self.began.is_set():
            return Transcript("what time is it")
        self.began.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.given_up.set()
        return None

    async def finish(self) -> Transcript:
        return Transcript("what time is it")

    async def aclose(self) -> None:
        """Nothing to free."""


def feed(said: Utterance, audio: Audio, meter: LevelMeter) -> None:
    said.feed(audio.samples, meter.feed(audio.samples))


class _Slow(ScriptedStt):
    def __init__(self, stream: _Stream) -> None:
        super().__init__()
        self.stream = stream

    async def open(self, options: SttOptions) -> _Stream:
        return self.stream


async def test_a_partial_under_way_is_given_up_when_the_voice_falls_silent() -> None:
    stream, partials = _Stream(), asyncio.Queue[Transcript]()
    stt = _Slow(stream)
    said = Utterance(1, 0.0, stt, SttOptions(), PendingCalls(), partials.put_nowait, 5.0)
    meter = LevelMeter(stt.rate, 1.0)
    transcribing = asyncio.create_task(said.transcribe())
    feed(said, say(1.0, rate=stt.rate), meter)
    await stream.began.wait()
    feed(said, hush(0.02, rate=stt.rate), meter)
    await asyncio.sleep(0)
    assert not stream.given_up.is_set()
    feed(said, hush(0.02, rate=stt.rate), meter)
    await stream.given_up.wait()
    assert (await partials.get()).text == "what time is it"
    assert (await said.finish()).text == "what time is it"
    await said.aclose()
    await asyncio.wait({transcribing})
    assert transcribing.exception() is None
    assert stream.fed == round(said.seconds * stt.rate)


async def test_a_partial_that_may_tell_of_an_interruption_is_not_given_up() -> None:
    stream, partials = _Stream(), asyncio.Queue[Transcript]()
    stt = _Slow(stream)
    options = SttOptions(brisk=True)
    said = Utterance(1, 0.0, stt, options, PendingCalls(), partials.put_nowait, 5.0)
    meter = LevelMeter(stt.rate, 1.0)
    transcribing = asyncio.create_task(said.transcribe())
    feed(said, say(1.0, rate=stt.rate), meter)
    await stream.began.wait()
    feed(said, hush(0.1, rate=stt.rate), meter)
    for _ in range(10):
        await asyncio.sleep(0)
    assert not stream.given_up.is_set()
    transcribing.cancel()
    await asyncio.wait({transcribing})
    await said.aclose()


class _Failing(_Stream):
    async def feed(self, samples: Samples) -> Transcript | None:
        raise TimeoutError("the engine's own")


async def test_an_engine_that_times_out_by_itself_fails() -> None:
    stt = _Slow(_Failing())
    said = Utterance(1, 0.0, stt, SttOptions(), PendingCalls(), lambda partial: None, 5.0)
    meter = LevelMeter(stt.rate, 1.0)
    transcribing = asyncio.create_task(said.transcribe())
    feed(said, say(1.0, rate=stt.rate), meter)
    with pytest.raises(TimeoutError, match="the engine's own"):
        await transcribing
    await said.aclose()
