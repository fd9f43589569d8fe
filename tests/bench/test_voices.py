"""`vivavoce bench voices`."""

from __future__ import annotations

import pytest

from vivavoce.bench.voices import bench_voices, voices_here
from vivavoce.errors import BadRequest, ModelError
from vivavoce.lab.quality import MODEL
from vivavoce.models import fetch
from vivavoce.registry import EngineSpec


def test_the_engines_that_can_speak_are_found_and_no_remote_one() -> None:
    found = voices_here()
    assert EngineSpec("espeak-ng") in found
    assert EngineSpec("openai") not in found
    assert len(found) == len(set(map(str, found)))


@pytest.mark.slow
async def test_a_voice_is_measured() -> None:
    try:
        fetch(MODEL)
    except ModelError as error:
        pytest.skip(f"the weights of DNSMOS cannot be had: {error}")
    report = await bench_voices(["espeak-ng"], ["en-us+f3"])
    [row] = report.rows
    assert (row["engine"], row["voice"]) == ("espeak-ng", "en-us+f3")
    assert all(1 <= float(row[key] or 0) <= 5 for key in ("overall", "signal", "P.808"))
    assert float(row["× real time"] or 0) > 1
    assert 0 <= float(row["WER %"] or 0) <= 100


@pytest.mark.slow
async def test_a_voice_that_no_engine_has_is_refused() -> None:
    with pytest.raises(BadRequest, match="no engine has the voice 'nobody'"):
        await bench_voices(["espeak-ng"], ["nobody"])
