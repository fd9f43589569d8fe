"""A Realtime session, event by event, with scripted engines."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import Any

import numpy as np
import pytest

from tests.server.realtime.talk import Talk
from vivavoce.audio import to_pcm16
from vivavoce.conversation.sinks import MemorySink
from vivavoce.engines import Message, ToolCall
from vivavoce.errors import EngineError
from vivavoce.server.realtime.event_translator import REMEMBERED
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, hush, say

LONG = "One two three four five six seven eight nine ten eleven twelve."
MANUAL: dict[str, Any] = {"audio": {"input": {"turn_detection": None}}}
HEARD: dict[str, Any] = {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}
CREATE = {"type": "response.create"}
CANCEL = {"type": "response.cancel"}
COMMIT = {"type": "input_audio_buffer.commit"}
CLEAR = {"type": "input_audio_buffer.clear"}


def wrote(text: str, **more: Any) -> dict[str, Any]:
    """A user's text message."""
    part = {"type": "input_text", "text": text}
    item = {"type": "message", "role": "user", "content": [part], **more}
    return {"type": "conversation.item.create", "item": item}


def error_codes(talk: Talk) -> list[str | None]:
    return [event["error"]["code"] for event in talk.of("error")]


async def test_a_spoken_turn_comes_in_the_order_that_clients_know() -> None:
    async with Talk(session=HEARD) as talk:
        await talk.hears(say(1.0), hush(3.0))
    assert talk.types == [
        "session.created",
        "conversation.created",
        "session.updated",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ]
    heard = talk.last("conversation.item.input_audio_transcription.completed")
    assert heard["transcript"] == "what time is it"
    assert heard["usage"] == {"type": "duration", "seconds": pytest.approx(1.0, abs=0.1)}
    done = talk.last("response.done")["response"]
    assert done["status"] == "completed"
    assert done["output"][0]["content"][0]["transcript"] == "It is noon now."
    assert talk.audio.seconds == pytest.approx(1.0, abs=0.01)


async def test_much_audio_at_once_leaves_others_their_turns_while_it_is_cleaned() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    cleaned = {"audio": {"input": {"noise_reduction": {"type": "near_field"}}}}
    async with Talk(session=cleaned) as talk:
        others = asyncio.create_task(count())
        await talk.appends(hush(20.0, rate=24_000).samples)
        await talk.sends(CLEAR)
        others.cancel()
    assert turns >= 200


async def test_the_whole_reply_is_sent_long_before_it_is_played() -> None:
    async with Talk(llm=ScriptedLlm(LONG)) as talk:
        await talk.sends(wrote("Count."), CREATE)
        assert talk.now == 0
        assert talk.of("response.done")
        assert talk.audio.seconds > 2


async def test_no_transcript_of_the_user_comes_unless_it_is_asked_for() -> None:
    async with Talk() as talk:
        await talk.hears(say(1.0), hush(3.0))
    assert not [kind for kind in talk.types if "transcription" in kind]


async def test_a_barge_in_cancels_the_response_and_keeps_what_was_heard() -> None:
    stt, llm = ScriptedStt("please stop right now"), ScriptedLlm(LONG, "As you wish.")
    async with Talk(stt=stt, llm=llm, call=MemorySink(16_000)) as talk:
        await talk.sends(wrote("Count."), CREATE)
        await talk.hears(hush(1.0))
        await talk.hears(say(1.0), hush(3.0))
    first = talk.of("response.done")[0]["response"]
    prompt = llm.prompts[-1]
    assert [message.role for message in prompt][-3:] == ["user", "assistant", "user"]
    heard = prompt[-2].content
    assert LONG.startswith(heard)
    assert 0 < len(heard) < len(LONG)
    assert first["status"] in {"completed", "cancelled"}
    cleared = talk.types.index("output_audio_buffer.cleared")
    assert talk.types.index("input_audio_buffer.speech_started") < cleared


async def test_a_reply_that_is_still_made_is_cancelled_by_the_users_words() -> None:
    llm = ScriptedLlm(LONG, "Yes.")
    stt = ScriptedStt("wait a moment please", "go on")
    async with Talk(stt=stt, llm=llm) as talk:
        llm.hold = asyncio.Event()
        await talk.sends_at_once(wrote("Count."))
        await talk.sends_at_once(CREATE)
        for _ in range(100):
            await asyncio.sleep(0)
        assert talk.of("response.created")
        assert not talk.of("response.done")
        samples = say(1.0).resampled(24_000).samples
        for start in range(0, len(samples), 480):
            talk.now += 0.02
            audio = b64encode(to_pcm16(samples[start : start + 480])).decode()
            await talk.sends_at_once({"type": "input_audio_buffer.append", "audio": audio})
            for _ in range(40):
                await asyncio.sleep(0)
        llm.hold.set()
        await talk.settled()
        done = talk.of("response.done")[0]["response"]
        assert done["status"] == "cancelled"
        assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        started = talk.types.index("input_audio_buffer.speech_started")
        assert started < talk.types.index("response.done")


async def test_a_cough_during_a_reply_is_not_told_to_the_client() -> None:
    async with Talk(stt=ScriptedStt(""), llm=ScriptedLlm(LONG)) as talk:
        await talk.sends(wrote("Count."), CREATE)
        await talk.hears(hush(0.5), say(0.3), hush(2.0))
    assert not talk.of("input_audio_buffer.speech_started")
    assert not talk.of("conversation.item.truncated")


async def test_noise_that_was_told_as_speech_is_told_to_be_none() -> None:
    async with Talk(stt=ScriptedStt("")) as talk:
        await talk.hears(say(0.5), hush(2.0))
    speech = [kind for kind in talk.types if kind.startswith("input_audio_buffer")]
    assert speech == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.cleared",
    ]


async def test_truncation_leaves_the_words_that_were_played_and_no_others() -> None:
    llm = ScriptedLlm(LONG, "Right.")
    async with Talk(llm=llm) as talk:
        await talk.sends(wrote("Count."), CREATE)
        item = talk.last("response.output_item.done")["item"]
        truncate = {
            "type": "conversation.item.truncate",
            "item_id": item["id"],
            "content_index": 0,
            "audio_end_ms": 1000,
        }
        await talk.sends(truncate, wrote("Go on."), CREATE)
        told = talk.last("conversation.item.truncated")
        assert (told["item_id"], told["audio_end_ms"]) == (item["id"], 1000)
        await talk.sends({"type": "conversation.item.retrieve", "item_id": item["id"]})
        kept = talk.last("conversation.item.retrieved")["item"]["content"][0]["transcript"]
    assert kept == "One two three four"
    contents = [message.content for message in llm.prompts[-1]][-3:]
    assert contents == ["Count.", kept, "Go on."]


async def test_truncation_past_the_end_cuts_nothing() -> None:
    llm = ScriptedLlm("Short.", "Right.")
    async with Talk(llm=llm) as talk:
        await talk.sends(wrote("Hi."), CREATE)
        item_id = talk.last("response.output_item.done")["item"]["id"]
        await talk.sends(
            {
                "type": "conversation.item.truncate",
                "item_id": item_id,
                "content_index": 0,
                "audio_end_ms": 60_000,
            },
            wrote("More."),
            CREATE,
        )
    assert not talk.of("error")
    assert [message.content for message in llm.prompts[-1]][-2] == "Short."


async def test_what_is_not_the_models_speech_cannot_be_truncated() -> None:
    async with Talk() as talk:
        await talk.sends(wrote("Hi.", id="mine"))
        for item_id in ("mine", "nobodys"):
            await talk.sends(
                {
                    "type": "conversation.item.truncate",
                    "item_id": item_id,
                    "content_index": 0,
                    "audio_end_ms": 10,
                }
            )
    assert error_codes(talk) == ["invalid_value", "item_truncate_invalid_item_id"]


async def test_only_the_first_part_can_be_truncated() -> None:
    async with Talk(llm=ScriptedLlm(LONG)) as talk:
        await talk.sends(wrote("Count."), CREATE)
        item_id = talk.last("response.output_item.done")["item"]["id"]
        cut = {"type": "conversation.item.truncate", "item_id": item_id, "audio_end_ms": 1000}
        await talk.sends({**cut, "content_index": 1})
        await talk.sends({"type": "conversation.item.retrieve", "item_id": item_id})
        kept = talk.last("conversation.item.retrieved")["item"]["content"][0]["transcript"]
    error = talk.last("error")["error"]
    assert (error["code"], error["param"]) == ("invalid_value", "content_index")
    assert kept == LONG
    assert not talk.of("conversation.item.truncated")


async def test_a_message_whose_word_times_are_forgotten_is_not_truncated() -> None:
    async with Talk(llm=ScriptedLlm(LONG, *["Yes."] * REMEMBERED)) as talk:
        for _ in range(REMEMBERED + 1):
            await talk.sends(wrote("Go on."), CREATE)
        first, second = (talk.of("response.output_item.done")[n]["item"]["id"] for n in (0, 1))
        for item_id in (first, second):
            await talk.sends(
                {
                    "type": "conversation.item.truncate",
                    "item_id": item_id,
                    "content_index": 0,
                    "audio_end_ms": 0,
                }
            )
        await talk.sends({"type": "conversation.item.retrieve", "item_id": first})
        kept = talk.last("conversation.item.retrieved")["item"]["content"][0]["transcript"]
    error = talk.last("error")["error"]
    assert (error["code"], error["param"]) == ("invalid_value", "item_id")
    assert "Nothing was truncated" in error["message"]
    assert kept == LONG
    assert [event["item_id"] for event in talk.of("conversation.item.truncated")] == [second]


async def test_a_client_cancels_and_may_ask_anew() -> None:
    llm = ScriptedLlm(LONG, "Anew.")
    async with Talk(llm=llm) as talk:
        llm.hold = asyncio.Event()
        await talk.sends_at_once(CREATE)
        await talk.sends_at_once({**CANCEL, "event_id": "mine"})
        llm.hold.set()
        await talk.settled()
        done = talk.last("response.done")["response"]
        assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
        await talk.sends(CREATE)
    assert talk.last("response.done")["response"]["status"] == "completed"


async def test_nothing_to_cancel_is_an_error_that_names_the_clients_event() -> None:
    async with Talk() as talk:
        await talk.sends({**CANCEL, "event_id": "evt_7"})
    (error,) = talk.of("error")
    assert error["error"]["code"] == "response_cancel_not_active"
    assert error["error"]["message"].startswith("Cancellation failed")
    assert error["error"]["event_id"] == "evt_7"


async def test_a_second_response_is_refused_while_the_first_is_made() -> None:
    llm = ScriptedLlm(LONG)
    async with Talk(llm=llm) as talk:
        llm.hold = asyncio.Event()
        await talk.sends_at_once(CREATE)
        await talk.sends_at_once(CREATE)
        for _ in range(200):
            await asyncio.sleep(0)
        assert error_codes(talk) == ["conversation_already_has_active_response"]
        llm.hold.set()
        await talk.settled()
    assert len(talk.of("response.done")) == 1


async def test_turns_by_hand_are_answered_when_the_client_says_so() -> None:
    llm = ScriptedLlm("It is noon.")
    async with Talk(llm=llm, session=MANUAL) as talk:
        await talk.hears(say(1.0), hush(3.0))
        assert "input_audio_buffer.speech_started" not in talk.types
        await talk.sends_at_once(COMMIT)
        await talk.sends_at_once(CREATE)
        await talk.settled()
        await talk.settled()
    assert talk.types.index("input_audio_buffer.committed") < talk.types.index("response.created")
    assert llm.prompts[-1][-1] == Message("user", "what time is it")
    assert len(talk.of("response.done")) == 1


async def test_two_recordings_sent_at_once_are_two_turns() -> None:
    stt, llm = ScriptedStt("first of all", "second of all"), ScriptedLlm("A.", "B.")
    async with Talk(stt=stt, llm=llm, session=MANUAL) as talk:
        clip = say(1.0).resampled(24_000).samples
        for _ in range(2):
            await talk.appends(clip)
            await talk.sends_at_once(COMMIT)
            await talk.sends_at_once(CREATE)
            await talk.settled()
            await talk.settled()
    said = [message.content for message in llm.prompts[-1]]
    assert said[-3:] == ["first of all", "A.", "second of all"]


async def test_an_empty_buffer_cannot_be_committed() -> None:
    async with Talk() as talk:
        await talk.sends(COMMIT)
        await talk.appends(np.zeros(1200, np.float32))
        await talk.sends(COMMIT)
        await talk.appends(np.zeros(2400, np.float32))
        await talk.sends(CLEAR, COMMIT)
    assert error_codes(talk) == ["input_audio_buffer_commit_empty"] * 3
    assert len(talk.of("input_audio_buffer.cleared")) == 1


async def test_a_commit_of_silence_is_an_item_without_words() -> None:
    async with Talk(session=HEARD) as talk:
        await talk.hears(hush(0.5))
        await talk.sends(COMMIT)
    assert talk.last("conversation.item.added")["item"]["role"] == "user"
    done = talk.last("conversation.item.input_audio_transcription.completed")
    assert done["transcript"] == ""
    assert not talk.of("response.created")


async def test_a_commit_in_the_middle_of_speech_ends_the_turn_without_an_answer() -> None:
    async with Talk(session=HEARD) as talk:
        await talk.hears(say(1.0))
        await talk.sends(COMMIT)
        done = talk.last("conversation.item.input_audio_transcription.completed")
        assert done["transcript"].startswith("what time")
        assert not talk.of("response.created")
        await talk.sends(CREATE)
        assert talk.of("response.done")
    stopped = talk.types.index("input_audio_buffer.speech_stopped")
    assert stopped < talk.types.index("input_audio_buffer.committed")


async def test_vad_without_responses_leaves_the_answer_to_the_client() -> None:
    session = {"audio": {"input": {"turn_detection": {"create_response": False}}}}
    async with Talk(session=session) as talk:
        await talk.hears(say(1.0), hush(3.0))
        assert talk.of("input_audio_buffer.committed")
        assert not talk.of("response.created")
        await talk.sends(CREATE)
        assert talk.of("response.done")


async def test_vad_without_interruptions_lets_the_response_end() -> None:
    session = {"audio": {"input": {"turn_detection": {"interrupt_response": False}}}}
    stt = ScriptedStt("stop that please now")
    async with Talk(stt=stt, llm=ScriptedLlm(LONG, "Now."), session=session) as talk:
        await talk.sends(wrote("Count."), CREATE)
        await talk.hears(hush(0.2), say(1.0), hush(6.0))
    assert talk.of("input_audio_buffer.speech_started")
    assert [event["response"]["status"] for event in talk.of("response.done")] == [
        "completed",
        "completed",
    ]


async def test_server_vad_waits_as_long_as_it_is_told_to() -> None:
    detection = {"type": "server_vad", "silence_duration_ms": 1000}
    async with Talk(session={"audio": {"input": {"turn_detection": detection}}}) as talk:
        await talk.hears(say(1.0), hush(0.9))
        assert not talk.of("input_audio_buffer.speech_stopped")
        await talk.hears(hush(0.2))
        assert talk.of("input_audio_buffer.speech_stopped")


async def test_a_long_silence_has_the_model_speak_again() -> None:
    detection = {"type": "server_vad", "idle_timeout_ms": 5000}
    llm = ScriptedLlm("Hello.", "Still there?")
    session = {"audio": {"input": {"turn_detection": detection}}}
    async with Talk(llm=llm, session=session) as talk:
        await talk.hears(hush(6.0))
        assert not talk.of("input_audio_buffer.timeout_triggered"), "only after a reply"
        await talk.sends(CREATE)
        await talk.hears(hush(7.0))
    (timeout,) = talk.of("input_audio_buffer.timeout_triggered")
    assert timeout["audio_end_ms"] - timeout["audio_start_ms"] >= 5000
    assert timeout["item_id"] == talk.last("input_audio_buffer.committed")["item_id"]
    assert len(talk.of("response.done")) == 2


async def test_text_out_makes_no_sound() -> None:
    async with Talk(session={"output_modalities": ["text"]}) as talk:
        await talk.sends(wrote("Hi."), CREATE)
    assert talk.last("response.output_text.done")["text"] == "It is noon now."
    assert not talk.audio.seconds
    assert talk.last("response.done")["response"]["output_modalities"] == ["text"]


async def test_a_response_out_of_band_leaves_the_conversation_as_it_is() -> None:
    llm = ScriptedLlm("A greeting.", "Again.")
    create = {
        "type": "response.create",
        "response": {
            "conversation": "none",
            "output_modalities": ["text"],
            "instructions": "Classify.",
            "metadata": {"topic": "kind"},
            "input": [
                {"type": "item_reference", "id": "first"},
                {
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_text", "text": "What was that?"}],
                },
            ],
        },
    }
    async with Talk(llm=llm) as talk:
        await talk.sends(wrote("Hello.", id="first"), wrote("Unrelated."), create)
        done = talk.last("response.done")["response"]
        added = len(talk.of("conversation.item.added"))
        await talk.sends(CREATE)
    assert llm.prompts[0] == [
        Message("system", "Classify."),
        Message("user", "Hello. What was that?"),
    ]
    assert done["conversation_id"] is None
    assert done["metadata"] == {"topic": "kind"}
    assert added == 2
    assert [message.content for message in llm.prompts[1]][1:] == ["Hello. Unrelated."]


async def test_the_client_runs_the_tools_that_the_model_calls() -> None:
    llm = ScriptedLlm([ToolCall("call_1", "weather", '{"city":"Paris"}')], "It is sunny in Paris.")
    tool = {
        "type": "function",
        "name": "weather",
        "description": "The weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
    async with Talk(llm=llm, session={"tools": [tool], "tool_choice": "auto"}) as talk:
        await talk.sends(wrote("Weather in Paris?"), CREATE)
        done = talk.last("response.function_call_arguments.done")
        assert (done["call_id"], done["name"]) == ("call_1", "weather")
        assert done["arguments"] == '{"city":"Paris"}'
        order = [kind for kind in talk.types if "item" in kind or "arguments" in kind]
        assert order[-5:] == [
            "response.output_item.added",
            "conversation.item.added",
            "response.function_call_arguments.done",
            "conversation.item.done",
            "response.output_item.done",
        ]
        result = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}
        await talk.sends({"type": "conversation.item.create", "item": result}, CREATE)
    assert [message.role for message in llm.prompts[-1]][-3:] == ["user", "assistant", "tool"]
    assert talk.last("response.output_audio_transcript.done")["transcript"].startswith("It is sun")


async def test_a_model_that_fails_fails_its_response_alone() -> None:
    llm = ScriptedLlm(EngineError("scripted: out of order"), "Better now.")
    async with Talk(llm=llm) as talk:
        await talk.sends(CREATE)
        failed = talk.last("response.done")["response"]
        assert failed["status"] == "failed"
        assert "out of order" in failed["status_details"]["error"]["message"]
        await talk.sends(CREATE)
    assert talk.last("response.done")["response"]["status"] == "completed"


async def test_a_voice_that_fails_fails_the_response() -> None:
    tts = ScriptedTts()
    tts.fail = EngineError("scripted: hoarse")
    async with Talk(tts=tts) as talk:
        await talk.sends(CREATE)
    assert talk.last("response.done")["response"]["status"] == "failed"


async def test_speech_that_cannot_be_understood_is_told_as_failed() -> None:
    stt = ScriptedStt(EngineError("scripted: deaf"))
    async with Talk(stt=stt, session=HEARD) as talk:
        await talk.hears(say(1.0), hush(2.0))
    failed = talk.last("conversation.item.input_audio_transcription.failed")
    assert "deaf" in failed["error"]["message"]
    assert talk.of("input_audio_buffer.committed")


async def test_items_are_created_retrieved_and_deleted() -> None:
    async with Talk() as talk:
        await talk.sends(
            wrote("One.", id="a"),
            {**wrote("Zero.", id="b"), "previous_item_id": "root"},
            wrote("Again.", id="a"),
            {"type": "conversation.item.retrieve", "item_id": "b"},
            {"type": "conversation.item.delete", "item_id": "b"},
            {"type": "conversation.item.delete", "item_id": "b"},
        )
    assert error_codes(talk) == ["item_create_duplicate_item_id", "item_delete_invalid_item_id"]
    assert talk.last("conversation.item.retrieved")["item"]["content"][0]["text"] == "Zero."
    assert talk.of("conversation.item.added")[1]["previous_item_id"] is None


async def test_a_recording_put_into_the_conversation_is_heard() -> None:
    llm = ScriptedLlm("I see.")
    audio = b64encode(to_pcm16(say(1.0).resampled(24_000).samples)).decode()
    item = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_audio", "audio": audio}],
    }
    async with Talk(llm=llm) as talk:
        await talk.sends({"type": "conversation.item.create", "item": item}, CREATE)
    assert llm.prompts[-1][-1].content == "what time is it"
    assert audio not in str(talk.events), "audio is never sent back"


async def test_an_update_holds_at_once_and_is_told_at_once() -> None:
    llm = ScriptedLlm("Arr.")
    async with Talk(llm=llm) as talk:
        await talk.sends({"type": "session.update", "session": {"instructions": "Be a pirate."}})
        assert talk.types[-1] == "session.updated"
        await talk.sends(CREATE)
        assert llm.prompts[-1][0] == Message("system", "Be a pirate.")
        voice = {"audio": {"output": {"voice": "echo"}}}
        await talk.sends({"type": "session.update", "session": voice})
    assert error_codes(talk) == ["cannot_update_voice"]


@pytest.mark.parametrize("form", ["audio/pcmu", "audio/pcma"])
async def test_telephones_are_spoken_to_in_their_format(form: str) -> None:
    session = {"audio": {"output": {"format": {"type": form}}}}
    async with Talk(session=session) as talk:
        await talk.sends(CREATE)
    deltas = talk.of("response.output_audio.delta")
    size = sum(len(event["delta"]) * 3 // 4 - event["delta"].count("=") for event in deltas)
    assert size == pytest.approx(8000, abs=40)


async def test_a_transcription_session_writes_down_what_is_said_and_answers_nothing() -> None:
    llm = ScriptedLlm()
    stt = ScriptedStt("one two three four five six", "and then some")
    async with Talk(stt=stt, llm=llm, kind="transcription") as talk:
        await talk.hears(say(1.5))
        live = talk.of("conversation.item.input_audio_transcription.delta")
        assert live, "words come while they are spoken"
        await talk.hears(hush(3.0), say(1.0), hush(3.0))
        await talk.sends(CREATE)
    completed = talk.of("conversation.item.input_audio_transcription.completed")
    assert [event["transcript"] for event in completed] == [
        "one two three four five six",
        "and then some",
    ]
    for event in completed:
        deltas = [
            each["delta"]
            for each in talk.of("conversation.item.input_audio_transcription.delta")
            if each["item_id"] == event["item_id"]
        ]
        assert "".join(deltas) == event["transcript"]
    assert not talk.of("response.created")
    assert error_codes(talk) == ["invalid_value"]
    assert not llm.prompts
    assert not llm.warmed


async def test_a_call_tells_when_its_sound_begins_and_ends() -> None:
    async with Talk(call=MemorySink(16_000)) as talk:
        await talk.sends(wrote("Hi."), CREATE)
        for _ in range(120):
            talk.now += 0.02
            await talk.sends(CLEAR)
    kinds = [kind for kind in talk.types if kind.startswith("output_audio_buffer")]
    assert kinds == ["output_audio_buffer.started", "output_audio_buffer.stopped"]
    assert not talk.of("response.output_audio.delta")
    started = talk.last("output_audio_buffer.started")["response_id"]
    assert started == talk.last("response.done")["response"]["id"]


async def test_a_call_is_silenced_when_its_client_says_so() -> None:
    async with Talk(llm=ScriptedLlm(LONG), call=MemorySink(16_000)) as talk:
        await talk.sends(CREATE)
        await talk.sends({"type": "output_audio_buffer.clear"})
        assert talk.types[-1] == "output_audio_buffer.cleared"
        assert not talk.dialogue.session.replying


async def test_the_buffer_of_a_client_that_plays_by_itself_cannot_be_cleared() -> None:
    async with Talk() as talk:
        await talk.sends({"type": "output_audio_buffer.clear"})
    assert error_codes(talk) == ["invalid_value"]
