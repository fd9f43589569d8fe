"""Calls to scripted engines, as fast as they compute, and with the same result each time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from vivavoce.bench.scorecard.in_process import InProcess
from vivavoce.bench.scorecard.phone import LockstepClock
from vivavoce.bench.scorecard.run import calls_to, told_of
from vivavoce.bench.scorecard.scenario import Scenario, parse
from vivavoce.bench.scorecard.timeline import RecordedCall
from vivavoce.bench.scorecard.voices import Cast
from vivavoce.conversation.session import Engines
from vivavoce.engines import Llm, Stt, Tts, TurnDetector
from vivavoce.settings import SessionSettings
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, ScriptedVad

Write: TypeAlias = Callable[[str], Scenario]
Calls: TypeAlias = Callable[..., Awaitable[list[RecordedCall]]]


@pytest.fixture
def scenario(tmp_path: Path) -> Write:
    """A scenario from the YAML of its script and whatever else; the rest is filled in."""

    def write(text: str) -> Scenario:
        path = tmp_path / "case.yaml"
        path.write_text(f"about: a test\nset: tuning\n{text}")
        return parse(path)

    return write


@pytest.fixture
def calls(scenario: Write) -> Calls:
    """The calls of a scenario to a session with scripted engines."""

    async def made(
        text: str,
        *heard: str | Exception,
        stt: Stt | None = None,
        turn: TurnDetector | None = None,
        llm: Llm | None = None,
        tts: Tts | None = None,
        settings: SessionSettings | None = None,
        repeats: int = 1,
    ) -> list[RecordedCall]:
        settings = settings or SessionSettings()
        engines = Engines(
            ScriptedVad(),
            turn or ScriptedTurn(),
            stt or ScriptedStt(*heard),
            llm or ScriptedLlm(),
            tts or ScriptedTts(),
        )
        return await calls_to(
            InProcess(engines, settings, lockstep=True),
            Cast(ScriptedTts()),
            [scenario(text)],
            repeats,
            settings=told_of(settings.turns),
            clock=LockstepClock,
        )

    return made
