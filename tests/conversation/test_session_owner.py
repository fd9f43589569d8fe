"""What a session's owner can do from outside: answer by itself, change settings, bring tools."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import pytest

from vivavoce.conversation.sinks import MemorySink
from vivavoce.conversation.tools import Toolbox
from vivavoce.engines import Message, ToolCall, ToolSpec
from vivavoce.events import (
    Heard,
    Paused,
    ReplyEnded,
    ReplyMade,
    ReplyStarted,
    SpeechStopped,
    Spoke,
    ToolCalled,
    ToolReturned,
    TurnDropped,
    Wrote,
)
from vivavoce.settings import SessionSettings, TurnSettings
from vivavoce.testing import Call, ScriptedLlm, ScriptedStt, ScriptedTurn, hush, say
from vivavoce.testing.scripted import RATE

QUIET = SessionSettings(system_prompt="")
UNANSWERED = replace(QUIET, turns=TurnSettings(respond=False))
LONG = "One two three four five six seven eight nine ten eleven twelve."
LOOKUP = ToolSpec("lookup", "Looks it up.", {"type": "object", "properties": {}})


def far() -> MemorySink:
    return MemorySink(RATE, math.inf)


def prompts(llm: ScriptedLlm) -> list[list[str]]:
    return [[message.content for message in prompt] for prompt in llm.prompts]


async def test_a_turn_that_is_not_to_be_answered_waits_for_its_owner() -> None:
    llm = ScriptedLlm("It is noon.")
    async with Call(stt=ScriptedStt("what time is it"), llm=llm, settings=UNANSWERED) as call:
        await call.hears(say(1.0), hush(3.0))
        assert len(call.of(SpeechStopped)) == 1
        assert not call.of(ReplyStarted)
        assert not llm.prompts, "nothing is drafted that nobody asked for"
        turn = call.session.respond()
        await call.hears(hush(3.0))
    (ended,) = call.of(ReplyEnded)
    assert (ended.turn, ended.heard, ended.why) == (turn, "It is noon.", "done")
    assert llm.prompts == [[Message("user", "what time is it")]]


async def test_an_answer_out_of_band_reads_its_own_prompt_and_is_not_remembered() -> None:
    llm = ScriptedLlm("A greeting.")
    async with Call(llm=llm, settings=QUIET) as call:
        call.session.respond(prompt=[Message("user", "What was that?")], keep=False)
        await call.hears(hush(3.0))
        assert call.session.history.messages == ()
    assert prompts(llm)[0] == ["What was that?"]
    assert call.of(ReplyEnded)[0].heard == "A greeting."


async def test_a_reply_in_writing_makes_no_sound_and_counts_as_read() -> None:
    async with Call(llm=ScriptedLlm(LONG), settings=replace(QUIET, spoken=False)) as call:
        call.session.respond()
        await call.hears(hush(0.1))
        assert call.session.history.messages == (Message("assistant", LONG),)
    assert "".join(event.text for event in call.of(Wrote)) == LONG
    assert len(call.of(ReplyMade)) == len(call.of(ReplyEnded)) == 1
    assert call.sink.audio.seconds == 0


async def test_a_call_of_a_tool_that_is_run_elsewhere_ends_the_reply() -> None:
    llm = ScriptedLlm([ToolCall("1", "lookup", "{}")], "unused")
    toolbox = Toolbox(elsewhere=[LOOKUP])
    async with Call(llm=llm, settings=QUIET, toolbox=toolbox) as call:
        call.session.respond()
        await call.hears(hush(1.0))
    assert [event.call.name for event in call.of(ToolCalled)] == ["lookup"]
    assert not call.of(ToolReturned)
    assert [event.why for event in call.of(ReplyEnded)] == ["done"]
    assert len(llm.prompts) == 1


async def test_a_sink_that_plays_by_itself_gets_the_reply_as_fast_as_it_is_made() -> None:
    async with Call(llm=ScriptedLlm(LONG), sink=far(), settings=QUIET) as call:
        call.session.respond()
        await call.hears(hush(0.1))
        assert call.of(ReplyMade)
        assert call.session.replying
        seconds = call.sink.audio.seconds
        await call.hears(hush(seconds + 0.1))
    assert call.sink.audio.seconds == seconds, "nothing is sent twice"
    assert [event.heard for event in call.of(ReplyEnded)] == [LONG]


async def test_a_barge_in_on_a_far_sink_keeps_what_the_clock_says_was_heard() -> None:
    stt = ScriptedStt("please stop now")
    async with Call(stt=stt, llm=ScriptedLlm(LONG), sink=far(), settings=QUIET) as call:
        turn = call.session.respond()
        await call.hears(hush(1.0), say(1.0))
        (ended,) = call.of(ReplyEnded)
        assert ended.why == "interrupted"
        assert LONG.startswith(ended.heard)
        assert 0 < len(ended.heard) < len(LONG)
        assert not call.of(Paused), "what has been sent cannot be paused"
        assert call.session.heard_by(turn, math.inf) == LONG
        assert call.session.heard_by(turn, 0.0) == ""


async def test_the_next_answer_waits_for_no_audio_that_is_only_played() -> None:
    llm = ScriptedLlm(LONG, "And then some more of it.")
    async with Call(llm=llm, sink=far(), settings=QUIET) as call:
        call.session.respond()
        await call.hears(hush(0.1))
        call.session.respond()
        await call.hears(hush(0.1))
        assert [event.heard for event in call.of(ReplyEnded)] == [LONG]
        assert len(call.of(ReplyMade)) == 2
        seconds = call.sink.audio.seconds
        await call.hears(hush(seconds + 0.5))
    assert [event.heard for event in call.of(ReplyEnded)] == [LONG, "And then some more of it."]
    spoken = "".join(event.text for event in call.of(Spoke))
    assert spoken == LONG + "And then some more of it."


async def test_an_answer_that_follows_another_is_played_behind_it() -> None:
    llm = ScriptedLlm("One two three four.", "Five six seven eight.")
    async with Call(llm=llm, settings=QUIET) as call:
        call.session.respond()
        await call.hears(hush(0.2))
        assert call.of(ReplyMade)
        call.session.respond()
        await call.hears(hush(6.0))
    told = [event.heard for event in call.of(ReplyEnded)]
    assert told == ["One two three four.", "Five six seven eight."]
    alone = MemorySink(RATE)
    async with Call(llm=ScriptedLlm("One two three four."), sink=alone, settings=QUIET) as call_:
        call_.session.respond()
        await call_.hears(hush(4.0))
    assert call.sink.audio.seconds == pytest.approx(2 * alone.audio.seconds, abs=0.01)


async def test_new_settings_hold_from_the_next_reply_on() -> None:
    llm = ScriptedLlm(LONG, "Hm.")
    async with Call(llm=llm, settings=QUIET) as call:
        call.session.respond()
        await call.hears(hush(0.1))
        call.session.configure(replace(QUIET, system_prompt="Be brief.", spoken=False))
        call.session.respond()
        await call.hears(hush(1.0))
    assert prompts(llm)[1][0] == "Be brief."
    assert [event.turn for event in call.of(ReplyEnded)] == [1, 2]


async def test_a_history_that_changes_during_a_draft_is_read_anew() -> None:
    llm = ScriptedLlm("First thought.", "Second thought.")
    settings = replace(QUIET, turns=TurnSettings(wait_min_s=0.5, wait_max_s=0.5))
    async with Call(stt=ScriptedStt("hello there"), llm=llm, settings=settings) as call:
        await call.hears(say(0.5), hush(0.3))
        call.session.history.replace([Message("assistant", "Good morning.")])
        call.session.remembered_anew()
        await call.hears(hush(3.0))
    assert prompts(llm)[-1] == ["Good morning.", "hello there"]
    assert call.of(ReplyEnded)[-1].heard == "Second thought."


async def test_what_the_user_is_saying_can_be_forgotten() -> None:
    async with Call(stt=ScriptedStt("never mind this"), settings=QUIET) as call:
        assert not call.session.clear()
        await call.hears(say(0.5))
        assert call.session.clear()
        await call.hears(hush(2.0))
    assert [event.why for event in call.of(TurnDropped)] == ["cleared"]
    assert not [event for event in call.of(Heard) if event.final]


async def test_a_committed_turn_can_be_waited_for() -> None:
    settings = replace(QUIET, turns=TurnSettings(mode="manual", respond=False))
    async with Call(stt=ScriptedStt("over and out"), settings=settings) as call:
        await call.session.between_turns()
        await call.hears(say(1.0))
        assert call.session.commit()
        await call.session.between_turns()
        assert [event.transcript.text for event in call.of(Heard) if event.final] == [
            "over and out"
        ]


@pytest.mark.parametrize("said", ["over and out", ""])
async def test_a_source_that_waits_is_told_once_a_pause_is_understood(said: str) -> None:
    settings = replace(QUIET, drafts=False)
    async with Call(stt=ScriptedStt(said), turn=ScriptedTurn(0.0), settings=settings) as call:
        await call.hears(say(1.0), hush(0.1))
        assert call.session.hearing
        async with asyncio.timeout(5):
            await call.session.caught_up()


async def test_a_turn_can_be_committed_without_an_answer() -> None:
    llm = ScriptedLlm("Never said.")
    stt = ScriptedStt("just a note", "what did I say")
    async with Call(stt=stt, llm=llm, settings=QUIET) as call:
        await call.hears(say(1.0), hush(0.1))
        assert call.session.commit(respond=False)
        await call.hears(hush(3.0))
        assert call.session.history.messages == (Message("user", "just a note"),)
        await call.hears(say(1.0), hush(3.0))
    assert len(call.of(SpeechStopped)) == 2
    assert [event.turn for event in call.of(ReplyStarted)] == [2]


async def test_silence_alone_ends_the_turn_where_both_waits_are_the_same() -> None:
    settings = replace(QUIET, turns=TurnSettings(wait_min_s=0.5, wait_max_s=0.5))
    async with Call(stt=ScriptedStt("and then"), settings=settings) as call:
        await call.hears(say(0.5), hush(0.45))
        assert not call.of(SpeechStopped)
        await call.hears(hush(0.15))
        assert call.of(SpeechStopped)


async def test_the_quiet_is_counted_from_the_last_that_was_heard_or_said() -> None:
    async with Call(stt=ScriptedStt("hi"), llm=ScriptedLlm("Hello."), settings=QUIET) as call:
        await call.hears(hush(1.0))
        assert call.session.quiet_s == pytest.approx(1.0)
        await call.hears(say(1.0))
        assert call.session.quiet_s == 0
        await call.hears(hush(5.0))
        assert 0 < call.session.quiet_s < 5.0
