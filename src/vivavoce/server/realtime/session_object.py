"""The session as the wire has it: `updated` reads `session.update`, `as_object` shows the result.

An update is a deep merge. What is left out stays; null, "" or [] clears; what has no empty state
(a format, the voice, the model) stays on null too. Keys that nobody knows are passed over, so that
newer clients go on working; keys of the beta form are refused with their name in this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, Literal, cast

from vivavoce.errors import BadRequest
from vivavoce.text.pronunciations import dictionary_of

from .audio import FORMATS, PCM, WireFormat
from .fields import (
    Json,
    Patch,
    array,
    boolean,
    choice,
    document,
    integer,
    mapping,
    number,
    required,
    text,
)
from .session_config import NoiseReduction, SessionConfig, Transcription
from .tool_fields import check_choice, tool_choice_object, tool_choice_of, tools_object, tools_of
from .turn_detection import turn_detection_object, turn_detection_of
from .wire_error import WireError

MOST_CHARACTERS: Final = 200_000
"""Of instructions; a transcription's prompt may have a tenth of them."""
MOST_KEYWORDS: Final = 1_000
MOST_TOKENS: Final = 4_096
MANUAL_MODELS: Final = ("gpt-realtime-whisper", "gpt-live-transcribe")
"""Of transcription, which at OpenAI do without turn detection."""
INCLUDABLE: Final = ("item.input_audio_transcription.logprobs",)

_BETA_NAMES: Final[Mapping[str, str]] = {
    "modalities": "output_modalities",
    "voice": "audio.output.voice",
    "speed": "audio.output.speed",
    "input_audio_format": "audio.input.format",
    "output_audio_format": "audio.output.format",
    "input_audio_transcription": "audio.input.transcription",
    "input_audio_noise_reduction": "audio.input.noise_reduction",
    "turn_detection": "audio.input.turn_detection",
    "max_response_output_tokens": "max_output_tokens",
}


def updated(config: SessionConfig, patch: Json, *, audio_started: bool) -> SessionConfig:
    """The session after an update.

    audio_started: whether the client has been sent speech, after which the voice stays.
    Raises WireError for what makes no sense; then nothing of the update holds.
    """
    _check_form(config, patch)
    session = Patch(patch, "session")
    audio = session.inner("audio")
    new = _with_reply(config, session)
    if {"tools", "tool_choice"} & patch.keys():
        check_choice(new.tool_choice, new.tools, "session.tool_choice")
    new = _with_output(_with_input(new, audio.inner("input")), audio.inner("output"))
    if audio_started and new.voice != config.voice:
        raise WireError(
            "Cannot update a conversation's voice if assistant audio is present.",
            "cannot_update_voice",
            "session.audio.output.voice",
        )
    return new


def as_object(config: SessionConfig, id: str, expires_at: int | None) -> dict[str, Any]:  # noqa: A002
    """The session's object, of `session.created`, `session.updated` and client secrets.

    expires_at: in seconds since 1970.
    """
    if config.type == "transcription":
        return {
            "id": id,
            "object": "realtime.transcription_session",
            "type": "transcription",
            "expires_at": expires_at,
            "audio": {"input": _input_object(config)},
            "include": list(config.include) or None,
        }
    return {
        "id": id,
        "object": "realtime.session",
        "type": "realtime",
        "expires_at": expires_at,
        "model": config.model,
        "instructions": config.instructions,
        "output_modalities": list(config.output_modalities),
        "audio": {
            "input": _input_object(config),
            "output": {
                "format": format_object(config.output_format),
                "voice": config.voice,
                "speed": config.speed,
                **_pronunciations_object(config),
            },
        },
        "tools": tools_object(config.tools),
        "tool_choice": tool_choice_object(config.tool_choice),
        "parallel_tool_calls": config.parallel_tool_calls,
        "max_output_tokens": config.max_output_tokens or "inf",
        "include": list(config.include) or None,
        "prompt": config.prompt,
        "tracing": config.tracing,
        "truncation": config.truncation,
    }


def format_of(value: object, path: str) -> WireFormat:
    """An audio format. Raises WireError for PCM at a rate other than 24,000 Hz."""
    data = mapping(value, path)
    found = FORMATS[choice(data.get("type") or PCM.type, f"{path}.type", tuple(FORMATS))]
    if data.get("rate") is not None and found == PCM and data["rate"] != PCM.rate:
        raise WireError(
            f"Invalid '{path}.rate': only {PCM.rate} Hz is supported. Resample, or send G.711.",
            "invalid_value",
            f"{path}.rate",
        )
    return found


def format_object(form: WireFormat) -> dict[str, Any]:
    """A format as the wire has it."""
    return {"type": form.type, "rate": form.rate} if form == PCM else {"type": form.type}


def modalities_of(value: object, path: str) -> tuple[Literal["audio", "text"]]:
    """What a reply is made of. Audio brings its text, so both together are audio."""
    words = [choice(each, path, ("text", "audio")) for each in array(value, path, most=2)]
    if not words:
        raise WireError(f"Invalid '{path}': use ['audio'] or ['text'].", "invalid_value", path)
    return ("audio",) if "audio" in words else ("text",)


def tokens_of(value: object, path: str) -> int | None:
    """A bound on a reply's tokens; None for `inf`."""
    return None if value == "inf" else integer(value, path, 1, MOST_TOKENS)


def voice_of(value: object, path: str) -> str:
    """A voice's name, given as such or as `{"id": …}`."""
    if isinstance(value, Mapping):
        value, path = required(value, "id", f"{path}.id"), f"{path}.id"
    return text(value, path, most=256)


def refuse_beta_names(data: Json, path: str) -> None:
    """Raise WireError for keys that the beta form alone has, saying what they are called now."""
    for name, here in _BETA_NAMES.items():
        if name in data:
            raise WireError(
                f"Unknown parameter: '{path}.{name}'. Use '{path}.{here}', or ask for the beta "
                "form with the header 'OpenAI-Beta: realtime=v1'.",
                "unknown_parameter",
                f"{path}.{name}",
            )


def _check_form(config: SessionConfig, patch: Json) -> None:
    refuse_beta_names(patch, "session")
    kind = patch.get("type") or config.type
    if choice(kind, "session.type", ("realtime", "transcription")) != config.type:
        raise WireError(
            f"Passing a {kind} session update event to a {config.type} session is not allowed.",
            "invalid_parameter",
            "session.type",
        )


def _with_reply(config: SessionConfig, patch: Patch) -> SessionConfig:
    """All but the audio."""
    take = patch.merged
    model, modalities = config.model, config.output_modalities
    words = partial(text, most=MOST_CHARACTERS)
    truncation = partial(_word_or, ("auto", "disabled"))
    return replace(
        config,
        model=take("model", model, partial(text, most=256), cleared=model),
        instructions=take("instructions", config.instructions, words, cleared=""),
        output_modalities=take("output_modalities", modalities, modalities_of, cleared=modalities),
        tools=take("tools", config.tools, tools_of, cleared=()),
        tool_choice=take("tool_choice", config.tool_choice, tool_choice_of, cleared="auto"),
        max_output_tokens=take(
            "max_output_tokens", config.max_output_tokens, tokens_of, cleared=None
        ),
        parallel_tool_calls=take(
            "parallel_tool_calls", config.parallel_tool_calls, boolean, cleared=True
        ),
        include=take("include", config.include, _include, cleared=()),
        prompt=take("prompt", config.prompt, document, cleared=None),
        tracing=take("tracing", config.tracing, partial(_word_or, ("auto",)), cleared=None),
        truncation=take("truncation", config.truncation, truncation, cleared="auto"),
    )


def _with_input(config: SessionConfig, patch: Patch) -> SessionConfig:
    take, form, heard = patch.merged, config.input_format, config.transcription
    transcription = partial(_transcription, heard or Transcription())
    turns = partial(turn_detection_of, config.turn_detection)
    new = replace(
        config,
        input_format=take("format", form, format_of, cleared=form),
        transcription=take("transcription", heard, transcription, cleared=None),
        noise_reduction=take(
            "noise_reduction", config.noise_reduction, _noise_reduction, cleared=None
        ),
        turn_detection=take("turn_detection", config.turn_detection, turns, cleared=None),
    )
    if "turn_detection" not in patch.data and _commits_itself(heard, new):
        return replace(new, turn_detection=None)
    return new


def _commits_itself(before: Transcription | None, new: SessionConfig) -> bool:
    """Whether a transcription session came to a model whose clients end the turns themselves.

    They leave turn detection out, and take the error of a second, empty commit for fatal.
    """
    after = new.transcription
    return (
        new.type == "transcription"
        and after is not None
        and after.model.startswith(MANUAL_MODELS)
        and (before is None or before.model != after.model)
    )


def _with_output(config: SessionConfig, patch: Patch) -> SessionConfig:
    take, form = patch.merged, config.output_format
    speed = partial(number, least=0.25, most=1.5)
    return replace(
        config,
        output_format=take("format", form, format_of, cleared=form),
        voice=take("voice", config.voice, voice_of, cleared=config.voice),
        speed=take("speed", config.speed, speed, cleared=1.0),
        pronunciations=take("pronunciations", config.pronunciations, pronunciations_of, cleared={}),
    )


def pronunciations_of(value: object, path: str) -> Mapping[str, str]:
    """How words are to sound; an extension. Raises WireError that names a wrong entry."""
    entries = {
        word: text(said, f"{path}.{word}", most=MOST_CHARACTERS)
        for word, said in mapping(value, path).items()
    }
    try:
        dictionary_of(entries)
    except BadRequest as error:
        raise WireError(f"Invalid '{path}': {error}.", "invalid_value", path) from None
    return entries


def _pronunciations_object(config: SessionConfig) -> dict[str, Any]:
    # OpenAI's clients know no such key, so it is shown to those who set it.
    return {"pronunciations": dict(config.pronunciations)} if config.pronunciations else {}


def _include(value: object, path: str) -> tuple[str, ...]:
    return tuple(choice(each, path, INCLUDABLE) for each in array(value, path, most=16))


def _word_or(words: tuple[str, ...], value: object, path: str) -> str | Json:
    return choice(value, path, words) if isinstance(value, str) else document(value, path)


def _noise_reduction(value: object, path: str) -> NoiseReduction:
    kind = mapping(value, path).get("type") or "near_field"
    return cast(NoiseReduction, choice(kind, f"{path}.type", ("near_field", "far_field")))


def _transcription(now: Transcription, value: object, path: str) -> Transcription:
    take = Patch(mapping(value, path), path).merged
    words = partial(text, most=MOST_CHARACTERS // 10)
    language = take("language", now.language, partial(text, most=64), cleared=None)
    return Transcription(
        model=take("model", now.model, partial(text, most=256), cleared=now.model),
        language=take("languages", language, _only_language, cleared=language) or None,
        prompt=take("prompt", now.prompt, words, cleared=None) or None,
        keywords=take("keywords", now.keywords, _keywords, cleared=()),
    )


def _only_language(value: object, path: str) -> str | None:
    """The language, where just one is possible; else it is found out."""
    codes = [text(each, path, most=64) for each in array(value, path, most=256)]
    return codes[0] if len(codes) == 1 else None


def _keywords(value: object, path: str) -> tuple[str, ...]:
    return tuple(text(each, path, most=256) for each in array(value, path, most=MOST_KEYWORDS))


def _input_object(config: SessionConfig) -> dict[str, Any]:
    reduction = config.noise_reduction
    return {
        "format": format_object(config.input_format),
        "transcription": _transcription_object(config.transcription),
        "noise_reduction": None if reduction is None else {"type": reduction},
        "turn_detection": turn_detection_object(
            config.turn_detection, replies=config.type == "realtime"
        ),
    }


def _transcription_object(config: Transcription | None) -> dict[str, Any] | None:
    if config is None:
        return None
    # Pipecat takes these three keys and fails at any other.
    shown = {"model": config.model, "language": config.language, "prompt": config.prompt}
    return shown | ({"keywords": list(config.keywords)} if config.keywords else {})
