"""pipecat with its OpenAI Realtime service, as released."""

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
    return f"{server.ws_url}/v1/realtime"


async def test_a_spoken_turn_is_answered_aloud_and_remembered(
    serving: Serving, run: Program, tone: Path
) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("Hello you.", "It is noon now.")
    async with serving(stt=stt, llm=llm) as server:
        seen = await run("pipecat", "pipecat_talk", url_of(server), "turn", tone)
    assert seen["errors"] == []
    assert seen["seconds"] == pytest.approx(1.5, abs=0.1)
    assert seen["history"] == [
        ["user", "Say hello."],
        ["assistant", "Hello you."],
        ["user", "what time is it"],
        ["assistant", "It is noon now."],
    ]


async def test_a_tool_runs_and_its_result_is_answered_with(
    serving: Serving, run: Program, tone: Path
) -> None:
    stt = ScriptedStt("what time is it in rome")
    llm = ScriptedLlm(
        "Hello you.", ToolCall("call_1", "time_in", '{"city": "Rome"}'), "Noon in Rome."
    )
    async with serving(stt=stt, llm=llm) as server:
        seen = await run("pipecat", "pipecat_talk", url_of(server), "tool", tone)
    assert seen["errors"] == []
    assert seen["asked"] == ["Rome"]
    assert seen["history"][-1] == ["assistant", "Noon in Rome."]
    assert [message.content for message in llm.prompts[-1] if message.role == "tool"] == ['"noon"']


async def test_speaking_interrupts_and_only_what_was_heard_is_remembered(
    serving: Serving, run: Program, tone: Path
) -> None:
    stt, llm = ScriptedStt("stop it please now"), ScriptedLlm(LONG, "As you wish.")
    async with serving(stt=stt, llm=llm) as server:
        seen = await run("pipecat", "pipecat_talk", url_of(server), "interrupt", tone)
    assert seen["errors"] == []
    assert seen["interrupted"]
    # pipecat may let a word of the interrupted reply through.
    assert seen["history"][-1][1].endswith("As you wish.")
    (heard,) = [message.content for message in llm.prompts[-1] if message.role == "assistant"]
    assert LONG.startswith(heard)
    assert 3 <= len(heard.split()) <= 16


async def test_the_embedded_engines_understand_and_answer(
    real: Serving, run: Program, question: Path
) -> None:
    async with real() as server:
        seen = await run("pipecat", "pipecat_talk", url_of(server), "turn", question)
    assert seen["errors"] == []
    user, assistant = seen["history"][-2:]
    assert "capital of france" in user[1].lower()
    assert assistant[1]
    assert seen["seconds"] > 0.5
