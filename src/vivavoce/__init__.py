"""Vivavoce listens, thinks and speaks: real-time voice AI that you host yourself.

Everything public is importable from here or from the module named; nothing heavy is imported
until it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "Answer": "conversation.single_turn",
    "AsyncClient": "client",
    "Audio": "audio",
    "Client": "client",
    "Config": "config.configuration",
    "Engines": "engines",
    "EngineSpec": "registry",
    "Resampler": "audio",
    "Session": "conversation.session",
    "SessionSettings": "settings",
    "Toolbox": "conversation.tools",
    "TurnSettings": "settings",
    "VivavoceError": "errors",
    "answer": "conversation.single_turn",
    "ask": "simple",
    "load_config": "config.configuration",
    "open_engines": "loading.open_engines",
    "read_audio": "media.decode",
    "speak": "simple",
    "stream_audio": "media.decode",
    "tool": "conversation.tools",
    "transcribe_file": "simple",
    "write_audio": "media.encode",
}
"""Each public name and the module it lives in."""

if TYPE_CHECKING:
    from .audio import Audio as Audio
    from .audio import Resampler as Resampler
    from .client import AsyncClient as AsyncClient
    from .client import Client as Client
    from .config.configuration import Config as Config
    from .config.configuration import load_config as load_config
    from .conversation.session import Session as Session
    from .conversation.single_turn import Answer as Answer
    from .conversation.single_turn import answer as answer
    from .conversation.tools import Toolbox as Toolbox
    from .conversation.tools import tool as tool
    from .engines import Engines as Engines
    from .errors import VivavoceError as VivavoceError
    from .loading.open_engines import open_engines as open_engines
    from .media.decode import read_audio as read_audio
    from .media.decode import stream_audio as stream_audio
    from .media.encode import write_audio as write_audio
    from .registry import EngineSpec as EngineSpec
    from .settings import SessionSettings as SessionSettings
    from .settings import TurnSettings as TurnSettings
    from .simple import ask as ask
    from .simple import speak as speak
    from .simple import transcribe_file as transcribe_file

__all__ = [
    "Answer",
    "AsyncClient",
    "Audio",
    "Client",
    "Config",
    "EngineSpec",
    "Engines",
    "Resampler",
    "Session",
    "SessionSettings",
    "Toolbox",
    "TurnSettings",
    "VivavoceError",
    "__version__",
    "answer",
    "ask",
    "load_config",
    "open_engines",
    "read_audio",
    "speak",
    "stream_audio",
    "tool",
    "transcribe_file",
    "write_audio",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'vivavoce' has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value  # or the submodule of the same name would hide it from now on
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
