"""Vivavoce listens, thinks and speaks: real-time voice AI that you host yourself.

Everything public is importable from here or from the module named; nothing heavy is imported
until it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "Answer": "asking",
    "AsyncClient": "client",
    "Audio": "audio",
    "Client": "client",
    "Config": "config",
    "Engines": "session",
    "EngineSpec": "registry",
    "Resampler": "audio",
    "Session": "session",
    "SessionSettings": "settings",
    "Toolbox": "tools",
    "TurnSettings": "settings",
    "VivavoceError": "errors",
    "answer": "asking",
    "ask": "simple",
    "load_config": "config",
    "open_engines": "stack",
    "read_audio": "media",
    "speak": "simple",
    "stream_audio": "media",
    "tool": "tools",
    "transcribe_file": "simple",
    "write_audio": "media",
}
"""Each public name and the module it lives in."""

if TYPE_CHECKING:
    from .asking import Answer as Answer
    from .asking import answer as answer
    from .audio import Audio as Audio
    from .audio import Resampler as Resampler
    from .client import AsyncClient as AsyncClient
    from .client import Client as Client
    from .config import Config as Config
    from .config import load_config as load_config
    from .errors import VivavoceError as VivavoceError
    from .media import read_audio as read_audio
    from .media import stream_audio as stream_audio
    from .media import write_audio as write_audio
    from .registry import EngineSpec as EngineSpec
    from .session import Engines as Engines
    from .session import Session as Session
    from .settings import SessionSettings as SessionSettings
    from .settings import TurnSettings as TurnSettings
    from .simple import ask as ask
    from .simple import speak as speak
    from .simple import transcribe_file as transcribe_file
    from .stack import open_engines as open_engines
    from .tools import Toolbox as Toolbox
    from .tools import tool as tool

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
