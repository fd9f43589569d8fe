"""A configuration file to start from: every setting with its default and what it means."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from fnmatch import fnmatch
from inspect import cleandoc
from typing import Any, get_type_hints

from vivavoce.settings import SessionSettings

from .configuration import ModelSettings
from .profiles import ABOUT, DEFAULT_PROFILE, PROFILES
from .server_settings import ServerSettings

_WIDTH = 92
_LABEL = re.compile(r"(?:^|(?<=[.;] ))([*\w]+(?:, [*\w]+)*): ")
"""What begins a field's meaning in its class's docstring: `one, two: what both mean.`"""

_HEAD = """\
## Vivavoce's configuration. A line with one # is a setting to uncomment; it has the value that
## holds anyway, or an example. ${NAME} stands for an environment variable.

## A ready-made set of settings, which everything below goes over:
PROFILES

## Engines: NAME or NAME:MODEL (`vivavoce engines` lists them), a mapping with options, or a list,
## of which the first is used, and the others when it fails. A mapping without `engine` sets
## options of the profile's engine.

# stt: [whisper:base, moonshine:tiny-en]
# llm: {engine: llama-cpp, model: qwen2.5-1.5b, context: 4096}
# tts: espeak-ng
# vad: silero
# turn: smart-turn
"""


def template() -> str:
    """The file's text, as YAML."""
    profiles = "".join(f"##   {name:<9} {ABOUT[name]}\n" for name in PROFILES)
    session = "".join(_commented("session", SessionSettings, ""))
    models = "".join(_commented("models", ModelSettings, ""))
    head = _HEAD.replace("PROFILES", f"{profiles}profile: {DEFAULT_PROFILE}")
    server = "".join(_commented("server", ServerSettings, ""))
    return f"{head}\n{session}\n{models}\n{server}"


def meanings(shape: type) -> dict[str, str]:
    """What each field of a settings class means, as the class's docstring tells it.

    A field without a meaning of its own has that of the first one that mentions it.
    """
    text = " ".join(cleandoc(shape.__doc__ or "").split()).replace("None", "null")
    _, *parts = _LABEL.split(text)
    told: dict[str, str] = {}
    for label, meaning in zip(parts[::2], parts[1::2], strict=True):
        for field in fields(shape):
            own = any(fnmatch(field.name, pattern) for pattern in label.split(", "))
            if own or (f"`{field.name}`" in meaning and field.name not in told):
                told[field.name] = f"{meaning[0].upper()}{meaning[1:]}".strip()
    return told


def default_of(field: Field[Any]) -> object:
    """A field's default."""
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _commented(name: str, shape: type, indent: str) -> Iterator[str]:
    yield from _words(cleandoc(shape.__doc__ or "").partition("\n")[0], indent)
    yield f"# {indent}{name}:\n"
    below = f"{indent}  "
    told = meanings(shape)
    hints = get_type_hints(shape)
    said = ""
    for field in fields(shape):
        meaning = told.get(field.name, "")
        default = default_of(field)
        if hasattr(default, "__dataclass_fields__"):
            yield from _commented(field.name, hints[field.name], below)
            continue
        if meaning != said:
            yield from _words(meaning, below)
            said = meaning
        yield f"# {below}{field.name}: {json.dumps(default, ensure_ascii=False)}\n"


def _words(meaning: str, indent: str) -> Iterator[str]:
    for line in textwrap.wrap(meaning, _WIDTH - len(indent)):
        yield f"# {indent}## {line}\n" if indent else f"## {line}\n"
