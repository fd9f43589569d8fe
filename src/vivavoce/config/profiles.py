"""Ready-made sets of settings, from what runs anywhere to what needs a server."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping
from functools import cache

DEFAULT_PROFILE = "embedded"

_EMBEDDED: Mapping[str, object] = {
    "vad": "silero",
    "turn": "smart-turn",
    "stt": "moonshine:tiny-en",
    "llm": "llama-cpp:smollm2-135m",
    "tts": ["hibari", "espeak-ng"],
}

PROFILES: Mapping[str, Mapping[str, object]] = {
    "embedded": _EMBEDDED,
    "fast": {
        **_EMBEDDED,
        "session": {"max_reply_tokens": 80, "turns": {"eagerness": "high", "wait_max_s": 1.5}},
    },
    "multilingual": {
        **_EMBEDDED,
        "stt": ["whisper:base", "moonshine:tiny-en"],
        "llm": ["llama-cpp:qwen2.5-0.5b", "llama-cpp:smollm2-135m"],
        "tts": ["hibari", "kokoro", "espeak-ng"],
    },
    "balanced": {
        **_EMBEDDED,
        "stt": ["whisper:base", "moonshine:tiny-en"],
        "llm": "llama-cpp:qwen2.5-1.5b",
        "tts": ["piper:en_US-lessac-medium", "hibari", "espeak-ng"],
    },
    "quality": {
        **_EMBEDDED,
        "stt": ["whisper:large-v3-turbo", "moonshine:tiny-en"],
        "llm": {"engine": "llama-cpp", "model": "qwen3-4b", "context": 8192},
        "tts": ["piper:en_US-lessac-high", "hibari", "espeak-ng"],
    },
    "cloud": {
        **_EMBEDDED,
        "stt": [
            {"engine": "openai:gpt-4o-mini-transcribe", "api_key": "${OPENAI_API_KEY}"},
            "moonshine:tiny-en",
        ],
        "llm": [
            {"engine": "openai:gpt-4o-mini", "api_key": "${OPENAI_API_KEY}"},
            "llama-cpp:smollm2-135m",
        ],
        "tts": [
            {"engine": "openai:gpt-4o-mini-tts", "api_key": "${OPENAI_API_KEY}"},
            "hibari",
            "espeak-ng",
        ],
    },
}
"""By name; each like a file's content."""

_WITHOUT_GPU: Mapping[str, Mapping[str, object]] = {
    "quality": {"stt": ["whisper:small", "moonshine:tiny-en"]},
}
"""What is too slow for a conversation on a CPU, and what to have instead."""

ABOUT: Mapping[str, str] = {
    "embedded": "runs anywhere, offline, on two CPU cores",
    "fast": "the embedded engines with short answers and quick turns",
    "multilingual": "99 languages by Whisper base, and for each a voice that speaks it",
    "balanced": "better recognition, answers and voice; needs a few CPU cores and 3 GB of memory",
    "quality": "the best quality at home: Whisper large on a GPU with 8 GB, else Whisper small",
    "cloud": "OpenAI's servers or compatible ones, with the embedded engines as fallback",
}
"""Each profile in a line."""


_ENGLISH_EARS = "moonshine:tiny-en"


def profile_for(name: str, *, gpu: bool, language: str | None = None) -> Mapping[str, object]:
    """The profile as it suits the machine, and the language of the conversation, if one is set."""
    profile = PROFILES[name] if gpu else {**PROFILES[name], **_WITHOUT_GPU.get(name, {})}
    if language is None or profile["stt"] != _ENGLISH_EARS:
        return profile
    from vivavoce.text.language.codes import asked_language, language_of  # it imports numpy

    foreign = language_of(asked_language(language)) not in ("", "en")
    return {**profile, "stt": "whisper:base"} if foreign else profile


@cache
def has_gpu() -> bool:
    """Whether this machine has a CUDA device, as its driver tells."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        count = ctypes.c_int(0)
        found = driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0
    except (OSError, AttributeError):
        return False
    return found and count.value > 0
