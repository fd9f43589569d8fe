"""All calls of some scenarios, one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from vivavoce import registry
from vivavoce.config.configuration import Config
from vivavoce.engines import Tts
from vivavoce.loading.open_engines import open_engines
from vivavoce.registry import EngineSpec
from vivavoce.settings import TurnSettings

from .caller import place
from .in_process import InProcess
from .phone import Clock, WallClock
from .scenario import Scenario
from .script import ScriptPlan
from .summary import Scorecard
from .target import CallTarget
from .timeline import RecordedCall
from .voices import Cast, NoRecordings, seed_of

CALLERS_VOICE = "espeak-ng"
"""The engine that speaks for the callers, whoever is called."""


async def bench_turns(
    config: Config,
    scenarios: Sequence[Scenario],
    *,
    target: CallTarget | None = None,
    speech: Path | None = None,
    repeats: int = 1,
    clean: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Scorecard:
    """The scorecard of a target; None is the session in this process with the configured engines.

    speech: the folder of recordings, or None. repeats: how often each call is made.
    clean: see `InProcess`. tell: called
    with a line of progress.
    """
    async with _callers_voice() as voice:
        cast = Cast(voice, speech)
        if target is not None:
            calls = await calls_to(target, cast, scenarios, repeats, tell=tell)
            return Scorecard.of(target.name, calls)
        async with open_engines(config) as engines:
            target = InProcess(engines, config.session, clean=clean)
            settings = told_of(config.session.turns)
            calls = await calls_to(target, cast, scenarios, repeats, settings=settings, tell=tell)
            return Scorecard.of(target.name, calls)


async def calls_to(
    target: CallTarget,
    cast: Cast,
    scenarios: Sequence[Scenario],
    repeats: int = 1,
    *,
    settings: dict[str, float | str] | None = None,
    clock: Callable[[], Clock] = WallClock,
    tell: Callable[[str], None] = lambda line: None,
) -> list[RecordedCall]:
    """Each scenario's calls. clock: makes that of a call."""
    calls = []
    for scenario in scenarios:
        try:
            plans = await plans_of(scenario, cast, repeats)
        except NoRecordings as missing:
            tell(f"{scenario.name}: left out: {missing}")
            continue
        for plan in plans:
            call = await place(plan, target, clock(), settings)
            calls.append(call)
            tell(f"{scenario.name}: {plan.label}{': ' + call.failure if call.failure else ''}")
    return calls


async def plans_of(scenario: Scenario, cast: Cast, repeats: int = 1) -> list[ScriptPlan]:
    """The calls of a scenario, with their sound. Raises NoRecordings where some are missing."""
    noise = await cast.noise(scenario)
    plans = []
    for number, text in enumerate((scenario.texts or (None,)) * scenario.takes):
        voice = cast.voice(scenario, number)
        clips = [await cast.clip(scenario, step, text, voice, number) for step in scenario.script]
        label = f"{number + 1}" if voice is None else f"{number + 1}, {voice}"
        for repeat in range(repeats):
            seed = seed_of(f"{scenario.name}/{number}/{repeat}")
            plans.append(ScriptPlan(scenario, f"{label} #{repeat + 1}", clips, noise, seed))
    return plans


def told_of(turns: TurnSettings) -> dict[str, float | str]:
    """What the trade-off curve wants to know of the settings."""
    return {
        "wait_min_s": turns.wait_min_s,
        "wait_max_s": turns.wait_max_s,
        "eagerness": turns.eagerness,
    }


@asynccontextmanager
async def _callers_voice() -> AsyncIterator[Tts]:
    voice = registry.create("tts", EngineSpec.parse(CALLERS_VOICE))
    await voice.load()
    try:
        yield voice  # type: ignore[misc]
    finally:
        await voice.aclose()
