"""Running the command line in tests: in this process, and with engines that need no weights."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from vivavoce import registry
from vivavoce.cli.main import run

PLUGIN = '''
"""Scripted engines that a configuration can name, as a third party's package has them."""

import asyncio
import sys
from dataclasses import dataclass

from vivavoce.errors import EngineError, EngineUnavailable
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedVad


@dataclass(frozen=True)
class HeardOptions:
    model: str = "Hello there."


@dataclass(frozen=True)
class ToneOptions:
    model: str = "tone"


class Vad(ScriptedVad):
    def __init__(self):
        super().__init__()


class Stt(ScriptedStt):
    """Hears the parts of its model's name in turn; `!` is a failure."""

    def __init__(self, options: HeardOptions | None = None):
        lines = (options or HeardOptions()).model.split("|")
        super().__init__(*(EngineError("scripted: too tired") if l == "!" else l for l in lines))


class Llm(ScriptedLlm):
    pass


class Tts(ScriptedTts):
    def __init__(self, options: ToneOptions | None = None):
        super().__init__()


class Absent(Tts):
    """Its server does not answer."""

    async def load(self):
        raise EngineUnavailable("absent: no answer")


class Slow(Tts):
    """Loads for ever."""

    async def load(self):
        await asyncio.Event().wait()


class Endless(Tts):
    """Speaks until it is stopped."""

    async def speak(self, phrase, options):
        print("begun", file=sys.stderr, flush=True)
        while True:
            async for piece in super().speak(phrase, options):
                yield piece


class Broken(Tts):
    def __init__(self, options: ToneOptions | None = None):
        raise RuntimeError("a bug")
'''

ENTRY_POINTS = """
[vivavoce.vad]
scripted = scripted_plugin:Vad
[vivavoce.stt]
scripted = scripted_plugin:Stt
uninstalled = package_that_is_not_there:Stt
earless = needs_an_ear:Stt
[vivavoce.llm]
scripted = scripted_plugin:Llm
[vivavoce.tts]
voiceless = needs_a_voice:Tts
absent = scripted_plugin:Absent
scripted = scripted_plugin:Tts
endless = scripted_plugin:Endless
slow = scripted_plugin:Slow
broken = scripted_plugin:Broken
"""


@pytest.fixture
def vivavoce(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., CompletedProcess[str]]]:
    """Runs the command line in this process, without the caller's own settings."""
    for name in os.environ:
        if name.startswith("VIVAVOCE_") and name != "VIVAVOCE_MODELS":
            monkeypatch.delenv(name)

    def vivavoce(*args: object) -> CompletedProcess[str]:
        capfd.readouterr()
        code = run([str(arg) for arg in args])
        out, err = capfd.readouterr()
        return CompletedProcess([str(arg) for arg in args], code, out, err)

    yield vivavoce
    logger = logging.getLogger("vivavoce")
    logger.handlers.clear()
    logger.setLevel(logging.NOTSET)


@pytest.fixture
def plugin(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder with a package of scripted engines, installed for the test."""
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "scripted_plugin.py").write_text(PLUGIN)
    info = folder / "scripted_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: scripted-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
    registry._entries.cache_clear()
    yield folder
    registry._entries.cache_clear()
