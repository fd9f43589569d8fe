"""What a person may set: profiles, files, the environment and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .configuration import Config as Config
    from .configuration import load_config as load_config

__all__ = ["Config", "load_config"]


def __getattr__(name: str) -> object:
    # `--help` reads the profiles, and shall not wait for pydantic
    if name not in __all__:
        raise AttributeError(f"module 'vivavoce.config' has no attribute {name!r}")
    from . import configuration

    return getattr(configuration, name)
