"""What clients' events must hold, checked at the door; the wyoming package takes any type."""

from __future__ import annotations

from typing import Annotated, TypeVar

import numpy as np
from pydantic import BaseModel, Field, ValidationError
from wyoming.event import Event

from vivavoce.audio import MAX_RATE, MIN_RATE, Audio, Samples, from_pcm16
from vivavoce.errors import BadAudio, BadRequest

M = TypeVar("M", bound=BaseModel)

_MOST_CHANNELS = 64


class PcmFormat(BaseModel):
    """PCM as WAV files have it. width: bytes of a sample."""

    rate: Annotated[int, Field(ge=MIN_RATE, le=MAX_RATE)]
    width: Annotated[int, Field(ge=1, le=4)]
    channels: Annotated[int, Field(ge=1, le=_MOST_CHANNELS)]


class Transcribe(BaseModel):
    """Audio is to follow, and its text is wanted."""

    name: str | None = None
    language: str | None = None
    context: dict[str, object] | None = None
    vad_sensitivity: str | None = None
    transcript_names: list[str] | None = None
    transcript_terms: list[str] | None = None


class TranscriptText(BaseModel):
    """A user's words, to be handled."""

    text: str
    language: str | None = None
    context: dict[str, object] | None = None


class VoiceChoice(BaseModel):
    """How it is to sound: by name, or by language."""

    name: str | None = None
    language: str | None = None
    speaker: str | None = None


class Speak(BaseModel):
    """Text that follows, or is here, is to be spoken."""

    text: str = ""
    voice: VoiceChoice | None = None
    text_format: str | None = None


class Text(BaseModel):
    """More of the text."""

    text: str


class ClientEvent(BaseModel):
    """A ping."""

    text: str | None = None


def parsed(event: Event, shape: type[M]) -> M:
    """The event's data. Raises BadRequest that names what is wrong with it."""
    try:
        return shape.model_validate(event.data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in (event.type, *first["loc"]))
        raise BadRequest(f"{where}: {first['msg']}") from None


def audio_of(event: Event) -> Audio:
    """An audio chunk's sound; the mean of its channels."""
    form = parsed(event, PcmFormat)
    return Audio(_mono(event.payload or b"", form), form.rate)


def _mono(data: bytes, form: PcmFormat) -> Samples:
    step = form.width * form.channels
    if len(data) % step:
        raise BadAudio(
            f"{len(data)} bytes are not whole samples; with {form.channels} channels of "
            f"{form.width} bytes, send a multiple of {step}"
        )
    values = _values(data, form.width)
    if form.channels == 1:
        return values
    return np.asarray(values.reshape(-1, form.channels).mean(axis=1), np.float32)


def _values(data: bytes, width: int) -> Samples:
    match width:
        case 1:
            return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / np.float32(128)
        case 2:
            return from_pcm16(data)
        case 3:
            # Each in the upper three bytes of four, so that its sign is where it belongs.
            wide = np.zeros((len(data) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
            data = wide.tobytes()
    return np.frombuffer(data, "<i4").astype(np.float32) / np.float32(2**31)
