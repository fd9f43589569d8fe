"""Voices that are loaded once somebody asks for their language."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest

from vivavoce.engines import Tts, TtsOptions, TtsStream, Voice
from vivavoce.errors import BadRequest, EngineError, ModelError
from vivavoce.loading.fallback_tts import FallbackTts
from vivavoce.loading.voice_reserve import VoiceReserve
from vivavoce.testing import ScriptedTts, check_tts

SPANISH = TtsOptions(language="es")


class Speaker(ScriptedTts):
    """Speaks some languages. ready: set once it may be loaded."""

    def __init__(self, name: str, *languages: str, broken: bool = False) -> None:
        super().__init__()
        self.name = name
        self.voices = Voice(name, name, languages), Voice(f"{name} 2", name, languages)
        self.ready = asyncio.Event()
        self.ready.set()
        self.broken = broken
        self.loads = self.closes = 0

    async def load(self) -> None:
        self.loads += 1
        await self.ready.wait()
        if self.broken:
            raise ModelError("the files are damaged")

    @property
    def said(self) -> list[str]:
        """Its phrases without that by which the chain tries it."""
        return [phrase for phrase in self.spoken if phrase != "Hi."]

    async def open(self, options: TtsOptions) -> TtsStream:
        if options.voice not in {None, self.name}:
            raise BadRequest(f"no voice {options.voice}")
        if options.language not in {None, "auto", *self.voices[0].languages}:
            raise BadRequest(f"not {options.language}")
        return await super().open(replace(options, voice=None))

    async def aclose(self) -> None:
        self.closes += 1


class Shelf:
    """What a reserve finds, and what it was asked for."""

    def __init__(self, *engines: Tts) -> None:
        self.engines = engines
        self.asked: list[str] = []

    def find(self, language: str) -> Sequence[Tts]:
        self.asked.append(language)
        return [it for it in self.engines if language in it.voices[0].languages]


@asynccontextmanager
async def stocked(
    shelf: Shelf, patience_s: float = 5.0
) -> AsyncIterator[tuple[FallbackTts, Speaker, Speaker]]:
    """A chain of an English voice and a robot that speaks all; with a reserve."""
    english, robot = Speaker("english", "en"), Speaker("robot", "en", "es", "fr", "it")
    chain = FallbackTts([english, robot], patience_s)
    chain.reserve = VoiceReserve(shelf.find)
    await chain.load()
    try:
        yield chain, english, robot
    finally:
        await chain.aclose()


async def speak(stream: TtsStream, phrase: str) -> None:
    async with aclosing(stream.speak(phrase)) as pieces:
        assert [piece async for piece in pieces]


async def say(chain: FallbackTts, phrase: str, options: TtsOptions = SPANISH) -> None:
    async with aclosing(await chain.open(options)) as stream:
        await speak(stream, phrase)


async def test_a_language_that_only_the_last_voice_knows_is_spoken_by_one_in_reserve() -> None:
    maria = Speaker("maria", "es", "it")
    shelf = Shelf(maria)
    async with stocked(shelf) as (chain, _, robot):
        await say(chain, "hola")
        await say(chain, "adiós")
        await say(chain, "ciao", TtsOptions(language="it"))
        assert (maria.said, robot.said) == (["hola", "adiós", "ciao"], [])
        assert (maria.loads, shelf.asked) == (1, ["es"])
        assert [voice.id for voice in chain.voices][::2] == ["english", "maria", "robot"]
    assert (maria.closes, maria.left, robot.left) == (1, 0, 0)


async def test_nothing_is_looked_for_as_long_as_the_chain_speaks_the_language() -> None:
    shelf = Shelf(Speaker("maria", "en", "es"))
    async with stocked(shelf) as (chain, english, _):
        for options in (TtsOptions(), TtsOptions(language="en"), TtsOptions(language="auto")):
            await say(chain, "hello", options)
        assert english.said == ["hello"] * 3
        assert shelf.asked == []


async def test_the_last_voice_speaks_until_a_slow_one_is_loaded_and_then_that_one_does() -> None:
    maria = Speaker("maria", "es")
    maria.ready.clear()
    async with (
        stocked(Shelf(maria), patience_s=0.01) as (chain, _, robot),
        aclosing(await chain.open(SPANISH)) as stream,
    ):
        await speak(stream, "uno")
        await speak(stream, "dos")
        assert chain.reserve is not None
        coming = chain.reserve.call_on("es", chain)
        assert coming is not None
        maria.ready.set()
        await asyncio.wait_for(coming.task, 5)
        await speak(stream, "tres")
        await speak(stream, "cuatro")
    assert (robot.said, maria.said) == (["uno", "dos"], ["tres", "cuatro"])
    assert (robot.left, maria.left) == (0, 0)


async def test_a_language_without_a_voice_in_the_reserve_is_looked_for_once() -> None:
    shelf = Shelf()
    async with stocked(shelf) as (chain, _, robot):
        await say(chain, "uno")
        await say(chain, "dos")
        assert robot.said == ["uno", "dos"]
        assert shelf.asked == ["es"]


async def test_a_voice_that_cannot_be_loaded_is_told_once_and_the_next_one_speaks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    damaged, maria, spare = (
        Speaker("damaged", "es", broken=True), Speaker("maria", "es"), Speaker("spare", "es"),
    )  # fmt: skip
    with caplog.at_level(logging.WARNING):
        async with stocked(Shelf(damaged, maria, spare)) as (chain, _, _):
            await say(chain, "uno")
            await say(chain, "dos")
    assert maria.said == ["uno", "dos"]
    assert (damaged.loads, damaged.closes, spare.loads, spare.closes) == (1, 1, 0, 1)
    assert [record.message for record in caplog.records] == [
        "tts damaged cannot be used: the files are damaged"
    ]


async def test_calls_at_the_same_time_load_a_voice_once() -> None:
    maria = Speaker("maria", "es", "it")
    async with stocked(Shelf(maria)) as (chain, _, _), asyncio.TaskGroup() as calls:
        for language in ("es", "it", "es", "it"):
            calls.create_task(say(chain, language, TtsOptions(language=language)))
    assert (maria.loads, sorted(maria.said)) == (1, ["es", "es", "it", "it"])


async def test_a_voice_of_the_last_engine_that_is_asked_for_is_not_replaced() -> None:
    shelf = Shelf(Speaker("maria", "es"))
    async with stocked(shelf) as (chain, _, robot):
        await say(chain, "uno", TtsOptions(language="es", voice="robot"))
        assert (robot.said, shelf.asked) == (["uno"], [])


async def test_the_voice_that_is_asked_for_speaks_though_one_before_it_knows_the_language() -> None:
    maria, robot = Speaker("maria", "es"), Speaker("robot", "es")
    chain = FallbackTts([Speaker("english", "en"), maria, robot])
    await chain.load()
    await say(chain, "uno", TtsOptions(voice="robot"))
    await say(chain, "dos", TtsOptions(voice="maria"))
    assert (maria.said, robot.said) == (["dos"], ["uno"])


async def test_a_voice_that_is_expected_is_loaded_before_anyone_asks_for_it() -> None:
    maria = Speaker("maria", "es")
    async with stocked(Shelf(maria)) as (chain, _, _):
        for options in (TtsOptions(), TtsOptions(language="en"), SPANISH):
            chain.expect(options)
        assert chain.reserve is not None
        coming = chain.reserve.call_on("es", chain)
        assert coming is not None
        await asyncio.wait_for(coming.task, 5)
        assert (maria.loads, maria.said) == (1, [])
        await say(chain, "uno")
    assert maria.said == ["uno"]


async def test_a_voice_of_another_language_gives_way_to_one_from_the_reserve() -> None:
    maria = Speaker("maria", "es")
    async with stocked(Shelf(maria)) as (chain, _, _):
        await say(chain, "uno", TtsOptions(language="es", voice="english"))
    assert maria.said == ["uno"]


async def test_a_voice_from_the_reserve_that_fails_leaves_the_phrase_to_the_last() -> None:
    maria = Speaker("maria", "es")
    async with stocked(Shelf(maria)) as (chain, _, robot):
        await say(chain, "uno")
        maria.fail = EngineError("hoarse")
        await say(chain, "dos")
        assert (maria.said, robot.said) == (["uno"], ["dos"])
        assert [engine.name for engine in chain.down] == ["maria"]


async def test_a_chain_that_is_closed_meanwhile_stops_loading_and_frees_the_voice() -> None:
    maria = Speaker("maria", "es")
    maria.ready.clear()
    before = asyncio.all_tasks()
    async with stocked(Shelf(maria), patience_s=0.01) as (chain, _, _):
        await say(chain, "uno")
        assert maria.loads == 1
    assert maria.closes == 1
    assert asyncio.all_tasks() == before


async def test_languages_that_nobody_speaks_are_remembered_within_a_bound() -> None:
    shelf = Shelf()
    async with stocked(shelf) as (chain, _, _):
        for code in [*(f"x{number}" for number in range(100)), "x99", "x0"]:
            coming = chain.reserve and chain.reserve.call_on(code, chain)
            if coming:
                await coming.wait()
    assert len(shelf.asked) == 101
    assert shelf.asked[-1] == "x0"


async def test_a_chain_with_a_reserve_keeps_the_contract_of_a_voice() -> None:
    chain = FallbackTts([ScriptedTts(), ScriptedTts()])
    chain.reserve = VoiceReserve(Shelf().find)
    await check_tts(chain)
