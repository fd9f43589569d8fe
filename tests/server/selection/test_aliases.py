"""What clients call models and voices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from vivavoce.config.server_settings import ServerSettings
from vivavoce.conversation.session import Engines
from vivavoce.engine.espeak.tts import EspeakNg
from vivavoce.engines import Voice
from vivavoce.errors import BadConfig
from vivavoce.loading.fallback_stt import FallbackStt
from vivavoce.loading.fallback_tts import FallbackTts
from vivavoce.server.errors import Problem
from vivavoce.server.selection.aliases import (
    Use,
    check_names,
    model_names,
    model_of,
    voice_names,
    voice_of,
)
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, ScriptedVad

OPENAI_VOICES = (
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage",
    "shimmer", "verse",
)  # fmt: skip
NONE = ServerSettings()


def engines() -> Engines:
    stt, tts = ScriptedStt(), ScriptedTts()
    stt.name, tts.name = "moonshine:tiny-en", "espeak-ng:en-us+rob"
    return Engines(ScriptedVad(), ScriptedTurn(), stt, ScriptedLlm(), tts)


@pytest.mark.parametrize(
    ("name", "use", "means"),
    [
        ("whisper-1", "stt", "moonshine:tiny-en"),
        ("gpt-4o-mini-transcribe-2025-12-15", "stt", "moonshine:tiny-en"),
        ("moonshine:tiny-en", "stt", "moonshine:tiny-en"),
        ("moonshine", "stt", "moonshine:tiny-en"),
        ("tiny-en", "stt", "moonshine:tiny-en"),
        ("tts-1", "tts", "espeak-ng:en-us+rob"),
        ("gpt-4o", "llm", "scripted"),
        ("gpt-realtime", "realtime", "vivavoce"),
    ],
)
def test_a_model_answers_to_its_own_names_and_to_openai_s(name: str, use: Use, means: str) -> None:
    assert model_of(name, use, engines(), NONE) == means


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("whisper-2", "stt"),
        ("gpt-6-transcribe", "stt"),
        ("tts-2", "tts"),
        ("gpt-6-mini-tts", "tts"),
        ("gpt-5.4", "llm"),
        ("chatgpt-4o-latest", "llm"),
        ("o3-mini", "llm"),
        ("gpt-live-1", "realtime"),
        ("gpt-realtime-3", "realtime"),
    ],
)
def test_a_name_that_is_plainly_one_of_openai_s_means_the_engine_of_its_kind(
    name: str, use: Use
) -> None:
    configured = {"stt": "moonshine:tiny-en", "llm": "scripted", "realtime": "vivavoce"}
    configured["tts"] = model_of("tts-1", "tts", engines(), NONE)
    assert model_of(name, use, engines(), NONE) == configured[use]
    uses: tuple[Use, ...] = ("stt", "tts", "llm", "realtime")
    for other in uses:
        if other != use:
            with pytest.raises(Problem):
                model_of(name, other, engines(), NONE)


def test_an_unknown_model_is_not_found_and_the_known_ones_are_named() -> None:
    with pytest.raises(Problem, match="did you mean 'whisper-1'") as caught:
        model_of("wisper-1", "stt", engines(), NONE)
    assert caught.value.status == 404
    assert caught.value.code == "model_not_found"
    assert caught.value.param == "model"


def test_a_model_for_something_else_is_said_to_be_one() -> None:
    with pytest.raises(Problem, match="no model 'tts-1' that can transcribe; 'tts-1' can speak"):
        model_of("tts-1", "stt", engines(), NONE)


def test_the_configuration_adds_moves_and_removes_names() -> None:
    settings = ServerSettings(models={"mine": "tiny-en", "gpt-4o": "tts", "whisper-1": ""})
    assert model_of("mine", "stt", engines(), settings) == "moonshine:tiny-en"
    assert model_of("gpt-4o", "tts", engines(), settings) == "espeak-ng:en-us+rob"
    for name, use in (("gpt-4o", "llm"), ("whisper-1", "stt")):
        with pytest.raises(Problem):
            model_of(name, use, engines(), settings)  # type: ignore[arg-type]


def test_every_engine_that_may_take_over_is_known_by_name() -> None:
    first, second = ScriptedStt(), ScriptedStt()
    first.name, second.name = "whisper:base", "moonshine:tiny-en"
    names = model_names("stt", replace(engines(), stt=FallbackStt([first, second])), NONE)
    assert names["whisper-1"] == "whisper:base"
    assert names["moonshine"] == "moonshine:tiny-en"
    assert names["base"] == "whisper:base"


@pytest.mark.parametrize(
    ("models", "voices", "what"),
    [
        ({"mine": "tiny"}, {}, "server.models.mine: no model 'tiny'; did you mean 'tiny-en'"),
        ({}, {"mine": "ton"}, "server.voices.mine: no voice 'ton'; did you mean 'tone'"),
    ],
)
def test_a_name_for_what_is_not_there_is_told_at_the_start(
    models: Mapping[str, str], voices: Mapping[str, str], what: str
) -> None:
    with pytest.raises(BadConfig, match=what):
        check_names(engines(), ServerSettings(models=models, voices=voices))


def test_names_that_are_there_pass() -> None:
    models, voices = {"mine": "whisper-1", "x": "llm"}, {"mine": "other", "alloy": ""}
    check_names(engines(), ServerSettings(models=models, voices=voices))


def test_openai_s_voices_are_spread_over_those_that_the_engine_has() -> None:
    tts = ScriptedTts()
    assert {voice_of(name, tts, NONE) for name in OPENAI_VOICES} == {"tone", "other"}
    assert voice_of("other", tts, NONE) == "other"
    assert voice_of(None, tts, NONE) is None


def test_an_engine_that_has_openai_s_voices_or_tells_none_gets_them_as_they_are() -> None:
    class Cloud(ScriptedTts):
        voices: tuple[Voice, ...] = ()  # type: ignore[assignment]

    tts = Cloud()
    assert voice_of("coral", tts, NONE) == "coral"
    assert voice_of("somebody", tts, NONE) == "somebody"
    tts.voices = tuple(Voice(name, name) for name in OPENAI_VOICES)
    assert voice_of("coral", tts, NONE) == "coral"
    assert voice_names(tts, NONE) == {}


def test_the_configuration_says_what_a_voice_is() -> None:
    settings = ServerSettings(voices={"alloy": "other", "grandma": "tone", "nova": ""})
    tts = ScriptedTts()
    assert voice_of("alloy", tts, settings) == "other"
    assert voice_of("grandma", tts, settings) == "tone"
    with pytest.raises(Problem, match="no voice 'nova'"):
        voice_of("nova", tts, settings)


def test_an_unknown_voice_is_refused_by_the_field_s_name() -> None:
    with pytest.raises(Problem, match="did you mean 'alloy'") as caught:
        voice_of("aloy", ScriptedTts(), NONE, param="audio.voice")
    assert (caught.value.status, caught.value.param) == (400, "audio.voice")


def test_openai_s_voices_are_those_of_the_voice_in_use_not_of_its_stand_in() -> None:
    used, stand_in = ScriptedTts(), ScriptedTts()
    used.voices = (Voice("heart", "Heart", ("en",)), Voice("kore", "Kore", ("en",)))
    stand_in.voices = (Voice("de", "German", ("de",)), Voice("en-us+linda", "Linda", ("en",)))
    chain = FallbackTts([used, stand_in])
    assert {voice_of(name, chain, NONE) for name in OPENAI_VOICES} == {"heart", "kore"}
    assert voice_of("de", chain, NONE) == "de"
    assert voice_of("de+f3", chain, NONE) == "de+f3"


async def test_with_espeak_ng_each_of_openai_s_voices_sounds_different() -> None:
    tts = EspeakNg()
    await tts.load()
    try:
        voices = {name: voice_of(name, tts, NONE) for name in OPENAI_VOICES}
        assert voices["alloy"] == "en-us+rob"
        assert voices["nova"] == "en-us+linda"
        assert len(set(voices.values())) == len(OPENAI_VOICES)
        assert voice_of("de+f3", tts, NONE) == "de+f3"
        with pytest.raises(Problem, match="/v1/audio/voices") as caught:
            voice_of("nobody", tts, NONE)
        assert len(str(caught.value)) < 300
    finally:
        await tts.aclose()
