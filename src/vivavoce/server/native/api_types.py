"""The responses of Vivavoce's own API, with the descriptions that the docs show."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, Field

from vivavoce.engines import Word


class TimedWord(BaseModel):
    """One word. start, end: in seconds from the beginning of the audio."""

    text: str
    start: float
    end: float
    confidence: float | None = Field(None, description="0 to 1, if the engine reports it.")


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
    """A part of the recording and its transcript. Times in seconds."""

    start: float
    end: float
    text: str
    speaker: str | None = Field(None, description="With separate channels: `channel 1` and so on.")
    language: str | None = None
    confidence: float | None = None
    words: list[TimedWord] | None = Field(
        None, description="Present if you asked for `words`, or if the engine reports them anyway."
    )
    words_estimated: bool | None = Field(
        None, description="True if the engine reports no times and they are estimates."
    )


class TranscriptWarningResponse(BaseModel):
    """A possible problem with a transcript, and what helps."""

    code: str = Field(
        description="`recording_faulty`: the recording is damaged or cut short; "
        "`words_missing`: speech that gave hardly any text; `language_doubtful`: "
        "speech that is probably in a language the engine does not know."
    )
    message: str
    stretches: list[tuple[float, float]] = Field(description="Starts and ends, in seconds.")


class TranscriptResponse(BaseModel):
    """The transcript of a recording."""

    text: str
    language: str | None = Field(None, description="A code such as `en`, if known.")
    language_confidence: float | None = Field(
        None, description="0 to 1, if the engine tells. Below 0.5 the language is doubtful."
    )
    confidence: float | None = Field(None, description="The average, 0 to 1, if known.")
    words: list[TimedWord] | None = Field(None, description="All words, if you asked for `words`.")
    words_estimated: bool | None = Field(None, description="Whether some word times are estimates.")
    segments: list[TranscriptSegment]
    warnings: list[TranscriptWarningResponse] | None = Field(
        None, description="Possible problems with the text; left out if there are none."
    )
    duration_s: float = Field(description="Length of the recording.")
    processing_s: float = Field(description="Time to transcribe it, not counting the upload.")
    engine: str
    sample_rate: int = Field(description="Sample rate that the engine received, in Hz.")

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
    languages: list[str] = Field(description="Language codes; empty if the engine does not say.")
    sample_rate: int
    streaming: bool = Field(description="Whether it works with `WS /stt/stream`.")
    prompt: bool = Field(description="Whether it goes by `prompt`.")
    hotwords: bool = Field(description="Whether it goes by `hotwords`.")


class SttModelsResponse(BaseModel):
    """The engines that transcribe, and their aliases."""

    models: list[SttModelResponse]
    aliases: dict[str, str] = Field(description="Aliases and the model each stands for.")


class VoiceResponse(BaseModel):
    """A voice."""

    id: str
    name: str
    languages: list[str]
    gender: str | None = None


class VoicesResponse(BaseModel):
    """The values that `voice` can have; the first is the default."""

    voices: list[VoiceResponse]
    aliases: dict[str, str] = Field(description="Aliases and the voice each stands for.")
    engine: str
    sample_rate: int


class SpeechResponse(BaseModel):
    """Speech made from a text."""

    audio: str = Field(description="The audio file, base64-encoded.")
    format: str
    sample_rate: int
    duration_s: float
    processing_s: float
    engine: str
    voice: str | None = Field(description="The engine's name for the voice, if known.")
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

    conversation_id: str = Field(
        description="Send it with the next turn to continue the conversation."
    )
    heard: str = Field(description="What the user said.")
    language: str | None = None
    confidence: float | None = None
    reply: str
    audio: str = Field(description="The reply's audio file, base64-encoded.")
    format: str
    sample_rate: int
    duration_s: float = Field(description="Length of the reply's audio.")
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
