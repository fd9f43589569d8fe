"""Where replies are cut, and that it is told."""

from __future__ import annotations

from vivavoce.events import ReplyEnded, ReplyMade, Spoke, Wrote
from vivavoce.settings import SessionSettings
from vivavoce.testing import Call, ScriptedLlm, ScriptedStt, hush, say

MANY = " ".join(["word"] * 300) + "."


async def reply_to(settings: SessionSettings, reply: str = MANY, wait_s: float = 8.0) -> Call:
    call = Call(stt=ScriptedStt("go on please"), llm=ScriptedLlm(reply), settings=settings)
    async with call:
        await call.hears(say(0.75), hush(wait_s))
    return call


def why(call: Call) -> str:
    (made,) = call.of(ReplyMade)
    assert made.usage is not None
    return made.usage.finish


def words(call: Call, kind: type[Wrote | Spoke]) -> int:
    return len("".join(event.text for event in call.of(kind)).split())


async def test_a_reply_that_the_tokens_cut_says_so() -> None:
    call = await reply_to(SessionSettings(max_reply_tokens=4))
    assert (words(call, Wrote), why(call)) == (4, "length")


async def test_a_reply_without_a_bound_is_written_to_its_end() -> None:
    call = await reply_to(SessionSettings(max_reply_tokens=None, spoken=False))
    assert (words(call, Wrote), why(call)) == (300, "stop")


async def test_a_reply_that_is_spoken_for_too_long_says_that_it_was_cut() -> None:
    call = await reply_to(SessionSettings(max_reply_tokens=None, max_reply_s=1.0))
    assert words(call, Spoke) < 300
    assert why(call) == "length"
    assert len(call.of(ReplyEnded)) == 1


async def test_a_reply_that_never_ends_is_cut() -> None:
    endless = f"{999 * 'x'} " * 300
    call = await reply_to(SessionSettings(max_reply_tokens=None, spoken=False), endless)
    written = sum(len(event.text) for event in call.of(Wrote))
    assert 200_000 < written <= 201_000
    assert why(call) == "length"
