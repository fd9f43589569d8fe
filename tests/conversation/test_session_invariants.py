"""What holds of every conversation, whatever the caller and the engines do."""

from __future__ import annotations

import asyncio

from hypothesis import example, given, settings
from hypothesis import strategies as st

from vivavoce.audio import Audio
from vivavoce.errors import EngineError
from vivavoce.events import (
    Event,
    Heard,
    Paused,
    ReplyEnded,
    ReplyStarted,
    Resumed,
    Spoke,
    TurnDropped,
    Wrote,
)
from vivavoce.settings import SessionSettings, TurnSettings
from vivavoce.testing import Call, ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, hush, say

ACTIONS = st.one_of(
    st.tuples(st.sampled_from(["say", "hush"]), st.sampled_from([0.1, 0.3, 0.7, 1.5])),
    st.tuples(st.sampled_from(["interrupt", "commit", "send_text", "say_text"]), st.just(0.0)),
)
UTTERANCES = st.lists(
    st.sampled_from(["", "mm-hm", "what time is it", "stop that please now"]), max_size=6
)
REPLIES = st.lists(
    st.sampled_from(["Hi.", "One two three four five six. Seven eight nine.", "Go!\n🙂\n", "fail"]),
    max_size=6,
)


async def converse(actions: list[tuple[str, float]], call: Call) -> None:
    async with call:
        for action, seconds in actions:
            match action:
                case "say":
                    await call.hears(say(seconds))
                case "hush":
                    await call.hears(hush(seconds))
                case "interrupt":
                    await call.session.interrupt()
                    assert not call.session.replying
                case "commit":
                    call.session.commit()
                case "send_text":
                    call.session.send_text("Hello.")
                case "say_text":
                    call.session.say("Let me tell you something about that.")


def check_replies(events: list[Event]) -> None:
    """At most one reply at a time; one end to each start; nothing of a reply after its end."""
    active: int | None = None
    ended: set[int] = set()
    wrote, spoke = "", ""
    for event in events:
        match event:
            case ReplyStarted(turn):
                assert active is None
                assert turn not in ended
                active, wrote, spoke = turn, "", ""
            case Wrote(turn, text):
                assert turn == active
                wrote += text
            case Spoke(turn, text):
                assert turn == active
                spoke += text
                assert wrote.startswith(spoke), "no word is heard before it is written"
            case Paused(turn) | Resumed(turn):
                assert turn == active
            case ReplyEnded(turn, heard, why):
                assert turn == active
                assert heard == spoke.strip()
                assert why != "done" or spoke == wrote
                ended.add(turn)
                active = None
    assert active is None, "hanging up ends the reply"


def check_turns(events: list[Event]) -> None:
    """A turn is heard to its end once, or dropped, never both; no partial follows either."""
    over: set[int] = set()
    for event in events:
        match event:
            case Heard(turn, _, final):
                assert turn not in over
                if final:
                    over.add(turn)
            case TurnDropped(turn):
                assert turn not in over
                over.add(turn)


@given(
    st.lists(ACTIONS, min_size=1, max_size=12),
    UTTERANCES,
    REPLIES,
    st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=4),
    st.booleans(),
    st.booleans(),
)
@example(
    [("say", 0.1), ("commit", 0.0), ("send_text", 0.0), ("interrupt", 0.0)],
    ["mm-hm"],
    [],
    [0.0],
    False,
    False,
)
@settings(deadline=None, max_examples=60)
def test_every_conversation_keeps_its_promises(
    actions: list[tuple[str, float]],
    utterances: list[str],
    replies: list[str],
    probabilities: list[float],
    drafts: bool,
    barge_in: bool,
) -> None:
    stt = ScriptedStt(*utterances)
    llm = ScriptedLlm(*(EngineError("no") if reply == "fail" else reply for reply in replies))
    tts = ScriptedTts()
    call = Call(
        stt=stt,
        llm=llm,
        tts=tts,
        turn=ScriptedTurn(*probabilities),
        settings=SessionSettings(drafts=drafts, turns=TurnSettings(barge_in=barge_in)),
    )
    asyncio.run(converse(actions, call))
    check_replies(call.events)
    check_turns(call.events)
    assert (stt.open_streams, llm.running, tts.running) == (0, 0, 0)
    said = [message.content for message in call.session.history.messages]
    heard = [event.heard for event in call.events if isinstance(event, ReplyEnded) and event.heard]
    assert [text for text in said if text in heard] == heard


@given(st.integers(0, 320 * 60))
@settings(deadline=None, max_examples=40)
def test_wherever_a_barge_in_falls_the_history_is_a_prefix_of_the_reply(samples: int) -> None:
    reply = "One two, three four five six. Seven eight nine ten eleven."

    async def run() -> Call:
        stt = ScriptedStt("count please", "stop that please now")
        turns = TurnSettings(wait_min_s=0.15, wait_max_s=0.15)
        call = Call(
            stt=stt,
            llm=ScriptedLlm(reply, "Fine."),
            settings=SessionSettings(turns=turns),
        )
        async with call:
            await call.hears(say(0.5), hush(0.24), Audio(hush(2).samples[:samples], 16_000))
            await call.hears(say(0.75), hush(2.0))
        return call

    call = asyncio.run(run())
    check_replies(call.events)
    first = call.of(ReplyEnded)[0]
    assert reply.startswith(first.heard)
    spoken = (samples / 16_000 + 0.06) * 4
    assert len(first.heard.split()) <= spoken + 1
