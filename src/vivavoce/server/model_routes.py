"""`/audio/models`: the weights that are here, that run, and that can be pulled."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from vivavoce.engines import Kind
from vivavoce.errors import ModelError, describe
from vivavoce.models import MODELS, Installed, Model, fetch, find, installed
from vivavoce.registry import nearest

from .door import TheCaller, TheService
from .event_stream import EventStream
from .health import EngineState, engine_states
from .problems import Problem, problem_of
from .service import Service

log = logging.getLogger(__name__)
router = APIRouter(tags=["Audio"], prefix="/audio/models")

_TELL_S = 0.5
"""How often a pull tells how far it is."""
_pulling = threading.Lock()


class Weights(BaseModel):
    """A model. `loaded`: an engine of this server runs it."""

    name: str
    kind: Kind | None
    description: str
    languages: list[str] = Field(description="Codes; `*` is many.")
    licence: str
    size_bytes: int | None = Field(description="On disk if it is there, else about; null: unknown.")
    installed: bool
    loaded: bool


class RunningEngine(BaseModel):
    """An engine of this server. state: as in `/audio/health`."""

    kind: Kind
    name: str
    state: str


class ModelState(BaseModel):
    """All models that are known by name or lie in the store, and the engines that run."""

    models: list[Weights]
    engines: list[RunningEngine]


class NamedModel(BaseModel):
    """Which model."""

    model_config = ConfigDict(extra="forbid")

    model: Annotated[str, Field(min_length=1, max_length=200, examples=["moonshine-base-en"])]


class Loaded(BaseModel):
    """Whether an engine runs it."""

    model: str
    loaded: bool


@router.get("")
async def list_models(service: TheService, caller: TheCaller) -> ModelState:
    """The models by name: their size, whether they are here, and whether an engine runs them."""
    engines = list(engine_states(service))
    stored = {each.name: each for each in await asyncio.to_thread(installed)}
    known = {**MODELS, **{name: each.model for name, each in stored.items()}}
    models = [_weights(name, model, stored.get(name), engines) for name, model in known.items()]
    running = [RunningEngine(kind=it.kind, name=it.name, state=it.state) for it in engines]
    return ModelState(models=models, engines=running)


@router.post(
    "/pull",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def pull_model(body: NamedModel, service: TheService, caller: TheCaller) -> Response:
    """Get a model's weights, one of those listed; told as server-sent events.

    `progress` has `label`, `done` and `total` in bytes (null where it is not known); the last event
    is `done` or `error`. When the client leaves, the pull stops; the next one goes on from there.
    Other sources than those listed are pulled on the server: `vivavoce models pull`.
    """
    model = _known(body.model)
    async with service.admission.request(caller):
        pass  # counts as one, and needs no place to compute in
    if not _pulling.acquire(blocking=False):
        what = "another model is being pulled; try again when it is here"
        raise Problem(what, status=503, code="busy", retry_after=10.0)
    pull = _Pull(model)
    stack = AsyncExitStack()
    stack.push_async_callback(pull.aclose)
    return EventStream(pull.events(), stack)


@router.post("/load")
async def load_model(body: NamedModel, service: TheService, caller: TheCaller) -> Loaded:
    """That an engine runs the model. 501 where none does: engines are loaded at the start."""
    return _loaded(body.model, service, wanted=True)


@router.post("/unload")
async def unload_model(body: NamedModel, service: TheService, caller: TheCaller) -> Loaded:
    """That no engine runs the model. 501 where one does: engines end with the server."""
    return _loaded(body.model, service, wanted=False)


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
            log.warning("%s was not pulled: %s", self._name, describe(error))
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
            raise ModelError(f"{self._name}: the pull was stopped; the next goes on from there")
        self._progress = label, done, total


def _event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _known(name: str) -> Model:
    """The model of this name. Raises Problem (404): paths and addresses are no names."""
    model = find(name)
    if model is None:
        what = f"no model {name!r}; {nearest(name, MODELS)}"
        raise Problem(what, status=404, code="model_not_found", param="model")
    return model


def _loaded(name: str, service: Service, *, wanted: bool) -> Loaded:
    engines = list(engine_states(service))
    engine = next((it for it in engines if it.name == name), None)
    model = None if engine else _known(name)
    runs = engine is not None or any(_runs(it, model) for it in engines)
    if runs is wanted:
        return Loaded(model=name, loaded=runs)
    what = (
        f"{name} cannot be {'loaded' if wanted else 'unloaded'} while the server runs: "
        "engines are loaded when it starts. Name the ones you want in the configuration "
        "(docs/configuration.md), and start it again"
    )
    raise Problem(what, status=501, code="not_implemented", param="model")


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
    """Whether this engine runs the model; engines are named `silero` or `moonshine:tiny-en`."""
    if model is None or engine.kind != model.kind or engine.state == "loading":
        return False
    base, _, size = engine.name.partition(":")
    if size:
        return model.name in (size, f"{base}-{size}")
    return model.name.startswith(f"{base}-")
