"""What goes wrong on a Realtime socket: it is told, others keep talking, nothing is left behind."""

from __future__ import annotations

import json
import socket
import struct
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.server.realtime.wire import QUESTION, RATE, are_left, going_on, open_wire
from vivavoce.audio import to_pcm16
from vivavoce.engines import Transcript
from vivavoce.errors import EngineError
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, hush, say

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

KEY = "secret-key-of-some-length"
LONG = " ".join(f"word{number}" for number in range(60)) + "."


def event(kind: str, **fields: object) -> str:
    return json.dumps({"type": kind, **fields})


def update(**audio: object) -> str:
    return event("session.update", session={"type": "realtime", "audio": audio})


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "invalid_json"),
        ("[1]", "invalid_json"),
        ("[" * 200_000, "invalid_json"),
        ('{"type": "session.update", "session": "\\ud800"}', None),
        ("{}", "missing_required_parameter"),
        (event("dance"), None),
        ('{"type": 7}', None),
        (event("input_audio_buffer.append"), "missing_required_parameter"),
        (event("input_audio_buffer.append", audio="no base64!"), None),
        (event("input_audio_buffer.append", audio=5), None),
        (event("input_audio_buffer.commit"), "input_audio_buffer_commit_empty"),
        (event("response.cancel"), "response_cancel_not_active"),
        (event("conversation.item.delete", item_id="none"), None),
        (event("conversation.item.truncate", item_id="x", content_index=0, audio_end_ms=5), None),
        (update(output={"speed": 99}), "decimal_above_max_value"),
        (update(input={"format": {"type": "audio/pcm", "rate": 16000}}), "invalid_value"),
        (event("output_audio_buffer.clear"), "invalid_value"),
        (b"\0\1\2", None),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_is_no_event_is_told_and_the_session_goes_on(
    server: Served, message: str | bytes, code: str | None
) -> None:
    async with going_on(server), open_wire(server) as wire:
        await wire.socket.send(message)
        error = await wire.error()
        assert error["type"] == "invalid_request_error"
        assert error["message"]
        if code is not None:
            assert error["code"] == code
        await wire.write("Still here?")
        assert "Still here?" in await wire.answered()


async def test_an_error_names_the_event_that_it_is_about(server: Served) -> None:
    async with open_wire(server) as wire:
        await wire.tell("conversation.item.delete", item_id="none", event_id="mine")
        assert (await wire.error())["event_id"] == "mine"
        await wire.tell("dance", event_id="yours")
        assert (await wire.error())["event_id"] == "yours"


async def test_odd_byte_counts_lose_no_sample(serving: Serving) -> None:
    async with serving(stt=ScriptedStt("what time is it")) as server, open_wire(server) as wire:
        await wire.configure(audio={"input": {"transcription": {"model": "whisper-1"}}})
        sound = b"".join(to_pcm16(stretch.samples) for stretch in QUESTION)
        for start in range(0, len(sound), 4801):
            await wire.append(sound[start : start + 4801])
        done = await wire.until("conversation.item.input_audio_transcription.completed")
        assert done["transcript"] == "what time is it"
        assert not wire.of("error")


async def test_speech_in_another_language_is_told_beside_its_transcript(serving: Serving) -> None:
    heard = Transcript("the lupin licked off them", language="en", language_confidence=0.2)
    stt = ScriptedStt(heard, "what time is it")
    async with serving(stt=stt) as server, open_wire(server) as wire:
        await wire.configure(audio={"input": {"transcription": {"model": "whisper-1"}}})
        for doubted in (True, False):
            await wire.append(b"".join(to_pcm16(stretch.samples) for stretch in QUESTION))
            done = await wire.until("conversation.item.input_audio_transcription.completed")
            codes = [warning["code"] for warning in done.get("warnings", [])]
            assert codes == (["language_doubtful"] if doubted else [])
            await wire.until("response.done")


async def test_a_message_past_the_bound_closes_this_session_and_no_other(serving: Serving) -> None:
    async with (
        serving({"limits": {"message_mb": 0.5}}) as server,
        going_on(server),
        open_wire(server) as wire,
    ):
        await wire.append(bytes(600_000))
        code, _ = await wire.closed()
        assert code == 1009


async def test_a_long_append_within_the_bound_does_not_stall_the_others(server: Served) -> None:
    async with going_on(server), open_wire(server) as wire:
        await wire.append(bytes(2 * RATE * 60))
        await wire.write("Hello?")
        assert "Hello?" in await wire.answered()


async def test_audio_may_come_before_anything_else(serving: Serving) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("It is noon now.")
    async with serving(stt=stt, llm=llm) as server, open_wire(server) as wire:
        await wire.speak(*QUESTION)
        assert await wire.answered() == "It is noon now."
        assert wire.sound().seconds == pytest.approx(1.0, abs=0.05)
        assert wire.events[0]["type"] == "session.created"


async def test_a_thousand_appends_at_once_are_all_heard(serving: Serving) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm(answer=lambda said: said[-1].content)
    async with serving(stt=stt, llm=llm) as server, going_on(server), open_wire(server) as wire:
        sound = b"".join(to_pcm16(stretch.samples) for stretch in QUESTION)
        step = 2 * (len(sound) // 2000)
        for start in range(0, len(sound), step):
            await wire.append(sound[start : start + step])
        assert await wire.answered() == "what time is it"


async def test_a_voice_that_is_not_there_is_refused_and_nothing_changes(server: Served) -> None:
    async with going_on(server), open_wire(server) as wire:
        before = (await wire.until("session.created"))["session"]
        nobody = {"type": "realtime", "audio": {"output": {"voice": "nobody"}}}
        await wire.tell("session.update", session=nobody, event_id="e1")
        error = await wire.error()
        assert error["param"] == "session.audio.output.voice"
        assert error["event_id"] == "e1"
        assert await wire.configure() == before


async def test_a_reply_that_fails_says_why_and_the_next_one_comes(serving: Serving) -> None:
    llm = ScriptedLlm(EngineError("scripted: the weights are gone"), "It is noon now.")
    async with serving(llm=llm) as server, open_wire(server) as wire:
        await wire.write("What time is it?")
        response = (await wire.until("response.done"))["response"]
        assert response["status"] == "failed"
        assert "weights are gone" in response["status_details"]["error"]["message"]
        await wire.write("And now?")
        assert await wire.answered() == "It is noon now."


@pytest.mark.parametrize("headers", [None, {"Authorization": "Bearer wrong"}])
async def test_a_wrong_key_is_told_as_openai_tells_it(
    serving: Serving, headers: dict[str, str] | None
) -> None:
    async with serving({"keys": [KEY]}) as server:
        right = {"Authorization": f"Bearer {KEY}"}
        async with going_on(server, right), open_wire(server, headers=headers) as wire:
            code, reason = await wire.closed()
        (error,) = wire.of("error")
        wanted = "invalid_api_key" if headers else "missing_api_key"
        assert error["error"]["code"] == wanted
        assert (code, reason) == (3000, f"invalid_request_error.{wanted}")


async def test_past_the_number_of_sessions_one_more_is_refused_with_a_reason(
    serving: Serving,
) -> None:
    async with (
        serving({"limits": {"sessions_per_key": 1}}) as server,
        going_on(server),
        open_wire(server) as wire,
    ):
        code, reason = await wire.closed()
        (error,) = wire.of("error")
        assert error["error"]["code"] == "too_many_sessions"
        assert (code, reason) == (3008, f"{error['error']['type']}.too_many_sessions")


async def test_a_session_ends_after_its_time_and_says_so(serving: Serving) -> None:
    async with serving({"limits": {"session_s": 0.2}}) as server:
        async with open_wire(server) as wire:
            await wire.closed()
        assert wire.of("error")[0]["error"]["code"] == "session_expired"
        await are_left(server, 0)


async def test_a_session_in_which_nothing_comes_is_closed(serving: Serving) -> None:
    async with serving({"limits": {"idle_s": 0.05}}) as server:
        async with open_wire(server) as wire:
            await wire.closed()
        assert wire.of("error")[0]["error"]["code"] == "idle_timeout"
        await are_left(server, 0)


async def test_a_server_that_stops_lets_the_reply_end_and_goes_away(serving: Serving) -> None:
    async with serving(llm=ScriptedLlm("One last word.")) as server:
        async with open_wire(server) as wire:
            await wire.write("Go on.")
            await wire.until("response.created")
            server.service.conversations.finish()
            assert await wire.answered() == "One last word."
            code, _ = await wire.closed()
        assert code == 1001
        assert wire.sound().seconds == pytest.approx(0.75, abs=0.05)
        await are_left(server, 0)


async def test_a_client_that_is_cut_off_in_mid_reply_leaves_nothing(serving: Serving) -> None:
    llm, tts = ScriptedLlm(answer=lambda said: _long_or_echo(said[-1].content)), ScriptedTts()
    async with serving(llm=llm, tts=tts) as server, going_on(server), open_wire(server) as wire:
        await wire.write("talk on")
        await wire.until("response.output_audio.delta")
        raw = wire.socket.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.socket.transport.abort()
        await are_left(server, 1)
        assert (llm.running, tts.running) == (0, 0)


def _long_or_echo(said: str) -> str:
    return LONG if said == "talk on" else f"You said: {said}"


async def test_a_client_that_never_reads_is_dropped(serving: Serving) -> None:
    async with serving({"limits": {"unsent_mb": 0.1}}) as server, going_on(server):
        with socket.socket() as narrow:
            narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            narrow.connect(server.address)
            narrow.setblocking(False)
            url = f"{server.ws_url}/v1/realtime"
            async with connect(url, sock=narrow, compression=None, max_queue=1) as client:
                with pytest.raises(ConnectionClosed):
                    await flood(client)


async def flood(client: ClientConnection) -> None:
    while True:
        await client.send('{"type": "dance"}')


async def test_interrupting_stops_the_reply_and_what_is_said_is_answered(serving: Serving) -> None:
    stt, llm = ScriptedStt("stop it please now"), ScriptedLlm(LONG, "As you wish.")
    async with serving(stt=stt, llm=llm) as server, open_wire(server) as wire:
        await wire.write("talk on")
        await wire.until("response.output_audio.delta")
        await wire.speak(*QUESTION)
        done = (await wire.until("response.done"))["response"]
        assert done["status"] in {"completed", "cancelled"}
        assert await wire.answered() == "As you wish."


async def test_after_a_truncation_the_model_knows_only_what_was_heard(serving: Serving) -> None:
    llm = ScriptedLlm("one two three four five six seven eight.", "Yes.")
    async with serving(llm=llm) as server, open_wire(server) as wire:
        await wire.write("count")
        await wire.answered()
        item = wire.of("response.output_item.done")[-1]["item"]["id"]
        await wire.tell(
            "conversation.item.truncate", item_id=item, content_index=0, audio_end_ms=750
        )
        await wire.until("conversation.item.truncated")
        await wire.write("go on")
        await wire.answered()
        assert [message.content for message in llm.prompts[-1][-3:]] == [
            "count", "one two three", "go on",
        ]  # fmt: skip
        await wire.tell("conversation.item.retrieve", item_id=item)
        kept = (await wire.until("conversation.item.retrieved"))["item"]
        assert kept["content"][0]["transcript"] == "one two three"


async def test_a_web_page_from_elsewhere_is_not_let_in(server: Served) -> None:
    with pytest.raises(Exception, match="403"):
        async with open_wire(server, headers={"Origin": "https://elsewhere.example"}):
            pass


async def test_what_a_session_is_told_is_text_in_utf_8(serving: Serving) -> None:
    said = "Größe \N{EARTH GLOBE EUROPE-AFRICA} 日本."
    async with serving(llm=ScriptedLlm(said)) as server, open_wire(server) as wire:
        await wire.write("hm")
        assert await wire.answered() == said


async def test_a_client_leaves_while_it_speaks(serving: Serving) -> None:
    stt = ScriptedStt("what time is it")
    async with serving(stt=stt) as server, going_on(server), open_wire(server) as wire:
        await wire.speak(say(1.0, rate=RATE), hush(0.1, rate=RATE))
        await wire.until("input_audio_buffer.speech_started")
