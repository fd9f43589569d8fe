"""A user's words in, the model's reply out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wyoming.asr import Transcript
from wyoming.event import Event
from wyoming.handle import Handled, HandledChunk, HandledStart, HandledStop, NotHandled

from vivavoce.engines import Message
from vivavoce.errors import EngineError
from vivavoce.testing import ScriptedLlm

if TYPE_CHECKING:
    from tests.server.wyoming.conftest import Party


def types_of(events: list[Event]) -> list[str]:
    return [event.type for event in events]


async def test_words_are_handled_by_the_model(party: Party) -> None:
    llm = ScriptedLlm("It is on now.")
    context = {"conversation_id": "kitchen"}
    async with (
        party(llm=llm, session={"system_prompt": "Be brief."}) as house,
        house.guest() as client,
    ):
        await client.send(Transcript("turn it on", context=context))
        events = await client.until(HandledStop)
    start, *chunks, whole, _ = events
    assert HandledStart.from_event(start).context == context
    assert "".join(HandledChunk.from_event(chunk).text for chunk in chunks) == "It is on now."
    assert len(chunks) == 4
    assert Handled.from_event(whole) == Handled("It is on now.", context)
    assert llm.prompts == [[Message("system", "Be brief."), Message("user", "turn it on")]]


async def test_a_conversation_goes_on_by_its_id_or_on_its_connection(party: Party) -> None:
    llm = ScriptedLlm("One.", "Two.", "Three.", "Four.", "Five.")
    kitchen = {"conversation_id": "kitchen"}
    async with party(llm=llm, session={"system_prompt": ""}) as house:
        for context in (kitchen, {"conversation_id": "hall"}, kitchen):
            async with house.guest() as client:
                await client.send(Transcript("next", context=context))
                await client.until(HandledStop)
        async with house.guest() as client:
            for _ in range(2):
                await client.send(Transcript("more"))
                await client.until(HandledStop)
    assert [[message.content for message in prompt] for prompt in llm.prompts] == [
        ["next"],
        ["next"],
        ["next", "One.", "next"],
        ["more"],
        ["more", "Four.", "more"],
    ]


async def test_what_cannot_be_handled_is_said_to_be_and_the_next_is_handled(party: Party) -> None:
    broken: Any = ["It is", EngineError("the model fell over")]
    llm = ScriptedLlm(EngineError("no model"), broken, "Fine.")
    async with party(llm=llm, session={"system_prompt": ""}) as house, house.guest() as client:
        await client.send(Transcript("one"))
        [event] = await client.until(NotHandled)
        assert NotHandled.from_event(event).text == "no model"
        await client.send(Transcript("two"))
        events = await client.until(HandledStop)
        assert types_of(events)[-2:] == ["not-handled", "handled-stop"]
        await client.send(Transcript("  "))
        await client.until(NotHandled)
        await client.send(Transcript("three"))
        assert Handled.from_event((await client.until(HandledStop))[-2]).text == "Fine."
    assert llm.prompts[-1] == [Message("user", "three")]
