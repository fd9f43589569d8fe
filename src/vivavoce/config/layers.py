"""Where settings come from, and what is said when one is wrong."""

from __future__ import annotations

import difflib
import logging
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from vivavoce.errors import BadConfig

PREFIX = "VIVAVOCE_"
_ALIASES = {
    f"{PREFIX}MODELS": f"{PREFIX}MODELS__FOLDER",
    f"{PREFIX}OFFLINE": f"{PREFIX}MODELS__OFFLINE",
}
"""What the model store knows these as."""
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Layer:
    """Settings from one place, by the names of a file's keys; not checked yet.

    source: the file's path, or what to call it in messages.
    kind: `environment` has text for every value, `flags` are the command line's.
    """

    source: str
    data: Mapping[str, object]
    kind: Literal["file", "environment", "flags"] = "file"

    def where(self, path: str) -> str:
        """What to call this key in a message, such as `vivavoce.yaml: session.speed`."""
        match self.kind:
            case "file":
                return f"{self.source}: {path}" if path else self.source
            case "environment":
                return PREFIX + path.upper().replace(".", "__").replace("-", "_")
            case "flags":
                return f"--{path.rpartition('.')[2].replace('_', '-')}"


class Problems:
    """What is wrong with a configuration, gathered so that all of it is told at once."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, where: str, what: str) -> None:
        """One more. where: from `Layer.where`."""
        self._lines.append(f"{where}: {what}")

    def raise_any(self) -> None:
        """Raise BadConfig if there is any."""
        if len(self._lines) == 1:
            raise BadConfig(self._lines[0])
        if self._lines:
            lines = "".join(f"\n  {line}" for line in self._lines)
            raise BadConfig(f"the configuration has {len(self._lines)} errors:{lines}")


def read_file(path: Path) -> Layer:
    """The settings in a YAML, TOML or JSON file."""
    data: object = None
    try:
        text = path.read_text("utf-8")
        match path.suffix.lower():
            case ".toml":
                data = tomllib.loads(text)
            case ".yaml" | ".yml" | ".json":
                data = yaml.safe_load(text)
            case _:
                raise BadConfig(f"{path}: a configuration's name ends in .yaml, .toml or .json")
    except FileNotFoundError:
        raise BadConfig(
            f"no file {path}; `vivavoce config init {path}` makes one to start from"
        ) from None
    except OSError as error:
        raise BadConfig(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadConfig(f"{path} is not text in UTF-8") from None
    except (yaml.YAMLError, tomllib.TOMLDecodeError) as error:
        raise BadConfig(f"{path} cannot be understood: {_one_line(error)}") from None
    if data is None:
        data = {}
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise BadConfig(f"{path}: keys with values are wanted, such as `stt: whisper:small`")
    return Layer(str(path), data)


def read_environment(environment: Mapping[str, str], keys: Iterable[str]) -> Layer:
    """The settings in VIVAVOCE_<KEY> and VIVAVOCE_<SECTION>__<KEY>; an empty one counts as none.

    Other variables with the prefix are left alone: container platforms make some of their own.
    """
    data: dict[str, object] = {}
    keys = set(keys)
    for name, value in sorted(environment.items()):
        if not name.startswith(PREFIX) or name == f"{PREFIX}CONFIG" or not value:
            continue
        section, *path = _ALIASES.get(name, name).removeprefix(PREFIX).lower().split("__")
        if not path and section not in keys:
            if close := difflib.get_close_matches(section, keys, 1):
                _log.warning("%s is not used; did you mean %s%s?", name, PREFIX, close[0].upper())
            continue
        steps = [section, *path]
        place = data
        for step in steps[:-1]:
            below = place.get(step, {})
            # VIVAVOCE_LLM names the engine, and VIVAVOCE_LLM__MODEL adds to it.
            place[step] = place = below if isinstance(below, dict) else {"engine": below}
        place[steps[-1]] = _list_or_text(value)
    return Layer("environment", data, "environment")


def expanded(layer: Layer, environment: Mapping[str, str], problems: Problems) -> Layer:
    """The same settings with each `${NAME}` replaced by the environment's value."""

    def expand(value: object, path: str) -> object:
        match value:
            case str():
                for name in _REFERENCE.findall(value):
                    if not environment.get(name):
                        problems.add(layer.where(path), f"set the environment variable {name}")
                return _REFERENCE.sub(lambda found: environment.get(found[1], ""), value)
            case dict():
                return {key: expand(item, f"{path}.{key}") for key, item in value.items()}
            case list():
                return [expand(item, f"{path}[{i}]") for i, item in enumerate(value)]
            case _:
                return value

    return Layer(
        layer.source, {key: expand(value, key) for key, value in layer.data.items()}, layer.kind
    )


def _list_or_text(text: str) -> object:
    if text.startswith("["):
        try:
            return yaml.safe_load(text)
        except yaml.YAMLError:
            return text
    return text


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
