"""The async client, with a real server and scripted engines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import vivavoce
from tests.client.callers import Caller, given, question
from vivavoce.audio import Audio
from vivavoce.conversation.sinks import MemorySink
from vivavoce.engines import SttOptions, TtsOptions, Voice
from vivavoce.errors import BadAudio, BadRequest, EngineError
from vivavoce.events import Heard, ReplyEnded, ReplyStarted, SpeechStarted, Spoke
from vivavoce.loading.fallback import FallbackLlm
from vivavoce.media.decode import write_audio
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, hush, say

if TYPE_CHECKING:
    from tests.client.conftest import Joining
    from tests.server.conftest import Served, Serving

LONG = " ".join(f"word{number}" for number in range(60)) + "."


async def test_a_recording_is_transcribed_as_in_process(
    serving: Serving, joining: Joining, tmp_path: Path
) -> None:
    path = tmp_path / "said.wav"
    write_audio(Audio(np.concatenate([it.samples for it in question()]), 16_000), path)
    options = SttOptions(words=True, language="en", prompt="A café.", hotwords=("one", "two"))
    async with (
        serving(stt=ScriptedStt(*["one two three four"] * 3)) as server,
        joining(server.url) as client,
    ):
        transcript = await client.transcribe_file(path, options=options)
        of_bytes = await client.transcribe_file(path.read_bytes())
        of_sound = await client.transcribe_file(str(path))
    assert transcript.text == "one two three four"
    assert (transcript.language, transcript.confidence) == ("en", 1.0)
    assert transcript.engine == "scripted"
    assert transcript.duration_s == pytest.approx(4.3, abs=0.1)
    assert [word.text for word in transcript.words] == ["one", "two", "three", "four"]
    (segment,) = transcript
    assert segment.transcript.text == "one two three four"
    assert 0 <= segment.start < segment.end <= 4.4
    assert of_bytes.text == of_sound.text == transcript.text
    assert not of_bytes.words


async def test_sound_is_transcribed(serving: Serving, joining: Joining) -> None:
    async with (
        serving(stt=ScriptedStt("one two three four")) as server,
        joining(server.url) as client,
    ):
        assert (await client.transcribe_file(say(1.0, rate=44_100))).text == "one two three four"


async def test_a_text_becomes_sound(server: Served, joining: Joining) -> None:
    async with joining(server.url) as client:
        audio = await client.speak("One two three four.", options=TtsOptions(speed=2.0))
        async with aclosing(client.stream_speech("One. Two. Three.")) as speech:
            streamed = [piece async for piece in speech]
    assert isinstance(audio, vivavoce.Audio)
    assert audio.rate == 16_000
    assert audio.seconds == pytest.approx(0.5, abs=0.05)
    assert audio.dbfs > -20
    assert sum(piece.seconds for piece in streamed) == pytest.approx(0.75, abs=0.05)


async def test_a_text_is_spoken_while_it_is_written(server: Served, joining: Joining) -> None:
    texts = given(["Once ", "upon ", "a ti", "me. ", "The ", "end."])
    async with (
        joining(server.url) as client,
        aclosing(client.speech_stream(texts, rate=8_000)) as speech,
    ):
        pieces = [piece async for piece in speech]
    assert {piece.rate for piece in pieces} == {8_000}
    assert sum(piece.seconds for piece in pieces) == pytest.approx(1.5, abs=0.05)
    words = [word for piece in pieces for word in piece.words]
    assert [word.text for word in words] == ["Once", "upon", "a", "time.", "The", "end."]
    assert words[-1].start == pytest.approx(1.25)


async def test_voices_and_models_are_told(server: Served, joining: Joining) -> None:
    async with joining(server.url) as client:
        assert await client.voices() == ScriptedTts.voices
        assert await client.voices("de") == ()
        (model,) = await client.models()
    assert isinstance(ScriptedTts.voices[0], Voice)
    assert (model.id, model.languages, model.sample_rate) == ("scripted", ("en",), 16_000)


async def test_a_server_tells_how_it_is(server: Served, joining: Joining) -> None:
    async with joining(server.url) as client:
        health = await client.health()
        assert health.ready
        assert {engine.kind for engine in health.engines} == {"vad", "turn", "stt", "llm", "tts"}
        llm = FallbackLlm([ScriptedLlm(EngineError("it broke"))])
        server.service.loaded = replace(server.service.engines, llm=llm)
        await llm.examine()
        health = await client.health()
    assert not health.ready
    assert [it.detail for it in health.engines if it.state == "down"] == ["it broke"]


async def test_a_spoken_question_is_answered_and_the_next_goes_on_from_it(
    serving: Serving, joining: Joining
) -> None:
    stt, llm = ScriptedStt("what time is it", "and now"), ScriptedLlm("Noon.", "One o'clock.")
    async with serving(stt=stt, llm=llm) as server, joining(server.url) as client:
        first = await client.ask(say(1.0), system_prompt="Be brief.")
        again = await client.ask(say(1.0), conversation_id=first.conversation_id)
    assert (first.heard.text, first.text) == ("what time is it", "Noon.")
    assert first.audio.seconds == pytest.approx(0.25, abs=0.1)
    assert (again.heard.text, again.text) == ("and now", "One o'clock.")
    assert llm.prompts[0][0].content == "Be brief."
    assert [it.content for it in llm.prompts[1]][-3:] == ["what time is it", "Noon.", "and now"]


async def test_what_is_said_is_written_down_meanwhile(serving: Serving, joining: Joining) -> None:
    stt = ScriptedStt("one two three four", "five six seven eight")
    audio = given([*question(), *question()])
    async with (
        serving(stt=stt) as server,
        joining(server.url) as client,
        aclosing(client.listen(audio, options=SttOptions(words=True))) as captions,
    ):
        told = [caption async for caption in captions]
    finals = [caption for caption in told if caption.final]
    assert [it.transcript.text for it in finals] == ["one two three four", "five six seven eight"]
    assert any(not it.final and it.transcript.text == "one two" for it in told)
    assert finals[1].start == pytest.approx(4.6, abs=0.2)
    assert finals[0].transcript.stable == 4


async def test_audio_of_any_rate_is_written_down(serving: Serving, joining: Joining) -> None:
    audio = given([hush(0.3, rate=48_000), say(1.0, rate=44_100), hush(3.0, rate=8_000)])
    options = SttOptions(partials=False)
    async with (
        serving(stt=ScriptedStt("one two three four")) as server,
        joining(server.url) as client,
        aclosing(client.listen(audio, options=options)) as captions,
    ):
        told = [caption async for caption in captions]
    assert [caption.transcript.text for caption in told] == ["one two three four"]


async def test_a_conversation_tells_the_library_s_events(
    serving: Serving, joining: Joining
) -> None:
    stt, llm, caller = ScriptedStt("what time is it"), ScriptedLlm("It is noon now."), Caller()
    async with serving(stt=stt, llm=llm) as server, joining(server.url) as client:
        await client.converse(
            caller.speech(say(1.0)), caller.sink, caller.hear, settings={"voice": "other"}
        )
    kinds = [type(event) for event in caller.events]
    assert kinds.index(SpeechStarted) < kinds.index(Heard) < kinds.index(ReplyStarted)
    finals = [it.transcript.text for it in caller.events if isinstance(it, Heard) and it.final]
    assert finals == ["what time is it"]
    assert "".join(it.text for it in caller.events if isinstance(it, Spoke)).split() == [
        "It", "is", "noon", "now.",
    ]  # fmt: skip
    ended = caller.events[-1]
    assert isinstance(ended, ReplyEnded)
    assert (ended.heard, ended.why) == ("It is noon now.", "done")
    assert ended.times is not None
    assert ended.times.gap is not None
    assert caller.sink.audio.rate == 24_000
    assert caller.sink.audio.seconds == pytest.approx(1.0, abs=0.1)


async def test_a_conversation_is_told_things_while_it_runs(
    serving: Serving, joining: Joining
) -> None:
    sink, told = MemorySink(16_000), list[object]()
    async with serving(llm=ScriptedLlm(LONG)) as server, joining(server.url) as client:
        conversation = client.conversation(sink, told.append)
        with pytest.raises(BadRequest, match="not running"):
            await conversation.say("Hello.")

        async def source() -> AsyncIterator[Audio]:
            await conversation.commit()  # nothing was said: no more than a warning
            await conversation.configure({"speed": 2.0})
            await conversation.send_text("talk on")
            caller = Caller()
            async for audio in caller.speech(hush(0.1), lambda: any(map(spoken, told))):
                yield audio
            await conversation.interrupt()
            async for audio in caller.speech(hush(0.1), lambda: any(map(ended, told))):
                yield audio

        await conversation.run(source())
    (last,) = filter(ended, told)
    assert isinstance(last, ReplyEnded)
    assert last.why == "interrupted"
    assert len(last.heard.split()) < 30
    assert sink.flushes >= 1


def spoken(event: object) -> bool:
    return isinstance(event, Spoke)


def ended(event: object) -> bool:
    return isinstance(event, ReplyEnded)


async def test_what_the_server_refuses_is_the_library_s_error(
    server: Served, joining: Joining
) -> None:
    async with joining(server.url) as client:
        with pytest.raises(BadAudio) as bad_audio:
            await client.transcribe_file(b"no audio at all")
        with pytest.raises(BadAudio, match=r"nowhere\.wav: file not found"):
            await client.transcribe_file("nowhere.wav")
        with pytest.raises(BadAudio, match="directory"):
            await client.transcribe_file(Path(__file__).parent)
        with pytest.raises(BadRequest, match="unknown language 'xx'"):
            await client.transcribe_file(say(1.0), options=SttOptions(language="xx"))
        with pytest.raises(BadRequest, match="no voice 'nobody'"):
            await client.speak("Hello.", options=TtsOptions(voice="nobody"))
        with pytest.raises(BadRequest, match="nothing to speak"):
            await client.speak("...")
        with pytest.raises(BadRequest, match="unknown language 'xx'"):
            async for _ in client.listen(given(question()), options=SttOptions(language="xx")):
                pass
        with pytest.raises(BadRequest, match="unknown key"):
            await client.converse(
                given(question()), MemorySink(16_000), settings={"nonsense": True}
            )
        with pytest.raises(BadRequest, match="unknown conversation"):
            await client.ask(say(1.0), conversation_id="gone")
    assert isinstance(bad_audio.value, vivavoce.VivavoceError)


async def test_an_engine_s_failure_is_one_here(serving: Serving, joining: Joining) -> None:
    tts = ScriptedTts()
    tts.fail = EngineError("scripted: it broke")
    async with serving(tts=tts) as server, joining(server.url) as client:
        with pytest.raises(EngineError, match="it broke"):
            await client.speak("Hello.")
        with pytest.raises(EngineError, match="it broke"):
            async for _ in client.speech_stream(given(["Hello."])):
                pass


async def test_a_source_s_own_error_is_told(server: Served, joining: Joining) -> None:
    async def broken() -> AsyncIterator[Audio]:
        yield hush(0.5)
        raise OSError("the microphone is gone")

    async with joining(server.url) as client:
        with pytest.raises(OSError, match="the microphone is gone"):
            async for _ in client.listen(broken()):
                pass
        with pytest.raises(OSError, match="the microphone is gone"):
            await client.converse(broken(), MemorySink(16_000))


async def test_leaving_in_the_midst_leaves_nothing_behind(
    serving: Serving, joining: Joining
) -> None:
    tts = ScriptedTts()
    async with serving(tts=tts) as server, joining(server.url) as client:
        async with aclosing(client.stream_speech("Word. " * 300)) as speech:
            await anext(speech)
        async with aclosing(client.speech_stream(given(["Word. "] * 300))) as spoken_pieces:
            await anext(spoken_pieces)
        await server.service.conversations.ended()
        assert (await client.speak("One two.")).seconds == pytest.approx(0.5, abs=0.05)
    assert tts.running == 0


async def test_a_closed_client_says_so(server: Served, joining: Joining) -> None:
    client = joining(server.url)
    await client.speak("Hello.")
    await client.aclose()
    await client.aclose()
    with pytest.raises(BadRequest, match="closed"):
        await client.speak("Hello.")
    with pytest.raises(BadRequest, match="closed"):
        async for _ in client.listen(given(question())):
            pass


async def test_a_transcript_s_warnings_come_with_it(
    serving: Serving, joining: Joining, tmp_path: Path
) -> None:
    path = tmp_path / "murmur.wav"
    write_audio(say(6.0), path)
    async with serving(stt=ScriptedStt("hm")) as server, joining(server.url) as client:
        heard = await client.transcribe_file(path)
    [warning] = heard.warnings
    assert (warning.code, len(warning.stretches)) == ("words_missing", 1)
