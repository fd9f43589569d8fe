"""What a model thinks and why its reply ended, in chat completions."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from vivavoce.engines import LlmOptions, Message, Reasoning, Thought, Token, Usage
from vivavoce.testing import ScriptedLlm

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

ASK: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "What is the time?"}]}


class Told(ScriptedLlm):
    """Gives these thoughts each time."""

    def __init__(self, *thoughts: Thought) -> None:
        super().__init__()
        self._thoughts = thoughts

    async def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
        for thought in self._thoughts:
            yield thought


THINKING = (Reasoning("I look "), Reasoning("at the clock."), Token("It is noon."), Usage(1, 0, 9))


async def whole(server: Served, **wishes: object) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.post("/v1/chat/completions", json={**ASK, **wishes})
    choice: dict[str, Any] = answer.raise_for_status().json()["choices"][0]
    return choice


async def deltas(server: Served, **wishes: object) -> list[dict[str, Any]]:
    body = {**ASK, **wishes, "stream": True}
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.post("/v1/chat/completions", json=body)
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line]
    return [json.loads(line)["choices"][0] for line in lines if line != "[DONE]"]


async def test_what_the_model_thinks_is_told_on_request_only(serving: Serving) -> None:
    async with serving(llm=Told(*THINKING)) as server:
        asked, unasked = await whole(server, include_reasoning=True), await whole(server)
    assert asked["message"]["reasoning"] == "I look at the clock."
    assert asked["message"]["content"] == unasked["message"]["content"] == "It is noon."
    assert "reasoning" not in unasked["message"]


async def test_a_stream_tells_what_the_model_thinks_on_request_only(serving: Serving) -> None:
    async with serving(llm=Told(*THINKING)) as server:
        asked = await deltas(server, include_reasoning=True)
        unasked = await deltas(server)
    thought = [it["delta"]["reasoning"] for it in asked if "reasoning" in it["delta"]]
    assert thought == ["I look ", "at the clock."]
    assert not [it for it in unasked if "reasoning" in it["delta"]]
    assert "".join(it["delta"].get("content", "") for it in unasked) == "It is noon."


@pytest.mark.parametrize("why", ["content_filter", "length", "stop"])
async def test_why_a_reply_ended_is_told_whole_and_streamed(serving: Serving, why: Any) -> None:
    async with serving(llm=Told(Token("It is"), Usage(1, 0, 2, why))) as server:
        assert (await whole(server))["finish_reason"] == why
        *_, last = await deltas(server)
    assert last["finish_reason"] == why
