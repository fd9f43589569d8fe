"""Recordings by a chain: the next engine hears what the first makes little of."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import numpy as np
import pytest

from vivavoce.audio import Audio, Samples
from vivavoce.engines import SttOptions, Transcript
from vivavoce.errors import BadRequest, EngineError
from vivavoce.guard import GuardedStt
from vivavoce.loading.fallback_stt import FallbackStt
from vivavoce.testing import ScriptedStt, ScriptedVad, hush, say
from vivavoce.transcripts.recording_transcript import RecordingTranscript
from vivavoce.transcripts.recordings import RecordingTranscription

NONSENSE = Transcript("the lupin licked off them", language="en", language_confidence=0.2)
GERMAN = Transcript("der Lappen liegt auf dem", language="de", language_confidence=0.98)
TEN = "one two three four five six seven eight nine ten"


async def chunks(audio: Audio) -> AsyncGenerator[Samples, None]:
    for first in range(0, len(audio.samples), 1_000):
        yield audio.samples[first : first + 1_000]


async def heard(
    first: ScriptedStt, second: ScriptedStt, language: str | None = None, *, seconds: float = 2.0
) -> RecordingTranscript:
    chain = FallbackStt([GuardedStt(first), GuardedStt(second)])
    audio = Audio(
        np.concatenate([hush(0.5).samples, say(seconds).samples, hush(0.5).samples]), 16_000
    )
    options = SttOptions(language=language)
    return await RecordingTranscription(chunks(audio), chain, ScriptedVad(), options).finish()


def many(*said: Transcript | str | Exception) -> ScriptedStt:
    return ScriptedStt(*said, languages=("en", "de"))


async def test_speech_in_a_language_that_the_first_engine_lacks_is_heard_by_the_next() -> None:
    first, second = ScriptedStt(NONSENSE), many(GERMAN)
    transcript = await heard(first, second)
    assert (transcript.text, transcript.language) == ("der Lappen liegt auf dem", "de")
    assert transcript.warnings == ()
    assert (first.open_streams, second.open_streams) == (0, 0)
    assert transcript.segments[0].start == pytest.approx(0.5, abs=0.05)


async def test_the_next_engine_may_take_the_doubt_away() -> None:
    accent = Transcript("a strong accent it is", language="en", language_confidence=0.2)
    confirmed = Transcript("a strong actor", language="en", language_confidence=0.95)
    transcript = await heard(ScriptedStt(accent), many(confirmed))
    assert (transcript.text, transcript.warnings) == ("a strong accent it is", ())


async def test_a_language_that_was_asked_for_is_kept_and_the_doubt_told() -> None:
    transcript = await heard(ScriptedStt(NONSENSE), many(GERMAN), "en")
    assert transcript.text == "the lupin licked off them"
    assert [warning.code for warning in transcript.warnings] == ["language_doubtful"]


async def test_where_the_next_engine_fails_the_first_hearing_stays_and_the_doubt_is_told() -> None:
    transcript = await heard(ScriptedStt(NONSENSE), many(EngineError("too tired")))
    assert transcript.text == "the lupin licked off them"
    assert [warning.code for warning in transcript.warnings] == ["language_doubtful"]


async def test_a_recording_of_which_the_first_engine_gives_up_is_heard_by_the_next() -> None:
    transcript = await heard(ScriptedStt("hm"), many(TEN), seconds=5.0)
    assert (transcript.text, transcript.warnings) == (TEN, ())


async def test_the_language_that_is_asked_for_chooses_the_engine() -> None:
    first, second = ScriptedStt(NONSENSE), many(GERMAN)
    chain = FallbackStt([GuardedStt(first), GuardedStt(second)])
    assert chain.languages == ("en", "de")
    assert (await heard(first, second, "de")).text == "der Lappen liegt auf dem"
    with pytest.raises(BadRequest, match="'fr'"):
        await heard(first, second, "fr")
