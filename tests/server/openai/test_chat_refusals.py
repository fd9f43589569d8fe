"""What chat completions refuse, and how they say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

MODEL = "gpt-4o"
ASK: Any = [{"role": "user", "content": "What is the time?"}]
WEATHER: Any = {"type": "function", "function": {"name": "weather"}}
CLOCK: Any = {"type": "function", "function": {"name": "clock"}}


async def refusal(server: Served, **wishes: Any) -> dict[str, Any]:
    """The error's body, and its status."""
    async with httpx.AsyncClient(base_url=server.url) as http:
        body = {"model": MODEL, "messages": ASK, **wishes}
        answer = await http.post("/v1/chat/completions", json=body)
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return {**error, "status": answer.status_code}


IMAGE = {"type": "image_url", "image_url": {"url": "http://localhost/a.png"}}
FILE = {"type": "file", "file": {"file_id": "1"}}


@pytest.mark.parametrize(
    ("wishes", "param", "message"),
    [
        ({"n": 2}, "n", "n is 2"),
        ({"response_format": {"type": "json_object"}}, "response_format", "only be text"),
        ({"logprobs": True}, "logprobs", "not available"),
        ({"functions": [{"name": "f"}]}, "functions", "use tools"),
        ({"messages": []}, "messages", "at least 1"),
        ({"messages": "hello"}, "messages", "list"),
        (
            {"messages": [{"role": "king", "content": "a"}]},
            "messages.0.role",
            "unknown role 'king'",
        ),
        ({"messages": [{"role": "tool", "content": "a"}]}, "messages.0.tool_call_id", "needs a"),
        (
            {"messages": [{"role": "user", "content": [IMAGE]}]},
            "messages.0.content.0.type",
            "'image_url' is not supported",
        ),
        (
            {"messages": [{"role": "user", "content": [FILE]}]},
            "messages.0.content.0.type",
            "'file' is not supported",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "messages.0.content.0",
            "needs a text",
        ),
        (
            {"messages": [{"role": "assistant", "audio": {"id": "audio_1"}}]},
            "messages.0.audio.id",
            "send its transcript",
        ),
        ({"messages": ASK * 1001}, "messages", "at most 1000"),
        (
            {"messages": [{"role": "user", "content": "a" * 400_001}]},
            "messages",
            "400,001 characters",
        ),
        ({"temperature": -1}, "temperature", "greater"),
        ({"max_tokens": 0}, "max_tokens", "greater"),
        ({"tools": [{"type": "custom", "custom": {}}]}, "tools.0.type", "use functions"),
        ({"tool_choice": "required"}, "tool_choice", "available tools are: none"),
        ({"tool_choice": "sometimes", "tools": [CLOCK]}, "tool_choice", "use auto"),
        ({"tool_choice": CLOCK, "tools": [WEATHER]}, "tool_choice", "available tools are: weather"),
        ({"tool_choice": {"type": "custom"}}, "tool_choice", "must be auto"),
        ({"modalities": ["smell"]}, "modalities.0", "'text' or 'audio'"),
        (
            {"modalities": ["audio"], "audio": {"format": "tape"}},
            "audio.format",
            "unknown audio format",
        ),
        (
            {"modalities": ["audio"], "audio": {"format": "mp3"}, "stream": True},
            "audio.format",
            "ask for pcm16",
        ),
        ({"modalities": ["audio"], "audio": {"voice": "nobody"}}, "audio.voice", "no voice"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_cannot_be_had_is_refused_clearly(
    server: Served, wishes: dict[str, Any], param: str, message: str
) -> None:
    error = await refusal(server, **wishes)
    assert error["status"] == 400
    assert error["type"] == "invalid_request_error"
    assert error["param"] == param
    assert message in error["message"]


async def test_a_request_before_the_engines_are_ready_is_told_to_wait(serving: Serving) -> None:
    async with serving() as server:
        server.service.loaded = None
        error = await refusal(server)
    assert error["status"] == 503
    assert error["code"] == "not_ready"
