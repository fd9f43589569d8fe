"""Requests and responses of `/audio`, with the descriptions that the docs show."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from vivavoce.server.speech.pcm import Rate
from vivavoce.server.speech.sound_files import SpeechForm


class AnalyzeRequest(BaseModel):
    """This request has no options."""

    model_config = ConfigDict(extra="forbid")


class ConvertRequest(BaseModel):
    """The format to convert a recording to."""

    model_config = ConfigDict(extra="forbid")

    format: SpeechForm = "wav"
    sample_rate: Rate | None = Field(
        None, description="In Hz. Defaults to the recording's rate. If the codec does not support "
        "it, the next higher rate is used.",
    )  # fmt: skip
    channels: int = Field(1, ge=1, le=8, description="Only 1 is supported; other values get 501.")


class EnhanceRequest(ConvertRequest):
    """How to enhance a recording, and the format of the result."""

    noise: bool = Field(default=True, description="Suppress steady noise.")
    gain: bool = Field(default=False, description="Level out the voice's volume.")


class QualityRequest(BaseModel):
    """What to measure in a recording."""

    model_config = ConfigDict(extra="forbid")

    measures: list[Literal["level", "clipping", "snr", "mos", "pesq", "stoi"]] = Field(
        ["level", "clipping", "snr"],
        description="`mos`, `pesq` and `stoi` get 501: no engine here measures them.",
    )


class SpeechStretch(BaseModel):
    """A stretch of speech, in seconds."""

    start: float
    end: float


class AudioAnalysis(BaseModel):
    """Facts about a recording. Levels are in dBFS, over the mean of its channels."""

    duration_s: float = Field(description="Decoded length.")
    sample_rate: int
    channels: int
    codec: str = Field(description="libav's name, such as `opus`.")
    container: str
    rms_dbfs: float | None = Field(description="Null for digital silence.")
    peak_dbfs: float | None
    clipped: float = Field(description="Share of samples that start a run of three at full scale.")
    speech_ratio: float = Field(
        description="Share of the time with speech, 0 to 1, as the VAD hears it."
    )
    speech: list[SpeechStretch] = Field(description="Stretches include pauses of up to 0.3 s.")
    vad: str = Field(description="The VAD engine that found the speech.")


class AudioQuality(BaseModel):
    """The quality of a recording. Null means that a figure cannot be measured."""

    rms_dbfs: float | None = None
    peak_dbfs: float | None = None
    clipped: float | None = None
    speech_dbfs: float | None = Field(None, description="Level during speech.")
    noise_dbfs: float | None = Field(
        None, description="Level outside speech; needs at least 0.3 s that is not digital silence."
    )
    snr_db: float | None = Field(None, description="Estimated from these two levels.")
    problems: list[Literal["clipped", "no_speech", "too_quiet", "noisy", "narrowband"]]
