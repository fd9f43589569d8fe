"""What is asked for and answered under `/audio`, as it is documented."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from vivavoce.server.speech.pcm import Rate
from vivavoce.server.speech.sound_files import SpeechForm


class AnalyzeRequest(BaseModel):
    """There is nothing to choose."""

    model_config = ConfigDict(extra="forbid")


class ConvertRequest(BaseModel):
    """What a recording is to become."""

    model_config = ConfigDict(extra="forbid")

    format: SpeechForm = "wav"
    sample_rate: Rate | None = Field(
        None, description="In Hz; the recording's own by default. A codec that lacks it takes the "
        "next higher one it has.",
    )  # fmt: skip
    channels: int = Field(1, ge=1, le=8, description="1; more are answered with 501.")


class EnhanceRequest(ConvertRequest):
    """What is to be done to a recording, and what it is to become."""

    noise: bool = Field(default=True, description="Suppress steady noise.")
    gain: bool = Field(default=False, description="Even the voice's level.")


class QualityRequest(BaseModel):
    """What is to be told of a recording."""

    model_config = ConfigDict(extra="forbid")

    measures: list[Literal["level", "clipping", "snr", "mos", "pesq", "stoi"]] = Field(
        ["level", "clipping", "snr"],
        description="`mos`, `pesq` and `stoi` are answered with 501: no engine here tells them.",
    )


class SpeechStretch(BaseModel):
    """Somebody speaks. In seconds."""

    start: float
    end: float


class AudioAnalysis(BaseModel):
    """What a recording is. Levels are in dB relative to full scale, on the mean of its channels."""

    duration_s: float = Field(description="As decoded.")
    sample_rate: int
    channels: int
    codec: str = Field(description="As libav names it, such as `opus`.")
    container: str
    rms_dbfs: float | None = Field(description="Null for digital silence.")
    peak_dbfs: float | None
    clipped: float = Field(description="Share of samples that begin three in a row at full scale.")
    speech_ratio: float = Field(description="0 to 1, by the VAD.")
    speech: list[SpeechStretch] = Field(description="Pauses up to 0.3 s are left in.")
    vad: str = Field(description="The engine that found it.")


class AudioQuality(BaseModel):
    """How good a recording is. Null is what cannot be told of it."""

    rms_dbfs: float | None = None
    peak_dbfs: float | None = None
    clipped: float | None = None
    speech_dbfs: float | None = Field(None, description="Level where somebody speaks.")
    noise_dbfs: float | None = Field(
        None, description="Level elsewhere; needs 0.3 s that are not digital silence."
    )
    snr_db: float | None = Field(None, description="Estimated from the two.")
    problems: list[Literal["clipped", "no_speech", "too_quiet", "noisy", "narrowband"]]
