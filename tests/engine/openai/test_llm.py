"""A language model behind a real HTTP server that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

import pytest

from vivavoce.engine.openai.llm import OpenAiLlm, OpenAiLlmOptions, without_oldest_turn
from vivavoce.engines import LlmOptions, Message, Thought, Token, ToolCall, ToolSpec, Usage
from vivavoce.errors import BadRequest, EngineError, EngineTimeout
from vivavoce.options import build
from vivavoce.testing.check_llm import check_llm
from vivavoce.testing.scripted_server import ReceivedRequest, ScriptedResponse, ScriptedServer

MESSAGES = [Message("system", "Be brief."), Message("user", "Hi")]
SPENT = {
    "choices": [],
    "usage": {
        "prompt_tokens": 9,
        "completion_tokens": 2,
        "prompt_tokens_details": {"cached_tokens": 8},
    },
}


def said(text: str) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": {"content": text}}]}


def ended(reason: str = "stop") -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}


def calling(index: int | None, **fields: object) -> dict[str, object]:
    place = {} if index is None else {"index": index}
    return {"choices": [{"delta": {"tool_calls": [place | fields]}}]}


@asynccontextmanager
async def loaded(server: ScriptedServer, **options: float) -> AsyncGenerator[OpenAiLlm, None]:
    llm = OpenAiLlm(
        build(
            OpenAiLlmOptions,
            {
                "model": "m",
                "base_url": server.url,
                "backoff": 0.001,
                "first_timeout": options.get("first_timeout", 20),
                "next_timeout": options.get("next_timeout", 10),
            },
        )
    )
    await llm.load()
    try:
        yield llm
    finally:
        await llm.aclose()


async def thoughts_of(
    *answers: ScriptedResponse,
    options: LlmOptions | None = None,
    messages: list[Message] | None = None,
) -> tuple[list[Thought], list[object]]:
    """What comes out, and what was asked."""
    with ScriptedServer(*answers) as server:
        async with loaded(server) as llm:
            reply = llm.reply(messages or MESSAGES, options or LlmOptions())
            thoughts = [thought async for thought in reply]
        return thoughts, [request.json for request in server.posts]


async def test_text_comes_as_it_is_written_and_usage_last() -> None:
    thoughts, asked = await thoughts_of(
        ScriptedResponse.events({"choices": [{"delta": {"role": "assistant", "content": ""}}]},
                      said("Hel"), said("lo."), ended(), SPENT)
    )  # fmt: skip
    assert thoughts == [Token("Hel"), Token("lo."), Usage(9, 8, 2)]
    assert asked == [
        {
            "model": "m",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Hi"},
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ]


def like_a_model(request: ReceivedRequest) -> ScriptedResponse:
    """Writes as a model would: as many words as it may, or the call that it must make."""
    asked = request.json
    assert isinstance(asked, dict)
    usage = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}
    if asked.get("tool_choice", "none") != "none":
        name = asked["tools"][0]["function"]["name"]
        call = calling(0, id="a", function={"name": name, "arguments": '{"city": "Rome"}'})
        return ScriptedResponse.events(call, ended("tool_calls"), usage)
    words = ["Paris ", "is ", "the ", "capital ", "of ", "France."]
    stops = [at for at, word in enumerate(words) if word.strip() in asked.get("stop", ())]
    limit = min([asked.get("max_tokens", 6), *stops])
    reason = "length" if limit < 6 and not stops else "stop"
    return ScriptedResponse.events(*map(said, words[:limit]), ended(reason), usage)


async def test_the_contract_is_kept() -> None:
    with ScriptedServer(respond=like_a_model) as server:
        async with loaded(server) as llm:
            await check_llm(llm, deterministic=True, stop=True, tools=True)


async def test_options_are_passed_on() -> None:
    tool = ToolSpec("now", "Tells the time.", {"type": "object", "properties": {}})
    options = LlmOptions(
        max_tokens=5, temperature=0.0, top_p=0.5, seed=1, stop=("\n",), tools=(tool,),
        tool_choice="now",
    )  # fmt: skip
    messages = [
        Message("user", "What time is it?"),
        Message("assistant", "", (ToolCall("c1", "now", "{}"),)),
        Message("tool", "noon", tool_call_id="c1"),
    ]
    _, [asked] = await thoughts_of(
        ScriptedResponse.events(said("x"), ended()), options=options, messages=messages
    )
    assert isinstance(asked, dict)
    call = {"id": "c1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    function = {"name": "now", "description": "Tells the time.", "parameters": tool.parameters}
    assert asked["messages"] == [
        {"role": "user", "content": "What time is it?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "noon", "tool_call_id": "c1"},
    ]
    assert asked["tools"] == [{"type": "function", "function": function}]
    assert asked["tool_choice"] == {"type": "function", "function": {"name": "now"}}
    settings = {it: asked[it] for it in ("max_tokens", "temperature", "top_p", "seed", "stop")}
    assert settings == {
        "max_tokens": 5,
        "temperature": 0.0,
        "top_p": 0.5,
        "seed": 1,
        "stop": ["\n"],
    }


async def test_tool_calls_come_whole_before_the_usage() -> None:
    chunks = calling(0, id="a", function={"name": "add"}), calling(0, function={"arguments": "{}"})
    thoughts, _ = await thoughts_of(ScriptedResponse.events(*chunks, ended("tool_calls"), SPENT))
    assert thoughts == [ToolCall("a", "add", "{}"), Usage(9, 8, 2, "tool_calls")]


async def test_a_reply_cut_by_its_length_says_so() -> None:
    thoughts, _ = await thoughts_of(ScriptedResponse.events(said("and so"), ended("length"), SPENT))
    assert thoughts[-1] == Usage(9, 8, 2, "length")


async def test_a_refusal_of_the_model_is_its_reply() -> None:
    refusal = {"choices": [{"delta": {"refusal": "I cannot."}, "finish_reason": "stop"}]}
    thoughts, _ = await thoughts_of(ScriptedResponse.events(refusal))
    assert thoughts[0] == Token("I cannot.")


async def test_a_server_that_cannot_stream_is_understood() -> None:
    whole = ScriptedResponse.of(
        {
            "choices": [{"message": {"role": "assistant", "content": "Hello."},
                         "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2},
        }
    )  # fmt: skip
    thoughts, _ = await thoughts_of(whole)
    assert thoughts == [Token("Hello."), Usage(3, 0, 2)]


@pytest.mark.parametrize("last", ["cut", "stall"])
async def test_a_reply_that_is_complete_needs_no_proper_end(last: str) -> None:
    with ScriptedServer(ScriptedResponse.events(said("Bye."), ended(), last)) as server:
        async with loaded(server) as llm:
            thoughts = [thought async for thought in llm.reply(MESSAGES, LlmOptions())]
    assert thoughts == [Token("Bye.")]


@pytest.mark.parametrize(
    ("trouble", "kind", "message"),
    [
        ("cut", EngineError, "broke the connection"),
        ("stall", EngineTimeout, r"sent nothing for 0\.05 s"),
        ({"error": {"message": "out of memory"}}, EngineError, "failed: .*out of memory"),
        (b"data: {{{\n\n", EngineError, "sent '{{{'"),
    ],
)
async def test_after_the_first_token_nothing_is_tried_again(
    trouble: object, kind: type[EngineError], message: str
) -> None:
    answer = ScriptedResponse.events(said("One"), trouble, end=False)
    with ScriptedServer(answer, answer) as server:
        async with loaded(server, next_timeout=0.05) as llm:
            reply = llm.reply(MESSAGES, LlmOptions())
            assert await anext(reply) == Token("One")
            with pytest.raises(kind, match=message):
                await anext(reply)
        assert len(server.posts) == 1


async def test_closing_a_reply_closes_the_connection() -> None:
    with ScriptedServer(ScriptedResponse.events(said("One"), "stall")) as server:
        async with loaded(server) as llm:
            async with aclosing(llm.reply(MESSAGES, LlmOptions())) as reply:
                assert await anext(reply) == Token("One")
            assert server.gone.wait(30)


@pytest.mark.parametrize(
    "answer", [ScriptedResponse(first="stall"), ScriptedResponse.events("stall")]
)
async def test_cancelling_who_waits_closes_the_connection(answer: ScriptedResponse) -> None:
    with ScriptedServer(answer) as server:
        async with loaded(server) as llm:
            waiting = asyncio.ensure_future(anext(llm.reply(MESSAGES, LlmOptions())))
            await asyncio.to_thread(server.asked.wait, 30)
            waiting.cancel()
            await asyncio.wait({waiting})
            assert waiting.cancelled()
            assert server.gone.wait(30)


async def test_a_server_that_lacks_a_field_is_asked_without_it() -> None:
    no_usage = ScriptedResponse.of({"error": {"message": "Unknown field: stream_options"}}, 400)
    renamed = ScriptedResponse.of(
        {"error": {"message": "'max_tokens' is not supported; use 'max_completion_tokens'"}}, 400
    )
    fine = ScriptedResponse.events(said("Hi"), ended())
    with ScriptedServer(no_usage, renamed, fine, fine) as server:
        async with loaded(server) as llm:
            for _ in range(2):
                thoughts = [it async for it in llm.reply(MESSAGES, LlmOptions(max_tokens=9))]
                assert thoughts[0] == Token("Hi")
        asked = [request.json for request in server.posts]
    for request in asked[2:]:
        assert isinstance(request, dict)
        assert "stream_options" not in request
        assert "max_tokens" not in request
        assert request["max_completion_tokens"] == 9
    assert len(asked) == 4


CONVERSATION = [
    Message("system", "Be brief."),
    Message("user", "one"),
    Message("assistant", "1"),
    Message("user", "two"),
    Message("assistant", "", (ToolCall("c", "now", "{}"),)),
    Message("tool", "noon", tool_call_id="c"),
    Message("assistant", "2"),
    Message("user", "three"),
]


async def test_messages_that_do_not_fit_lose_the_oldest_turn() -> None:
    full = ScriptedResponse.of({"error": {"message": "maximum context length is 10 tokens"}}, 400)
    _, asked = await thoughts_of(
        full, full, ScriptedResponse.events(said("3"), ended()), messages=CONVERSATION
    )
    assert isinstance(asked[-1], dict)
    assert asked[-1]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "three"},
    ]


async def test_a_last_turn_that_does_not_fit_is_refused() -> None:
    full = ScriptedResponse.of({"error": {"message": "maximum context length is 10 tokens"}}, 400)
    with pytest.raises(BadRequest, match="maximum context length"):
        await thoughts_of(full, full, full, messages=CONVERSATION)


def test_the_system_message_and_the_last_turn_stay() -> None:
    shorter = without_oldest_turn(CONVERSATION)
    assert shorter == [CONVERSATION[0], *CONVERSATION[3:]]
    assert without_oldest_turn(shorter) == [CONVERSATION[0], CONVERSATION[-1]]
    assert without_oldest_turn(MESSAGES) == MESSAGES
    assert without_oldest_turn([]) == []


async def test_warming_asks_the_server_nothing() -> None:
    with ScriptedServer() as server:
        async with loaded(server) as llm:
            await llm.warm(MESSAGES, LlmOptions())
        assert server.posts == []
        assert llm.name == "openai:m"
