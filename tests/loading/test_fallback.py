"""Engines that take over from one another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest

from tests.loading.unguarded import unguarded
from vivavoce.audio import Audio, Samples
from vivavoce.engines import (
    Foresight,
    Llm,
    LlmOptions,
    Message,
    Pronunciation,
    Speech,
    Stt,
    SttOptions,
    SttStream,
    Thought,
    Token,
    Transcript,
    Tts,
    TtsOptions,
    TtsStream,
    TurnDetector,
    Voice,
    capability,
    speak_pronounced,
)
from vivavoce.errors import BadRequest, EngineBusy, EngineError
from vivavoce.events import Failed, Heard, ReplyEnded
from vivavoce.loading.fallback import FallbackLlm, FallbackTurn
from vivavoce.loading.fallback_stt import FallbackStt
from vivavoce.loading.fallback_tts import FallbackTts
from vivavoce.testing import (
    Call,
    ScriptedLlm,
    ScriptedStt,
    ScriptedTts,
    ScriptedTurn,
    check_llm,
    check_stt,
    check_tts,
    check_turn,
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


async def test_an_engine_that_works_again_is_used_again() -> None:
    deaf = Deaf("hello there you two")
    chain = FallbackStt([deaf, ScriptedStt("hi", "hi again")])
    assert await words(chain) == "hi"
    assert unguarded(chain.down) == [deaf]
    deaf.broken = False
    chain.restore(chain.links[0])
    assert await words(chain) == "hello there"


async def test_those_that_are_down_are_asked_before_a_call_fails() -> None:
    deaf, spare = Deaf("hello there"), ScriptedStt(EngineError("worn out"))
    chain = FallbackStt([deaf, spare])
    chain.fail(chain.links[0], EngineError("out of order"))
    deaf.broken = False
    assert await words(chain) == "hello there"
    assert unguarded(chain.down) == [spare]


async def test_when_all_fail_the_last_error_is_raised_and_all_are_tried_again() -> None:
    first, second = Deaf("hello there"), Deaf()
    chain = FallbackStt([first, second])
    with pytest.raises(EngineError, match="out of order"):
        await words(chain)
    assert not chain.works
    first.broken = False
    assert await words(chain) == "hello there"
    assert chain.works


async def test_what_no_engine_can_do_is_refused_at_once_and_nobody_is_down() -> None:
    chain = FallbackStt([ScriptedStt(), ScriptedStt()])
    with pytest.raises(BadRequest, match="unknown language 'xx'"):
        await chain.open(SttOptions(language="xx"))
    assert chain.down == []


async def test_the_engine_that_can_do_what_is_asked_is_chosen() -> None:
    english, german = ScriptedStt("hello there"), ScriptedStt("guten Tag", languages=("de",))
    chain = FallbackStt([english, german])
    stream = await chain.open(SttOptions(language="de"))
    await stream.feed(say(0.3).samples)
    await stream.feed(say(0.3).samples)
    assert (await stream.finish()).text == "guten Tag"
    await stream.aclose()
    assert chain.down == []
    assert (english.open_streams, german.open_streams) == (0, 0)
    assert list(chain.languages) == ["en", "de"]


async def test_a_failure_is_told_and_not_that_the_others_cannot_stand_in() -> None:
    broken = ScriptedStt(EngineError("kaputt"), languages=("de",))
    chain = FallbackStt([broken, ScriptedStt()])
    stream = await chain.open(SttOptions(language="de"))
    with pytest.raises(EngineError, match="kaputt"):
        await stream.feed(say(0.5).samples)
    assert unguarded(chain.down) == [broken]


async def test_an_engine_with_a_full_queue_is_passed_over_but_is_not_down() -> None:
    chain = FallbackStt([ScriptedStt(EngineBusy("full")), ScriptedStt("hello there")])
    assert await words(chain) == "hello there"
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
    voice = await chain.open(TtsOptions(voice="tone"))
    pieces = [piece async for piece in voice.speak("one two")]
    seconds = sum(len(piece.samples) for piece in pieces) / chain.rate
    assert seconds == pytest.approx(0.5, abs=0.01)
    assert [word.text for piece in pieces for word in piece.words] == ["one", "two"]


async def test_a_turn_detector_is_replaced_too() -> None:
    class Broken(ScriptedTurn):
        name = "broken"

        async def probability(self, utterance: Audio, transcript: str) -> float:
            raise RuntimeError("boom")

    turn = FallbackTurn([Broken(), ScriptedTurn(0.7)])
    assert await turn.probability(say(1.0), "hello") == 0.7


async def test_a_conversation_goes_on_through_a_failing_model_without_an_apology() -> None:
    llm = FallbackLlm([ScriptedLlm(EngineError("no")), ScriptedLlm("It is noon.")])
    async with Call(stt=ScriptedStt("what time is it"), llm=llm) as call:
        await call.hears(say(1.0), hush(2.0))
    assert [(e.heard, e.why) for e in call.of(ReplyEnded)] == [("It is noon.", "done")]


# --- capabilities --------------------------------------------------------------------------------


class Foreseeing(ScriptedLlm):
    """Knows how probable it is that all is said, or fails."""

    name = "foreseeing"

    def __init__(self, probability: float | None) -> None:
        super().__init__()
        self.probability = probability

    async def completeness(self, messages: Sequence[Message]) -> float:
        if self.probability is None:
            raise EngineError("no idea")
        return self.probability


async def completeness(chain: FallbackLlm) -> float | None:
    foresight = capability(chain, Foresight)
    return await foresight.completeness([Message("user", "Well")]) if foresight else None


async def test_two_models_with_foresight_keep_it_and_one_stands_in_for_the_other() -> None:
    first, second = Foreseeing(0.2), Foreseeing(0.7)
    chain = FallbackLlm([first, second])
    assert await completeness(chain) == 0.2
    first.probability = None
    assert await completeness(chain) == 0.7
    assert unguarded(chain.down) == [first]


async def test_a_chain_foresees_only_while_the_model_in_use_does() -> None:
    chain = FallbackLlm([ScriptedLlm(EngineError("gone")), Foreseeing(0.4)])
    assert await completeness(chain) is None
    await reply(chain)
    assert await completeness(chain) == 0.4


# --- the contracts -------------------------------------------------------------------------------


class Broken(ScriptedTurn):
    """Never knows."""

    name = "broken"

    async def probability(self, utterance: Audio, transcript: str) -> float:
        raise EngineError("broken")


class Mute(ScriptedLlm):
    """Never answers."""

    name = "mute"

    async def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
        if messages:
            raise EngineError("mute")
        yield Token("")


@pytest.mark.parametrize("engines", [[ScriptedTurn(0.7)], [Broken(), ScriptedTurn(0.7)]])
async def test_a_chain_of_turn_detectors_keeps_their_contract(
    engines: list[TurnDetector],
) -> None:
    await check_turn(FallbackTurn(engines))


@pytest.mark.parametrize("others", [[], ["up"], ["down"]])
async def test_a_chain_of_recognizers_keeps_their_contract(others: list[str]) -> None:
    text = "one two three four"
    engines: list[Stt] = [ScriptedStt(*[text] * 30)]
    if others == ["up"]:
        engines.append(ScriptedStt())
    if others == ["down"]:
        engines.insert(0, Deaf())
    await check_stt(FallbackStt(engines), say(1.0), "one" if others != ["up"] else "")


@pytest.mark.parametrize("first", [[], [Mute()]])
async def test_a_chain_of_models_keeps_their_contract(first: list[Llm]) -> None:
    answer = ScriptedLlm(answer=lambda _: "It is Paris, of course.")
    await check_llm(FallbackLlm([*first, answer]), deterministic=True)


@pytest.mark.parametrize("first", [[], [ScriptedTts(fail=EngineError("hoarse"))]])
async def test_a_chain_of_voices_keeps_their_contract(first: list[Tts]) -> None:
    await check_tts(FallbackTts([*first, ScriptedTts()]))


class Native(ScriptedTts):
    """Speaks one language, with one voice; gives an error for every other."""

    def __init__(self, voice: str, language: str, fail: EngineError | None = None) -> None:
        super().__init__(fail=fail)
        self.voices = (Voice(voice, voice, (language,)), Voice("both", f"{voice} 2", (language,)))

    async def open(self, options: TtsOptions) -> TtsStream:
        if options.voice not in {None, *(voice.id for voice in self.voices)}:
            raise BadRequest(f"no voice {options.voice}")
        if options.language not in {None, self.voices[0].languages[0]}:
            raise BadRequest(f"not {options.language}")
        return await super().open(replace(options, voice=None))


async def test_each_language_is_spoken_by_the_first_voice_that_knows_it() -> None:
    rose, otto = Native("rose", "en"), Native("otto", "de")
    chain = FallbackTts([rose, otto])
    await chain.load()
    rose.spoken.clear()
    otto.spoken.clear()
    for options in (TtsOptions(), TtsOptions(language="de"), TtsOptions(voice="otto")):
        async with (
            aclosing(await chain.open(options)) as stream,
            aclosing(stream.speak(f"for {options.language} {options.voice}")) as pieces,
        ):
            assert [piece async for piece in pieces]
    assert rose.spoken == ["for None None"]
    assert otto.spoken == ["for de None", "for None otto"]
    assert not chain.down
    with pytest.raises(BadRequest, match="not fr"):
        await chain.open(TtsOptions(language="fr"))


class Latin(Native):
    """Refuses phrases that are not in ASCII."""

    async def speak(self, phrase: str, options: TtsOptions) -> AsyncGenerator[Speech, None]:
        if not phrase.isascii():
            raise BadRequest("another script")
        async for piece in super().speak(phrase, options):
            yield piece


async def test_a_phrase_that_a_voice_refuses_is_spoken_by_the_next_and_then_it_goes_on() -> None:
    rose, otto = Latin("rose", "en"), Native("otto", "en")
    chain = FallbackTts([rose, otto])
    await chain.load()
    rose.spoken.clear()
    otto.spoken.clear()
    async with aclosing(await chain.open(TtsOptions())) as stream:
        for phrase in ("one", "два", "three"):
            async with aclosing(stream.speak(phrase)) as pieces:
                assert [piece async for piece in pieces]
    assert (rose.spoken, otto.spoken) == (["one", "three"], ["два"])
    assert not chain.down
    assert (rose.left, otto.left) == (0, 0)


async def test_a_voice_that_took_over_from_one_that_failed_speaks_the_rest_of_the_reply() -> None:
    rose, otto = Native("rose", "en"), Native("otto", "en")
    chain = FallbackTts([rose, otto])
    await chain.load()
    rose.spoken.clear()
    otto.spoken.clear()
    async with aclosing(await chain.open(TtsOptions())) as stream:
        for phrase, fail in (("one", None), ("two", EngineError("hoarse")), ("three", None)):
            rose.fail = fail
            async with aclosing(stream.speak(phrase)) as pieces:
                assert [piece async for piece in pieces]
            chain.links[0].fault = None
    assert (rose.spoken, otto.spoken) == (["one"], ["two", "three"])


async def test_a_chain_lists_the_voices_of_all_that_work_each_once() -> None:
    hoarse = EngineError("hoarse")
    rose, otto = Native("rose", "en"), Native("otto", "de")
    chain = FallbackTts([rose, otto])
    await chain.load()
    assert [(voice.id, voice.name) for voice in chain.voices] == [
        ("rose", "rose"), ("both", "rose 2"), ("otto", "otto"),
    ]  # fmt: skip
    chain = FallbackTts([Native("rose", "en", hoarse), otto])
    await chain.load()
    assert [voice.id for voice in chain.voices] == ["otto", "both"]


async def test_a_chain_of_voices_passes_on_how_words_sound_to_those_who_can() -> None:
    first, second = ScriptedTts(fail=EngineError("hoarse")), ScriptedTts(sounds=[])
    sounds = [Pronunciation(0, 3, "dʒɪf")]
    voice = await FallbackTts([first, second]).open(TtsOptions())
    async with aclosing(voice), aclosing(speak_pronounced(voice, "GIF", sounds)) as pieces:
        assert [word.text async for piece in pieces for word in piece.words] == ["GIF"]
    assert (second.spoken, second.sounds) == (["GIF"], sounds)
