"""Hibari speaks English: what, when, and what it refuses."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from vivavoce import models
from vivavoce.audio import Samples
from vivavoce.engine.hibari.tts import Hibari, HibariOptions
from vivavoce.engines import PhonemeStream, Pronunciation, Speech, TtsOptions, Word
from vivavoce.errors import BadRequest, EngineUnavailable, ModelError
from vivavoce.testing.check_tts import check_tts

RATE = 24_000


@pytest.fixture
async def voice() -> AsyncIterator[Hibari]:
    engine = Hibari()
    await engine.load()
    yield engine
    await engine.aclose()


async def pieces(voice: Hibari, phrase: str, options: TtsOptions | None = None) -> list[Speech]:
    async with (
        aclosing(await voice.open(options or TtsOptions())) as stream,
        aclosing(stream.speak(phrase)) as spoken,
    ):
        return [piece async for piece in spoken]


async def said(
    voice: Hibari, phrase: str, options: TtsOptions | None = None
) -> tuple[Samples, list[Word]]:
    spoken = await pieces(voice, phrase, options)
    words = [word for piece in spoken for word in piece.words]
    return np.concatenate([piece.samples for piece in spoken]), words


async def test_it_keeps_the_contract_of_a_voice(voice: Hibari) -> None:
    await check_tts(voice, words=True)


async def test_it_says_what_it_is(voice: Hibari) -> None:
    assert (voice.name, voice.rate, voice.local, voice.device) == ("hibari", 24_000, True, "cpu")
    (only,) = voice.voices
    assert (only.id, only.languages) == ("heart", ("en-us", "en"))
    with pytest.raises(EngineUnavailable, match="not loaded"):
        await Hibari().open(TtsOptions())


@pytest.mark.parametrize("language", [None, "en", "en-GB", "en_AU"])
async def test_it_speaks_every_english(voice: Hibari, language: str | None) -> None:
    samples, _ = await said(voice, "Fine.", TtsOptions("heart", language))
    assert len(samples) > 0.2 * RATE


async def test_it_refuses_what_it_cannot_speak(voice: Hibari) -> None:
    with pytest.raises(BadRequest, match="speaks English, not 'de'; choose a voice"):
        await voice.open(TtsOptions(language="de"))
    with pytest.raises(BadRequest, match="unknown voice 'emma'; choose 'heart'"):
        await voice.open(TtsOptions(voice="emma"))
    for phrase in ("Привет, как дела?", "今日は天気がいいですね。", "مرحبا"):
        with pytest.raises(BadRequest, match="reads English in Latin letters"):
            await pieces(voice, phrase)


async def test_a_foreign_word_in_an_english_sentence_is_passed_over(voice: Hibari) -> None:
    _, words = await said(voice, "The Russian word мир means peace and world.")
    assert words[-1].text == "world."


async def test_words_begin_where_they_are_heard(voice: Hibari) -> None:
    """After a pause, that is where the sound comes back."""
    days = "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday."
    off = list[float]()
    for phrase in (
        days,
        "One, two, three, four, five, six, seven, eight, nine, ten.",
        "No, go, up.",
    ):
        samples, words = await said(voice, phrase)
        level = np.sqrt(np.convolve(samples**2, np.ones(240) / 240, "same"))
        loud = level > 0.05 * np.percentile(level, 95)
        onsets = np.flatnonzero(~loud[:-1] & loud[1:]) / RATE
        assert [word.text for word in words] == phrase.split()
        assert words[0].start < 0.06
        off += [float(np.abs(onsets - word.start).min()) for word in words[1:]]
    assert np.median(off) < 0.05


async def test_words_keep_their_places_where_numbers_are_spelled(voice: Hibari) -> None:
    _, words = await said(voice, "Room 237 costs $20 (or 5%) on May 3rd, Dr. Lee.")
    assert [word.text for word in words] == [
        "Room", "237", "costs", "$20", "(or", "5%)", "on", "May", "3rd,", "Dr.", "Lee.",
    ]  # fmt: skip
    seconds = {word.text: word.end - word.start for word in words}
    assert seconds["237"] > 2 * seconds["on"]


async def test_numbers_and_signs_are_said_as_words(voice: Hibari) -> None:
    written, _ = await said(voice, "Room 237 costs $20 now")
    spelled, _ = await said(voice, "Room two hundred thirty-seven costs twenty dollars now")
    assert abs(len(written) - len(spelled)) < 0.4 * RATE


async def test_the_pieces_join_without_a_step(voice: Hibari) -> None:
    """At the joins, neighbouring samples differ no more than they do elsewhere."""
    spoken = await pieces(voice, "All our rivers are longer than they were when we were young")
    assert len(spoken) >= 3
    samples = np.concatenate([piece.samples for piece in spoken])
    steps = np.abs(np.diff(samples))
    joins = np.cumsum([len(piece.samples) for piece in spoken])[:-1]
    for join in joins:
        around = steps[max(join - 1200, 0) : join + 1200]
        assert steps[join - 1] <= around.max()
        assert steps[join - 1] < 4 * np.percentile(around, 95) + 1e-3


async def test_it_begins_to_speak_before_the_phrase_is_computed(voice: Hibari) -> None:
    spoken = await pieces(
        voice, "We walked along the river until the sun went down behind the hill."
    )
    assert 0.1 * RATE < len(spoken[0].samples) < 0.5 * RATE
    assert spoken[0].words


async def test_the_same_phrase_sounds_the_same(voice: Hibari) -> None:
    first, _ = await said(voice, "Once more.")
    second, _ = await said(voice, "Once more.")
    np.testing.assert_array_equal(first, second)


async def test_half_the_speed_takes_about_twice_as_long(voice: Hibari) -> None:
    usual, _ = await said(voice, "This is a test of speed")
    slow, _ = await said(voice, "This is a test of speed", TtsOptions(speed=0.5))
    assert 1.6 < len(slow) / len(usual) < 2.4
    own = Hibari(HibariOptions(speed=0.5))
    await own.load()
    same, _ = await said(own, "This is a test of speed")
    await own.aclose()
    assert len(same) == len(slow)


async def test_a_sentence_ends_with_a_pause_and_a_part_of_one_does_not(voice: Hibari) -> None:
    def silence(samples: Samples) -> float:
        return (len(samples) - int(np.flatnonzero(np.abs(samples) > 0.005)[-1])) / RATE

    ended, _ = await said(voice, "I went home.")
    goes_on, _ = await said(voice, "I went home")
    assert silence(ended) > 0.2
    assert silence(goes_on) < 0.05


async def test_ten_thousand_characters_without_a_full_stop_are_spoken_in_parts(
    voice: Hibari,
) -> None:
    phrase = ("and then we went on " * 500).strip()
    async with (
        aclosing(await voice.open(TtsOptions())) as stream,
        aclosing(stream.speak(phrase)) as spoken,
    ):
        async with asyncio.timeout(20):
            first = await anext(spoken)
    assert len(first.samples) < RATE


async def test_a_word_without_an_end_is_spoken(voice: Hibari) -> None:
    samples, words = await said(voice, "a" * 500)
    assert len(samples) > RATE
    assert [word.text for word in words] == ["a" * 500]


async def pronounced(
    voice: Hibari, phrase: str, *pronunciations: Pronunciation
) -> tuple[Samples, list[str]]:
    async with aclosing(await voice.open(TtsOptions())) as stream:
        assert isinstance(stream, PhonemeStream)
        async with aclosing(stream.speak_pronounced(phrase, pronunciations)) as spoken:
            pieces = [piece async for piece in spoken]
    words = [word.text for piece in pieces for word in piece.words]
    return np.concatenate([piece.samples for piece in pieces]), words


async def test_words_sound_as_they_are_told_to(voice: Hibari) -> None:
    told, words = await pronounced(
        voice, "The GIF of 3 cats", Pronunciation(4, 7, "ˈdɔːɡ"), Pronunciation(13, 17, "ˈsæt")
    )
    plain, _ = await said(voice, "The dog of 3 sat")
    assert words == ["The", "GIF", "of", "3", "cats"]
    np.testing.assert_array_equal(told, plain)


async def test_sounds_that_english_lacks_leave_the_word_as_it_is(voice: Hibari) -> None:
    told, words = await pronounced(voice, "The cat sat", Pronunciation(4, 7, "ǃkʼøː"))
    plain, _ = await said(voice, "The cat sat")
    assert words == ["The", "cat", "sat"]
    np.testing.assert_array_equal(told, plain)


@pytest.mark.parametrize("damaged", ["hibari.onnx", "oov.onnx", "words.sqlite", "vocab.json"])
async def test_a_damaged_file_is_told_with_the_remedy(tmp_path: Path, damaged: str) -> None:
    folder = tmp_path / "voice"
    shutil.copytree(models.fetch("hibari"), folder)
    whole = (folder / damaged).read_bytes()
    (folder / damaged).write_bytes(whole[: len(whole) // 3])
    voice = Hibari(HibariOptions(model=str(folder)))
    with pytest.raises(ModelError, match=r"pull"):
        await voice.load()
    await voice.aclose()


async def test_a_model_of_another_kind_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "voice"
    shutil.copytree(models.fetch("hibari"), folder)
    shutil.copy(folder / "oov.onnx", folder / "hibari.onnx")
    voice = Hibari(HibariOptions(model=str(folder)))
    with pytest.raises(ModelError, match="no Hibari voice"):
        await voice.load()
    await voice.aclose()
