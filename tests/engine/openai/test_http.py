"""What goes wrong between here and a model server, and what the user is told."""

from __future__ import annotations

import traceback

import pytest

from vivavoce.engine.openai.llm import OpenAiLlm, OpenAiLlmOptions
from vivavoce.engine.openai.tts import OpenAiTts, OpenAiTtsOptions
from vivavoce.engines import LlmOptions, Message, Thought, Token
from vivavoce.errors import (
    BadConfig,
    BadRequest,
    EngineBusy,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    VivavoceError,
)
from vivavoce.options import build
from vivavoce.testing.scripted_server import ScriptedResponse, ScriptedServer

KEY = "sk-very-secret-0123456789"
MESSAGES = [Message("user", "Hi")]
HELLO = ScriptedResponse.events(
    {"choices": [{"delta": {"content": "Hello"}, "finish_reason": "stop"}]}
)


async def hello(server: ScriptedServer, **options: str | float) -> str:
    """What the model says to a greeting."""
    llm = OpenAiLlm(build(OpenAiLlmOptions, {"base_url": server.url, "backoff": 0.001, **options}))
    await llm.load()
    try:
        thoughts: list[Thought] = [it async for it in llm.reply(MESSAGES, LlmOptions())]
    finally:
        await llm.aclose()
    return "".join(thought.text for thought in thoughts if isinstance(thought, Token))


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
async def test_the_address_may_be_given_with_or_without_v1(suffix: str) -> None:
    with ScriptedServer(HELLO) as server:
        llm = OpenAiLlm(build(OpenAiLlmOptions, {"base_url": server.url + suffix}))
        await llm.load()
        assert Token("Hello") in [it async for it in llm.reply(MESSAGES, LlmOptions())]
        await llm.aclose()
        assert [request.path for request in server.posts] == ["/v1/chat/completions"]


@pytest.mark.parametrize("base_url", ["", "localhost:8000", "ftp://x", "http://", "nö"])
def test_an_address_that_is_none_is_refused_at_once(base_url: str) -> None:
    with pytest.raises(BadConfig, match="is not a web address; use one such as https://"):
        OpenAiLlm(build(OpenAiLlmOptions, {"base_url": base_url}))


async def test_the_key_comes_from_the_option_or_the_named_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_KEY", f" {KEY}\n")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-openai-s-variable")
    with ScriptedServer(HELLO, HELLO, HELLO, HELLO) as server:
        await hello(server, api_key=KEY)
        await hello(server, api_key_env="MY_KEY")
        await hello(server)
        await hello(server, api_key_env="NO_SUCH_VARIABLE")
        sent = [request.headers["authorization"] for request in server.posts]
    assert sent == [f"Bearer {KEY}", f"Bearer {KEY}", "Bearer sk-from-openai-s-variable", None]


@pytest.mark.parametrize("key", ["sk-with space", "sk-line\nbreak", "sk-ümlaut"])
async def test_a_key_that_cannot_be_one_is_refused_without_being_shown(key: str) -> None:
    with (
        ScriptedServer() as server,
        pytest.raises(BadConfig, match="api_key does not contain a valid key") as e,
    ):
        await hello(server, api_key=key)
    assert key not in "".join(traceback.format_exception(e.value))


async def test_a_server_that_is_not_there_is_named() -> None:
    with ScriptedServer() as server:
        url = server.url
    llm = OpenAiLlm(build(OpenAiLlmOptions, {"base_url": url}))
    with pytest.raises(EngineUnavailable, match=f"nothing responds at {url}/v1 .*set base_url"):
        await llm.load()
    await llm.aclose()


async def test_calls_before_load_and_after_close_say_so() -> None:
    llm = OpenAiLlm(build(OpenAiLlmOptions, {"base_url": "http://127.0.0.1:9"}))
    with pytest.raises(EngineUnavailable, match="not loaded; await load"):
        await anext(llm.reply(MESSAGES, LlmOptions()))
    await llm.aclose()


async def test_a_wrong_key_says_where_it_is_set() -> None:
    refusal = ScriptedResponse.of({"error": {"message": f"Incorrect API key: {KEY}"}}, 401)
    with ScriptedServer(always=[("/v1/models", refusal)]) as server:
        with pytest.raises(EngineUnavailable, match="rejected the key in api_key; put") as e:
            await hello(server, api_key=KEY)
        assert KEY not in "".join(traceback.format_exception(e.value))
        with pytest.raises(EngineUnavailable, match=r"needs a key; put it in the env.*NO_KEY"):
            await hello(server, api_key_env="NO_KEY")


async def test_a_server_that_still_starts_is_not_loaded() -> None:
    starting = ScriptedResponse.of({"error": {"message": "Loading model"}}, 503)
    with (
        ScriptedServer(always=[("/v1/models", starting)]) as server,
        pytest.raises(EngineError, match="status 503: Loading model"),
    ):
        await hello(server)


async def test_the_key_never_shows() -> None:
    refusals = (
        ScriptedResponse.of({"error": {"message": f"bad {KEY}"}}, 400),
        ScriptedResponse.of({"detail": f"bad {KEY}"}, 418),
        ScriptedResponse((f"<html>{'-' * 60}{KEY}".encode(),), kind="text/html"),
        ScriptedResponse((f"{'-' * 290}{KEY}".encode(),), 400),
        ScriptedResponse.events({"error": f"echo {KEY}"}),
        ScriptedResponse.of({"redirect": KEY}, 307, location=f"http://elsewhere/{KEY}"),
    )
    with ScriptedServer(*refusals) as server:
        url = server.url.replace("http://", "http://user:hunter2@")
        for _ in refusals:
            llm = OpenAiLlm(
                build(
                    OpenAiLlmOptions,
                    {"base_url": url, "api_key": KEY, "backoff": 0.001, "retries": 0},
                )
            )
            await llm.load()
            with pytest.raises(VivavoceError) as caught:
                await anext(llm.reply(MESSAGES, LlmOptions()))
            shown = "".join(traceback.format_exception(caught.value)) + repr(llm) + repr(vars(llm))
            assert KEY[:8] not in shown
            assert "hunter2" not in shown
            await llm.aclose()


@pytest.mark.parametrize(
    "trouble",
    [
        ScriptedResponse.of({"error": {"message": "slow down"}}, 429),
        ScriptedResponse.of({}, 500),
        ScriptedResponse.of({}, 502),
        ScriptedResponse.of({}, 503, retry_after="0"),
        ScriptedResponse(first="cut"),
        ScriptedResponse.events("cut"),
        ScriptedResponse.events({"choices": [{"delta": {"role": "assistant"}}]}, "cut"),
        ScriptedResponse.events(end=False),
    ],
)
async def test_what_may_pass_is_tried_again(trouble: ScriptedResponse) -> None:
    with ScriptedServer(trouble, trouble, HELLO) as server:
        assert await hello(server) == "Hello"
        assert len(server.posts) == 3


@pytest.mark.parametrize(
    ("trouble", "kind", "message"),
    [
        (ScriptedResponse.of({}, 429), EngineBusy, "is overloaded"),
        (
            ScriptedResponse.of({"message": "oops"}, 500),
            EngineError,
            "status 500: oops; see the server's log",
        ),
        (ScriptedResponse(first="cut"), EngineError, "broke the connection"),
    ],
)
async def test_what_does_not_pass_is_told(
    trouble: ScriptedResponse, kind: type[EngineError], message: str
) -> None:
    with ScriptedServer(trouble, trouble, HELLO) as server:
        with pytest.raises(kind, match=message):
            await hello(server, retries=1)
        assert len(server.posts) == 2


@pytest.mark.parametrize(
    ("refusal", "kind", "message"),
    [
        (ScriptedResponse.of({"error": "no such field"}, 400), BadRequest, "rejected .* no such"),
        (ScriptedResponse.of({"detail": [{"msg": "x"}]}, 422), BadRequest, r': \[\{"msg": "x"\}\]'),
        (ScriptedResponse.of({}, 404), EngineUnavailable, "does not exist; check base_"),
        (ScriptedResponse.of({"error": {"message": "The model 'x' does not exist"}}, 404),
         EngineUnavailable, "has no model 'gpt-4o-mini' .The model 'x'"),
        (ScriptedResponse.of({"error": {"message": "You exceeded your current quota"}}, 429),
         EngineUnavailable, "has no quota left: You exceeded"),
        (ScriptedResponse.of({}, 301, location="https://there/"),
         EngineUnavailable, "redirects to https://there/; set base_url"),
        (ScriptedResponse((b"teapot\n\n short",), 418), EngineError, "status 418: teapot short"),
        (ScriptedResponse.of({}, 503, retry_after="3600"), EngineError, "status 503"),
    ],
)  # fmt: skip
async def test_what_cannot_pass_is_told_at_once(
    refusal: ScriptedResponse, kind: type[VivavoceError], message: str
) -> None:
    with ScriptedServer(refusal, HELLO) as server:
        with pytest.raises(kind, match=message):
            await hello(server)
        assert len(server.posts) == 1


async def test_a_model_that_is_not_there_brings_up_the_nearest() -> None:
    listed = ScriptedResponse.of({"data": [{"id": "llama-3.2-1b"}, {"id": "qwen3-4b"}]})
    with (
        ScriptedServer(ScriptedResponse.of({}, 404), always=[("/v1/models", listed)]) as server,
        pytest.raises(EngineUnavailable, match=r"no model 'lama-3'; did you mean 'llama-3\.2"),
    ):
        await hello(server, model="lama-3")


@pytest.mark.parametrize(
    "garbage",
    [
        ScriptedResponse((b"<html>Welcome to nginx</html>",), kind="text/html"),
        ScriptedResponse((b"not json",)),
        ScriptedResponse.of(["a", "list"]),
        ScriptedResponse.of({"hello": "world"}),
        ScriptedResponse.events(b"data: {broken\n\n"),
        ScriptedResponse.events({"choices": "none"}),
    ],
)
async def test_an_answer_that_makes_no_sense_is_shown(garbage: ScriptedResponse) -> None:
    with ScriptedServer(garbage) as server, pytest.raises(EngineError, match=r"sent .*base_url"):
        await hello(server, retries=0)


@pytest.mark.parametrize(
    "slow",
    [
        ScriptedResponse(first="stall"),
        ScriptedResponse(("stall",), kind="text/event-stream"),
        ScriptedResponse.events(
            {"choices": [{"delta": {"role": "assistant"}}]}, b": ping\n\n", "stall"
        ),
        ScriptedResponse(("stall",), status=500),
    ],
)
async def test_a_server_that_keeps_still_times_out(slow: ScriptedResponse) -> None:
    with ScriptedServer(slow) as server:
        with pytest.raises(EngineTimeout, match=r"sent nothing for 0\.\d+ s; raise the engine's"):
            await hello(server, first_timeout=0.05)
        assert server.gone.wait(30)
        assert len(server.posts) == 1


async def test_loading_is_done_once_and_again_after_a_failure() -> None:
    tts = OpenAiTts(build(OpenAiTtsOptions, {"base_url": "http://127.0.0.1:9"}))
    with pytest.raises(EngineUnavailable):
        await tts.load()
    with pytest.raises(EngineUnavailable):
        await tts.load()
    with ScriptedServer() as server:
        tts = OpenAiTts(build(OpenAiTtsOptions, {"base_url": server.url}))
        await tts.load()
        await tts.load()
        await tts.aclose()
        await tts.aclose()


async def test_the_connection_is_kept_for_the_next_turn() -> None:
    with ScriptedServer(HELLO, HELLO, HELLO) as server:
        llm = OpenAiLlm(build(OpenAiLlmOptions, {"base_url": server.url}))
        await llm.load()
        for _ in range(3):
            assert Token("Hello") in [it async for it in llm.reply(MESSAGES, LlmOptions())]
        await llm.aclose()
        assert server.connections == 1
