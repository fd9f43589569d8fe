"""What holds of every Realtime session, whatever the client, the caller and the engines do.

`Talk` checks at its end that there was one response at a time, that each had one end and nothing
after it, and that all that was added got done.
"""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.server.realtime.talk import Talk
from vivavoce.conversation.sinks import MemorySink
from vivavoce.engines import ToolCall
from vivavoce.errors import EngineError
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, hush, say

UTTERANCES = st.lists(
    st.sampled_from(["", "mm-hm", "what time is it", "stop that please now", "fail"]), max_size=5
)
REPLIES = st.lists(
    st.sampled_from(["Hi.", "One two three four five six. Seven eight nine ten.", "fail", "tool"]),
    max_size=5,
)
EVENTS: dict[str, dict[str, Any]] = {
    "create": {"type": "response.create"},
    "create apart": {
        "type": "response.create",
        "response": {"conversation": "none", "output_modalities": ["text"]},
    },
    "cancel": {"type": "response.cancel"},
    "commit": {"type": "input_audio_buffer.commit"},
    "clear": {"type": "input_audio_buffer.clear"},
    "silence": {"type": "output_audio_buffer.clear"},
    "write": {
        "type": "conversation.item.create",
        "item": {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Hello."}],
        },
    },
    "manual": {"type": "session.update", "session": {"audio": {"input": {"turn_detection": None}}}},
    "vad": {
        "type": "session.update",
        "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}},
    },
    "semantic": {
        "type": "session.update",
        "session": {"audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}},
    },
    "text": {"type": "session.update", "session": {"output_modalities": ["text"]}},
    "audio": {"type": "session.update", "session": {"output_modalities": ["audio"]}},
    "nonsense": {"type": "nonsense"},
}
OFTEN = ("create", "cancel", "hold", "say", "hush")
"""What makes the interesting moments, and should come together."""
ACTIONS = st.one_of(
    st.tuples(st.sampled_from(OFTEN), st.sampled_from([0.1, 0.4, 1.2])),
    st.tuples(st.sampled_from(["create", "cancel"]), st.just(0.0)),
    st.tuples(st.sampled_from(sorted(EVENTS)), st.sampled_from([0.0, 1.0])),
    st.tuples(st.sampled_from(["truncate", "delete", "retrieve"]), st.sampled_from([0.0, 0.5, 60])),
)


def line(text: str) -> str | Exception | list[str | ToolCall]:
    match text:
        case "fail":
            return EngineError("scripted: failed")
        case "tool":
            return ["Let me see.", ToolCall("call_1", "look", "{}")]
    return text


async def act(talk: Talk, llm: ScriptedLlm, action: str, amount: float) -> None:
    """Do it; amount: seconds, or whether to wait for what follows."""
    match action:
        case "say":
            await talk.hears(say(amount))
        case "hush":
            await talk.hears(hush(amount))
        case "hold":
            if llm.hold is None:
                llm.hold = asyncio.Event()
            else:
                llm.hold.set()
                llm.hold = None
        case "truncate" | "delete" | "retrieve":
            items = talk.of("conversation.item.added")
            if items:
                event = {
                    "type": f"conversation.item.{action}",
                    "item_id": items[-1]["item"]["id"],
                    "content_index": 0,
                    "audio_end_ms": round(1000 * amount),
                }
                await talk.sends_at_once(event)
        case _:
            await talk.sends_at_once(EVENTS[action])
            if amount:
                for _ in range(50):
                    await asyncio.sleep(0)


async def run(
    actions: list[tuple[str, float]], utterances: list[str], replies: list[str], *, call: bool
) -> Talk:
    heard: list[str | Exception] = [
        EngineError("scripted: deaf") if text == "fail" else text for text in utterances
    ]
    llm, tts = ScriptedLlm(*map(line, replies)), ScriptedTts()
    sink = MemorySink(16_000) if call else None
    tool = {"type": "function", "name": "look", "parameters": {"type": "object"}}
    talk = Talk(stt=ScriptedStt(*heard), llm=llm, tts=tts, call=sink, session={"tools": [tool]})
    before = asyncio.all_tasks()
    async with talk:
        for action, amount in actions:
            # while the model holds its breath, nothing settles: let time pass instead
            if llm.hold is not None and action in {"say", "hush"}:
                llm.hold.set()
                llm.hold = None
            await act(talk, llm, action, amount)
        if llm.hold is not None:
            llm.hold.set()
        await talk.settled()
        await talk.hears(hush(0.5))
    assert asyncio.all_tasks() <= before, "tasks were left"
    assert tts.running == 0, "a voice was left"
    return talk


@settings(deadline=None, max_examples=60)
@given(st.lists(ACTIONS, max_size=14), UTTERANCES, REPLIES)
def test_a_session_by_events_holds_together(
    actions: list[tuple[str, float]], utterances: list[str], replies: list[str]
) -> None:
    asyncio.run(run(actions, utterances, replies, call=False))


@settings(deadline=None, max_examples=60)
@given(st.lists(ACTIONS, max_size=14), UTTERANCES, REPLIES)
def test_a_session_by_call_holds_together(
    actions: list[tuple[str, float]], utterances: list[str], replies: list[str]
) -> None:
    asyncio.run(run(actions, utterances, replies, call=True))


@settings(deadline=None, max_examples=60)
@given(st.lists(ACTIONS, max_size=10), UTTERANCES, REPLIES, st.integers(0, 60))
def test_a_client_that_vanishes_at_any_moment_leaves_nothing_behind(
    actions: list[tuple[str, float]], utterances: list[str], replies: list[str], rounds: int
) -> None:
    async def vanish() -> None:
        llm = ScriptedLlm(*map(line, replies))
        llm.hold = asyncio.Event()
        tts = ScriptedTts()
        before = asyncio.all_tasks()
        async with Talk(stt=ScriptedStt(*utterances), llm=llm, tts=tts) as talk:
            for action, _ in actions:
                if action in EVENTS:
                    await talk.sends_at_once(EVENTS[action])
            for _ in range(rounds):
                await asyncio.sleep(0)
        assert asyncio.all_tasks() <= before
        assert tts.running == 0

    asyncio.run(vanish())
