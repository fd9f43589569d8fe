"""What can be known of the engine without a model; the rest is in tests/real/test_mind.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from vivavoce.engine.llama.llm import LlamaCpp, LlamaOptions
from vivavoce.engines import LlmOptions, Message
from vivavoce.errors import BadConfig, EngineUnavailable, ModelError
from vivavoce.options import build

ASK = [Message("user", "Hello?")]


@pytest.mark.parametrize("option", ["slots", "context", "batch"])
def test_a_size_below_one_is_refused(option: str) -> None:
    with pytest.raises(BadConfig, match=f"{option}: it should be .* equal to 1, not 0"):
        build(LlamaOptions, {option: 0})


async def test_before_load_it_says_what_to_do() -> None:
    llm = LlamaCpp(LlamaOptions(model="some.gguf"))
    assert llm.name == "llama-cpp:some.gguf"
    with pytest.raises(EngineUnavailable, match=r"some\.gguf is not loaded; await load\(\) first"):
        llm.reply(ASK, LlmOptions())
    with pytest.raises(EngineUnavailable, match="not loaded"):
        await llm.warm(ASK, LlmOptions())
    with pytest.raises(EngineUnavailable, match="not loaded"):
        await llm.completeness(ASK)
    await llm.aclose()


async def test_a_failed_load_may_be_tried_again(tmp_path: Path) -> None:
    llm = LlamaCpp(LlamaOptions(model=str(tmp_path / "late.gguf")))
    for said in ("no file or folder", "not a GGUF file"):
        with pytest.raises(ModelError, match=said):
            await llm.load()
        (tmp_path / "late.gguf").write_text("text")
    await llm.aclose()


async def test_after_aclose_it_cannot_be_used() -> None:
    llm = LlamaCpp()
    await llm.aclose()
    await llm.aclose()
    with pytest.raises(EngineUnavailable, match="closed"):
        await llm.load()
