"""OpenAI's package for Python, as released: Realtime by WebSocket, in both of its ways."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI, OpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection, RealtimeConnection

from tests.clients.conftest import RATE, Serving
from tests.server.conftest import Served
from vivavoce.audio import to_pcm16
from vivavoce.engines import ToolCall
from vivavoce.testing import ScriptedLlm, ScriptedStt, hush, say
from vivavoce.transcripts.word_errors import word_errors

TIME_IN: Any = {
    "type": "function",
    "name": "time_in",
    "description": "The time of day in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def client_of(server: Served) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


def encoded(*pcm: bytes) -> str:
    return base64.b64encode(b"".join(pcm)).decode()


def spoken() -> str:
    """A turn that scripted engines understand."""
    parts = (hush(0.3, rate=RATE), say(1.0, rate=RATE), hush(1.5, rate=RATE))
    return encoded(*(to_pcm16(part.samples) for part in parts))


async def writes(connection: AsyncRealtimeConnection, text: str) -> None:
    await connection.conversation.item.create(
        item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    )
    await connection.response.create()


async def reply(connection: AsyncRealtimeConnection) -> tuple[str, float]:
    """What is said until the next reply ends, and how long it sounds."""
    text, sound = "", b""
    async for event in connection:
        if event.type == "response.output_audio_transcript.delta":
            text += event.delta
        elif event.type == "response.output_audio.delta":
            sound += base64.b64decode(event.delta)
        elif event.type == "response.done":
            assert event.response.status == "completed"
            break
        assert event.type != "error", event
    return text, len(sound) / 2 / RATE


async def test_a_spoken_turn_is_answered_aloud(serving: Serving) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("It is noon now.")
    async with (
        serving(stt=stt, llm=llm) as server,
        client_of(server) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        await connection.session.update(session={"type": "realtime", "instructions": "Be brief."})
        await connection.input_audio_buffer.append(audio=spoken())
        text, seconds = await reply(connection)
    assert text == "It is noon now."
    assert seconds == pytest.approx(1.0, abs=0.05)
    assert [message.content for message in llm.prompts[-1]] == ["Be brief.", "what time is it"]


def ask_at_once(url: str) -> str:
    """The same in the client's other way: plain blocking calls."""
    with (
        OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        connection.input_audio_buffer.append(audio=spoken())
        return heard(connection)


def heard(connection: RealtimeConnection) -> str:
    for event in connection:
        if event.type == "response.output_audio_transcript.done":
            return event.transcript
        assert event.type != "error", event
    raise AssertionError("no reply")


async def test_a_client_that_blocks_is_answered_too(serving: Serving) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("It is noon now.")
    async with serving(stt=stt, llm=llm) as server:
        assert await asyncio.to_thread(ask_at_once, server.url) == "It is noon now."


async def test_a_tool_is_asked_for_and_its_result_is_answered_with(serving: Serving) -> None:
    llm = ScriptedLlm(ToolCall("call_1", "time_in", '{"city": "Rome"}'), "Noon in Rome.")
    async with (
        serving(llm=llm) as server,
        client_of(server) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        await connection.session.update(session={"type": "realtime", "tools": [TIME_IN]})
        await writes(connection, "What time is it in Rome?")
        async for event in connection:
            if event.type == "response.function_call_arguments.done":
                asked = (event.name, event.arguments, event.call_id)
            if event.type == "response.done":
                break
        assert asked == ("time_in", '{"city": "Rome"}', "call_1")
        await connection.conversation.item.create(
            item={"type": "function_call_output", "call_id": "call_1", "output": "noon"}
        )
        await connection.response.create()
        assert (await reply(connection))[0] == "Noon in Rome."
    assert [each.content for each in llm.prompts[-1] if each.role == "tool"] == ["noon"]


async def test_after_a_truncation_only_what_was_heard_is_remembered(serving: Serving) -> None:
    llm = ScriptedLlm("one two three four five six seven eight.", "Yes.")
    async with (
        serving(llm=llm) as server,
        client_of(server) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        await writes(connection, "count")
        async for event in connection:
            if event.type == "response.output_item.done":
                item_id = event.item.id
            if event.type == "response.done":
                break
        assert item_id is not None
        await connection.conversation.item.truncate(
            item_id=item_id, content_index=0, audio_end_ms=1250
        )
        await writes(connection, "go on")
        assert (await reply(connection))[0] == "Yes."
    said = [each.content for each in llm.prompts[-1] if each.role == "assistant"]
    assert said == ["one two three four five"]


async def test_a_reply_may_be_text_alone(serving: Serving) -> None:
    async with (
        serving(llm=ScriptedLlm("It is noon now.")) as server,
        client_of(server) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        await writes(connection, "What time is it?")
        text = ""
        async for event in connection:
            assert event.type != "response.output_audio.delta"
            if event.type == "response.output_text.delta":
                text += event.delta
            if event.type == "response.done":
                break
    assert text == "It is noon now."


@pytest.mark.slow
async def test_the_embedded_engines_understand_and_answer(real: Serving, question: Path) -> None:
    pcm = await asyncio.to_thread(question.read_bytes) + bytes(3 * 2 * RATE)
    async with (
        real() as server,
        client_of(server) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        await connection.session.update(
            session={
                "type": "realtime",
                "audio": {"input": {"transcription": {"model": "whisper-1"}}},
            }
        )
        for start in range(0, len(pcm), 4800):
            await connection.input_audio_buffer.append(audio=encoded(pcm[start : start + 4800]))
        heard = ""
        async for event in connection:
            if event.type == "conversation.item.input_audio_transcription.completed":
                heard = event.transcript
                break
            assert event.type != "error", event
        assert word_errors("What is the capital of France?", heard).rate < 0.2
        text, seconds = await reply(connection)
    assert text
    assert seconds > 0.5
