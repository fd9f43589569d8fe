"""A kind of engines that a package adds: from its entry points to the end of a session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vivavoce.kinds import kinds
from vivavoce.testing import (
    ScriptedLlm,
    ScriptedStt,
    ScriptedTts,
    ScriptedTurn,
    ScriptedVad,
    check_engine,
)

PACKAGE = """
from dataclasses import dataclass
from typing import Protocol

from vivavoce.engines import Engine
from vivavoce.guard import Guarded
from vivavoce.kinds import EngineKind
from vivavoce.testing import ScriptedLlm, ScriptedStt


class Punctuator(Engine, Protocol):
    async def punctuate(self, text: str) -> str: ...


async def check_punctuator(punctuator):
    await punctuator.load()
    assert await punctuator.punctuate("so it is") != "so it is"


async def probe(punctuator):
    print("probed:", await punctuator.punctuate("hi"))


class GuardedPunctuator(Guarded):
    async def punctuate(self, text):
        with self.guard:
            return await self.engine.punctuate(text)


PUNCTUATOR = EngineKind(
    "punctuator", "Punctuation", Punctuator, "shouting:check_punctuator", probe,
    guard="shouting:GuardedPunctuator",
)
NEEDED = EngineKind(
    "needed", "Punctuation", Punctuator, "shouting:check_punctuator", probe, required=True
)


@dataclass(frozen=True)
class ShoutOptions:
    mark: str = "."


class Shout:
    name = "shout"
    model = None
    local = True

    def __init__(self, options: ShoutOptions) -> None:
        self.mark = options.mark

    async def load(self):
        print("loaded")

    async def punctuate(self, text):
        if not text:
            raise ValueError("nothing to punctuate")
        return text + self.mark

    async def aclose(self):
        print("closed")


class Hearing(ScriptedStt):
    def __init__(self) -> None:
        super().__init__("hello")


class Answering(ScriptedLlm):
    def __init__(self) -> None:
        super().__init__("Good day.")


class Mute:
    name = "mute"
    model = None
    local = True

    async def load(self): ...
    async def aclose(self): ...
"""

ENTRY_POINTS = """
[vivavoce.kind]
punctuator = shouting:PUNCTUATOR
needed = shouting:NEEDED
stt = shouting:PUNCTUATOR
gone = shouting:GONE

[vivavoce.punctuator]
shout = shouting:Shout
mute = shouting:Mute

[vivavoce.vad]
scripted = vivavoce.testing:ScriptedVad

[vivavoce.turn]
scripted = vivavoce.testing:ScriptedTurn

[vivavoce.stt]
scripted = shouting:Hearing

[vivavoce.llm]
scripted = shouting:Answering

[vivavoce.tts]
scripted = vivavoce.testing:ScriptedTts
"""

CONFIGURATION = """
vad: scripted
turn: scripted
stt: scripted
llm: scripted
tts: scripted
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the package installed in it, as `pip install --target` would."""
    (tmp_path / "shouting.py").write_text(PACKAGE)
    info = tmp_path / "shouting-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    return tmp_path


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_optional_kind_is_configured_checked_loaded_probed_guarded_and_closed(
    folder: Path,
) -> None:
    (folder / "vivavoce.yaml").write_text(
        CONFIGURATION + "punctuator: {engine: shout, mark: '!'}\n"
    )
    script = """
import asyncio, vivavoce
from vivavoce.config import load_config
from vivavoce.errors import EngineError
from vivavoce.loading.probe import probe
from vivavoce.testing import check_engine

async def main():
    config = load_config()
    print(config.as_dict()["punctuator"])
    async with vivavoce.open_engines(config) as engines:
        punctuator = engines.find("punctuator")
        await check_engine("punctuator", punctuator)
        await probe("punctuator", punctuator)
        try:
            await punctuator.punctuate("")
        except EngineError as error:
            print(error)

asyncio.run(main())
"""
    ran = python(folder, "-c", script)
    assert ran.stdout.splitlines() == [
        "{'engine': 'shout', 'mark': '!'}",
        "loaded",
        "loaded",
        "loaded",
        "probed: hi!",
        "shout failed: ValueError: nothing to punctuate",
        "closed",
    ], ran.stderr


def test_an_optional_kind_that_is_not_configured_is_absent(folder: Path) -> None:
    (folder / "vivavoce.yaml").write_text(CONFIGURATION)
    script = """
import asyncio, vivavoce
from vivavoce.config import load_config

async def main():
    config = load_config()
    async with vivavoce.open_engines(config) as engines:
        print("punctuator" in config.as_dict(), engines.find("punctuator"))

asyncio.run(main())
"""
    ran = python(folder, "-c", script)
    assert ran.stdout == "False None\n", ran.stderr


def test_the_command_line_lists_and_tries_an_optional_kind(folder: Path) -> None:
    (folder / "vivavoce.yaml").write_text(CONFIGURATION + "punctuator: shout\n")
    listed = python(folder, "-m", "vivavoce", "engines", "shout")
    assert listed.stdout == 'punctuator: {engine: shout, …}\n  mark: "."\n\n', listed.stderr
    tried = python(folder, "-m", "vivavoce", "doctor", "--try", "--json").stdout
    found = [it for it in json.loads(tried[tried.index("[") :]) if "punctuator" in it["subject"]]
    assert [it["state"] for it in found] == ["ok", "ok"]
    assert "probed: hi." in tried


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[shout, shout]", "vivavoce.yaml: punctuator: name one engine"),
        ("shoot", "punctuator engine 'shoot'; did you mean"),
        ("{mark: '!'}", "name the engine that these options are for"),
        ("mute", "punctuator engine 'mute' lacks punctuate"),
    ],
)
def test_a_wrong_engine_of_an_optional_kind_is_told(folder: Path, text: str, told: str) -> None:
    (folder / "vivavoce.yaml").write_text(CONFIGURATION + f"punctuator: {text}\n")
    ran = python(folder, "-m", "vivavoce", "doctor")
    assert ran.returncode
    assert told in ran.stdout + ran.stderr


def test_a_row_that_cannot_be_in_the_table_is_left_out_with_a_warning(folder: Path) -> None:
    ran = python(folder, "-c", "from vivavoce.kinds import kinds; print(*kinds())")
    assert ran.stdout == "vad turn stt llm tts punctuator\n"
    assert "'needed' is left out: only an optional kind can be added" in ran.stderr
    assert "'stt' is left out: the entry point is named 'stt', and its row" in ran.stderr
    assert "'gone' is left out" in ran.stderr


@pytest.mark.parametrize(
    ("kind", "engine"),
    [
        ("vad", ScriptedVad()),
        ("turn", ScriptedTurn()),
        ("stt", ScriptedStt()),
        ("llm", ScriptedLlm("It is noon, and the sun is high.")),
        ("tts", ScriptedTts()),
    ],
)
async def test_every_required_kind_is_checked_by_its_row(kind: str, engine: object) -> None:
    assert kinds()[kind].required
    await check_engine(kind, engine)  # type: ignore[arg-type]


async def test_an_engine_that_lacks_what_its_kind_does_is_no_engine_of_it() -> None:
    with pytest.raises(AssertionError, match="lacks reply, warm"):
        await check_engine("llm", ScriptedTts())
