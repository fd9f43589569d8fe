"""Vivavoce listens, thinks and speaks: real-time voice AI that you host yourself.

Everything public is importable from here; nothing heavy is imported until it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "Audio": "audio",
    "Resampler": "audio",
    "read_audio": "media",
    "write_audio": "media",
}
"""Each public name and the module it lives in."""

if TYPE_CHECKING:
    from .audio import Audio as Audio
    from .audio import Resampler as Resampler

__all__ = ["Audio", "Resampler", "__version__"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'vivavoce' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
