"""A text as speech: phrases in order, words with their times, and an end to waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engines import Pronunciation, Speech, TtsOptions, TtsStream, Voice, Word
from vivavoce.errors import BadRequest, EngineTimeout
from vivavoce.speech.synthesis import SpokenPiece, Synthesis, voice_language
from vivavoce.testing import ScriptedTts
from vivavoce.text.marked_text import Passage
from vivavoce.text.pronunciations import PronouncingDictionary
from vivavoce.text.ssml import marked_text, parse_ssml


class SilentTts(ScriptedTts):
    """Never says anything."""

    async def speak(self, phrase: str, options: TtsOptions) -> AsyncGenerator[Speech, None]:
        await asyncio.Event().wait()
        yield Speech(np.zeros(0, np.float32))


class VoicesTts(ScriptedTts):
    """Has voices of several languages."""

    voices = (  # type: ignore[assignment]  # one more than its parent's
        Voice("rob", "Rob", ("en-us",)),
        Voice("eva", "Eva", ("de",)),
        Voice("bot", "Bot"),
    )


async def pieces_of(voice: Synthesis, text: str) -> list[SpokenPiece]:
    async with aclosing(voice.speak(text)) as pieces:
        return [piece async for piece in pieces]


async def test_a_text_is_spoken_phrase_by_phrase_with_times_from_its_beginning() -> None:
    tts = ScriptedTts()
    voice = Synthesis(tts, TtsOptions(), 5.0)
    pieces = await pieces_of(voice, "Hello there, my friend. How are you?")
    phrases = list(dict.fromkeys(piece.phrase.written for piece in pieces))
    assert "".join(phrases) == "Hello there, my friend. How are you?"
    words = [word for piece in pieces for word in piece.timed_words]
    assert [word.text for word in words] == [
        "Hello",
        "there,",
        "my",
        "friend.",
        "How",
        "are",
        "you?",
    ]
    assert all(before.end <= after.start for before, after in pairwise(words))
    assert voice.seconds == pytest.approx(sum(len(it.samples) for it in pieces) / tts.rate)
    assert words[-1].end <= voice.seconds


async def test_all_phrases_share_one_stream_that_is_closed_at_the_end() -> None:
    tts = ScriptedTts()
    await pieces_of(Synthesis(tts, TtsOptions(), 5.0), "One. Two. Three.")
    assert (tts.opened, tts.left) == (1, 0)


async def test_leaving_early_closes_the_stream() -> None:
    tts = ScriptedTts()
    async with aclosing(Synthesis(tts, TtsOptions(), 5.0).speak("One. Two. Three.")) as pieces:
        await anext(pieces)
    assert (tts.opened, tts.left) == (1, 0)


async def test_words_without_times_are_estimated_where_that_is_wanted() -> None:
    voice = Synthesis(ScriptedTts(times=False), TtsOptions(), 5.0, estimate=True)
    pieces = await pieces_of(voice, "Well, yes. So be it.")
    estimated = [piece for piece in pieces if piece.estimated]
    words = [word for piece in estimated for word in piece.timed_words]
    assert [word.text for word in words] == ["Well,", "yes.", "So", "be", "it."]
    assert words[0].start == 0.0
    assert words[-1].end == pytest.approx(voice.seconds)
    assert not any(piece.words for piece in pieces if not piece.estimated)


async def test_words_are_not_estimated_unasked_nor_where_they_are_known() -> None:
    wordless = await pieces_of(Synthesis(ScriptedTts(times=False), TtsOptions(), 5.0), "Yes.")
    assert not any(piece.words for piece in wordless)
    known = await pieces_of(Synthesis(ScriptedTts(), TtsOptions(), 5.0, estimate=True), "Yes.")
    assert not any(piece.estimated for piece in known)


async def test_a_text_with_nothing_to_say_gives_nothing_and_opens_nothing() -> None:
    tts = ScriptedTts()
    assert await pieces_of(Synthesis(tts, TtsOptions(), 5.0), "🙂") == []
    assert tts.opened == 0


async def test_an_engine_that_stays_silent_is_not_waited_for() -> None:
    tts = SilentTts()
    with pytest.raises(EngineTimeout, match=r"no answer within 0\.01 s"):
        await pieces_of(Synthesis(tts, TtsOptions(), 0.01), "Hello.")
    assert tts.left == 0


async def test_a_voice_that_is_not_there_is_refused_when_the_stream_opens() -> None:
    with pytest.raises(BadRequest):
        await Synthesis(ScriptedTts(), TtsOptions(voice="nobody"), 5.0).open()


async def test_forgetting_drops_what_has_not_become_a_phrase() -> None:
    voice = Synthesis(ScriptedTts(), TtsOptions(), 5.0)
    assert voice.feed("Never mi") == []
    voice.forget()
    voice.feed("Yes")
    assert [phrase.spoken for phrase in voice.flush()] == ["Yes."]


@pytest.mark.parametrize(
    ("voice", "language"),
    [(None, "en-us"), ("rob", "en-us"), ("eva+f3", "de"), ("bot", None), ("nobody", None)],
)
def test_the_language_is_the_voice_s(voice: str | None, language: str | None) -> None:
    assert voice_language(voice, VoicesTts()) == language


async def test_numbers_are_read_in_the_voice_s_language_or_in_the_text_s() -> None:
    [english] = await pieces_of(Synthesis(VoicesTts(), TtsOptions(), 5.0), "25")
    assert english.phrase.spoken == "twenty-five."
    voice = Synthesis(VoicesTts(), TtsOptions(), 5.0, language="sw")
    [other] = await pieces_of(voice, "25")
    assert other.phrase.spoken == "25."


# --- how words sound -----------------------------------------------------------------------------


async def words_of(tts: ScriptedTts, text: str, entries: dict[str, str]) -> list[Word]:
    voice = Synthesis(
        tts, TtsOptions(), 5.0, estimate=True, dictionary=PronouncingDictionary(entries)
    )
    return [word for piece in await pieces_of(voice, text) for word in piece.timed_words]


async def test_the_voice_gets_the_spelling_and_the_listener_is_told_the_word() -> None:
    tts = ScriptedTts()
    words = await words_of(tts, "Use nginx here, now.", {"nginx": "engine x"})
    assert tts.spoken == ["Use engine x here,", "now."]
    assert [word.text for word in words] == ["Use", "nginx", "here,", "now."]
    assert [(word.start, word.end) for word in words] == [
        (0.0, 0.25), (0.25, 0.75), (0.75, 1.0), (1.0, 1.25),
    ]  # fmt: skip


async def test_a_word_that_ends_the_phrase_and_one_of_several_words_are_told_too() -> None:
    words = await words_of(ScriptedTts(), "I like New York.", {"New York": "the big apple"})
    assert [word.text for word in words] == ["I", "like", "New", "York."]
    assert words[-1].end == pytest.approx(5 * 0.25)


async def test_words_whose_times_are_estimated_are_those_written() -> None:
    words = await words_of(ScriptedTts(times=False), "Use nginx.", {"nginx": "engine x"})
    assert [word.text for word in words] == ["Use", "nginx."]


async def test_a_voice_that_knows_ipa_gets_the_sounds_and_another_the_word() -> None:
    tts, plain = ScriptedTts(sounds=[]), ScriptedTts()
    entries = {"10%": "/tɛn/"}
    assert [word.text for word in await words_of(tts, "Give 10%.", entries)] == ["Give", "10%."]
    assert (tts.spoken, tts.sounds) == (["Give ten percent."], [Pronunciation(5, 16, "tɛn")])
    await words_of(plain, "Give 10%.", entries)
    assert plain.spoken == ["Give ten percent."]


# --- pauses --------------------------------------------------------------------------------------


async def test_a_pause_in_the_text_is_silence_of_exactly_that_length() -> None:
    tts = ScriptedTts()
    pieces = await pieces_of(Synthesis(tts, TtsOptions(), 5.0), "One. [pause 1.234s] Two.")
    assert tts.spoken == ["One.", "Two."]
    silence = [piece for piece in pieces if piece.phrase.pause_s]
    assert sum(len(piece.samples) for piece in silence) == round(1.234 * tts.rate)
    assert not any(piece.samples.any() for piece in silence)
    one, two = [word for piece in pieces for word in piece.timed_words]
    assert two.start == pytest.approx(one.end + 1.234)


async def test_a_pause_tag_is_found_however_the_text_is_chunked() -> None:
    voice = Synthesis(ScriptedTts(), TtsOptions(), 5.0)
    phrases = [it for character in "Well [pause 500ms] yes." for it in voice.feed(character)]
    phrases += voice.flush()
    assert [(phrase.written, phrase.pause_s) for phrase in phrases] == [
        ("Well ", 0.0),
        ("", 0.5),
        ("yes.", 0.0),
    ]


async def test_a_sentence_that_a_pause_parts_goes_on_after_it() -> None:
    tts = ScriptedTts()
    await pieces_of(Synthesis(tts, TtsOptions(), 5.0, first_words=30), "I am [pause 1s] here now.")
    assert tts.spoken == ["I am", "here now."]


async def test_a_pause_is_ten_seconds_at_most_and_all_of_them_ten_minutes() -> None:
    tts = ScriptedTts()
    long = await pieces_of(Synthesis(tts, TtsOptions(), 5.0), "[pause 99s]")
    assert sum(len(piece.samples) for piece in long) == 10 * tts.rate
    voice = Synthesis(tts, TtsOptions(), 5.0)
    assert sum(it.pause_s for it in voice.feed("a [pause 10s] " * 100)) == 600.0


@pytest.mark.parametrize(
    "text",
    ["[pause]", "[pause 5 minutes]", "[pause ms]", "[pausing 5s]", "[", "see [1] and [pause"],
)
async def test_what_only_looks_like_a_pause_is_text(text: str) -> None:
    voice = Synthesis(ScriptedTts(), TtsOptions(), 5.0)
    phrases = [*voice.feed(text), *voice.flush()]
    assert "".join(phrase.written for phrase in phrases) == text
    assert not any(phrase.pause_s for phrase in phrases)


# --- SSML ----------------------------------------------------------------------------------------


class ManneredTts(ScriptedTts):
    """Tells how each phrase was to be spoken; has English voices and a German one."""

    voices = (*ScriptedTts.voices, Voice("eva", "Eva", ("de",)))  # type: ignore[assignment]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.manners: list[tuple[str, str | None, float, float]] = []

    async def open(self, options: TtsOptions) -> TtsStream:
        if options.language not in {None, "en", "de"}:
            raise BadRequest(f"no {options.language}")
        return await super().open(options)

    async def speak(self, phrase: str, options: TtsOptions) -> AsyncGenerator[Speech, None]:
        self.manners.append((phrase, options.language, options.speed, options.pitch))
        async with aclosing(super().speak(phrase, options)) as pieces:
            async for piece in pieces:
                yield piece


async def marked(
    tts: ScriptedTts, body: str, options: TtsOptions | None = None
) -> list[SpokenPiece]:
    voice = Synthesis(tts, options or TtsOptions(), 5.0)
    async with aclosing(voice.speak(parse_ssml(f"<speak>{body}</speak>"))) as pieces:
        return [piece async for piece in pieces]


async def test_each_passage_is_spoken_in_its_manner_and_every_stream_is_closed() -> None:
    tts = ManneredTts()
    two = '<prosody rate="150%" pitch="+10%">Two.</prosody>'
    body = f'One. {two} <lang xml:lang="de">Drei.</lang> Four.'
    await marked(tts, body, TtsOptions(speed=2.0))
    assert tts.manners == [
        ("One.", None, 2.0, 1.0), ("Two.", None, 3.0, pytest.approx(1.1)),
        ("Drei.", "de", 2.0, 1.0), ("Four.", None, 2.0, 1.0),
    ]  # fmt: skip
    assert (tts.opened, tts.left) == (3, 0)


async def test_a_language_without_a_voice_is_left_to_the_text_s_own() -> None:
    tts = ManneredTts()
    await marked(tts, 'One. <lang xml:lang="fr">Deux.</lang>')
    assert [(phrase, language) for phrase, language, *_ in tts.manners] == [
        ("One.", None), ("Deux.", None),
    ]  # fmt: skip


async def test_volume_is_a_gain_that_never_goes_over_full_scale() -> None:
    def peak(pieces: list[SpokenPiece]) -> float:
        return max(float(np.abs(piece.samples).max()) for piece in pieces)

    usual = peak(await marked(ScriptedTts(), "One."))
    soft = peak(await marked(ScriptedTts(), '<prosody volume="-6dB">One.</prosody>'))
    assert soft == pytest.approx(usual * 10 ** (-6 / 20), rel=1e-3)
    assert peak(await marked(ScriptedTts(), '<prosody volume="silent">One.</prosody>')) == 0
    assert peak(await marked(ScriptedTts(), '<prosody volume="+12dB">One.</prosody>')) <= 1


async def test_readings_are_spoken_within_their_sentence() -> None:
    tts = ScriptedTts()
    pieces = await marked(
        tts,
        'Call <say-as interpret-as="digits">42</say-as>, <sub alias="Doctor Who">Dr. W</sub>.'
        "<p>Yes</p>no",
    )
    assert tts.spoken == ["Call four two,", "Doctor Who.", "Yes.", "no."]
    written = "".join(phrase.written for phrase in dict.fromkeys(it.phrase for it in pieces))
    assert written.split() == ["Call", "42,", "Dr.", "W.", "Yes", "no"]


async def test_breaks_and_tags_of_pauses_are_silence_in_ssml() -> None:
    tts = ScriptedTts()
    pieces = await marked(tts, 'One <break time="300ms"/>two [pause 200ms] three.')
    assert tts.spoken == ["One", "two", "three."]
    assert sum(len(piece.samples) for piece in pieces if piece.phrase.pause_s) == tts.rate / 2


@given(st.lists(st.sampled_from(
    ["a ", "b.", "<p>", "</p>", "<prosody rate='2'>", "</prosody>", "```", "[pause 1s]", "[", "$5 ",
     "<sub alias='x y'>c d. e</sub>", "<break/>", "\n"]), max_size=20))  # fmt: skip
@settings(deadline=None)
def test_all_text_of_a_document_is_in_its_phrases(parts: list[str]) -> None:
    try:
        text = marked_text("".join(parts), "ssml")
    except BadRequest:
        return
    assert not isinstance(text, str)
    phrases = Synthesis(ScriptedTts(), TtsOptions(), 5.0).phrases_of(text)
    written = "".join(phrase.written for some in phrases for phrase in some)
    kept = "".join(part.text for part in text if isinstance(part, Passage))
    assert "".join(written.split()) == "".join(kept.replace("[pause 1s]", "").split())
