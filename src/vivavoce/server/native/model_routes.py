"""`/audio/models`: the weights that are here, that run, and that can be pulled and loaded."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from vivavoce.engines import Kind
from vivavoce.errors import ModelError, describe
from vivavoce.hints import nearest
from vivavoce.models import MODELS, Installed, Model, fetch, find, home, installed
from vivavoce.registry import EngineSpec
from vivavoce.server.access.auth import TheCaller, TheService
from vivavoce.server.errors import Problem, problem_of
from vivavoce.server.http.event_stream import EventStream
from vivavoce.server.observe.health import EngineState, configured_states, engine_states
from vivavoce.server.selection.loaded_engines import LoadedEngine
from vivavoce.server.selection.requested_engine import check_weights, configured, wanted, weights_of
from vivavoce.server.service import Service

log = logging.getLogger(__name__)
router = APIRouter(tags=["Audio"], prefix="/audio/models")

_TELL_S = 0.5
"""How often a pull tells how far it is."""
_pulling = threading.Lock()


class Weights(BaseModel):
    """A model. `loaded`: one of this server's engines uses it."""

    name: str
    kind: Kind | None
    description: str
    languages: list[str] = Field(description="Language codes; `*` means many.")
    licence: str
    size_bytes: int | None = Field(
        description="Size on disk if installed, otherwise an estimate; null if unknown."
    )
    installed: bool
    loaded: bool


class RunningEngine(BaseModel):
    """An engine of this server. state: as in `/audio/health`."""

    kind: Kind
    name: str
    state: str
    configured: bool = Field(
        description="Whether the configuration names it; such engines stay loaded."
    )
    users: int | None = Field(
        description="Requests and sessions using it now; null if not counted."
    )


class ModelState(BaseModel):
    """All known and installed models, and the running engines."""

    models: list[Weights]
    engines: list[RunningEngine]


class NamedModel(BaseModel):
    """Which model."""

    model_config = ConfigDict(extra="forbid")

    model: Annotated[str, Field(min_length=1, max_length=200, examples=["moonshine-base-en"])]


class LoadRequest(NamedModel):
    """Which model, or which engine with its model: `whisper-tiny`, `whisper:tiny`."""

    kind: Literal["stt", "llm", "tts"] | None = Field(
        None, description="Needed only if engines of several kinds have this name."
    )


class Loaded(BaseModel):
    """Whether an engine uses the model. engine: the name to use in requests."""

    model: str
    loaded: bool
    engine: str | None = None


@router.get("")
async def list_models(service: TheService, caller: TheCaller) -> ModelState:
    """List the models (size, installed, loaded) and the engines, configured ones first."""
    engines = list(engine_states(service))
    stored = {each.name: each for each in await asyncio.to_thread(installed)}
    known = {**MODELS, **{name: each.model for name, each in stored.items()}}
    models = [_weights(name, model, stored.get(name), engines) for name, model in known.items()]
    running = [
        RunningEngine(
            kind=it.kind, name=it.name, state=it.state, configured=it.configured, users=it.users
        )
        for it in engines
    ]
    return ModelState(models=models, engines=running)


@router.post(
    "/pull",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def pull_model(body: NamedModel, service: TheService, caller: TheCaller) -> Response:
    """Download the weights of a listed model and report progress as server-sent events.

    `progress` has `label`, `done` and `total` in bytes (null if unknown); the last event is `done`
    or `error`. If you disconnect, the pull stops; the next one resumes it. For models that are not
    listed, run `vivavoce models pull` on the server.
    """
    model = _known(body.model)
    async with service.admission.request(caller):
        pass  # counts as one, and needs no place to compute in
    if not _pulling.acquire(blocking=False):
        what = "another model is being pulled; try again when that has finished"
        raise Problem(what, status=503, code="busy", retry_after=10.0)
    pull = _Pull(model)
    stack = AsyncExitStack()
    stack.push_async_callback(pull.aclose)
    return EventStream(pull.events(), stack)


@router.post("/load")
async def load_model(body: LoadRequest, service: TheService, caller: TheCaller) -> Loaded:
    """Load a model next to the configured engines, for requests that name it.

    The response comes when the engine is loaded and has been used once. A failed load leaves
    nothing behind.
    """
    async with service.admission.request(caller):
        pass  # counts as one; the shelf loads one at a time
    _ = service.engines
    found = await _found(body, service)
    if isinstance(found, EngineState):
        return Loaded(model=body.model, loaded=True, engine=found.name)
    kind, spec = found
    await asyncio.to_thread(check_weights, kind, spec)
    try:
        name = await service.loaded_engines.load(kind, configured(kind, spec, service.config))
    except ModelError as error:
        what = str(error).replace(f"{home()}{os.sep}", "")  # where it lies is the server's affair
        raise Problem(what, status=503, code="engine_unavailable", param="model") from error
    return Loaded(model=body.model, loaded=True, engine=name)


@router.post("/unload")
async def unload_model(body: LoadRequest, service: TheService, caller: TheCaller) -> Loaded:
    """Unload an engine that was loaded next to the configured ones.

    It takes no new requests. The response comes when its current requests have ended and its memory
    is free. Unloading continues if you disconnect.
    """
    async with service.admission.request(caller):
        pass
    found = await _found(body, service)
    if isinstance(found, EngineState):
        raise Problem(
            f"{found.name} is the configured {found.kind} engine and cannot be unloaded; "
            "to replace it, change the configuration and restart the server",
            status=409,
            code="configured",
            param="model",
        )
    extra = _beside(service, *found)
    if extra is not None:
        await service.loaded_engines.unload(extra)
    return Loaded(model=body.model, loaded=False, engine=extra.name if extra else None)


class _Pull:
    """One pull, in a thread of its own; holds `_pulling` until that has ended."""

    def __init__(self, model: Model) -> None:
        self._name = model.name
        self._stop = threading.Event()
        self._progress: tuple[str, int, int | None] | None = None
        self._work: asyncio.Future[Path] | None = None

    async def events(self) -> AsyncGenerator[str, None]:
        """What happens; consume under `aclosing`."""
        loop = asyncio.get_running_loop()
        self._work = loop.run_in_executor(None, fetch, self._name, self._tell)
        told = None
        while not self._work.done():
            await asyncio.wait({self._work}, timeout=_TELL_S)
            if (progress := self._progress) != told and progress is not None:
                told = progress
                label, done, total = progress
                yield _event("progress", {"label": label, "done": done, "total": total})
        try:
            await self._work
        except Exception as error:  # noqa: BLE001 - told to the client, and logged
            log.warning("could not pull %s: %s", self._name, describe(error))
            yield _event("error", problem_of(error).body())
        else:
            yield _event("done", {"model": self._name})

    async def aclose(self) -> None:
        """Stop, and wait until it has."""
        self._stop.set()
        if self._work is not None:
            await asyncio.wait({self._work})
        _pulling.release()

    def _tell(self, label: str, done: int, total: int | None) -> None:
        if self._stop.is_set():
            raise ModelError(f"{self._name}: the pull was stopped; pull again to resume")
        self._progress = label, done, total


def _event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _known(name: str) -> Model:
    """The model of this name. Raises Problem (404): paths and addresses are no names."""
    model = find(name)
    if model is None:
        what = f"unknown model {name!r}; {nearest(name, MODELS)}"
        raise Problem(what, status=404, code="model_not_found", param="model")
    return model


async def _found(wish: LoadRequest, service: Service) -> EngineState | tuple[Kind, EngineSpec]:
    """The configured engine that is meant, or else which it would be. Raises what `wanted` does."""
    if running := _configured(service, wish.model, wish.kind):
        return running
    kind, spec = await asyncio.to_thread(wanted, wish.model, wish.kind)  # imports the engine
    return _configured(service, str(spec), kind) or (kind, spec)


def _configured(service: Service, name: str, kind: Kind | None) -> EngineState | None:
    """The configured engine that is called so, or runs the model."""
    states = (it for it in configured_states(service) if kind in (None, it.kind))
    model = find(name)
    return next((it for it in states if it.name == name or _runs(it, model)), None)


def _beside(service: Service, kind: Kind, spec: EngineSpec) -> LoadedEngine | None:
    """The one beside them, by its name or by the model that it runs."""
    model = weights_of(kind, str(spec))
    alike = (it for it in service.loaded_engines if model and weights_of(it.kind, it.name) == model)
    return service.loaded_engines.find(kind, str(spec)) or next(alike, None)


def _weights(
    name: str, model: Model | None, stored: Installed | None, engines: list[EngineState]
) -> Weights:
    about = model.bytes if model else None
    return Weights(
        name=name,
        kind=model.kind if model else None,
        description=model.description if model else "",
        languages=list(model.languages) if model else [],
        licence=model.licence if model else "",
        size_bytes=stored.bytes if stored else about,
        installed=stored is not None,
        loaded=any(_runs(engine, model) for engine in engines),
    )


def _runs(engine: EngineState, model: Model | None) -> bool:
    """Whether this engine runs the model."""
    if model is None or engine.state == "loading":
        return False
    return weights_of(engine.kind, engine.name) == model
