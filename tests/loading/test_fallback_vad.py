"""Voice activity detection that goes on when an engine fails."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.loading.unguarded import unguarded
from vivavoce.audio import Samples
from vivavoce.engines import Vad, VadStream
from vivavoce.errors import EngineError
from vivavoce.events import Failed, Heard
from vivavoce.loading.fallback_vad import FallbackVad
from vivavoce.testing import Call, ScriptedLlm, ScriptedStt, ScriptedVad, check_vad, hush, say


class DyingVad(ScriptedVad):
    """Fails at every chunk from one on."""

    name = "dying"

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at
        self.fed = 0

    def open(self) -> VadStream:  # type: ignore[override]
        return _DyingStream(self)


class _DyingStream:
    def __init__(self, vad: DyingVad) -> None:
        self._vad = vad
        self._stream = ScriptedVad().open()

    def feed(self, samples: Samples) -> Sequence[float]:
        self._vad.fed += 1
        if self._vad.fed > self._vad.at:
            raise RuntimeError("no more")
        return self._stream.feed(samples)

    def reset(self) -> None:
        self._stream.reset()


class LongVad:
    """Another rate, and longer frames."""

    name = "long"
    model: str | None = None
    local = True
    rate = 8_000
    frame = 400

    async def load(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    def open(self) -> VadStream:
        return _LongStream()


class _LongStream:
    def __init__(self) -> None:
        self._rest: Samples = np.zeros(0, np.float32)

    def feed(self, samples: Samples) -> Sequence[float]:
        joined = np.concatenate((self._rest, samples))
        frames = len(joined) // 400
        self._rest = joined[frames * 400 :].copy()
        loud = np.abs(joined[: frames * 400]).reshape(frames, 400).max(axis=1) > 0.01
        return [float(one) for one in loud]

    def reset(self) -> None:
        self._rest = self._rest[:0]


def probabilities(vad: Vad, samples: Samples, size: int) -> list[float]:
    stream = vad.open()
    return [
        probability
        for at in range(0, len(samples), size)
        for probability in stream.feed(samples[at : at + size])
    ]


@pytest.mark.parametrize("size", [160, 320, 500, 4000])
def test_a_vad_that_fails_in_a_stream_is_replaced_and_no_frame_is_lost(size: int) -> None:
    audio = np.concatenate([hush(0.5).samples, say(0.5).samples, hush(0.5).samples])
    dying = DyingVad(2)
    chain = FallbackVad([dying, ScriptedVad()])
    assert probabilities(chain, audio, size) == probabilities(ScriptedVad(), audio, size)
    assert unguarded(chain.down) == [dying]
    assert dying.fed == 3


def test_an_engine_of_another_rate_and_frame_stands_in_in_the_first_ones_frames() -> None:
    audio = np.concatenate([hush(1.0).samples, say(1.0).samples, hush(1.0).samples])
    chain = FallbackVad([DyingVad(0), LongVad()])
    heard = probabilities(chain, audio, 160)
    assert len(heard) == 150
    assert heard[:45] == [0.0] * 45
    assert heard[60:95] == [1.0] * 35
    assert heard[110:] == [0.0] * 40


def test_a_vad_alone_tells_its_failure_and_that_it_works_again() -> None:
    dying = DyingVad(0)
    chain = FallbackVad([dying])
    stream = chain.open()
    with pytest.raises(EngineError, match="dying failed: RuntimeError: no more"):
        stream.feed(say(0.1).samples)
    assert chain.links[0].fault == "RuntimeError: no more"
    dying.at = 100
    chain.open().feed(say(0.1).samples)
    assert chain.works


async def test_a_conversation_goes_on_when_its_vad_fails() -> None:
    chain = FallbackVad([DyingVad(20), ScriptedVad()])
    stt = ScriptedStt("what time is it")
    async with Call(vad=chain, stt=stt, llm=ScriptedLlm("Noon.")) as call:
        await call.hears(say(1.0), hush(2.0))
    assert [e.transcript.text for e in call.of(Heard) if e.final] == ["what time is it"]
    assert [e.remedy for e in call.of(Failed)] == ["scripted takes over"]


@pytest.mark.parametrize(
    "engines",
    [
        [ScriptedVad()],
        [ScriptedVad(), ScriptedVad()],
        [DyingVad(0), ScriptedVad()],
        [DyingVad(0), LongVad()],
    ],
    ids=["one", "two", "the first is down", "the second has other frames"],
)
async def test_a_chain_keeps_the_contract_of_its_kind(engines: list[Vad]) -> None:
    await check_vad(FallbackVad(engines))
