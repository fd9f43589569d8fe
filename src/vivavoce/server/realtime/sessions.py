"""How Realtime sessions begin and how long they last."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from vivavoce.conversation.session import Engines
from vivavoce.server.access.admission import Caller
from vivavoce.server.errors import Problem
from vivavoce.server.selection.aliases import voice_of
from vivavoce.server.selection.engine_selection import beside, chosen
from vivavoce.server.service import Service

from .session_config import SemanticVad, SessionConfig, Transcription
from .session_object import updated
from .wire_error import WireError

_MODEL = "gpt-realtime"


@dataclass(frozen=True, slots=True)
class PreparedSession:
    """What a client secret opens. fixes_model: its holder cannot choose another model."""

    config: SessionConfig
    fixes_model: bool


def first_config(
    service: Service,
    kind: Literal["realtime", "transcription"] = "realtime",
    *,
    model: str | None = None,
    patch: Mapping[str, Any] | None = None,
) -> SessionConfig:
    """The setup of a new session: the server's own, and what its opener wants of it.

    Raises Problem for a patch that makes no sense.
    """
    usual = service.config.session
    config = SessionConfig(
        type=kind,
        model=model or _MODEL,
        instructions=usual.system_prompt,
        turn_detection=SemanticVad(),
        transcription=Transcription() if kind == "transcription" else None,
        speed=usual.speed,
    )
    return config if patch is None else patched(config, patch, service)


def patched(config: SessionConfig, patch: Mapping[str, Any], service: Service) -> SessionConfig:
    """What a setup that has not begun becomes. Raises Problem for a patch that makes no sense."""
    path = "session.audio.output.voice"
    try:
        config = updated(config, patch, audio_started=False)
    except WireError as error:
        raise Problem(str(error), code=error.code, param=error.param) from error
    voice_of(config.voice, service.engines.tts, service.settings, param=path)
    return config


def config_for(
    service: Service, caller: Caller, *, model: str | None = None, intent: str | None = None
) -> SessionConfig:
    """The setup for a caller, whose client secret may say what it is to be.

    Raises Problem for a secret's session that cannot be had any more.
    """
    kind: Literal["realtime", "transcription"] = (
        "transcription" if intent == "transcription" else "realtime"
    )
    prepared = prepared_of(caller)
    if prepared is None:
        return first_config(service, kind, model=model, patch={})
    config = prepared.config
    if intent is not None and kind != config.type:
        raise Problem(
            f"this client secret opens {config.type} sessions only",
            status=403,
            code="client_secret",
            param="intent",
        )
    return config if prepared.fixes_model else replace(config, model=model or config.model)


def prepared_of(caller: Caller) -> PreparedSession | None:
    """What the caller's client secret opens; None for a caller with a key."""
    payload = caller.secret.payload if caller.secret is not None else None
    return payload if isinstance(payload, PreparedSession) else None


@contextmanager
def engines_for(config: SessionConfig, service: Service) -> Iterator[Engines]:
    """What serves a session; a model that was loaded beside the configured one thinks for it.

    Any other name of a model is one of the whole, and chooses nothing.
    """
    mind = config.model if config.model in beside(service, "llm") else None
    with chosen(service, llm=mind) as engines:
        yield engines


def expiry(service: Service) -> int:
    """When a session that begins now has to end, in seconds since 1970."""
    return int(time.time() + service.limits.session_s)
