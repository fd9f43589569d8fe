"""The least use of an engine."""

from __future__ import annotations

import pytest

from vivavoce.engines import Kind
from vivavoce.errors import EngineError
from vivavoce.loading.probe import probe
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, ScriptedVad


@pytest.mark.parametrize("kind", ["vad", "turn", "stt", "llm", "tts"])
async def test_a_probe_uses_any_kind_of_engine(kind: Kind) -> None:
    engines = {
        "vad": ScriptedVad(),
        "turn": ScriptedTurn(),
        "stt": ScriptedStt(),
        "llm": ScriptedLlm("Hi."),
        "tts": ScriptedTts(),
    }
    engine = engines[kind]
    await probe(kind, engine)
    assert engine.loaded == 1


async def test_a_probe_raises_what_the_engine_raises() -> None:
    with pytest.raises(EngineError):
        await probe("tts", ScriptedTts(fail=EngineError("hoarse")))
    with pytest.raises(EngineError):
        await probe("llm", ScriptedLlm(EngineError("no")))


async def test_a_recognizer_is_probed_with_something_to_hear() -> None:
    with pytest.raises(EngineError, match="deaf"):
        await probe("stt", ScriptedStt(EngineError("deaf")))
