"""Silero and Smart Turn with their real weights, on real recordings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from vivavoce import models
from vivavoce.audio import Audio
from vivavoce.engine.moonshine.stt import Moonshine, MoonshineOptions
from vivavoce.engine.silero import SileroOptions, SileroVad
from vivavoce.engine.smart_turn import SmartTurn, SmartTurnOptions
from vivavoce.errors import EngineUnavailable, ModelError
from vivavoce.testing.check_turn import check_turn
from vivavoce.testing.check_vad import check_vad

if TYPE_CHECKING:
    from tests.real.conftest import Clips, Noise, Recording

RATE = 16_000


async def test_silero_keeps_the_contract(recording: Recording) -> None:
    vad = SileroVad()
    with pytest.raises(EngineUnavailable, match="await load"):
        vad.open()
    await check_vad(vad, recording("leopard/test.wav"))
    await vad.aclose()
    with pytest.raises(EngineUnavailable):
        vad.open()


async def test_silero_tells_speech_from_noise(recording: Recording, noise: Noise) -> None:
    vad = SileroVad()
    await vad.load()
    speech = np.array(vad.open().feed(recording("faster-whisper/jfk.wav").samples))
    assert (speech > 0.5).mean() > 0.6
    for colour in (0, 1, 2):
        assert max(vad.open().feed(noise(3.0, -30, colour))) < 0.5
    await vad.aclose()


async def test_smart_turn_keeps_the_contract(recording: Recording) -> None:
    turn = SmartTurn()
    with pytest.raises(EngineUnavailable, match="await load"):
        await turn.probability(Audio.silence(1.0, RATE), "")
    sentence = recording("leopard/test.wav")
    await check_turn(turn, sentence, sentence.cut(0, 0.7 * sentence.seconds))
    await turn.aclose()


async def test_smart_turn_hears_only_the_last_eight_seconds(recording: Recording) -> None:
    turn = SmartTurn()
    await turn.load()
    long = recording("faster-whisper/jfk.wav")
    cut = Audio(long.samples[-8 * RATE :], RATE)
    assert await turn.probability(long, "") == await turn.probability(cut, "")
    await turn.aclose()


async def test_smart_turn_tells_whole_sentences_from_broken_ones(clips: Clips) -> None:
    turn = SmartTurn()
    await turn.load()
    right = total = 0
    for samples, _ in clips(12.0):
        pause = np.zeros(RATE // 5, np.float32)
        for part, over in ((1.0, True), (0.7, False)):
            utterance = np.concatenate([samples[: int(part * len(samples))], pause])
            probability = await turn.probability(Audio(utterance, RATE), "")
            right, total = right + ((probability > 0.5) == over), total + 1
    assert right / total > 0.7, f"{right} of {total}"
    await turn.aclose()


async def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    vad_file = models.fetch("silero-vad") / "silero_vad_16k_op15.onnx"
    turn_file = models.fetch("smart-turn-v3.2") / "smart-turn-v3.2-cpu.onnx"
    folder = models.fetch("moonshine-tiny-en")
    (tmp_path / "encoder_model.onnx").write_bytes(vad_file.read_bytes())
    for name in ("decoder_model_merged.ort", "tokenizer.bin"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    engines = (
        SileroVad(SileroOptions(model=str(turn_file))),
        SmartTurn(SmartTurnOptions(model=str(vad_file))),
        Moonshine(MoonshineOptions(model=str(tmp_path))),
    )
    for engine in engines:
        with pytest.raises(ModelError, match="is a different kind of model"):
            await engine.load()
        await engine.aclose()
