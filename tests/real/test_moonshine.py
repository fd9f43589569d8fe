"""Moonshine with its real weights, on real recordings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import pytest_asyncio

from vivavoce import models
from vivavoce.audio import Samples
from vivavoce.concurrency.model_thread import ModelThread
from vivavoce.engine.moonshine.stt import Moonshine, MoonshineOptions
from vivavoce.engines import SttOptions, Transcript
from vivavoce.errors import BadRequest, EngineUnavailable, ModelError
from vivavoce.media.decode import read_audio
from vivavoce.testing.check_stt import check_stt
from vivavoce.transcripts.word_errors import WordErrors, word_errors

if TYPE_CHECKING:
    from tests.real.conftest import Clips, Noise, Recording

RATE = 16_000
QUESTION = Path(__file__).parents[2] / "src" / "vivavoce" / "data" / "question.wav"


@pytest_asyncio.fixture
async def moonshine() -> AsyncIterator[Moonshine]:
    stt = Moonshine()
    await stt.load()
    yield stt
    await stt.aclose()


async def heard(stt: Moonshine, samples: Samples) -> Transcript:
    stream = await stt.open(SttOptions(partials=False))
    await stream.feed(samples)
    transcript = await stream.finish()
    await stream.aclose()
    return transcript


async def partials(stt: Moonshine, samples: Samples) -> tuple[list[Transcript], Transcript]:
    """All partials, and the final, of a stream that is fed 20 ms at a time."""
    stream = await stt.open(SttOptions())
    found = [await stream.feed(samples[at : at + 320]) for at in range(0, len(samples), 320)]
    final = await stream.finish()
    await stream.aclose()
    return [partial for partial in found if partial is not None], final


# --- what is heard --------------------------------------------------------------------


async def test_moonshine_keeps_the_contract() -> None:
    stt = Moonshine()
    with pytest.raises(EngineUnavailable, match="await load"):
        await stt.open(SttOptions())
    await check_stt(stt, read_audio(QUESTION), "what is the capital of france")
    await stt.aclose()
    with pytest.raises(EngineUnavailable):
        await stt.open(SttOptions())


async def test_brisk_partials_come_from_the_start_even_where_nothing_is_heard(
    moonshine: Moonshine,
) -> None:
    speech = read_audio(QUESTION, rate=RATE).samples
    stream = await moonshine.open(SttOptions(brisk=True))
    nothing = await stream.feed(np.zeros(RATE // 2, np.float32))
    early = [await stream.feed(speech[at : at + 320]) for at in range(0, RATE, 320)]
    await stream.aclose()
    told = [at for at, partial in enumerate(early) if partial is not None]
    assert nothing is not None or early[told[0]] == Transcript("", language="en")
    assert len(told) >= 4


async def test_a_brisk_look_that_finds_no_words_is_soon_repeated(
    moonshine: Moonshine, noise: Noise
) -> None:
    async def waits(sound: Samples) -> int:
        """How many chunks of 20 ms come before the second look."""
        stream = await moonshine.open(SttOptions(brisk=True))
        await stream.feed(sound[: RATE // 2])
        stream._cost = 0.0
        chunks = 0
        for at in range(RATE // 2, RATE, 320):
            await stream.feed(sound[at : at + 320])
            chunks += 1
            if not stream._news:
                break
        await stream.aclose()
        return chunks

    speech = read_audio(QUESTION, rate=RATE).samples
    spoken = speech[np.flatnonzero(np.abs(speech) > 0.05)[0] :]
    assert await waits(noise(1.0, -20.0, 0)) == 2
    assert await waits(spoken) == 5


async def test_a_famous_sentence_is_understood(moonshine: Moonshine, recording: Recording) -> None:
    transcript = await heard(moonshine, recording("faster-whisper/jfk.wav").samples)
    said = "And so my fellow Americans ask not what your country can do for you, ask what you"
    assert word_errors(f"{said} can do for your country.", transcript.text).errors == 0
    assert transcript.language == "en"
    assert transcript.confidence is not None
    assert transcript.confidence > 0.8


async def test_most_words_are_understood(moonshine: Moonshine, clips: Clips) -> None:
    errors = WordErrors()
    for samples, text in clips(12.0):
        errors = errors + word_errors(text, (await heard(moonshine, samples)).text)
    assert errors.errors / errors.words < 0.09, errors


async def test_quiet_speech_is_not_lost(moonshine: Moonshine, clips: Clips) -> None:
    for samples, text in clips(4.0):
        loud = await heard(moonshine, samples)
        quiet = await heard(moonshine, samples * np.float32(0.02))
        missed = word_errors(loud.text, quiet.text).errors
        assert missed <= max(1, len(text.split()) // 4), (text, quiet.text)


@pytest.mark.parametrize("db", [-100, -80, -60, -50, -40, -30, -20, -10])
@pytest.mark.parametrize("colour", [0, 1])
async def test_noise_has_no_words(
    moonshine: Moonshine, db: float, colour: float, noise: Noise
) -> None:
    for seconds in (0.5, 1.0, 3.0, 8.0):
        transcript = await heard(moonshine, noise(seconds, db, colour))
        assert transcript.text == ""
        assert transcript.confidence is None


async def test_silence_and_clicks_have_no_words(
    moonshine: Moonshine, recording: Recording, noise: Noise
) -> None:
    click = np.zeros(2 * RATE, np.float32)
    click[RATE : RATE + 80] = noise(0.005, -10)
    for samples in (np.zeros(30 * RATE, np.float32), click, recording("leopard/empty.wav").samples):
        assert (await heard(moonshine, samples)).text == ""


async def test_an_office_says_next_to_nothing(moonshine: Moonshine, recording: Recording) -> None:
    office = recording("noise/office-ambience-24000-mono.mp3").samples
    texts = [
        (await heard(moonshine, office[at : at + 3 * RATE])).text
        for at in range(0, len(office), 4 * RATE)
    ]
    assert sum(map(bool, texts)) <= 0.1 * len(texts), texts


# --- streaming ------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.slow
async def test_partials_hold_and_cost_no_words_in_the_end(
    moonshine: Moonshine, clips: Clips
) -> None:
    plain = streamed = WordErrors()
    kept = total = 0
    for samples, text in clips(12.0):
        told, final = await partials(moonshine, samples)
        for before, after in pairwise(told):
            assert after.stable >= before.stable
            stable = before.text.split()[: before.stable]
            assert after.text.split()[: before.stable] == stable
        stable = told[-1].text.split()[: told[-1].stable]
        kept, total = kept + (final.text.split()[: len(stable)] == stable), total + 1
        streamed = streamed + word_errors(text, final.text)
        plain = plain + word_errors(text, (await heard(moonshine, samples)).text)
    assert kept >= 0.8 * total, f"of {total} finals, {kept} kept what was stable"
    assert streamed.errors <= plain.errors + 0.03 * plain.words, (plain, streamed)


async def test_a_finish_may_come_in_mid_sentence(
    moonshine: Moonshine, recording: Recording
) -> None:
    samples = recording("leopard/test.wav").samples
    stream = await moonshine.open(SttOptions())
    await stream.feed(samples[: 3 * RATE])
    assert (await stream.finish()).text.startswith("Mr. Quilter is the apostle of the middle")
    await stream.feed(samples[3 * RATE :])
    final = await stream.finish()
    assert final.text.endswith("glad to welcome his gospel.")
    await stream.aclose()


async def test_a_finish_after_mere_silence_does_no_work(
    moonshine: Moonshine, recording: Recording, noise: Noise
) -> None:
    samples = recording("leopard/test.wav").samples
    stream = await moonshine.open(SttOptions())
    await stream.feed(samples)
    first, reading = await stream.finish(), stream._reading
    for seed in range(5):
        await stream.feed(noise(0.1, -66, seed=seed))
        assert await stream.finish() == first
        assert stream._reading is reading
    await stream.aclose()


@pytest.mark.slow
@pytest.mark.slow
async def test_a_long_speech_loses_no_sentence(moonshine: Moonshine, recording: Recording) -> None:
    samples = recording("moonshine/two_cities_16k.wav").samples
    told, final = await partials(moonshine, samples)
    whole = await heard(moonshine, samples)
    for text in (final.text, whole.text):
        for said in ("best of times", "season of darkness", "direct the other way", "for good or"):
            assert said in text.lower()
        assert text.lower().endswith("the superlative degree of comparison only.")
    stable = told[-1].text.split()[: told[-1].stable]
    assert len(stable) > 80


async def test_memory_and_work_are_bounded(moonshine: Moonshine, recording: Recording) -> None:
    samples = recording("moonshine/two_cities_16k.wav").samples
    stream = await moonshine.open(SttOptions(partials=False))
    for _ in range(2):
        for at in range(0, len(samples), RATE):
            await stream.feed(samples[at : at + RATE])
            assert len(stream._window) <= 13 * RATE
    text = (await stream.finish()).text
    assert text.lower().count("best of times") == 2
    await stream.aclose()


async def test_forty_callers_share_the_weights(moonshine: Moonshine, clips: Clips) -> None:
    said = [(samples, text) for samples, text in clips(4.0)]
    alone = [(await heard(moonshine, samples)).text for samples, _ in said]
    together = await asyncio.gather(*(heard(moonshine, samples) for samples, _ in said * 4))
    assert [transcript.text for transcript in together] == alone * 4


# --- what goes wrong ------------------------------------------------------------------


async def test_a_cancelled_final_stops_and_the_utterance_goes_on(
    moonshine: Moonshine, recording: Recording
) -> None:
    samples = recording("leopard/test.wav").samples
    stream = await moonshine.open(SttOptions(partials=False))
    await stream.feed(samples)
    finishing = asyncio.ensure_future(stream.finish())
    await asyncio.sleep(0)
    finishing.cancel()
    await asyncio.wait({finishing})
    assert finishing.cancelled()
    assert (await stream.finish()).text.endswith("his gospel.")
    await stream.aclose()


async def test_a_language_that_the_model_lacks_is_refused(moonshine: Moonshine) -> None:
    assert list(moonshine.languages) == ["en"]
    for fine in (None, "en", "en-GB", "EN_us"):
        await (await moonshine.open(SttOptions(language=fine))).aclose()
    with pytest.raises(BadRequest, match="supports 'en', not 'de'; try whisper"):
        await moonshine.open(SttOptions(language="de"))
    with pytest.raises(BadRequest, match="cannot translate; use whisper"):
        await moonshine.open(SttOptions(translate=True))


async def test_a_folder_is_a_model_too() -> None:
    folder = models.fetch("moonshine-tiny-en")
    stt = Moonshine(MoonshineOptions(model=str(folder)))
    assert list(stt.languages) == ["en"]
    await stt.load()
    await stt.aclose()


async def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for model in (str(tmp_path), "tiny-xx"):
        stt = Moonshine(MoonshineOptions(model=model))
        with pytest.raises((ModelError, BadRequest)):
            await stt.load()
        await stt.aclose()


async def test_nan_is_not_speech(moonshine: Moonshine) -> None:
    assert (await heard(moonshine, np.full(RATE, np.nan, np.float32))).text == ""


@pytest.mark.slow
async def test_what_was_said_before_a_pause_is_known_when_it_is_asked_for(
    moonshine: Moonshine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = await moonshine.open(SttOptions())
    samples = np.concatenate([read_audio(QUESTION).samples, np.zeros(RATE // 10, np.float32)])
    partials = [await stream.feed(samples[i : i + 320]) for i in range(0, len(samples), 320)]
    looked = next(partial for partial in reversed(partials) if partial is not None)
    stopped = ModelThread("stopped")
    await stopped.aclose()
    monkeypatch.setattr(stream, "_thread", stopped)
    assert (await stream.finish()).text == looked.text == "What is the capital of France?"
    await stream.aclose()


async def test_a_partial_that_is_given_up_loses_no_audio(moonshine: Moonshine) -> None:
    stream = await moonshine.open(SttOptions())
    samples = read_audio(QUESTION).samples
    half = len(samples) // 2
    looking = asyncio.create_task(stream.feed(samples[:half]))
    await asyncio.sleep(0)
    looking.cancel()
    await asyncio.wait({looking})
    assert looking.cancelled()
    await stream.feed(samples[half:])
    assert (await stream.finish()).text == "What is the capital of France?"
    await stream.aclose()
