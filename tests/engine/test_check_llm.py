"""The check of language models passes a good engine and says what is wrong with a bad one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from vivavoce.engines import LlmOptions, Message, Thought, Token, ToolCall, Usage
from vivavoce.errors import EngineError
from vivavoce.testing import ScriptedLlm
from vivavoce.testing.check_llm import check_llm


class Bad(ScriptedLlm):
    """Gives these thoughts to every prompt."""

    def __init__(self, *thoughts: Thought) -> None:
        super().__init__()
        self.thoughts = thoughts

    async def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
        for thought in self.thoughts[: options.max_tokens]:
            await asyncio.sleep(0)
            yield thought


class Endless(ScriptedLlm):
    """Writes more than it is told to."""

    async def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
        for _ in range(5):
            yield Token("word ")
        yield Usage(1, 0, 5)


class Forgetful(ScriptedLlm):
    """Breaks once a reply was closed in its middle."""

    broken = False

    async def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
        if self.broken:
            raise EngineError("no free slot")
        try:
            yield Token("Hello")
        except GeneratorExit:
            self.broken = True
            raise


class Moody(ScriptedLlm):
    """Answers otherwise after a warm-up."""

    async def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
        yield Token("Yes" if self.warmed else "No")


async def test_a_scripted_model_keeps_the_contract() -> None:
    await check_llm(ScriptedLlm(), deterministic=True)


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        (Bad(), "got no answer"),
        (Bad(Usage(1, 0, 0), Token("late")), "came after the usage"),
        (Bad(Token("")), "a token is empty"),
        (Bad(Token("\ufffd")), "half a character"),
        (Bad(Token("a"), Usage(3, 4, 1)), "more cached tokens than tokens"),
        (Bad(Token("a"), Usage(3, 0, 1, "tool_calls")), "ended by tool calls, but none came"),
        (Endless(), "told to write 2 tokens"),
        (Moody(), "a warm-up changed the answer from 'No' to 'Yes'"),
    ],
)
async def test_a_bad_model_is_told_what_it_did_wrong(engine: ScriptedLlm, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        await check_llm(engine, deterministic=True)


async def test_a_model_that_does_not_survive_an_early_close_is_caught() -> None:
    with pytest.raises(EngineError, match="no free slot"):
        await check_llm(Forgetful())


async def test_a_model_that_calls_no_tool_when_told_to_is_caught() -> None:
    with pytest.raises(AssertionError, match="tool_choice='required' it called no tool"):
        await check_llm(ScriptedLlm(), tools=True)


async def test_a_model_that_calls_a_tool_of_its_own_making_is_caught() -> None:
    strange = Bad(Token("a"), ToolCall("1", "sing", "{}"), Usage(1, 0, 1, "tool_calls"))
    with pytest.raises(AssertionError, match="no such tool was offered"):
        await check_llm(strange, tools=True)
