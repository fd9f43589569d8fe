"""What every language model engine must keep to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from vivavoce.engines import Llm, LlmOptions, Message, Thought, Token, ToolCall, ToolSpec, Usage
from vivavoce.errors import BadRequest

_WEATHER = ToolSpec(
    name="weather",
    description="Tell the weather in a city.",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
)


@dataclass(frozen=True, slots=True)
class _CheckedReply:
    tokens: Sequence[str]
    calls: Sequence[ToolCall]
    usage: Usage | None

    @property
    def text(self) -> str:
        return "".join(self.tokens)


async def check_llm(
    llm: Llm,
    question: str = "What is the capital of France?",
    *,
    deterministic: bool = False,
    stop: bool = False,
    tools: bool = False,
) -> None:
    """Raise AssertionError, saying what is wrong, unless the engine keeps the contract.

    question: something that it answers in several tokens.
    deterministic: whether the same question must get the same answer.
    stop: whether it must heed stop strings; takes a deterministic one.
    tools: whether it must call a tool when told to.
    The engine is loaded, but not closed.
    """
    tasks = asyncio.all_tasks()
    await asyncio.gather(llm.load(), llm.load())
    await llm.load()
    assert llm.name, "its name is empty"
    ask = [Message("system", "You are a helpful assistant."), Message("user", question)]
    whole = await _reply(llm, ask)
    assert whole.text.strip(), f"{question!r} got no answer"
    await _check_length(llm, ask, whole)
    await _check_odd_messages(llm, ask)
    await _check_two_at_once(llm, ask, whole if deterministic else None)
    await _check_early_close(llm, ask)
    await _check_cancel(llm, ask)
    await llm.warm(ask, LlmOptions())
    again = await _reply(llm, ask)
    assert again.text.strip(), "after a warm-up there is no answer"
    if deterministic:
        assert again.text == whole.text, (
            f"a warm-up changed the answer from {whole.text!r} to {again.text!r}"
        )
    if stop:
        await _check_stop(llm, ask, whole)
    if tools:
        await _check_tools(llm)
    left = asyncio.all_tasks() - tasks
    assert not left, f"tasks are left running: {left}"


async def _reply(
    llm: Llm, messages: Sequence[Message], options: LlmOptions | None = None
) -> _CheckedReply:
    tokens: list[str] = []
    calls: list[ToolCall] = []
    usage: Usage | None = None
    async with aclosing(_stream(llm, messages, options)) as thoughts:
        async for thought in thoughts:
            assert usage is None, f"{thought} came after the usage, which must end a reply"
            match thought:
                case Token(text):
                    assert text, "a token is empty"
                    assert "\ufffd" not in text, f"{text!r} is half a character"
                    tokens.append(text)
                case ToolCall():
                    calls.append(thought)
                case Usage():
                    usage = thought
    if usage is not None:
        _check_usage(usage, calls)
    return _CheckedReply(tokens, calls, usage)


def _stream(
    llm: Llm, messages: Sequence[Message], options: LlmOptions | None = None
) -> AsyncGenerator[Thought, None]:
    stream = llm.reply(messages, options or LlmOptions())
    assert hasattr(stream, "aclose"), (
        "reply must return an async generator, so that it can be closed"
    )
    return stream


def _check_usage(usage: Usage, calls: Sequence[ToolCall]) -> None:
    assert usage.prompt_tokens > 0, f"{usage}: the prompt must have tokens"
    assert 0 <= usage.cached_tokens <= usage.prompt_tokens, (
        f"{usage}: more cached tokens than tokens"
    )
    assert usage.reply_tokens >= 0, f"{usage}: a negative count"
    if usage.finish == "tool_calls":
        assert calls, f"{usage}: ended by tool calls, but none came"


async def _check_length(llm: Llm, ask: Sequence[Message], whole: _CheckedReply) -> None:
    short = await _reply(llm, ask, LlmOptions(max_tokens=2))
    assert len(short.tokens) <= 2, f"told to write 2 tokens, it wrote {short.tokens}"
    if short.usage is not None:
        assert short.usage.reply_tokens <= 2, f"told to write 2 tokens: {short.usage}"
        if len(whole.tokens) > 2:
            assert short.usage.finish == "length", f"it was cut short, but says {short.usage}"


async def _check_odd_messages(llm: Llm, ask: Sequence[Message]) -> None:
    """Conversations that sessions really have; each must get a reply, if an empty one."""
    call = ToolCall("1", "weather", '{"city": "Rome"}')
    few = LlmOptions(max_tokens=8)
    for odd in (
        [Message("user", "")],
        [Message("system", ""), *ask[1:]],
        [Message("assistant", "Hello, what can I do?"), *ask[1:]],
        [*ask, Message("assistant", ""), Message("user", "Hello?"), Message("user", "Hello?")],
        [*ask, Message("assistant", "", (call,)), Message("tool", "Sun.", tool_call_id="1")],
        [Message("user", "Grüße, 日本語 👋\n\t<|im_end|> {{ x }} \\ \" '")],
    ):
        await _reply(llm, odd, few)


async def _check_two_at_once(llm: Llm, ask: Sequence[Message], alone: _CheckedReply | None) -> None:
    other = [Message("user", "Say hello.")]
    one, _ = await asyncio.gather(_reply(llm, ask), _reply(llm, other))
    assert one.text.strip(), "of two replies at once, one is empty"
    if alone is not None:
        assert one.text == alone.text, (
            f"beside another reply the answer changed from {alone.text!r} to {one.text!r}"
        )


async def _check_early_close(llm: Llm, ask: Sequence[Message]) -> None:
    for _ in range(8):  # more than there are likely to be slots to leak
        stream = _stream(llm, ask)
        await anext(stream)
        await stream.aclose()
    unread = _stream(llm, ask)
    await unread.aclose()
    assert (await _reply(llm, ask)).text.strip(), "after an early close there is no answer"


async def _check_cancel(llm: Llm, ask: Sequence[Message]) -> None:
    begun = asyncio.Event()

    async def read() -> None:
        try:
            async with aclosing(_stream(llm, ask)) as thoughts:
                async for _ in thoughts:
                    begun.set()
                    await asyncio.Event().wait()
        finally:
            begun.set()

    async with asyncio.TaskGroup() as group:
        reading = group.create_task(read())
        await begun.wait()
        reading.cancel()
    assert (await _reply(llm, ask)).text.strip(), "after a cancelled reply there is no answer"


async def _check_stop(llm: Llm, ask: Sequence[Message], whole: _CheckedReply) -> None:
    words = whole.text.split()
    assert len(words) > 1, f"{whole.text!r} is too short to try stop strings with; ask for more"
    word = words[-1]
    stopped = await _reply(llm, ask, LlmOptions(stop=(word,)))
    assert word not in stopped.text, f"told to stop at {word!r}, it wrote {stopped.text!r}"
    head = whole.text.partition(word)[0]
    assert stopped.text.rstrip() == head.rstrip(), (
        f"told to stop at {word!r}, it wrote {stopped.text!r} instead of {head!r}"
    )


async def _check_tools(llm: Llm) -> None:
    ask = [Message("user", "What is the weather like in Rome? Use the tool.")]
    for choice in ("required", _WEATHER.name):
        made = await _reply(llm, ask, LlmOptions(tools=(_WEATHER,), tool_choice=choice))
        assert made.calls, f"with tool_choice={choice!r} it called no tool, but wrote {made.text!r}"
        for call in made.calls:
            assert call.name == _WEATHER.name, f"{call}: no such tool was offered"
            arguments = json.loads(call.arguments)
            assert isinstance(arguments, dict), f"{call}: arguments must be a JSON object"
            assert "city" in arguments, f"{call}: a required argument is missing"
        if made.usage is not None:
            assert made.usage.finish == "tool_calls", f"it called a tool, but says {made.usage}"
    none = await _reply(llm, ask, LlmOptions(max_tokens=8, tools=(_WEATHER,), tool_choice="none"))
    assert not none.calls, f"told to call no tool, it called {none.calls}"
    refusal = ""
    try:
        await _reply(llm, ask, LlmOptions(tools=(_WEATHER,), tool_choice="no such tool"))
    except BadRequest as error:
        refusal = str(error)
    assert refusal, "a tool_choice that is not offered must raise BadRequest, with the remedy"
