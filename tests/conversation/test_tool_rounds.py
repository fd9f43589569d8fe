"""How often a model may call tools in one turn, and what becomes of calls past that."""

from __future__ import annotations

from vivavoce.conversation.tools import Toolbox
from vivavoce.engines import ToolCall
from vivavoce.events import Failed, ReplyEnded, Spoke, ToolCalled, Wrote
from vivavoce.guard import GuardedLlm
from vivavoce.settings import SessionSettings
from vivavoce.testing import Call, ScriptedLlm, ScriptedStt, hush, say

IN_WORDS = '{"name": "look", "arguments": {"what": "time"}}'


def look(what: str = "") -> str:
    """Look it up."""
    return f"found {what}"


async def answered(llm: ScriptedLlm, rounds: int, choice: str = "auto") -> Call:
    settings = SessionSettings(tool_rounds=rounds, tool_choice=choice, apology="Sorry about that.")
    call = Call(
        stt=ScriptedStt("look it up"),
        llm=GuardedLlm(llm),
        toolbox=Toolbox([look]),
        settings=settings,
    )
    async with call:
        await call.hears(say(0.75), hush(6.0))
    return call


def written(call: Call) -> str:
    return "".join(event.text for event in call.of(Wrote))


def spoken(call: Call) -> str:
    return "".join(event.text for event in call.of(Spoke))


async def test_a_call_in_words_past_the_last_round_is_not_read_out() -> None:
    llm = ScriptedLlm([ToolCall("1", "look", "{}")], f"It is noon. {IN_WORDS}")
    call = await answered(llm, rounds=1)
    assert len(call.of(ToolCalled)) == 1
    assert spoken(call).strip() == written(call).strip() == "It is noon."


async def test_a_call_past_the_last_round_is_not_made_and_the_turn_ends() -> None:
    llm = ScriptedLlm([ToolCall("1", "look", "{}")], [ToolCall("2", "look", "{}")])
    call = await answered(llm, rounds=1)
    assert len(call.of(ToolCalled)) == 1
    assert (spoken(call), call.of(Failed)) == ("", [])
    assert len(call.of(ReplyEnded)) == 1


async def test_where_no_tool_may_be_called_none_is_and_none_is_read_out() -> None:
    llm = ScriptedLlm([ToolCall("1", "look", "{}"), IN_WORDS, " It is noon."])
    call = await answered(llm, rounds=4, choice="none")
    assert call.of(ToolCalled) == []
    assert spoken(call).strip() == "It is noon."
