"""What a client may set of its own session, checked like the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import asdict, replace

from vivavoce.config.configuration import check_order
from vivavoce.config.layers import Layer, Problems
from vivavoce.config.pronunciation_files import check_pronunciations
from vivavoce.config.sections import build, merge, parse_section
from vivavoce.config.server_settings import ServerSettings
from vivavoce.engines import Tts, TtsOptions
from vivavoce.settings import SessionSettings

from .aliases import voice_of

_BOUNDS = (
    "history_turns", "tool_rounds", "max_utterance_s", "max_reply_tokens", "max_reply_s",
    "stt_timeout_s", "llm_timeout_s", "tts_timeout_s",
)  # fmt: skip
"""What bounds the server's work may be set lower than it is, not higher."""
_MOST_S = {"prefix_s": 1.0, "start_s": 1.0}
"""Of `turns`: so much audio is kept of every session, at most."""


def wanted_settings(
    given: Mapping[str, object],
    base: SessionSettings,
    bounds: SessionSettings,
    server: ServerSettings,
) -> SessionSettings:
    """`base` with what the client gave instead, by the keys of the configuration's `session`.

    bounds: the configuration's.
    Raises BadConfig, which is a BadRequest, that names everything that is wrong.
    """
    problems = Problems()
    layer = Layer("the message", given)
    right = parse_section(SessionSettings, layer, given, "session", problems)
    settings = build(SessionSettings, merge(asdict(base), right))
    for key in _BOUNDS:
        value, most = getattr(settings, key), getattr(bounds, key)
        if most is not None and (value is None or value > most):
            problems.add(layer.where(f"session.{key}"), f"must be at most {most:g}")
    for key, most in _MOST_S.items():
        if getattr(settings.turns, key) > max(most, getattr(bounds.turns, key)):
            problems.add(layer.where(f"session.turns.{key}"), f"must be at most {most:g}")
    check_order(settings.turns, problems)
    check_pronunciations(settings.pronunciations, problems)
    for key, value in right.items():
        longest = server.limits.text_chars
        if isinstance(value, str) and len(value) > longest:
            what = f"must have at most {longest:,} characters"
            problems.add(layer.where(f"session.{key}"), what)
    problems.raise_any()
    return settings


async def known_voice(tts: Tts, options: TtsOptions, server: ServerSettings) -> TtsOptions:
    """The options with the engine's own name of the voice.

    Raises Problem or BadRequest for a voice or language that the engine does not have.
    """
    options = replace(options, voice=voice_of(options.voice, tts, server))
    async with aclosing(await tts.open(options)):
        return options
