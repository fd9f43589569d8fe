"""What the model thinks: told on request, and neither spoken nor kept."""

from __future__ import annotations

from vivavoce.engines import Message
from vivavoce.events import Reasoned, Spoke, Wrote
from vivavoce.guard import GuardedLlm
from vivavoce.settings import SessionSettings
from vivavoce.testing import Call, ScriptedLlm, ScriptedStt, hush, say


async def conversation(*replies: str, show: bool = True) -> Call:
    call = Call(
        stt=ScriptedStt(*(["what time is it"] * len(replies))),
        llm=GuardedLlm(ScriptedLlm(*replies)),
        settings=SessionSettings(show_reasoning=show, drafts=False),
    )
    async with call:
        for _ in replies:
            await call.hears(say(1.0), hush(4.0))
    return call


def told(call: Call, kind: type[Reasoned | Spoke | Wrote]) -> str:
    return "".join(event.text for event in call.of(kind))


async def test_thoughts_are_told_and_not_spoken() -> None:
    call = await conversation("<think>I look at the clock.</think>It is noon.")
    assert told(call, Reasoned).split() == ["I", "look", "at", "the", "clock."]
    assert told(call, Spoke) == told(call, Wrote) == "It is noon."
    assert call.session.history.messages[-1] == Message("assistant", "It is noon.")


async def test_thoughts_are_not_told_unless_asked_for() -> None:
    call = await conversation("<think>I look at the clock.</think>It is noon.", show=False)
    assert call.of(Reasoned) == []
    assert told(call, Spoke) == "It is noon."


async def test_a_model_that_was_seen_to_end_a_thought_it_never_opened_is_not_overheard_again() -> (
    None
):
    call = await conversation("Noon it may be.</think>It is noon.", "One now.</think>It is one.")
    assert told(call, Spoke).endswith("It is one.")
    assert "One now." not in told(call, Spoke)
    assert "One now." in told(call, Reasoned)
