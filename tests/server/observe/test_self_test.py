"""The question that a server asks itself is in a language that its ears know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vivavoce.conversation.session import Engines
from vivavoce.server.observe.self_test import SelfTest, SelfTestSkipped, prove
from vivavoce.settings import SessionSettings
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, ScriptedVad


class Mute(ScriptedTts):
    """Tells nothing of its voices."""

    voices = ()  # type: ignore[assignment]  # the one it inherits has two


def engines(stt: ScriptedStt, tts: ScriptedTts) -> Engines:
    return Engines(ScriptedVad(), ScriptedTurn(), stt, ScriptedLlm("Paris."), tts)


@pytest.mark.parametrize(
    ("knows", "configured", "asked"),
    [
        (("en",), None, "What is the capital of France?"),
        (("nl",), None, "Wat is de hoofdstad van Frankrijk?"),
        (("pt-br",), None, "Qual é a capital da França?"),
        (("de", "fr"), "fr", "Quelle est la capitale de la France ?"),
        (("de", "en"), None, "What is the capital of France?"),
    ],
)
async def test_it_asks_in_a_language_that_the_ears_know(
    knows: tuple[str, ...], configured: str | None, asked: str
) -> None:
    tts = Mute() if configured else ScriptedTts()
    stt = ScriptedStt("anything", languages=knows)
    told = await prove(engines(stt, tts), SessionSettings(language=configured))
    assert isinstance(told, SelfTest)
    assert told.asked == asked
    assert tts.spoken[0] == asked


async def test_it_asks_nothing_where_the_pack_has_no_question() -> None:
    tts = ScriptedTts()
    told = await prove(engines(ScriptedStt(languages=("ko",)), tts), SessionSettings())
    assert told == SelfTestSkipped("the language pack for 'ko' has no question")
    assert not tts.spoken


async def test_it_asks_nothing_where_no_engine_tells_its_language() -> None:
    told = await prove(engines(ScriptedStt(languages=()), Mute()), SessionSettings())
    assert isinstance(told, SelfTestSkipped)
    assert "set session.language" in told.why
    with_language = replace(SessionSettings(), language="xx")
    told = await prove(engines(ScriptedStt(languages=()), Mute()), with_language)
    assert told == SelfTestSkipped("the language pack for 'xx' has no question")
