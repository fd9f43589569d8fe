"""Live captions with engines that do as they are told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vivavoce.audio import Audio, Samples
from vivavoce.engines import Stt, SttOptions, Transcript, Vad, Word
from vivavoce.errors import BadRequest, EngineError
from vivavoce.testing import ScriptedStt, ScriptedVad, hush, say
from vivavoce.transcripts.live_captions import Caption, CaptionSettings, captions

RATE = 16_000
SHORT = CaptionSettings(silence_s=0.4, longest_s=3.0)
NO_PARTIALS = SttOptions(partials=False)


def babble(seconds: float) -> Audio:
    """Voice without a zero in it, so that its samples can be counted."""
    signs = np.where(np.random.default_rng(0).random(round(seconds * RATE)) < 0.5, -1, 1)
    return Audio((0.3 * signs).astype(np.float32), RATE)


class Counter(ScriptedStt):
    """Hears how many voiced samples there were; a word, with its times, a finish."""

    async def open(self, options: SttOptions) -> CounterStream:
        self.open_streams += 1
        return CounterStream(self)


class CounterStream:
    def __init__(self, stt: Counter) -> None:
        self.stt = stt
        self.fed: list[Samples] = []

    async def feed(self, samples: Samples) -> Transcript | None:
        self.fed.append(samples.copy())
        return None

    async def finish(self) -> Transcript:
        heard = np.concatenate(self.fed)
        voiced = np.flatnonzero(heard)
        if not len(voiced):
            return Transcript("")
        word = Word(str(len(voiced)), voiced[0] / RATE, (voiced[-1] + 1) / RATE)
        return Transcript(word.text, (word,))

    async def aclose(self) -> None:
        self.stt.open_streams -= 1


async def source(*audio: Audio, chunk: int = 320) -> AsyncIterator[Audio]:
    for stretch in audio:
        for first in range(0, len(stretch.samples), chunk):
            yield Audio(stretch.samples[first : first + chunk], stretch.rate)


async def listen(
    *audio: Audio,
    stt: Stt,
    vad: Vad | None = None,
    options: SttOptions | None = None,
    settings: CaptionSettings | None = None,
    chunk: int = 320,
) -> list[Caption]:
    stream = source(*audio, chunk=chunk)
    async with aclosing(captions(stream, vad or ScriptedVad(), stt, options, settings)) as heard:
        return [caption async for caption in heard]


def finals(heard: list[Caption]) -> list[str]:
    return [caption.transcript.text for caption in heard if caption.final]


async def test_each_utterance_has_partials_and_then_one_final() -> None:
    stt = ScriptedStt("one two three four", "five six")
    heard = await listen(hush(0.5), say(1.0), hush(1.5), say(0.5), hush(1.5), stt=stt)
    assert finals(heard) == ["one two three four", "five six"]
    first = [caption.transcript.text for caption in heard if caption.start < 1]
    assert first == ["one", "one two", "one two three", "one two three four", first[-1]]
    assert stt.open_streams == 0


async def test_captions_tell_where_the_voice_was() -> None:
    stt = ScriptedStt("one two three four", "five six")
    heard = await listen(hush(0.5), say(1.0), hush(1.5), say(0.5), hush(1.5), stt=stt)
    times = [time for caption in heard if caption.final for time in (caption.start, caption.end)]
    assert times == pytest.approx([0.5, 1.5, 3.0, 3.5], abs=0.03)


async def test_word_times_count_from_the_streams_beginning() -> None:
    heard = await listen(hush(2.0), babble(0.5), hush(1.5), stt=Counter(), options=NO_PARTIALS)
    (word,) = heard[0].transcript.words
    assert [word.start, word.end] == pytest.approx([2.0, 2.5], abs=0.01)


async def test_silence_gives_nothing() -> None:
    assert await listen(hush(5.0), stt=ScriptedStt("never")) == []
    assert await listen(stt=ScriptedStt("never")) == []


async def test_noise_gives_nothing_and_takes_back_what_was_told() -> None:
    assert await listen(say(0.5), hush(2.0), stt=ScriptedStt("")) == []

    class Fickle(ScriptedStt):
        async def open(self, options: SttOptions) -> FickleStream:
            return FickleStream()

    class FickleStream:
        async def feed(self, samples: Samples) -> Transcript | None:
            return Transcript("perhaps")

        async def finish(self) -> Transcript:
            return Transcript("")

        async def aclose(self) -> None:
            pass

    heard = await listen(say(0.5), hush(2.0), stt=Fickle())
    assert heard[-1].final
    assert heard[-1].transcript.text == ""


async def test_a_short_pause_does_not_end_an_utterance() -> None:
    heard = await listen(babble(0.5), hush(0.5), babble(0.5), hush(1.5), stt=Counter())
    assert finals(heard) == [str(RATE)]


async def test_what_is_said_when_the_stream_ends_is_not_lost() -> None:
    heard = await listen(hush(0.3), babble(0.5), stt=Counter())
    assert finals(heard) == [str(RATE // 2)]


async def test_long_speech_ends_at_ever_shorter_pauses() -> None:
    settings = CaptionSettings(silence_s=1.0, pause_s=0.2, longest_s=10.0)
    assert settings.enough(2.0) == settings.enough(5.0) == 1.0
    assert settings.enough(7.5) == pytest.approx(0.6)
    assert settings.enough(10.0) == settings.enough(99.0) == pytest.approx(0.2)
    parts = [part for _ in range(4) for part in (babble(2.5), hush(0.5))]
    heard = await listen(*parts, stt=Counter(), settings=settings)
    assert finals(heard) == [str(3 * 5 * RATE // 2), str(5 * RATE // 2)]


async def test_speech_without_any_pause_is_cut_where_it_is_quietest() -> None:
    loud, soft = babble(2.5), Audio(babble(0.15).samples * np.float32(0.2), RATE)
    heard = await listen(
        loud, soft, babble(1.5), hush(1.0), stt=Counter(), settings=SHORT, options=NO_PARTIALS
    )
    assert sum(map(int, finals(heard))) == round(4.15 * RATE)
    assert heard[0].end == pytest.approx(2.575, abs=0.05)
    assert heard[1].start == heard[0].end


@example([(2.875, 0.1875), (1.0, 0.0)], 100)
@given(
    st.lists(st.tuples(st.floats(0.2, 5.0), st.floats(0.0, 1.0)), min_size=1, max_size=5),
    st.integers(1, 4000),
)
@settings(deadline=None, max_examples=25)
def test_every_voiced_sample_is_transcribed_once_however_it_is_spoken_and_chunked(
    speech: list[tuple[float, float]], chunk: int
) -> None:
    parts = [part for voice, pause in speech for part in (babble(voice), hush(pause))]
    heard = asyncio.run(
        listen(*parts, stt=Counter(), settings=SHORT, options=NO_PARTIALS, chunk=max(chunk, 100))
    )
    voiced = sum(len(part.samples) for part in parts[::2])
    assert sum(map(int, finals(heard))) == voiced
    for before, after in pairwise(heard):
        assert before.start <= before.end <= after.start <= after.end


async def test_a_stream_of_another_rate_is_resampled() -> None:
    stt = ScriptedStt("one two three four")
    heard = await listen(hush(0.5, rate=48_000), say(1.0, rate=48_000), hush(1.0, rate=48_000),
                         stt=stt, chunk=480)  # fmt: skip
    assert finals(heard) == ["one two three four"]


async def test_samples_that_are_no_numbers_do_no_harm() -> None:
    broken = Audio(np.full(RATE // 10, np.nan, np.float32), RATE)
    heard = await listen(broken, say(0.5), hush(1.5), stt=ScriptedStt("one two"))
    assert finals(heard) == ["one two"]


async def test_an_engine_that_fails_once_is_asked_again() -> None:
    stt = ScriptedStt(EngineError("out of breath"), "one two")
    assert finals(await listen(say(0.5), hush(1.5), stt=stt)) == ["one two"]
    assert stt.open_streams == 0


async def test_an_utterance_that_fails_twice_is_left_out_and_the_next_one_heard(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stt = ScriptedStt(*[EngineError("out of breath")] * 2, "one two")
    with caplog.at_level(logging.WARNING, "vivavoce"):
        heard = await listen(say(0.5), hush(1.5), say(0.5), hush(1.5), stt=stt, options=NO_PARTIALS)
    assert finals(heard) == ["one two"]
    assert "of speech were lost: out of breath" in caplog.text
    assert stt.open_streams == 0


async def test_an_engine_that_keeps_failing_ends_the_captions_with_its_error() -> None:
    stt = ScriptedStt(*[EngineError("broken for good")] * 99)
    speech = [part for _ in range(9) for part in (say(0.5), hush(1.5))]
    with pytest.raises(EngineError, match="broken for good"):
        await listen(*speech, stt=stt)
    assert stt.open_streams == 0


async def test_a_request_that_makes_no_sense_is_told_at_once() -> None:
    with pytest.raises(BadRequest, match="try en"):
        await listen(say(0.5), hush(1.5), stt=ScriptedStt("x"), options=SttOptions("xx"))


async def test_a_vad_that_fails_starts_anew() -> None:
    class Stumbling(ScriptedVad):
        opened = 0

        def open(self) -> StumblingStream:  # type: ignore[override]
            self.opened += 1
            return StumblingStream(self.opened == 1)

    class StumblingStream:
        def __init__(self, stumbles: bool) -> None:
            self.stumbles = stumbles
            self.stream = ScriptedVad().open()

        def feed(self, samples: Samples) -> list[float]:
            if self.stumbles:
                raise RuntimeError("stumbled")
            return list(self.stream.feed(samples))

        def reset(self) -> None:
            self.stream.reset()

    heard = await listen(
        hush(0.5), say(0.5), hush(1.5), stt=ScriptedStt("one two"), vad=Stumbling()
    )
    assert finals(heard) == ["one two"]


async def test_a_listener_that_leaves_early_frees_the_engine() -> None:
    stt = ScriptedStt("one two three four")
    stream = captions(source(say(5.0)), ScriptedVad(), stt)
    assert not (await anext(stream)).final
    assert stt.open_streams == 1
    await stream.aclose()
    assert stt.open_streams == 0
