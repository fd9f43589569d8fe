"""What Vivavoce's own API answers, as it is documented."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, Field

from vivavoce.engines import Word


class TimedWord(BaseModel):
    """One word. start, end: in seconds from the beginning of the audio."""

    text: str
    start: float
    end: float
    confidence: float | None = Field(None, description="0 to 1, where the engine tells it.")


def timed(words: Iterable[Word]) -> list[TimedWord]:
    """As the API answers."""
    return [
        TimedWord(
            text=word.text,
            start=round(word.start, 3),
            end=round(word.end, 3),
            confidence=word.confidence,
        )
        for word in words
    ]


class TranscriptSegment(BaseModel):
    """A stretch of the recording and what is said in it. Times in seconds."""

    start: float
    end: float
    text: str
    speaker: str | None = Field(None, description="With separate channels: `channel 1` and so on.")
    language: str | None = None
    confidence: float | None = None
    words: list[TimedWord] | None = Field(
        None, description="With `words`, or where the engine tells them anyway."
    )
    words_estimated: bool | None = Field(
        None, description="True where the engine told no times, so that they are estimated."
    )


class TranscriptWarningResponse(BaseModel):
    """Something that may be wrong with a transcript, and what helps."""

    code: str = Field(
        description="`recording_faulty`: the recording is damaged or cut short; "
        "`words_missing`: speech that gave hardly any text; `language_doubtful`: "
        "speech that is probably in a language the engine does not know."
    )
    message: str
    stretches: list[tuple[float, float]] = Field(description="Where: start and end, in seconds.")


class TranscriptResponse(BaseModel):
    """What is said in a recording."""

    text: str
    language: str | None = Field(None, description="A code such as `en`, where it is known.")
    language_confidence: float | None = Field(None, description="0 to 1, where it was found out.")
    confidence: float | None = Field(None, description="The average, 0 to 1, where it is known.")
    words: list[TimedWord] | None = Field(None, description="With `words`: all of them.")
    words_estimated: bool | None = Field(
        None, description="With `words`: whether the engine left the times of some to be estimated."
    )
    segments: list[TranscriptSegment]
    warnings: list[TranscriptWarningResponse] | None = Field(
        None, description="What to know before you trust the text; left out where there is nothing."
    )
    duration_s: float = Field(description="Of the recording.")
    processing_s: float = Field(description="What it took to transcribe it, once it had arrived.")
    engine: str
    sample_rate: int = Field(description="Hz of the audio as the engine got it.")

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "text": "What time is it?",
                    "language": "en",
                    "confidence": 0.93,
                    "segments": [{"start": 0.31, "end": 1.22, "text": "What time is it?"}],
                    "duration_s": 1.6,
                    "processing_s": 0.08,
                    "engine": "moonshine:tiny-en",
                    "sample_rate": 16000,
                }
            ]
        }
    }


class SttModelResponse(BaseModel):
    """A speech-to-text engine."""

    id: str = Field(examples=["moonshine:tiny-en"])
    languages: list[str] = Field(description="Codes; empty where the engine does not tell.")
    sample_rate: int
    streaming: bool = Field(description="Whether `WS /stt/stream` works with it.")


class SttModelsResponse(BaseModel):
    """The engine that transcribes, and the names that it also answers to."""

    models: list[SttModelResponse]
    aliases: dict[str, str] = Field(description="Other names, and the model each means.")


class VoiceResponse(BaseModel):
    """One way to sound."""

    id: str
    name: str
    languages: list[str]
    gender: str | None = None


class VoicesResponse(BaseModel):
    """What `voice` may be; the first is the default."""

    voices: list[VoiceResponse]
    aliases: dict[str, str] = Field(description="Other names, and the voice each means.")
    engine: str
    sample_rate: int


class SpeechResponse(BaseModel):
    """A text as speech."""

    audio: str = Field(description="The file, in base64.")
    format: str
    sample_rate: int
    duration_s: float
    processing_s: float
    engine: str
    voice: str | None = Field(description="The engine's own name of it, where it is known.")
    words: list[TimedWord]
    words_estimated: bool = Field(
        description="Whether the engine left the times of some to be estimated."
    )

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "audio": "UklGRi…",
                    "format": "wav",
                    "sample_rate": 22050,
                    "duration_s": 0.62,
                    "processing_s": 0.012,
                    "engine": "espeak-ng:en-us+rob",
                    "voice": "en-us+rob",
                    "words": [{"text": "Hello.", "start": 0.0, "end": 0.41}],
                    "words_estimated": False,
                }
            ]
        }
    }


class VoiceChatResponse(BaseModel):
    """One spoken turn."""

    conversation_id: str = Field(description="Send it with the next turn to go on.")
    heard: str = Field(description="What the user said.")
    language: str | None = None
    confidence: float | None = None
    reply: str
    audio: str = Field(description="The reply's audio file, in base64.")
    format: str
    sample_rate: int
    duration_s: float = Field(description="Of the reply's audio.")
    processing_s: float
    engines: dict[str, str]

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "conversation_id": "8sYp2n1XJ0ZbQe4T",
                    "heard": "What is the capital of France?",
                    "language": "en",
                    "confidence": 0.97,
                    "reply": "The capital of France is Paris.",
                    "audio": "UklGRi…",
                    "format": "wav",
                    "sample_rate": 22050,
                    "duration_s": 2.1,
                    "processing_s": 0.6,
                    "engines": {
                        "stt": "moonshine:tiny-en",
                        "llm": "llama-cpp:smollm2-135m",
                        "tts": "espeak-ng:en-us+rob",
                    },
                }
            ]
        }
    }


BINARY = {"schema": {"type": "string", "format": "binary"}}
"""What OpenAPI calls a body of bytes."""
