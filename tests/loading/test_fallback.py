"""Engines that take over from one another."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from vivavoce.audio import Audio, Samples
from vivavoce.engines import (
    LlmOptions,
    Message,
    Stt,
    SttOptions,
    SttStream,
    Token,
    Transcript,
    TtsOptions,
)
from vivavoce.errors import BadRequest, EngineError
from vivavoce.events import Failed, Heard, ReplyEnded
from vivavoce.loading.fallback import (
    FallbackLlm,
    FallbackStt,
    FallbackTts,
    FallbackTurn,
    FallbackVad,
)
from vivavoce.loading.open_engines import probe
from vivavoce.testing import (
    Call,
    ScriptedLlm,
    ScriptedStt,
    ScriptedTts,
    ScriptedTurn,
    ScriptedVad,
    hush,
    say,
)


class Deaf(ScriptedStt):
    """Cannot open a stream while it is broken."""

    name = "deaf"
    broken = True

    async def open(self, options: SttOptions) -> SttStream:
        if self.broken:
            raise EngineError("out of order")
        return await super().open(options)


async def words(stt: Stt) -> str:
    stream = await stt.open(SttOptions())
    await stream.feed(say(0.5).samples)
    transcript = await stream.finish()
    await stream.aclose()
    return transcript.text


async def test_the_next_engine_takes_over_and_hears_the_whole_utterance() -> None:
    class Forgetful(ScriptedStt):
        name = "forgetful"

        async def open(self, options: SttOptions) -> SttStream:
            return _DiesLater()

    chain = FallbackStt([Forgetful(), ScriptedStt("one two three four")])
    stream = await chain.open(SttOptions())
    await stream.feed(say(0.5).samples)
    await stream.feed(say(0.5).samples)
    assert (await stream.finish()).text == "one two three four"
    assert chain.name == "scripted"


class _DiesLater:
    """Takes one chunk."""

    fed = 0

    async def feed(self, samples: Samples) -> Transcript | None:
        self.fed += 1
        if self.fed > 1:
            raise EngineError("died")
        return None

    async def finish(self) -> Transcript:
        raise EngineError("died")

    async def aclose(self) -> None:
        pass


async def test_a_session_is_told_who_took_over_and_its_turn_is_not_lost() -> None:
    stt = FallbackStt([Deaf(), ScriptedStt("what time is it")])
    async with Call(stt=stt, llm=ScriptedLlm("Noon.")) as call:
        await call.hears(say(1.0), hush(2.0))
    assert [event.remedy for event in call.of(Failed)] == ["scripted takes over"]
    assert [e.transcript.text for e in call.of(Heard) if e.final] == ["what time is it"]


async def test_a_probe_that_succeeds_brings_the_first_engine_back() -> None:
    deaf = Deaf("hello there you two")
    chain = FallbackStt([deaf, ScriptedStt("hi")])
    assert await words(chain) == "hi"
    assert chain.down == [deaf]
    with pytest.raises(EngineError):
        await probe("stt", deaf)
    deaf.broken = False
    await probe("stt", deaf)
    chain.restore(deaf)
    assert await words(chain) == "hello there"


async def test_when_all_fail_the_last_error_is_raised_and_all_are_tried_again() -> None:
    chain = FallbackStt([Deaf(), Deaf()])
    with pytest.raises(EngineError, match="out of order"):
        await words(chain)
    assert len(chain.candidates()) == 2


async def test_what_the_caller_did_wrong_is_not_retried() -> None:
    chain = FallbackStt([ScriptedStt(), ScriptedStt()])
    stream = await chain.open(SttOptions(language="xx"))
    with pytest.raises(BadRequest):
        await stream.feed(say(0.1).samples)
    assert chain.down == []


async def reply(chain: FallbackLlm) -> str:
    thoughts = [thought async for thought in chain.reply([Message("user", "Hi")], LlmOptions())]
    return "".join(thought.text for thought in thoughts if isinstance(thought, Token))


async def test_a_model_is_replaced_before_its_first_token() -> None:
    chain = FallbackLlm([ScriptedLlm(EngineError("no")), ScriptedLlm("From the second.")])
    assert await reply(chain) == "From the second."


async def test_a_model_is_never_replaced_after_its_first_token() -> None:
    broken = ScriptedLlm(["It is", EngineError("gone")])  # type: ignore[list-item]
    chain = FallbackLlm([broken, ScriptedLlm("Not this.")])
    with pytest.raises(EngineError, match="gone"):
        await reply(chain)


async def test_a_model_that_does_not_begin_in_time_is_replaced() -> None:
    stuck = ScriptedLlm("Never.")
    stuck.hold = asyncio.Event()
    chain = FallbackLlm([stuck, ScriptedLlm("At once.")], patience_s=0.02)
    assert await reply(chain) == "At once."
    assert stuck.running == 0


async def test_closing_a_reply_early_closes_the_engines_own() -> None:
    llm = ScriptedLlm("One two three four.")
    chain = FallbackLlm([llm, ScriptedLlm()])
    stream = chain.reply([Message("user", "Hi")], LlmOptions())
    await anext(stream)
    await stream.aclose()
    assert llm.running == 0


class Low(ScriptedTts):
    """Another rate."""

    name = "low"
    rate = 8_000


async def test_a_voice_that_takes_over_speaks_at_the_rate_of_the_first() -> None:
    chain = FallbackTts([ScriptedTts(fail=EngineError("hoarse")), Low()])
    async with aclosing(await chain.open(TtsOptions(voice="tone"))) as voice:
        pieces = [piece async for piece in voice.speak("one two")]
    seconds = sum(len(piece.samples) for piece in pieces) / chain.rate
    assert seconds == pytest.approx(0.5, abs=0.01)
    assert [word.text for piece in pieces for word in piece.words] == ["one", "two"]


async def test_a_voice_that_fails_between_phrases_is_replaced_and_its_stream_closed() -> None:
    first, second = ScriptedTts(), Low()
    async with aclosing(await FallbackTts([first, second]).open(TtsOptions())) as voice:
        for phrase in ("one", "two"):
            assert [piece.words[0].text async for piece in voice.speak(phrase)] == [phrase]
        assert (first.opened, second.opened) == (1, 0)
        first.fail = EngineError("hoarse")
        for phrase in ("three", "four"):
            words = [word.text async for piece in voice.speak(phrase) for word in piece.words]
            assert words == [phrase]
        assert (first.left, second.opened, second.left) == (0, 1, 1)
    assert second.left == 0


async def test_a_turn_detector_and_a_vad_are_replaced_too() -> None:
    class Broken(ScriptedTurn):
        name = "broken"

        async def probability(self, utterance: Audio, transcript: str) -> float:
            raise RuntimeError("boom")

    turn = FallbackTurn([Broken(), ScriptedTurn(0.7)])
    assert await turn.probability(say(1.0), "hello") == 0.7
    vad = FallbackVad([ScriptedVad(), ScriptedVad()])
    vad.fail(vad.engines[0], EngineError("broken"))
    assert vad.first is vad.engines[1]
    assert list(vad.open().feed(np.zeros(320, np.float32))) == [0.0]


async def test_a_conversation_goes_on_through_a_failing_model_without_an_apology() -> None:
    llm = FallbackLlm([ScriptedLlm(EngineError("no")), ScriptedLlm("It is noon.")])
    async with Call(stt=ScriptedStt("what time is it"), llm=llm) as call:
        await call.hears(say(1.0), hush(2.0))
    assert [(e.heard, e.why) for e in call.of(ReplyEnded)] == [("It is noon.", "done")]


@pytest.mark.parametrize("kind", ["vad", "turn", "stt", "llm", "tts"])
async def test_a_probe_uses_any_kind_of_engine(kind: str) -> None:
    engines = {
        "vad": ScriptedVad(),
        "turn": ScriptedTurn(),
        "stt": ScriptedStt(),
        "llm": ScriptedLlm("Hi."),
        "tts": ScriptedTts(),
    }
    engine = engines[kind]
    await probe(kind, engine)  # type: ignore[arg-type]
    assert engine.loaded == 1


async def test_a_probe_raises_what_the_engine_raises() -> None:
    with pytest.raises(EngineError):
        await probe("tts", ScriptedTts(fail=EngineError("hoarse")))
    with pytest.raises(EngineError):
        await probe("llm", ScriptedLlm(EngineError("no")))
