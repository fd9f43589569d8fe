"""Whatever stands around an engine keeps the contract of what it stands around."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import cast

import pytest

from vivavoce.bench.scorecard.overheard import overheard
from vivavoce.bench.scorecard.phone import Phone, WallClock
from vivavoce.engines import (
    Engine,
    Engines,
    Kind,
    Pronunciation,
    Stt,
    Tts,
    TtsOptions,
    speak_pronounced,
)
from vivavoce.guard import guarded
from vivavoce.server.wyoming.failure_recording import FailureRecordingStt
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, ScriptedVad, say
from vivavoce.testing.check_engine import check_engine
from vivavoce.testing.check_stt import check_stt

TEXT = "one two three four"


def scripted() -> Engines:
    return Engines(
        ScriptedVad(),
        ScriptedTurn(0.7),
        ScriptedStt(*[TEXT] * 30),
        ScriptedLlm(answer=lambda _: "It is Paris, of course."),
        ScriptedTts(),
    )


@pytest.mark.parametrize("kind", ["vad", "turn", "stt", "llm", "tts"])
async def test_a_guarded_engine_keeps_the_contract(kind: Kind) -> None:
    await check_engine(kind, guarded(kind, cast("Engine", getattr(scripted(), kind))))


@pytest.mark.parametrize("kind", ["vad", "turn", "llm", "tts"])
async def test_an_overheard_engine_keeps_the_contract(kind: Kind) -> None:
    engines = overheard(scripted(), Phone(WallClock()), [])
    await check_engine(kind, cast("Engine", getattr(engines, kind)))


@pytest.mark.parametrize("wrapped", [FailureRecordingStt, lambda stt: guarded("stt", stt)])
async def test_a_wrapped_recognizer_understands_what_the_recognizer_does(
    wrapped: type[FailureRecordingStt],
) -> None:
    await check_stt(cast("Stt", wrapped(ScriptedStt(*[TEXT] * 30))), say(1.0), TEXT)


@pytest.mark.parametrize("wrap", ["guarded", "overheard"])
async def test_a_wrapped_voice_is_told_how_words_sound(wrap: str) -> None:
    tts = ScriptedTts(sounds=[])
    engines = replace(scripted(), tts=tts)
    heard = overheard(engines, Phone(WallClock()), []).tts
    wrapped = cast("Tts", guarded("tts", tts)) if wrap == "guarded" else heard
    sounds = [Pronunciation(0, 3, "dʒɪf")]
    async with (
        aclosing(await wrapped.open(TtsOptions())) as voice,
        aclosing(speak_pronounced(voice, "GIF", sounds)) as pieces,
    ):
        assert [word.text async for piece in pieces for word in piece.words] == ["GIF"]
    assert tts.sounds == sounds
