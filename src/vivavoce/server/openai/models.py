"""`GET /v1/models` and what else lists the names that clients may use here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from vivavoce.hints import nearest
from vivavoce.server.access.auth import TheCaller, TheService
from vivavoce.server.errors import Problem
from vivavoce.server.selection.aliases import USES, Use, model_names, voice_names
from vivavoce.server.selection.engine_selection import beside, chosen
from vivavoce.server.service import Service

router = APIRouter(tags=["OpenAI"])

_STARTED = int(time.time())
_AUDIO: Sequence[Use] = ("tts", "stt")


class ModelObject(BaseModel):
    """A name that may be asked for. root: the engine that answers to it."""

    id: str
    object: Literal["model"] = "model"
    created: int = _STARTED
    owned_by: str = "vivavoce"
    root: str


class ModelList(BaseModel):
    """All of them."""

    object: Literal["list"] = "list"
    data: list[ModelObject]


class AudioModels(ModelList):
    """Those that speak, then those that transcribe. models: the same, as Open WebUI reads it."""

    models: list[ModelObject]


class NamedVoice(BaseModel):
    """A voice that may be asked for."""

    id: str
    name: str


class VoiceList(BaseModel):
    """All of them."""

    voices: list[NamedVoice]


@router.get("/v1/models")
async def models(service: TheService, _: TheCaller) -> ModelList:
    """All names of models, OpenAI's included."""
    return ModelList(data=_models(service, tuple(USES)))


@router.get("/v1/models/{name:path}")
async def model(name: str, service: TheService, _: TheCaller) -> ModelObject:
    """One of them."""
    known = {model.id: model for model in _models(service, tuple(USES))}
    if name not in known:
        raise Problem(
            f"unknown model {name!r}; {nearest(name, known)}",
            status=404,
            code="model_not_found",
            param="model",
        )
    return known[name]


# Open WebUI sends no key with these two; they tell nothing but names.
@router.get("/v1/audio/models")
async def audio_models(service: TheService) -> AudioModels:
    """The names of models that speak or transcribe; open to everybody."""
    found = _models(service, _AUDIO)
    return AudioModels(data=found, models=found)


@router.get("/v1/audio/voices")
async def voices(service: TheService, model: str | None = None) -> VoiceList:
    """The names of voices: OpenAI's and the configured ones, then the engine's own.

    Of the model that is named, or else of the configured engine. Open to everybody.
    """
    with chosen(service, tts=model) as engines:
        tts = engines.tts
        aliases = [NamedVoice(id=name, name=name) for name in voice_names(tts, service.settings)]
        own = [NamedVoice(id=voice.id, name=voice.name) for voice in tts.voices]
    return VoiceList(voices=[*aliases, *own])


def _models(service: Service, uses: Sequence[Use]) -> list[ModelObject]:
    """The engines' own names first; each name once, though it may stand for several engines."""
    found: dict[str, ModelObject] = {}
    for use in uses:
        names = model_names(use, service.engines, service.settings, beside(service, use))
        for name, engine in names.items():
            found.setdefault(name, ModelObject(id=name, root=engine))
    return list(found.values())
