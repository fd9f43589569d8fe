"""Spoken turns over HTTP, from a real server."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from email import message_from_bytes
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httpx
import numpy as np
import pytest

from vivavoce.audio import Audio
from vivavoce.engines import Message
from vivavoce.errors import EngineError
from vivavoce.media.decode import read_audio, write_audio
from vivavoce.server.chat_sessions import KEPT_S, ChatSessions
from vivavoce.server.errors import Problem
from vivavoce.testing import ScriptedLlm, ScriptedStt, hush, say

if TYPE_CHECKING:
    from tests.server.conftest import Serving


def question() -> bytes:
    file = io.BytesIO()
    samples = np.concatenate([hush(0.2).samples, say(1.0).samples, hush(0.2).samples])
    write_audio(Audio(samples, 16_000), file, format="wav")
    return file.getvalue()


QUESTION = question()


async def test_a_spoken_question_gets_a_spoken_answer(serving: Serving) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("It is noon now.")
    async with (
        serving(stt=stt, llm=llm) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post("/voice-chat", files={"file": QUESTION})
    body = answer.json()
    assert (body["heard"], body["reply"]) == ("what time is it", "It is noon now.")
    assert body["duration_s"] == pytest.approx(1.0)
    assert body["engines"] == {"stt": "scripted", "llm": "scripted", "tts": "scripted"}
    assert body["processing_s"] > 0
    audio = read_audio(io.BytesIO(base64.b64decode(body["audio"])))
    assert audio.seconds == pytest.approx(1.0)


async def test_a_question_is_no_longer_than_a_turn(serving: Serving) -> None:
    stt = ScriptedStt("what time is it")
    async with (
        serving({"limits": {"turn_s": 1.0}}, stt=stt) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post("/voice-chat", files={"file": QUESTION})
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "audio_too_long")
        answer = await client.post("/voice-chat?sample_rate=192000", files={"file": QUESTION})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "sample_rate")
        answer = await client.post("/audio/convert?sample_rate=192000", content=QUESTION)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "sample_rate")
        answer = await client.post("/stt/transcribe", content=QUESTION)
        assert answer.status_code == 200


async def test_a_conversation_goes_on_where_it_was(serving: Serving) -> None:
    stt = ScriptedStt("what time is it", "and tomorrow at noon", "who are you")
    llm = ScriptedLlm("It is noon.", "The same again.", "Nobody.")
    async with (
        serving(stt=stt, llm=llm) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        first = (await client.post("/voice-chat", files={"file": QUESTION})).json()
        fields = {"conversation_id": first["conversation_id"], "system_prompt": "Be brief."}
        second = (await client.post("/voice-chat", files={"file": QUESTION}, data=fields)).json()
        other = (await client.post("/voice-chat", content=QUESTION)).json()
    assert second["conversation_id"] == first["conversation_id"] != other["conversation_id"]
    assert llm.prompts[1] == [
        Message("system", "Be brief."),
        Message("user", "what time is it"),
        Message("assistant", "It is noon."),
        Message("user", "and tomorrow at noon"),
    ]
    assert [message.content for message in llm.prompts[2][1:]] == ["who are you"]


@pytest.mark.parametrize("form", ["multipart/mixed", "multipart/form-data"])
async def test_the_parts_of_an_answer_come_as_such(serving: Serving, form: str) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("Zwölf Uhr.")
    async with (
        serving(stt=stt, llm=llm) as server,
        httpx.AsyncClient(base_url=server.url, headers={"Accept": form}) as client,
    ):
        answer = await client.post("/voice-chat?format=mp3", content=QUESTION)
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    message = message_from_bytes(head + answer.content)
    assert message.get_content_type() == form
    _, texts, audio = message.walk()
    told, data = (part.get_payload(decode=True) for part in (texts, audio))
    assert isinstance(told, bytes)
    assert isinstance(data, bytes)
    assert json.loads(told)["reply"] == "Zwölf Uhr."
    assert (audio.get_content_type(), audio.get_filename()) == ("audio/mpeg", "reply.mp3")
    assert read_audio(io.BytesIO(data)).seconds == pytest.approx(0.5, abs=0.15)


async def test_the_audio_alone_has_the_texts_in_its_headers(serving: Serving) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("Zwölf Uhr.\nJa!")
    async with (
        serving(stt=stt, llm=llm) as server,
        httpx.AsyncClient(base_url=server.url, headers={"Accept": "audio/*"}) as client,
    ):
        answer = await client.post("/voice-chat", content=QUESTION, params={"sample_rate": 8000})
    assert answer.headers["content-type"] == "audio/wav"
    assert unquote(answer.headers["x-heard"]) == "what time is it"
    assert unquote(answer.headers["x-reply"]) == "Zwölf Uhr.\nJa!"
    assert answer.headers["x-conversation-id"]
    audio = read_audio(io.BytesIO(answer.content))
    assert audio.rate == 8000
    assert float(answer.headers["x-duration-s"]) == pytest.approx(audio.seconds, abs=0.01)


async def test_what_is_accepted_chooses_the_format_unless_one_is_given(serving: Serving) -> None:
    stt, llm = ScriptedStt("hello", "hello"), ScriptedLlm("Hi there.", "Hi there.")
    async with (
        serving(stt=stt, llm=llm) as server,
        httpx.AsyncClient(base_url=server.url, headers={"Accept": "audio/mpeg"}) as client,
    ):
        answer = await client.post("/voice-chat", content=QUESTION)
        assert answer.headers["content-type"] == "audio/mpeg"
        assert read_audio(io.BytesIO(answer.content)).seconds == pytest.approx(0.5, abs=0.15)
        refused = await client.post("/voice-chat", files={"file": QUESTION}, data={"format": "wav"})
        assert refused.status_code == 406


@pytest.mark.parametrize(
    ("send", "status", "code"),
    [
        ({"content": b""}, 400, "invalid_audio"),
        ({"content": b"nonsense"}, 400, "invalid_audio"),
        ({"data": {"voice": "other"}}, 400, "invalid_audio"),
        ({"files": {"other": QUESTION}}, 400, "missing_required_parameter"),
        ({"content": QUESTION, "params": {"conversation_id": "x"}}, 404, "conversation_not_found"),
        ({"content": QUESTION, "params": {"voice": "nobody"}}, 400, "invalid_value"),
        ({"content": QUESTION, "headers": {"Accept": "image/png"}}, 406, "not_acceptable"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_wrong_is_told_and_leaves_nothing(
    serving: Serving, send: dict[str, object], status: int, code: str
) -> None:
    async with serving() as server, httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.post("/voice-chat", **send)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert server.service.admission.computing == 0


async def test_a_recording_without_words_is_an_error(serving: Serving) -> None:
    async with (
        serving(stt=ScriptedStt("")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post("/voice-chat", content=QUESTION)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_audio")
    assert "no words" in answer.json()["error"]["message"]


async def test_a_turn_that_failed_is_not_remembered(serving: Serving) -> None:
    stt = ScriptedStt("one is this", "two is that", "three is all")
    llm = ScriptedLlm("First.", EngineError("out of memory"), "Third.")
    async with (
        serving(stt=stt, llm=llm) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        first = (await client.post("/voice-chat", content=QUESTION)).json()
        where = {"conversation_id": first["conversation_id"]}
        failed = await client.post("/voice-chat", content=QUESTION, params=where)
        assert (failed.status_code, failed.json()["error"]["code"]) == (500, "engine_failed")
        third = await client.post("/voice-chat", content=QUESTION, params=where)
    assert third.json()["reply"] == "Third."
    said = [message.content for message in llm.prompts[-1][1:]]
    assert said == ["one is this", "First.", "three is all"]


async def test_turns_of_one_conversation_take_their_turns(serving: Serving) -> None:
    stt = ScriptedStt(*["what time is it"] * 9)
    llm = ScriptedLlm(*(f"Number {number}." for number in range(9)))
    async with (
        serving(stt=stt, llm=llm) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        first = (await client.post("/voice-chat", content=QUESTION)).json()
        where = {"conversation_id": first["conversation_id"]}
        calls = [client.post("/voice-chat", content=QUESTION, params=where) for _ in range(4)]
        answers = await asyncio.gather(*calls)
    assert sorted(answer.json()["reply"] for answer in answers) == [
        f"Number {number}." for number in range(1, 5)
    ]
    assert [len(prompt) for prompt in llm.prompts] == [2, 4, 6, 8, 10]


async def turn(dialogues: ChatSessions, id_: str | None = None, owner: str = "me") -> str:
    async with dialogues.turn(id_, owner, 12) as dialogue:
        dialogue.history.user("hello")
        return dialogue.id


async def test_conversations_are_forgotten_after_an_hour_and_when_there_are_too_many() -> None:
    now = 0.0
    dialogues = ChatSessions(most=2, clock=lambda: now)
    first, second = await turn(dialogues), await turn(dialogues)
    await turn(dialogues, first)
    third = await turn(dialogues)
    assert len(dialogues) == 2
    with pytest.raises(Problem, match="unknown conversation"):
        await turn(dialogues, second)
    now = KEPT_S - 1
    await turn(dialogues, third)
    now = KEPT_S + 1
    with pytest.raises(Problem, match="60 minutes"):
        await turn(dialogues, first)
    await turn(dialogues, third)


async def test_a_conversation_is_its_owner_s_alone() -> None:
    dialogues = ChatSessions()
    mine = await turn(dialogues)
    with pytest.raises(Problem, match="unknown conversation"):
        await turn(dialogues, mine, "somebody else")


async def test_too_many_turns_at_once_are_refused() -> None:
    dialogues = ChatSessions()
    id_ = await turn(dialogues)
    done = asyncio.Event()

    async def waits() -> None:
        async with dialogues.turn(id_, "me", 12):
            await done.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(waits())
        await asyncio.sleep(0)
        with pytest.raises(Problem, match="are already waiting") as caught:
            await turn(dialogues, id_)
        done.set()
    assert caught.value.status == 429
    await turn(dialogues, id_)


async def test_a_new_conversation_whose_first_turn_fails_is_not_kept() -> None:
    dialogues = ChatSessions()
    with pytest.raises(ZeroDivisionError):
        async with dialogues.turn(None, "me", 12):
            _ = 1 / 0
    assert len(dialogues) == 0
