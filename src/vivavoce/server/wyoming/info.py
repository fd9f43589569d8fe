"""What `describe` is answered with: the engines that are loaded, and what they can."""

from __future__ import annotations

from collections.abc import Sequence

from wyoming.info import (
    AsrModel,
    AsrProgram,
    Attribution,
    HandleModel,
    HandleProgram,
    Info,
    TtsProgram,
    TtsVoice,
)

import vivavoce
from vivavoce.engines import Stt, Tts, Voice
from vivavoce.server.service import Service
from vivavoce.text.language.names import named_codes

DEFAULT_VOICE = "default"
"""Stands for the voice of an engine that does not tell its voices."""
_AUTHORS = {
    "espeak-ng": ("eSpeak NG", "https://github.com/espeak-ng/espeak-ng"),
    "llama-cpp": ("llama.cpp", "https://github.com/ggml-org/llama.cpp"),
    "moonshine": ("Moonshine AI", "https://github.com/moonshine-ai/moonshine"),
    "openai": ("OpenAI's protocol", "https://platform.openai.com/docs/api-reference"),
    "piper": ("Piper", "https://github.com/OHF-Voice/piper1-gpl"),
    "whisper": ("faster-whisper", "https://github.com/SYSTRAN/faster-whisper"),
}
_UNKNOWN_AUTHOR = ("its provider", "")


def info_of(service: Service) -> Info:
    """What this server offers. Raises Problem until the engines are loaded.

    Of an engine that does not tell its languages, any may be tried; clients offer none unnamed.
    """
    engines, language = service.engines, service.config.session.language
    fallback = [language] if language else named_codes()
    return Info(
        asr=[_asr(engines.stt, fallback)],
        tts=[_tts(engines.tts, fallback)],
        handle=[_handle(engines.llm.name)],
    )


def _asr(stt: Stt, fallback: Sequence[str]) -> AsrProgram:
    languages = list(stt.languages or fallback)
    model = AsrModel(
        name=stt.name,
        attribution=_author(stt.name),
        installed=True,
        description=f"Speech to text by {stt.name}",
        version=vivavoce.__version__,
        languages=languages,
    )
    return AsrProgram(
        name="vivavoce",
        attribution=_author(stt.name),
        installed=True,
        description=f"Vivavoce transcribes with {stt.name}",
        version=vivavoce.__version__,
        models=[model],
        supports_transcript_streaming=True,
        requires_external_vad=True,
        prefers_auto_gain_enabled=False,
        prefers_noise_reduction_enabled=False,
    )


def _tts(tts: Tts, fallback: Sequence[str]) -> TtsProgram:
    author = _author(tts.name)
    voices = tts.voices or (Voice(DEFAULT_VOICE, "Default"),)
    return TtsProgram(
        name="vivavoce",
        attribution=author,
        installed=True,
        description=f"Vivavoce speaks with {tts.name}",
        version=vivavoce.__version__,
        voices=[
            TtsVoice(
                name=voice.id,
                attribution=author,
                installed=True,
                description=voice.name,
                version=vivavoce.__version__,
                languages=list(voice.languages or fallback),
            )
            for voice in voices
        ],
        supports_synthesize_streaming=True,
    )


def _handle(name: str) -> HandleProgram:
    model = HandleModel(
        name=name,
        attribution=_author(name),
        installed=True,
        description=f"Conversation with {name}",
        version=vivavoce.__version__,
        languages=[],  # not known: any may be tried
    )
    return HandleProgram(
        name="vivavoce",
        attribution=_author(name),
        installed=True,
        description=f"Vivavoce converses with {name}",
        version=vivavoce.__version__,
        models=[model],
        supports_handled_streaming=True,
        supports_home_control=False,
    )


def _author(engine: str) -> Attribution:
    name, url = _AUTHORS.get(engine.partition(":")[0], _UNKNOWN_AUTHOR)
    return Attribution(name, url)
