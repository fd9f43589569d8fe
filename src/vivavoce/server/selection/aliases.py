"""What clients call the engines and their voices, and what is meant by it.

The configured engine of each kind answers to its own names (`moonshine:tiny-en`, `moonshine`,
`tiny-en`), to OpenAI's for such an engine, so that clients connect unchanged, and to those of
`server.models`. Engines that were loaded beside it answer to theirs, and count for less.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, TypeAlias

from vivavoce.config.server_settings import ServerSettings
from vivavoce.conversation.session import Engines
from vivavoce.engines import Engine, Tts, Voice
from vivavoce.errors import BadConfig
from vivavoce.hints import nearest
from vivavoce.loading.chain import Chain
from vivavoce.loading.fallback_tts import FallbackTts
from vivavoce.server.errors import Problem

Use: TypeAlias = Literal["stt", "tts", "llm", "realtime"]
"""What a model is wanted for; `realtime` is the whole conversation."""

USES: Mapping[Use, str] = {
    "stt": "transcribe",
    "tts": "speak",
    "llm": "write",
    "realtime": "converse",
}

_MODELS: Mapping[Use, Sequence[str]] = {
    "stt": (
        "whisper-1", "gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe",
        "gpt-4o-transcribe-diarize", "gpt-realtime-whisper",
    ),
    "tts": ("tts-1", "tts-1-hd", "gpt-4o-mini-tts"),
    "llm": (
        "gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-5", "gpt-5-mini",
        "gpt-5-nano", "gpt-audio", "gpt-audio-1.5", "gpt-audio-mini", "gpt-4o-audio-preview",
        "gpt-4o-mini-audio-preview",
    ),
    "realtime": (
        "gpt-realtime", "gpt-realtime-mini", "gpt-realtime-1.5", "gpt-realtime-2",
        "gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-4o-realtime-preview",
        "gpt-4o-mini-realtime-preview",
    ),
}  # fmt: skip

_VOICES: Mapping[str, str] = {
    "alloy": "", "ash": "Reed", "ballad": "m2", "cedar": "m5", "coral": "f2", "echo": "edward2",
    "fable": "benjamin", "marin": "f4", "nova": "linda", "onyx": "quincy", "sage": "steph2",
    "shimmer": "Annie", "verse": "pablo",
}  # fmt: skip
"""OpenAI's voices, and the variant of espeak-ng's default voice that each stands for: women's and
men's as there, and those that Moonshine tiny understood best (at most 12 % wrong words)."""

_PLAINLY: Mapping[Use, re.Pattern[str]] = {
    "stt": re.compile(r"whisper-|gpt-.*(transcribe|whisper)"),
    "tts": re.compile(r"tts-|gpt-.*-tts"),
    "realtime": re.compile(r"gpt-.*realtime|gpt-live"),
    "llm": re.compile(r"gpt-(?!.*(transcribe|whisper|-tts|realtime)|live|image)|chatgpt-|o\d"),
}
"""How the names of OpenAI's models begin that are not known yet."""

_DATE = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def model_names(
    use: Use,
    engines: Engines,
    settings: ServerSettings,
    beside: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """All names that a model for this may be called by, and the engine's own that each means.

    beside: the same of those loaded beside the configured ones.
    """
    own = _own(use, engines)
    means = next(iter(own.values()))
    names = own | dict.fromkeys(_MODELS[use], means)
    known = {**names, use: means}
    names |= {name: engine for name, engine in beside.items() if name not in names}
    names = {name: engine for name, engine in names.items() if name not in settings.models}
    return names | {
        name: known[target] for name, target in settings.models.items() if target in known
    }


def model_of(
    name: str,
    use: Use,
    engines: Engines,
    settings: ServerSettings,
    beside: Mapping[str, str] = MappingProxyType({}),
    *,
    param: str = "model",
) -> str:
    """The own name of the engine that is meant; dated names (`…-2025-12-15`) are as those without.

    A name that is plainly one of OpenAI's for this use means the configured engine.

    beside: as of `model_names`. param: the name of the field it came in, for errors.
    Raises Problem (404) for a name that no engine for this use answers to.
    """
    names = model_names(use, engines, settings, beside)
    for candidate in (name, _DATE.sub("", name)):
        if candidate in names:
            return names[candidate]
    if name not in settings.models and _PLAINLY[use].match(name):
        return next(iter(_own(use, engines).values()))
    others = [verb for other, verb in USES.items() if name in model_names(other, engines, settings)]
    can = f" that can {USES[use]}; {name!r} can {others[0]}" if others else ""
    raise Problem(
        f"no model {name!r}{can}; {nearest(name, names)}; POST /audio/models/load adds more",
        status=404,
        code="model_not_found",
        param=param,
    )


def voice_names(tts: Tts, settings: ServerSettings) -> dict[str, str]:
    """The names of voices that are not the engine's own, and the engine's voice that each means.

    OpenAI's names mean voices of the engine that is used now, not of those that stand in for it.
    Where it does not tell its voices, it is given OpenAI's names as they are. Names in
    `server.voices` that mean another engine's voice are none of this one's.
    """
    used = tts.first.voices if isinstance(tts, FallbackTts) else tts.voices
    names = {name: _voice(number, used) or name for number, name in enumerate(_VOICES)}
    own = {voice.id for voice in tts.voices}
    builtin = {name: voice for name, voice in names.items() if name not in own}
    chosen = {name: voice for name, voice in settings.voices.items() if _speaks(voice, tts)}
    return {name: voice for name, voice in (builtin | chosen).items() if voice}


def voice_of(
    name: str | None, tts: Tts, settings: ServerSettings, *, param: str = "voice"
) -> str | None:
    """The engine's own voice that is meant; None, as for no name, is its default.

    param: the name of the field it came in, for errors.
    Raises Problem (400) for a voice that is not there.
    """
    if not name:
        return None
    names = voice_names(tts, settings)
    if name in names:
        return names[name]
    if _speaks(name, tts):
        return name
    own = [voice.id for voice in tts.voices]
    short = names if len(own) > len(names) else {*names, *own}
    raise Problem(
        f"no voice {name!r}; {nearest(name, sorted(short))}; /v1/audio/voices lists all",
        code="invalid_value",
        param=param,
    )


def check_names(engines: Engines, settings: ServerSettings) -> None:
    """See that all that `server.models` and `server.voices` name is there. Raises BadConfig."""
    models = {name for use in USES for name in (use, *model_names(use, engines, settings))}
    for name, target in settings.models.items():
        if target and target not in models:
            raise BadConfig(f"server.models.{name}: no model {target!r}; {nearest(target, models)}")
    for name, target in settings.voices.items():
        try:
            voice_of(target, engines.tts, settings)
        except Problem as error:
            raise BadConfig(f"server.voices.{name}: {error}") from error


def _own(use: Use, engines: Engines) -> dict[str, str]:
    """The names of the engine itself, and of those that may take its place."""
    if use == "realtime":
        return {"vivavoce": "vivavoce"}
    engine: Engine = getattr(engines, use)
    parts = engine.engines if isinstance(engine, Chain) else [engine]
    full = {part.name: part.name for part in [engine, *parts]}
    short = {
        word: name for name in reversed(full) for word in (name, *name.partition(":")[::2]) if word
    }
    return full | short


def _speaks(voice: str, tts: Tts) -> bool:
    """Whether the engine may have the voice; true of no voice, and of one that tells none."""
    own = [each.id for each in tts.voices]
    # An engine may know more than it lists: espeak-ng adds any variant to any voice.
    variant = "+" in voice and voice.partition("+")[0] in {"", *own}
    return not own or not voice or voice in own or variant


def _voice(number: int, voices: Sequence[Voice]) -> str | None:
    """The engine's voice for OpenAI's voice of this number: another for each, as far as it has."""
    variant = list(_VOICES.values())[number]
    for voice in voices:
        if variant and voice.id.partition("+")[2] == variant:
            return voice.id
    return voices[number % len(voices)].id if voices else None
