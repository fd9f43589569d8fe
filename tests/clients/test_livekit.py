"""LiveKit Agents with its OpenAI plugin, as released."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.conftest import Program, Serving
from tests.server.conftest import Served
from vivavoce.engines import ToolCall
from vivavoce.testing import ScriptedLlm, ScriptedStt

pytestmark = pytest.mark.slow

LONG = " ".join(f"word{number}" for number in range(60)) + "."


def url_of(server: Served) -> str:
    return f"{server.url}/v1"


async def test_a_spoken_turn_is_answered_aloud_and_remembered(
    serving: Serving, run: Program, tone: Path
) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("It is noon now.")
    async with serving(stt=stt, llm=llm) as server:
        seen = await run("livekit", "livekit_talk", url_of(server), "turn", tone)
    assert seen["errors"] == []
    assert seen["seconds"] == pytest.approx(1.0, abs=0.05)
    assert seen["history"] == [["user", "what time is it"], ["assistant", "It is noon now."]]


async def test_a_program_may_say_by_itself_when_a_turn_is_over(
    serving: Serving, run: Program, tone: Path
) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("It is noon now.")
    async with serving(stt=stt, llm=llm) as server:
        seen = await run("livekit", "livekit_talk", url_of(server), "manual", tone)
    assert seen["errors"] == []
    assert seen["seconds"] == pytest.approx(1.0, abs=0.05)
    assert seen["history"] == [["user", "what time is it"], ["assistant", "It is noon now."]]


async def test_a_tool_runs_and_its_result_is_answered_with(
    serving: Serving, run: Program, tone: Path
) -> None:
    stt = ScriptedStt("what time is it in rome")
    llm = ScriptedLlm(ToolCall("call_1", "time_in", '{"city": "Rome"}'), "Noon in Rome.")
    async with serving(stt=stt, llm=llm) as server:
        seen = await run("livekit", "livekit_talk", url_of(server), "tool", tone)
    assert seen["errors"] == []
    assert seen["asked"] == ["Rome"]
    assert seen["history"][-1] == ["assistant", "Noon in Rome."]
    assert [message.content for message in llm.prompts[-1] if message.role == "tool"] == ["noon"]


async def test_speaking_interrupts_and_only_what_was_heard_is_remembered(
    serving: Serving, run: Program, tone: Path
) -> None:
    stt, llm = ScriptedStt("stop it please now"), ScriptedLlm(LONG, "As you wish.")
    async with serving(stt=stt, llm=llm) as server:
        seen = await run("livekit", "livekit_talk", url_of(server), "interrupt", tone)
    assert seen["errors"] == []
    assert seen["interrupted"] == [True, False]
    assert seen["history"][-1] == ["assistant", "As you wish."]
    (heard,) = [message.content for message in llm.prompts[-1] if message.role == "assistant"]
    assert LONG.startswith(heard)
    assert 3 <= len(heard.split()) <= 16


async def test_speech_is_read_while_it_is_spoken(
    serving: Serving, run: Program, tone: Path
) -> None:
    async with serving(stt=ScriptedStt("what time is it")) as server:
        seen = await run("livekit", "livekit_speech", url_of(server), "stream", tone)
    assert seen["text"] == "what time is it"
    assert seen["partials"]
    assert all(seen["text"].startswith(partial) for partial in seen["partials"])


async def test_the_embedded_engines_understand_and_answer(
    real: Serving, run: Program, question: Path
) -> None:
    async with real() as server:
        url = url_of(server)
        talked = await run("livekit", "livekit_talk", url, "turn", question)
        whole = await run("livekit", "livekit_speech", url, "recognize", question)
        spoken = await run("livekit", "livekit_speech", url, "speak", question)
    assert talked["errors"] == []
    user, assistant = talked["history"]
    assert "capital of france" in user[1].lower()
    assert assistant[1]
    assert talked["seconds"] > 0.5
    assert "capital of france" in whole["text"].lower()
    assert 1.5 < spoken["seconds"] < 5.0
