"""Chat completions by text, with OpenAI's own client against a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionChunk

from vivavoce.engines import LlmOptions, Message, Thought, ToolCall
from vivavoce.errors import EngineBusy, EngineError
from vivavoce.testing import ScriptedLlm

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

MODEL = "gpt-4o"
ASK: Any = [{"role": "user", "content": "What is the time?"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
CLOCK: Any = {"type": "function", "function": {"name": "clock"}}


class Listening(ScriptedLlm):
    """Keeps the options too."""

    def __init__(self, *replies: Any) -> None:
        super().__init__(*replies)
        self.options: list[LlmOptions] = []

    async def reply(self, messages: Any, options: LlmOptions) -> AsyncGenerator[Thought, None]:
        self.options.append(options)
        async for thought in super().reply(messages, options):
            yield thought


@asynccontextmanager
async def client_of(server: Served) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        yield client


async def chunks_of(client: AsyncOpenAI, **wishes: Any) -> list[ChatCompletionChunk]:
    stream = await client.chat.completions.create(
        **{"model": MODEL, "messages": ASK, "stream": True, **wishes}
    )
    return [chunk async for chunk in stream]


async def test_a_reply_comes_whole_with_its_cost(serving: Serving) -> None:
    llm = ScriptedLlm("It is noon.")
    async with serving(llm=llm) as server, client_of(server) as client:
        made = await client.chat.completions.create(model=MODEL, messages=ASK)
    [choice] = made.choices
    assert made.object == "chat.completion"
    assert made.model == "scripted"
    assert choice.message.content == "It is noon."
    assert choice.message.role == "assistant"
    assert choice.finish_reason == "stop"
    assert made.usage is not None
    assert made.usage.total_tokens == made.usage.prompt_tokens + made.usage.completion_tokens
    assert made.usage.completion_tokens == 3
    assert llm.prompts == [[Message("user", "What is the time?")]]


async def test_a_stream_has_the_reply_as_it_is_written_and_its_cost_on_request(
    serving: Serving,
) -> None:
    llm = ScriptedLlm("It is noon.", "It is noon.")
    async with serving(llm=llm) as server, client_of(server) as client:
        chunks = await chunks_of(client, stream_options={"include_usage": True})
        without = await chunks_of(client)
    assert len({chunk.id for chunk in chunks}) == 1
    first, *said, last, spent = chunks
    assert first.choices[0].delta.role == "assistant"
    assert [chunk.choices[0].delta.content for chunk in said] == ["It", " is", " noon."]
    assert last.choices[0].finish_reason == "stop"
    assert spent.choices == []
    assert spent.usage is not None
    assert spent.usage.completion_tokens == 3
    assert all(chunk.usage is None for chunk in without)
    assert all(chunk.choices for chunk in without)


async def test_a_stream_ends_with_done(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        body = {"model": MODEL, "messages": ASK, "stream": True}
        answer = await http.post("/v1/chat/completions", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    *events, done, rest = answer.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    assert all(json.loads(event.removeprefix("data: "))["id"] for event in events)


async def test_what_the_client_wishes_reaches_the_model(serving: Serving) -> None:
    llm = Listening()
    async with serving(llm=llm) as server, client_of(server) as client:
        await client.chat.completions.create(
            model=MODEL,
            messages=ASK,
            max_completion_tokens=7,
            temperature=0.5,
            top_p=0.9,
            seed=-1,
            stop=["END", ""],
            frequency_penalty=0.1,
            user="somebody",
        )
        await client.chat.completions.create(
            model=MODEL, messages=ASK, max_tokens=3, stop="END", seed=5
        )
    first, second = llm.options
    assert first.max_tokens == 7
    assert first.temperature == 0.5
    assert first.top_p == 0.9
    assert first.seed is not None
    assert first.seed >= 0
    assert first.stop == ("END",)
    assert second == LlmOptions(max_tokens=3, stop=("END",), seed=5)


async def test_a_reply_that_is_too_long_says_so(server: Served) -> None:
    async with client_of(server) as client:
        made = await client.chat.completions.create(model=MODEL, messages=ASK, max_tokens=2)
        chunks = await chunks_of(client, max_tokens=2)
    assert made.choices[0].finish_reason == "length"
    assert chunks[-1].choices[0].finish_reason == "length"


async def test_the_whole_conversation_reaches_the_model(serving: Serving) -> None:
    llm = ScriptedLlm("Fine.")
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    messages: Any = [
        {"role": "developer", "content": "Be brief."},
        {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "content": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "Sun."},
        {"role": "assistant", "content": None, "refusal": "No."},
        {"role": "user", "content": "Thanks.", "name": "Ann"},
    ]
    async with serving(llm=llm) as server, client_of(server) as client:
        await client.chat.completions.create(model=MODEL, messages=messages)
    assert llm.prompts == [
        [
            Message("system", "Be brief."),
            Message("system", "Be kind."),
            Message("user", "A\nB"),
            Message("assistant", "", (ToolCall("c1", "weather", "{}"),)),
            Message("tool", "Sun.", tool_call_id="c1"),
            Message("assistant", "No."),
            Message("user", "Thanks."),
        ]
    ]


CALLS = (ToolCall("a", "weather", '{"city": "Rome"}'), ToolCall("b", "clock", "{}"))


async def test_tools_are_called_side_by_side(serving: Serving) -> None:
    llm = Listening(CALLS, CALLS)
    async with serving(llm=llm) as server, client_of(server) as client:
        wishes: Any = {"tools": [WEATHER, CLOCK], "tool_choice": "required"}
        made = await client.chat.completions.create(model=MODEL, messages=ASK, **wishes)
        chunks = await chunks_of(client, **wishes)
    [choice] = made.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert [call.id for call in choice.message.tool_calls or ()] == ["a", "b"]
    parts = [part for chunk in chunks for part in chunk.choices[0].delta.tool_calls or ()]
    assert [(part.index, part.id) for part in parts] == [(0, "a"), (1, "b")]
    assert parts[0].function is not None
    assert json.loads(parts[0].function.arguments or "") == {"city": "Rome"}
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    assert [tool.name for tool in llm.options[0].tools] == ["weather", "clock"]
    assert llm.options[0].tool_choice == "required"


async def test_without_parallel_calls_only_the_first_is_given(serving: Serving) -> None:
    llm = ScriptedLlm(CALLS, CALLS)
    async with serving(llm=llm) as server, client_of(server) as client:
        wishes: Any = {"tools": [WEATHER, CLOCK], "parallel_tool_calls": False}
        made = await client.chat.completions.create(model=MODEL, messages=ASK, **wishes)
        chunks = await chunks_of(client, **wishes)
    assert [call.id for call in made.choices[0].message.tool_calls or ()] == ["a"]
    parts = [part for chunk in chunks for part in chunk.choices[0].delta.tool_calls or ()]
    assert [part.id for part in parts] == ["a"]


ONE = {"type": "function", "function": {"name": "clock"}}
SOME = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [ONE]}}


@pytest.mark.parametrize(
    ("choice", "expected", "offered"),
    [
        ("none", "none", ["weather", "clock"]),
        (ONE, "clock", ["weather", "clock"]),
        (SOME, "required", ["clock"]),
    ],
    ids=["none", "one", "some"],
)
async def test_the_choice_of_tools_reaches_the_model(
    serving: Serving, choice: Any, expected: str, offered: list[str]
) -> None:
    llm = Listening("Hm.")
    async with serving(llm=llm) as server, client_of(server) as client:
        await client.chat.completions.create(
            model=MODEL, messages=ASK, tools=[WEATHER, CLOCK], tool_choice=choice
        )
    assert llm.options[0].tool_choice == expected
    assert [tool.name for tool in llm.options[0].tools] == offered


async def test_a_model_that_is_not_there_is_not_found(server: Served) -> None:
    async with client_of(server) as client:
        with pytest.raises(openai.NotFoundError, match="no model 'nonsense'"):
            await client.chat.completions.create(model="nonsense", messages=ASK)


@pytest.mark.parametrize("stream", [False, True])
async def test_an_engine_that_is_busy_is_told_by_the_status(serving: Serving, stream: bool) -> None:
    llm = ScriptedLlm(EngineBusy("the queue is full"))
    async with serving(llm=llm) as server, client_of(server) as client:
        with pytest.raises(openai.InternalServerError, match="the queue is full") as caught:
            await client.chat.completions.create(model=MODEL, messages=ASK, stream=stream)
    assert caught.value.status_code == 503
    assert caught.value.response.headers["retry-after"] == "1"


async def test_an_error_in_the_midst_of_a_stream_is_an_event(serving: Serving) -> None:
    broken: Any = ["It is", EngineError("the model fell over")]
    llm = ScriptedLlm(broken, "Noon.")
    async with serving(llm=llm) as server, client_of(server) as client:
        stream = await client.chat.completions.create(model=MODEL, messages=ASK, stream=True)
        said: list[str] = []

        async def read() -> None:
            async for chunk in stream:
                said.append(chunk.choices[0].delta.content or "")  # noqa: PERF401 - it breaks off

        with pytest.raises(openai.APIError, match="the model fell over"):
            await read()
        assert "".join(said) == "It is"
        assert llm.running == 0
        made = await client.chat.completions.create(model=MODEL, messages=ASK)
    assert made.choices[0].message.content == "Noon."


class Halting(ScriptedLlm):
    """Writes one word, then waits until it is closed."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.words = words
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()

    async def reply(self, messages: Any, options: LlmOptions) -> AsyncGenerator[Thought, None]:
        self.begun.set()
        try:
            async for thought in super().reply(messages, options):
                if not self.words:
                    await asyncio.Event().wait()
                self.words -= 1
                yield thought
        finally:
            self.ended.set()


@pytest.mark.parametrize(
    ("stream", "words"), [(False, 0), (False, 1), (True, 0), (True, 1)], ids=str
)
async def test_a_client_that_leaves_stops_the_model(
    serving: Serving, stream: bool, words: int
) -> None:
    llm = Halting(words)
    async with serving(llm=llm) as server:
        body = json.dumps({"model": MODEL, "messages": ASK, "stream": stream}).encode()
        head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
        about = f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\n\r\n"
        _, writer = await asyncio.open_connection(*server.address)
        writer.write((head + about).encode() + body)
        await llm.begun.wait()
        writer.transport.abort()
        await llm.ended.wait()
    assert llm.running == 0
