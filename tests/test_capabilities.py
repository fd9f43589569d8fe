"""What an engine can do beyond its kind's contract, found through wrappers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import pytest

from vivavoce.audio import Samples
from vivavoce.bench.scorecard.overheard import overheard
from vivavoce.bench.scorecard.phone import Phone, WallClock
from vivavoce.engines import (
    Engines,
    FileStt,
    Foresight,
    Llm,
    Message,
    SttOptions,
    Transcript,
    capability,
)
from vivavoce.errors import EngineError
from vivavoce.server.wyoming.failure_recording import FailureRecordingStt
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, ScriptedVad, say


class ForeseeingLlm(ScriptedLlm):
    """Knows that all is said."""

    async def completeness(self, messages: Sequence[Message]) -> float:
        return 0.9


class WholeFileStt(ScriptedStt):
    """Understands whole recordings, or fails at them."""

    fail: EngineError | None = None

    async def transcribe(
        self, audio: AsyncIterator[Samples], options: SttOptions
    ) -> AsyncGenerator[Transcript, None]:
        async for _ in audio:
            pass
        if self.fail is not None:
            raise self.fail
        yield Transcript("all of it")


async def recording() -> AsyncIterator[Samples]:
    yield say(0.5).samples


def test_an_engine_has_the_capabilities_of_its_own_methods() -> None:
    stt = WholeFileStt()
    assert capability(stt, FileStt) is stt
    assert capability(ScriptedStt(), FileStt) is None


async def test_failures_at_whole_recordings_are_recorded_too() -> None:
    stt = WholeFileStt()
    recorded = FailureRecordingStt(stt)
    files = capability(recorded, FileStt)
    assert files is not None
    stt.fail = EngineError("broken")
    with pytest.raises(EngineError, match="broken"):
        [segment async for segment in files.transcribe(recording(), SttOptions())]
    assert str(recorded.failure) == "broken"
    stt.fail = None
    heard = [segment.text async for segment in files.transcribe(recording(), SttOptions())]
    assert heard == ["all of it"]
    assert recorded.failure is None
    assert capability(FailureRecordingStt(ScriptedStt()), FileStt) is None


async def test_an_overheard_language_model_still_foresees_and_the_phone_is_told() -> None:
    def listened(llm: Llm, phone: Phone) -> Llm:
        engines = Engines(ScriptedVad(), ScriptedTurn(), ScriptedStt(), llm, ScriptedTts())
        return overheard(engines, phone, []).llm

    phone = Phone(WallClock())
    foresight = capability(listened(ForeseeingLlm(), phone), Foresight)
    assert foresight is not None
    assert await foresight.completeness([Message("user", "That is all")]) == 0.9
    [mark] = phone.marks
    assert (mark.kind, mark.text, mark.value) == ("completeness", "That is all", 0.9)
    assert capability(listened(ScriptedLlm(), phone), Foresight) is None
