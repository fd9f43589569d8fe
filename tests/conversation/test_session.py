"""One conversation, in lockstep, with scripted engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from vivavoce.audio import Audio
from vivavoce.conversation.tools import Toolbox
from vivavoce.engines import Message, ToolCall
from vivavoce.errors import EngineError
from vivavoce.events import (
    Failed,
    Heard,
    Paused,
    ReplyEnded,
    ReplyMade,
    ReplyStarted,
    Resumed,
    SpeechStarted,
    SpeechStopped,
    Spoke,
    ToolCalled,
    ToolReturned,
    TurnDropped,
    Wrote,
)
from vivavoce.settings import SessionSettings, TurnSettings
from vivavoce.testing import Call, ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, hush, say
from vivavoce.testing.signals import noise_of

QUIET = SessionSettings(system_prompt="")
FITTED = SessionSettings(system_prompt="", turns=TurnSettings(fit="en"))
PROMPT = SessionSettings(turns=TurnSettings(wait_min_s=0.15, wait_max_s=0.15))
"""Each silence of 0.15 s ends a turn."""
LONG = "One two three four five six seven eight nine ten eleven twelve."


def finals(call: Call) -> list[str]:
    return [event.transcript.text for event in call.of(Heard) if event.final]


def written(call: Call) -> str:
    return "".join(event.text for event in call.of(Wrote))


def spoken(call: Call) -> str:
    return "".join(event.text for event in call.of(Spoke))


async def test_a_spoken_question_gets_a_spoken_answer() -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("It is noon now.")
    async with Call(stt=stt, llm=llm, settings=QUIET) as call:
        await call.hears(hush(0.5), say(1.0), hush(3.0))
    assert finals(call) == ["what time is it"]
    assert llm.prompts[-1] == [Message("user", "what time is it")]
    (ended,) = call.of(ReplyEnded)
    assert (ended.heard, ended.why) == ("It is noon now.", "done")
    assert written(call) == spoken(call) == "It is noon now."
    assert call.session.history.messages[-1] == Message("assistant", "It is noon now.")
    assert call.sink.audio.seconds == pytest.approx(1.0)


async def test_a_reply_of_several_phrases_is_spoken_in_one_stream_of_the_voice() -> None:
    stt, tts = ScriptedStt("what time is it", "say one"), ScriptedTts()
    llm = ScriptedLlm("It is noon now. The sun is high.", "One.")
    async with Call(stt=stt, tts=tts, llm=llm, settings=QUIET) as call:
        await call.hears(hush(0.5), say(1.0), hush(5.0))
        assert (len(tts.spoken), tts.opened, tts.left) == (3, 1, 0)
        await call.hears(say(1.0), hush(3.0))
    assert (len(tts.spoken), tts.opened, tts.left) == (4, 2, 0)


async def test_events_come_in_the_order_in_which_things_happen() -> None:
    stt, llm = ScriptedStt("hello there"), ScriptedLlm("Hi.")
    async with Call(stt=stt, llm=llm) as call:
        await call.hears(say(0.5), hush(2.0))
    kinds = [
        type(event) for event in call.events if not (isinstance(event, Heard) and not event.final)
    ]
    assert kinds == [
        SpeechStarted,
        SpeechStopped,
        Heard,
        ReplyStarted,
        Wrote,
        ReplyMade,
        Spoke,
        ReplyEnded,
    ]


async def test_the_reply_starts_when_the_wait_is_over_and_no_later() -> None:
    settings = SessionSettings(turns=TurnSettings(wait_min_s=0.2, wait_max_s=0.2))
    stt, llm = ScriptedStt("hello there"), ScriptedLlm("Hi.")
    async with Call(stt=stt, llm=llm, settings=settings) as call:
        await call.hears(say(0.5), hush(2.0))
    times = call.of(ReplyEnded)[0].times
    assert times is not None
    assert times.draft
    assert times.gap == pytest.approx(0.2, abs=0.021)


async def test_without_drafts_the_work_begins_when_the_turn_is_over() -> None:
    stt, llm = ScriptedStt("hello there"), ScriptedLlm("Hi.")
    settings = SessionSettings(drafts=False)
    async with Call(stt=stt, llm=llm, settings=settings) as call:
        await call.hears(say(0.5), hush(0.1))
        assert llm.prompts == []
        await call.hears(hush(2.0))
    times = call.of(ReplyEnded)[0].times
    assert times is not None
    assert not times.draft


async def test_a_user_who_only_pauses_is_not_answered_and_the_draft_leaves_no_trace() -> None:
    stt = ScriptedStt("tell me a story please")
    llm = ScriptedLlm("Too early.", "Once upon a time.")
    turn = ScriptedTurn(0.1, 1.0)
    async with Call(stt=stt, llm=llm, turn=turn) as call:
        await call.hears(say(0.75), hush(0.7))
        assert call.of(ReplyStarted) == []
        assert llm.prompts, "the reply is drafted in the pause"
        await call.hears(say(0.5), hush(3.0))
    assert finals(call) == ["tell me a story please"]
    assert spoken(call) == "Once upon a time."
    assert "Too early" not in written(call)
    assert [message.content for message in call.session.history.messages] == [
        "tell me a story please",
        "Once upon a time.",
    ]


async def test_a_doubtful_silence_ends_the_turn_in_the_end() -> None:
    async with Call(stt=ScriptedStt("and then I"), turn=ScriptedTurn(0.0)) as call:
        await call.hears(say(0.75), hush(2.4))
        assert call.of(ReplyStarted) == []
        await call.hears(hush(0.8))
        assert len(call.of(ReplyStarted)) == 1


async def test_noise_before_the_reply_does_not_cost_the_turn() -> None:
    stt = ScriptedStt("what time is it", "")
    async with Call(stt=stt, llm=ScriptedLlm("It is noon."), settings=PROMPT) as call:
        await call.hears(say(1.0), hush(0.24), say(0.3), hush(4.0))
    assert finals(call) == ["what time is it"]
    assert spoken(call) == "It is noon."
    assert [event.why for event in call.of(TurnDropped)] == ["noise"]


async def test_noise_alone_is_no_turn() -> None:
    async with Call(stt=ScriptedStt("")) as call:
        await call.hears(hush(0.3), say(0.4), hush(2.0))
    assert [event.why for event in call.of(TurnDropped)] == ["noise"]
    assert call.session.history.messages == ()
    assert call.of(ReplyStarted) == []


async def test_barge_in_keeps_only_the_words_heard() -> None:
    stt = ScriptedStt("count please", "stop that now")
    llm = ScriptedLlm(LONG, "Fine.")
    async with Call(stt=stt, llm=llm, settings=PROMPT) as call:
        await call.hears(say(0.5), hush(0.2), hush(1.1), say(0.75), hush(2.0))
    first, second = call.of(ReplyEnded)
    assert first.why == "interrupted"
    assert LONG.startswith(first.heard)
    assert 3 <= len(first.heard.split()) <= 6
    assert second.heard == "Fine."
    assert [message.content for message in call.session.history.messages] == [
        "count please",
        first.heard,
        "stop that now",
        "Fine.",
    ]


async def test_a_pause_that_the_model_writes_is_silence_and_no_part_of_what_was_said() -> None:
    llm = ScriptedLlm(["Let me see [pau", "se 500ms] five."])
    async with Call(stt=ScriptedStt("how many"), llm=llm, settings=QUIET) as call:
        await call.hears(say(0.5), hush(4.0))
    assert written(call) == spoken(call) == "Let me see five."
    assert call.session.history.messages[-1] == Message("assistant", "Let me see five.")
    assert call.sink.audio.seconds == pytest.approx(4 * 0.25 + 0.5)


async def test_a_word_is_pronounced_as_the_session_says_and_remembered_as_written() -> None:
    tts, llm = ScriptedTts(), ScriptedLlm("Use nginx now.")
    settings = SessionSettings(system_prompt="", pronunciations={"nginx": "engine x"})
    async with Call(stt=ScriptedStt("what server"), llm=llm, tts=tts, settings=settings) as call:
        await call.hears(say(0.5), hush(3.0))
    assert " ".join(tts.spoken) == "Use engine x now."
    assert call.of(ReplyEnded)[0].heard == "Use nginx now."


async def test_a_reply_that_is_only_written_has_no_pauses() -> None:
    llm = ScriptedLlm("One [pause 1s] two.")
    settings = SessionSettings(system_prompt="", spoken=False)
    async with Call(stt=ScriptedStt("count please"), llm=llm, settings=settings) as call:
        await call.hears(say(0.5), hush(2.0))
    assert written(call) == call.of(ReplyEnded)[0].heard == "One two."


async def test_the_output_falls_silent_before_the_first_word_is_over() -> None:
    stt = ScriptedStt("count please", "stop that now")
    async with Call(stt=stt, llm=ScriptedLlm(LONG)) as call:
        await call.hears(say(0.5), hush(1.3), say(0.18))
        before = call.sink.audio.seconds
        await call.hears(say(0.5))
        assert call.sink.audio.seconds == before
        assert call.sink.flushes >= 1


@pytest.mark.parametrize(("sound", "why"), [("", "noise"), ("mm-hm", "backchannel")])
async def test_a_cough_or_a_backchannel_lets_the_reply_go_on_where_it_stopped(
    sound: str, why: str
) -> None:
    stt = ScriptedStt("count please", sound)
    async with Call(stt=stt, llm=ScriptedLlm(LONG)) as call:
        await call.hears(say(0.5), hush(1.3), say(0.25), hush(5.0))
    (ended,) = call.of(ReplyEnded)
    assert (ended.heard, ended.why) == (LONG, "done")
    assert len(call.of(Paused)) == len(call.of(Resumed)) == 1
    assert call.of(Resumed)[0].at - call.of(Paused)[0].at < 0.25
    assert [event.why for event in call.of(TurnDropped)] == [why]
    assert [message.role for message in call.session.history.messages] == ["user", "assistant"]


async def test_a_hum_lets_the_reply_go_on_whatever_words_are_made_of_it() -> None:
    hum = Audio(4 * noise_of("mm-hm", 1), 16_000)
    stt = ScriptedStt("count please", "and then they came")
    async with Call(stt=stt, llm=ScriptedLlm(LONG)) as call:
        await call.hears(say(0.5), hush(1.3), hum, hush(5.0))
    (ended,) = call.of(ReplyEnded)
    assert (ended.heard, ended.why) == (LONG, "done")
    assert [event.why for event in call.of(TurnDropped)] == ["backchannel"]


async def test_a_hum_that_answers_a_question_is_a_turn() -> None:
    hum = Audio(4 * noise_of("mm-hm", 1), 16_000)
    async with Call(stt=ScriptedStt("mm-hm")) as call:
        await call.hears(hum, hush(3.0))
    assert finals(call) == ["mm-hm"]


async def test_a_sound_is_ducked_before_it_is_silenced_and_the_level_comes_back() -> None:
    stt = ScriptedStt("count please", "mm-hm")
    async with Call(stt=stt, llm=ScriptedLlm(LONG)) as call:
        await call.hears(say(0.5), hush(1.3))
        usual = np.abs(call.sink.audio.samples).max()
        before = len(call.sink.audio.samples)
        await call.hears(say(0.12), hush(0.02))
        ducked = call.sink.audio.samples[before + call.sink.rate // 10 :]
        assert 0 < np.abs(ducked).max() < 0.25 * usual
        assert call.of(Paused) == []
        await call.hears(hush(0.4))
        before = len(call.sink.audio.samples)
        await call.hears(hush(0.5))
        assert np.abs(call.sink.audio.samples[before:]).max() == usual


async def test_talk_far_from_the_microphone_leaves_the_reply_alone() -> None:
    stt = ScriptedStt("count please", "look at that sky over there")
    async with Call(stt=stt, llm=ScriptedLlm(LONG)) as call:
        await call.hears(say(0.5), hush(1.3), say(1.5, level=0.02), hush(5.0))
    (ended,) = call.of(ReplyEnded)
    assert (ended.heard, ended.why) == (LONG, "done")
    assert call.of(Paused) == []
    assert [event.why for event in call.of(TurnDropped)] == ["noise"]


@pytest.mark.parametrize("word", ["stop", "wait", "no"])
async def test_one_word_is_enough_to_interrupt(word: str) -> None:
    stt = ScriptedStt("count please", word)
    async with Call(stt=stt, llm=ScriptedLlm(LONG, "Fine.")) as call:
        await call.hears(say(0.5), hush(1.3), say(0.4), hush(2.0))
    assert call.of(ReplyEnded)[0].why == "interrupted"


async def test_long_noise_does_not_hold_the_reply_for_ever() -> None:
    stt = ScriptedStt("count please", "")
    async with Call(stt=stt, llm=ScriptedLlm(LONG)) as call:
        await call.hears(say(0.5), hush(1.0), say(8.0))
        assert [event.why for event in call.of(ReplyEnded)] == ["done"]


async def test_words_after_long_noise_still_interrupt() -> None:
    stt = ScriptedStt("count please", "")
    reply = " ".join([LONG] * 4)
    async with Call(stt=stt, llm=ScriptedLlm(reply)) as call:
        await call.hears(say(0.5), hush(1.0), say(3.0), hush(0.5))
        stt._left = ["please stop talking now"]
        await call.hears(say(1.0), hush(0.3))
        assert [event.why for event in call.of(ReplyEnded)] == ["interrupted"]


async def test_with_barge_in_off_the_reply_is_heard_out_and_then_the_user_answered() -> None:
    stt = ScriptedStt("count please", "stop that now")
    llm = ScriptedLlm(LONG, "Fine.")
    settings = SessionSettings(turns=TurnSettings(barge_in=False))
    async with Call(stt=stt, llm=llm, settings=settings) as call:
        await call.hears(say(0.5), hush(1.3), say(0.75), hush(6.0))
    assert [(event.heard, event.why) for event in call.of(ReplyEnded)] == [
        (LONG, "done"),
        ("Fine.", "done"),
    ]


async def test_after_interrupt_nothing_of_the_reply_is_left() -> None:
    llm, tts = ScriptedLlm(" ".join([LONG] * 20)), ScriptedTts()
    async with Call(stt=ScriptedStt("count please"), llm=llm, tts=tts) as call:
        await call.hears(say(0.5), hush(1.0))
        assert llm.running == 1
        await call.session.interrupt()
        assert (llm.running, tts.running) == (0, 0)
        written_so_far = call.sink.audio.seconds
        events = len(call.events)
        await call.hears(hush(2.0))
        assert call.sink.audio.seconds == written_so_far
        assert call.events[events:] == []
        assert call.of(ReplyEnded)[0].why == "interrupted"


async def test_an_interrupt_also_stops_the_reply_to_a_turn_that_was_just_committed() -> None:
    stt, llm = ScriptedStt("count please"), ScriptedLlm(LONG)
    async with Call(stt=stt, llm=llm) as call:
        await call.hears(say(0.5))
        call.session.commit()
        call.session.send_text("Hello.")
        await call.session.interrupt()
        assert not call.session.replying
        await call.hears(hush(2.0))
    assert [event.why for event in call.of(ReplyEnded)] == ["interrupted"]
    said = [message.content for message in call.session.history.messages]
    assert said == ["Hello. count please"], "what was committed is remembered"


async def test_hanging_up_in_mid_reply_leaves_no_task_and_no_stream() -> None:
    stt, llm, tts = ScriptedStt("count please", "stop"), ScriptedLlm(LONG * 9), ScriptedTts()
    async with Call(stt=stt, llm=llm, tts=tts) as call:
        await call.hears(say(0.5), hush(1.0), say(0.1))
    assert (stt.open_streams, llm.running, tts.running, tts.left) == (0, 0, 0, 0)
    assert call.of(ReplyEnded)[0].why == "interrupted"
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_cancelled_session_closes_what_it_opened() -> None:
    stt, llm = ScriptedStt("count please", "stop"), ScriptedLlm(LONG * 9)
    call = Call(stt=stt, llm=llm)
    await call.__aenter__()
    await call.hears(say(0.5), hush(1.0), say(0.1))
    assert call._run is not None
    call._run.cancel()
    await asyncio.wait({call._run})
    assert call._run.cancelled()
    assert (stt.open_streams, llm.running) == (0, 0)


async def test_a_source_that_fails_ends_the_session_with_its_error() -> None:
    class Cut(Exception):
        pass

    async def source() -> AsyncIterator[Audio]:
        yield say(0.2)
        raise Cut("the line is cut")

    call = Call()
    with pytest.raises(Cut):
        await call.session.run(source())


async def test_the_greeting_is_said_and_remembered() -> None:
    settings = SessionSettings(greeting="Hello, how can I help?")
    async with Call(settings=settings) as call:
        await call.hears(hush(3.0))
    assert spoken(call) == "Hello, how can I help?"
    assert call.session.history.messages == (Message("assistant", "Hello, how can I help?"),)


async def test_a_silent_user_is_asked_once_whether_they_are_there() -> None:
    settings = SessionSettings(idle_prompt="Are you still there?", idle_after_s=5.0)
    async with Call(settings=settings) as call:
        await call.hears(hush(4.9))
        assert call.of(ReplyStarted) == []
        await call.hears(hush(20.0))
    assert spoken(call) == "Are you still there?"


async def test_text_is_answered_like_speech() -> None:
    async with Call(llm=ScriptedLlm("Hi.")) as call:
        call.session.send_text("Hello!")
        await call.hears(hush(1.0))
    assert spoken(call) == "Hi."
    assert call.of(ReplyEnded)[0].times is None


async def test_a_manual_turn_ends_when_it_is_committed() -> None:
    settings = SessionSettings(turns=TurnSettings(mode="manual"))
    async with Call(stt=ScriptedStt("hello there"), settings=settings) as call:
        assert not call.session.commit()
        await call.hears(say(0.5), hush(6.0))
        assert call.of(ReplyStarted) == []
        assert call.session.commit()
        await call.hears(hush(0.1))
        assert len(call.of(ReplyStarted)) == 1


async def test_a_commit_in_mid_speech_answers_what_was_said_so_far() -> None:
    settings = SessionSettings(turns=TurnSettings(mode="manual"))
    async with Call(stt=ScriptedStt("hello there you"), settings=settings) as call:
        await call.hears(say(0.4))
        call.session.commit()
        await call.hears(hush(0.1))
    assert finals(call) == ["hello there"]


async def test_an_utterance_without_end_is_answered_at_its_limit() -> None:
    settings = SessionSettings(max_utterance_s=2.0)
    async with Call(stt=ScriptedStt("word " * 30), settings=settings) as call:
        await call.hears(say(2.2))
        assert len(finals(call)) == 1


async def test_the_model_reads_ahead_what_is_stable() -> None:
    llm = ScriptedLlm("Fine.")
    async with Call(stt=ScriptedStt("one two three four five six seven"), llm=llm) as call:
        await call.hears(say(1.75), hush(1.0))
    users = [prompt[-1].content for prompt in llm.warmed if prompt[-1].role == "user"]
    assert users
    assert all("one two three four five six seven".startswith(user) for user in users)


async def test_partials_grow_and_their_stable_words_stay() -> None:
    async with Call(stt=ScriptedStt("one two three four five six seven")) as call:
        await call.hears(say(1.75), hush(1.0))
    partials = [event.transcript for event in call.of(Heard) if not event.final]
    stable: list[str] = []
    for partial in partials:
        words = partial.text.split()
        assert words[: len(stable)] == stable
        stable = words[: partial.stable]
    assert len(stable) >= 5


async def test_a_tool_is_called_with_its_arguments_and_its_result_is_used() -> None:
    def weather(city: str) -> str:
        """The weather now.

        Args:
            city: Where.
        """
        return f"sunny in {city}"

    call_ = ToolCall("1", "weather", '{"city": "Rome"}')
    llm = ScriptedLlm([call_], "It is sunny.")
    async with Call(
        stt=ScriptedStt("what is the weather"), llm=llm, toolbox=Toolbox([weather])
    ) as call:
        await call.hears(say(1.0), hush(3.0))
    assert [event.call for event in call.of(ToolCalled)] == [call_]
    (returned,) = call.of(ToolReturned)
    assert (returned.result, returned.failed) == ("sunny in Rome", False)
    assert [message.role for message in call.session.history.messages] == [
        "user",
        "assistant",
        "tool",
        "assistant",
    ]
    assert spoken(call) == "It is sunny."


async def test_a_draft_calls_no_tool() -> None:
    calls: list[str] = []

    def book() -> str:
        """Book it."""
        calls.append("book")
        return "done"

    llm = ScriptedLlm([ToolCall("1", "book", "{}")], [ToolCall("2", "book", "{}")], "Booked.")
    turn = ScriptedTurn(0.0, 1.0)
    stt = ScriptedStt("book it now please")
    async with Call(stt=stt, llm=llm, turn=turn, toolbox=Toolbox([book])) as call:
        await call.hears(say(0.5), hush(0.5))
        assert llm.prompts
        assert calls == []
        await call.hears(say(0.5), hush(2.0))
    assert calls == ["book"]
    assert spoken(call) == "Booked."


async def test_a_slow_tool_is_bridged_with_words() -> None:
    gate = asyncio.Event()

    async def look() -> str:
        """Look it up."""
        asyncio.get_running_loop().call_later(0.05, gate.set)
        await gate.wait()
        return "found"

    settings = SessionSettings(tool_filler="One moment.", tool_filler_s=0.0)
    llm = ScriptedLlm([ToolCall("1", "look", "{}")], "Here it is.")
    call = Call(stt=ScriptedStt("look it up"), llm=llm, toolbox=Toolbox([look]), settings=settings)
    async with call:
        await call.hears(say(0.75), hush(4.0))
    assert spoken(call) == "One moment. Here it is."


async def test_a_model_that_fails_is_apologized_for_and_the_next_turn_works() -> None:
    llm = ScriptedLlm(EngineError("out of order"), "Better now.")
    settings = SessionSettings(apology="Sorry about that.")
    stt = ScriptedStt("hello there", "and now please")
    async with Call(stt=stt, llm=llm, settings=settings) as call:
        await call.hears(say(0.5), hush(2.0), say(0.75), hush(2.0))
    (failed,) = call.of(Failed)
    assert (failed.kind, failed.message) == ("llm", "out of order")
    assert [(event.heard, event.why) for event in call.of(ReplyEnded)] == [
        ("Sorry about that.", "failed"),
        ("Better now.", "done"),
    ]


async def test_a_model_that_breaks_off_keeps_what_it_said() -> None:
    llm = ScriptedLlm(["It is", EngineError("gone")])  # type: ignore[list-item]
    settings = SessionSettings(apology="Sorry.")
    async with Call(stt=ScriptedStt("hello there"), llm=llm, settings=settings) as call:
        await call.hears(say(0.5), hush(3.0))
    assert call.of(ReplyEnded)[0].heard == "It is Sorry."


async def test_an_stt_that_fails_costs_one_turn() -> None:
    stt = ScriptedStt(EngineError("deaf"), "and now please")
    async with Call(stt=stt, llm=ScriptedLlm("Better.")) as call:
        await call.hears(say(0.5), hush(4.0), say(0.75), hush(2.0))
    assert [event.kind for event in call.of(Failed)] == ["stt"]
    assert call.of(ReplyEnded)[-1].heard == "Better."


async def test_a_voice_that_fails_leaves_the_text_and_the_next_turn_works() -> None:
    tts = ScriptedTts(fail=EngineError("hoarse"))
    stt = ScriptedStt("hello there", "and now please")
    async with Call(stt=stt, llm=ScriptedLlm("Lost words.", "Better."), tts=tts) as call:
        await call.hears(say(0.5), hush(2.0))
        assert [(event.kind, event.message) for event in call.of(Failed)] == [("tts", "hoarse")]
        assert written(call) == "Lost words."
        tts.fail = None
        await call.hears(say(0.75), hush(2.0))
    assert [(event.heard, event.why) for event in call.of(ReplyEnded)] == [
        ("", "failed"),
        ("Better.", "done"),
    ]


async def test_a_model_that_hangs_is_given_up_after_its_timeout() -> None:
    llm = ScriptedLlm("Never.", "Better.")
    llm.hold = asyncio.Event()
    settings = SessionSettings(llm_timeout_s=0.02, apology="Sorry.")
    stt = ScriptedStt("hello there", "and now please")
    async with Call(stt=stt, llm=llm, settings=settings) as call:
        await call.hears(say(0.5), hush(2.0))
        assert llm.running == 0
        llm.hold = None
        await call.hears(say(0.75), hush(2.0))
    assert [event.heard for event in call.of(ReplyEnded)] == ["Sorry.", "Better."]


async def test_a_turn_detector_that_fails_leaves_it_to_silence() -> None:
    class Broken(ScriptedTurn):
        async def probability(self, utterance: Audio, transcript: str) -> float:
            raise RuntimeError("boom")

    async with Call(stt=ScriptedStt("hello there"), turn=Broken()) as call:
        await call.hears(say(0.5), hush(2.0))
    failed = [(event.kind, event.message) for event in call.of(Failed)]
    assert failed == [("turn", "scripted failed: RuntimeError: boom")]
    assert len(call.of(ReplyEnded)) == 1


async def test_any_rate_and_any_chunk_size_will_do() -> None:
    for rate, chunk_s in ((8_000, 0.0371), (48_000, 0.005), (44_100, 0.5)):
        stt = ScriptedStt("hello there")
        async with Call(stt=stt, llm=ScriptedLlm("Hi."), chunk_s=chunk_s) as call:
            await call.hears(hush(0.2, rate=rate), say(0.5, rate=rate), hush(2.0, rate=rate))
        assert finals(call) == ["hello there"]
        assert spoken(call) == "Hi."


async def test_the_same_call_gives_the_same_events_each_time() -> None:
    async def once() -> list[object]:
        stt = ScriptedStt("count please", "mm-hm", "stop that now")
        async with Call(stt=stt, llm=ScriptedLlm(LONG, "Fine.")) as call:
            await call.hears(say(0.5), hush(1.0), say(0.2), hush(1.0), say(0.7), hush(2.0))
        return list(call.events)

    assert await once() == await once()


async def test_an_interrupted_reply_that_nobody_heard_leaves_the_question_open() -> None:
    stt = ScriptedStt("tell me", "a story please")
    llm = ScriptedLlm("Of course.", "Once.")
    async with Call(stt=stt, llm=llm, settings=PROMPT) as call:
        await call.hears(say(0.5), hush(0.2), say(0.75), hush(2.0))
    assert [message.content for message in call.session.history.messages] == [
        "tell me a story please",
        "Once.",
    ]


async def test_silence_and_clicks_cost_nothing() -> None:
    noise = Audio(np.zeros(16000, np.float32), 16000)
    noise.samples[::4000] = 0.5
    async with Call() as call:
        await call.hears(noise)
    assert call.events == []


class _Foreseeing(ScriptedLlm):
    """One that also says how probable it is that the words end where they do."""

    def __init__(self, likely: float) -> None:
        super().__init__()
        self.likely = likely

    async def completeness(self, messages: Sequence[Message]) -> float:
        return self.likely


@pytest.mark.parametrize(("silence_s", "asked"), [(0.03, 0), (0.5, 1)])
async def test_the_turn_detector_is_asked_once_a_silence_lasts(
    silence_s: float, asked: int
) -> None:
    stt, turn = ScriptedStt("what is the capital of france"), ScriptedTurn(0.0)
    async with Call(stt=stt, llm=_Foreseeing(0.0), turn=turn, settings=FITTED) as call:
        await call.hears(say(2.0), hush(silence_s), say(0.2))
        assert len(turn.asked) == asked


async def test_the_turn_detector_hears_as_much_silence_as_it_learned_from() -> None:
    stt, turn = ScriptedStt("what is the capital of france"), ScriptedTurn(0.9)
    async with Call(stt=stt, turn=turn) as call:
        await call.hears(say(2.0), hush(3.0))
    (heard_s, _) = turn.asked[0]
    assert heard_s == pytest.approx(2.2, abs=0.05)


@pytest.mark.parametrize("likely", [0.0, 1.0])
async def test_the_likelier_the_words_end_the_sooner_the_answer(likely: float) -> None:
    stt = ScriptedStt("what is the capital of france", "what is the capital of france")
    llm = _Foreseeing(likely)
    async with Call(stt=stt, llm=llm, turn=ScriptedTurn(0.5), settings=FITTED) as call:
        await call.hears(say(2.0), hush(4.0))
        llm.likely = 1.0 - likely
        await call.hears(say(2.0), hush(4.0))
    first, second = (event.times.gap for event in call.of(ReplyEnded) if event.times)
    assert first is not None
    assert second is not None
    assert (first < second) is (likely == 1.0)


async def test_who_was_cut_off_is_given_more_time() -> None:
    text = "what is the capital of france"
    stt = ScriptedStt(text, text, text)
    async with Call(stt=stt, turn=ScriptedTurn(0.5), settings=FITTED) as call:
        await call.hears(say(2.0), hush(4.0), say(2.0), hush(0.9), say(2.0), hush(4.0))
    first, _, third = call.of(ReplyEnded)
    assert first.times is not None
    assert third.times is not None
    assert first.times.gap is not None
    assert third.times.gap is not None
    assert third.times.gap > first.times.gap
