"""espeak-ng is in the base install, so its tests run the real library."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from vivavoce.audio import Audio, Samples
from vivavoce.engine.espeak.library import short_path
from vivavoce.engine.espeak.tts import EspeakNg, EspeakOptions
from vivavoce.engines import Pronunciation, Speech, TtsOptions, Word, speak_pronounced
from vivavoce.errors import BadRequest, EngineUnavailable
from vivavoce.testing.check_tts import check_tts

SENTENCE = "The quick brown fox jumps over the lazy dog, and runs away from the bear."


@pytest.fixture
async def espeak() -> AsyncIterator[EspeakNg]:
    engine = EspeakNg()
    await engine.load()
    yield engine
    await engine.aclose()


async def spoken(
    engine: EspeakNg, phrase: str, options: TtsOptions | None = None
) -> tuple[Samples, list[Word]]:
    pieces: list[Speech] = []
    async with (
        aclosing(await engine.open(options or TtsOptions())) as voice,
        aclosing(voice.speak(phrase)) as stream,
    ):
        async for piece in stream:
            pieces.append(piece)  # noqa: PERF401 - closed whatever happens
    words = [word for piece in pieces for word in piece.words]
    return np.concatenate([np.zeros(0, np.float32), *(piece.samples for piece in pieces)]), words


def alike(one: Samples, other: Samples) -> bool:
    """Whether both say the same in the same voice, which flutters: no two calls are equal."""
    return abs(len(one) - len(other)) < 0.03 * len(one)


def voice_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("vivavoce-espeak-ng")]


def voice_pitch(samples: Samples, rate: int) -> float:
    """The median frequency of voiced frames, by autocorrelation."""
    found = []
    for start in range(0, len(samples) - 2048, 1024):
        frame = samples[start : start + 2048]
        if np.sqrt((frame**2).mean()) < 0.05:
            continue
        likeness = np.correlate(frame, frame, "full")[2047:]
        lag = 50 + int(np.argmax(likeness[50:400]))
        if likeness[lag] > 0.5 * likeness[0]:
            found.append(rate / lag)
    return float(np.median(found))


async def test_it_keeps_the_contract_of_tts() -> None:
    engine = EspeakNg()
    await check_tts(engine, words=True)
    await engine.aclose()
    assert not voice_threads()


async def test_the_first_audible_sample_comes_at_once(espeak: EspeakNg) -> None:
    for phrase in ("Hello there.", "Unterminated", "... and so on.", "中文"):
        samples, _ = await spoken(espeak, phrase)
        first = int(np.flatnonzero(np.abs(samples) > 0.003)[0])
        assert first <= 0.005 * espeak.rate, phrase


async def test_the_level_is_that_of_speech(espeak: EspeakNg) -> None:
    samples, _ = await spoken(espeak, SENTENCE)
    assert -26 < Audio(samples, espeak.rate).dbfs < -16
    assert np.abs(samples).max() < 1


async def test_words_are_told_as_written_each_once(espeak: EspeakNg) -> None:
    phrases = {
        "I have 1,234 naïve cafés, out of 3.14 — really!": (
            "I have 1,234 naïve cafés, out of 3.14 really!"
        ),
        "😀 It's “quoted”\tand\nbroken": "It's “quoted” and broken",
        "中文，你好": "中 文， 你 好",
        "Überraschung für 25 Leute": "Überraschung für 25 Leute",
    }
    for phrase, told in phrases.items():
        language = "zh" if "中" in phrase else None
        _, words = await spoken(espeak, phrase.replace("😀 ", ""), TtsOptions(language=language))
        assert " ".join(word.text for word in words) == told


async def test_word_times_lie_where_the_words_sound(espeak: EspeakNg) -> None:
    samples, words = await spoken(espeak, "Hello there, how are you? Fine.")
    texts = [word.text for word in words]
    there, how = words[texts.index("there,")], words[texts.index("how")]
    pause = samples[round(there.end * espeak.rate) : round(how.start * espeak.rate)]
    assert how.start - there.end > 0.1
    assert np.abs(pause).max() < 0.01
    for word in words:
        sound = samples[round(word.start * espeak.rate) : round(word.end * espeak.rate)]
        assert Audio(sound, espeak.rate).dbfs > -40, word


async def test_a_word_begins_where_the_phrase_up_to_it_ends(espeak: EspeakNg) -> None:
    _, words = await spoken(espeak, "One two three four, five six.")
    head, _ = await spoken(espeak, "One two three four,")
    five = next(word for word in words if word.text == "five")
    assert five.start == pytest.approx(len(head) / espeak.rate, abs=0.06)


async def test_a_sentence_ends_with_a_pause_and_a_part_of_one_does_not(espeak: EspeakNg) -> None:
    def tail(samples: Samples) -> float:
        last = int(np.flatnonzero(np.abs(samples) > 0.003)[-1])
        return (len(samples) - last) / espeak.rate

    assert tail((await spoken(espeak, "Hello there."))[0]) > 0.2
    assert tail((await spoken(espeak, "“Hello there.”"))[0]) > 0.2
    assert 0.1 < tail((await spoken(espeak, "Hello there,"))[0]) < 0.2
    assert tail((await spoken(espeak, "Hello there"))[0]) < 0.03


async def test_speed_and_pitch_are_followed(espeak: EspeakNg) -> None:
    plain, _ = await spoken(espeak, SENTENCE)
    for speed in (0.5, 2.0, 4.0):
        samples, words = await spoken(espeak, SENTENCE, TtsOptions(speed=speed))
        assert len(plain) / len(samples) == pytest.approx(speed, rel=0.15)
        assert words[-1].end <= len(samples) / espeak.rate
    usual, _ = await spoken(espeak, SENTENCE, TtsOptions(voice="en-us"))
    high, _ = await spoken(espeak, SENTENCE, TtsOptions(voice="en-us", pitch=1.3))
    ratio = voice_pitch(high, espeak.rate) / voice_pitch(usual, espeak.rate)
    assert ratio == pytest.approx(1.3, rel=0.1)


async def test_an_engines_own_speed_multiplies_that_of_the_call(espeak: EspeakNg) -> None:
    quick = EspeakNg(EspeakOptions(speed=2.0))
    await quick.load()
    both, _ = await spoken(quick, SENTENCE, TtsOptions(speed=0.5))
    await quick.aclose()
    alone, _ = await spoken(espeak, SENTENCE)
    assert alike(both, alone)


async def test_a_language_chooses_its_voice(espeak: EspeakNg) -> None:
    phrase = "Guten Tag, wie geht es Ihnen heute? Das ist aber schön."
    by_voice, _ = await spoken(espeak, phrase, TtsOptions(voice="de"))
    by_language, _ = await spoken(espeak, phrase, TtsOptions(language="de-AT"))
    english, _ = await spoken(espeak, phrase)
    assert alike(by_voice, by_language)
    assert not alike(by_voice, english)


async def test_a_variant_changes_the_sound_of_any_voice() -> None:
    engine = EspeakNg(EspeakOptions(model="en-us+f3"))
    await engine.load()
    assert engine.voices[0].id == "en-us+f3"
    female, _ = await spoken(engine, SENTENCE)
    german, _ = await spoken(engine, SENTENCE, TtsOptions(language="de"))
    male, _ = await spoken(engine, SENTENCE, TtsOptions(voice="en-us"))
    await engine.aclose()
    low = voice_pitch(male, engine.rate)
    assert voice_pitch(female, engine.rate) > 1.3 * low
    assert voice_pitch(german, engine.rate) > 1.3 * low


async def test_every_voice_listed_can_be_chosen_and_is_listed_once(espeak: EspeakNg) -> None:
    ids = [voice.id for voice in espeak.voices]
    assert ids[:2] == ["en-us+rob", "en-us"]
    assert len(ids) == len(set(ids)) > 200
    for voice in espeak.voices:
        async with (
            aclosing(await espeak.open(TtsOptions(voice=voice.id))) as opened,
            aclosing(opened.speak("a")) as stream,
        ):
            async for _ in stream:
                break


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (TtsOptions(voice="en-uss"), "did you mean en-us"),
        (TtsOptions(voice="en-us+f33"), "did you mean f3"),
        (TtsOptions(language="xx"), "unknown language 'xx'"),
    ],
)
async def test_what_is_not_there_is_refused_with_the_nearest(
    espeak: EspeakNg, options: TtsOptions, hint: str
) -> None:
    with pytest.raises(BadRequest, match=hint):
        await spoken(espeak, "Hello", options)


async def test_an_unknown_default_voice_fails_to_load_and_leaves_no_thread() -> None:
    engine = EspeakNg(EspeakOptions(model="klingonese"))
    with pytest.raises(BadRequest, match="unknown voice 'klingonese'"):
        await engine.load()
    assert not voice_threads()


async def test_it_speaks_only_between_load_and_aclose() -> None:
    engine = EspeakNg()
    assert engine.voices == ()
    with pytest.raises(EngineUnavailable, match="call load"):
        await spoken(engine, "Hello")
    await engine.load()
    await engine.aclose()
    await engine.aclose()
    with pytest.raises(EngineUnavailable):
        await spoken(engine, "Hello")
    with pytest.raises(EngineUnavailable, match="closed"):
        await engine.load()


async def test_engines_share_one_thread_which_the_last_one_ends() -> None:
    first, second = EspeakNg(), EspeakNg(EspeakOptions(model="de"))
    await asyncio.gather(first.load(), second.load())
    assert len(voice_threads()) == 1
    await first.aclose()
    samples, _ = await spoken(second, "Guten Tag")
    assert len(samples)
    await second.aclose()
    assert not voice_threads()


async def test_engines_with_different_voices_do_not_mix_them_up(espeak: EspeakNg) -> None:
    german, phrase = EspeakNg(EspeakOptions(model="de")), "1999 und 2001"
    await german.load()
    alone = [(await spoken(engine, phrase))[0] for engine in (espeak, german)]
    assert not alike(*alone)
    for _ in range(5):
        both = await asyncio.gather(spoken(espeak, phrase), spoken(german, phrase))
        for (samples, _), wanted in zip(both, alone, strict=True):
            assert alike(samples, wanted)
    await german.aclose()


async def test_a_listener_that_stalls_holds_up_nobody(espeak: EspeakNg) -> None:
    stalled = (await espeak.open(TtsOptions())).speak(f"{SENTENCE} " * 10)
    await anext(stalled)
    samples, _ = await spoken(espeak, "Hello")
    assert len(samples)
    await stalled.aclose()


async def test_characters_that_no_text_should_have_are_passed_over(espeak: EspeakNg) -> None:
    wanted, _ = await spoken(espeak, "Hello  there")
    samples, words = await spoken(espeak, "Hello\0\x1bthere")
    assert alike(samples, wanted)
    assert [word.text for word in words] == ["Hello", "there"]
    await spoken(espeak, "lone \ud800 surrogate <speak> [[x]] &amp;")


def test_a_path_too_long_for_the_library_is_reached_by_a_link(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["x" * 50] * 4)
    deep.mkdir(parents=True)
    (deep / "phontab").write_text("here")
    assert short_path(tmp_path, longest=1000) == tmp_path
    link = short_path(deep, longest=159)
    assert len(os.fsencode(link)) <= 159
    assert (link / "phontab").read_text() == "here"


# --- how words sound -----------------------------------------------------------------------------


async def pronounced(
    engine: EspeakNg, phrase: str, sounds: list[Pronunciation], language: str | None = None
) -> tuple[Samples, list[Word]]:
    async with (
        aclosing(await engine.open(TtsOptions(language=language))) as voice,
        aclosing(speak_pronounced(voice, phrase, sounds)) as stream,
    ):
        pieces = [piece async for piece in stream]
    words = [word for piece in pieces for word in piece.words]
    return np.concatenate([piece.samples for piece in pieces]), words


async def test_a_word_told_in_ipa_sounds_like_the_same_word_spelled(espeak: EspeakNg) -> None:
    as_told, words = await pronounced(
        espeak, "We use nx here.", [Pronunciation(7, 9, "ˈɛndʒɪn ˈɛks ˈsɜːvəz")]
    )
    spelled, _ = await spoken(espeak, "We use engine x servers here.")
    plain, _ = await spoken(espeak, "We use nx here.")
    assert alike(as_told, spelled)
    assert len(as_told) > 1.2 * len(plain)
    assert [word.text for word in words] == ["We", "use", "nx", "here."]
    assert words[3].start > words[2].end - 0.05 > words[2].start > words[1].start


@pytest.mark.parametrize(
    ("language", "ipa", "spelling"),
    [("en-us", "ˈnaɪki", "nykee"), ("de", "ʃʁaɪbən", "schreiben"), ("fr", "ʒaʁdɛ̃", "jardin")],
)
async def test_sounds_of_a_language_are_made_by_its_voice(
    espeak: EspeakNg, language: str, ipa: str, spelling: str
) -> None:
    told, _ = await pronounced(espeak, "x.", [Pronunciation(0, 1, ipa)], language)
    read, _ = await spoken(espeak, f"{spelling}.", TtsOptions(language=language))
    assert len(told) == pytest.approx(len(read), rel=0.15)


async def test_sounds_that_the_voice_lacks_leave_the_word_as_it_is(espeak: EspeakNg) -> None:
    told, words = await pronounced(espeak, "Say hello.", [Pronunciation(4, 9, "ʘǂʘ")])
    plain, _ = await spoken(espeak, "Say hello.")
    assert alike(told, plain)
    assert [word.text for word in words] == ["Say", "hello."]


async def test_brackets_in_a_text_are_never_taken_for_sounds(espeak: EspeakNg) -> None:
    told, _ = await pronounced(espeak, "[[aI]] hello", [Pronunciation(7, 12, "haɪ")])
    plain, _ = await spoken(espeak, "a i high")
    assert len(told) == pytest.approx(len(plain), rel=0.35)
