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
from vivavoce.hints import nearest
from vivavoce.kinds import kinds
from vivavoce.text.text_files import UnreadableText, decoded

PREFIX = "VIVAVOCE_"
_ALIASES = {
    f"{PREFIX}MODELS": f"{PREFIX}MODELS__FOLDER",
    f"{PREFIX}OFFLINE": f"{PREFIX}MODELS__OFFLINE",
}
"""What the model store knows these as."""
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PLATFORM = re.compile(r"_SERVICE_(HOST|PORT)|_PORT_[0-9]+_")
"""In variables that Kubernetes and Docker make for a service called vivavoce."""
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


class _Yaml(yaml.SafeLoader):
    """YAML that takes fewer words for something else: `no` is text, and so are 12:30 and 007."""


_Yaml.yaml_implicit_resolvers = {}
_EXPONENT = "[eE][-+]?[0-9]+"
for _tag, _pattern, _starts in (
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("merge", r"<<", "<"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(0|[1-9][0-9_]*)", "-+0123456789"),
    (
        "float",
        rf"[-+]?(0|[1-9][0-9_]*)(\.[0-9_]*({_EXPONENT})?|{_EXPONENT})",
        "-+0123456789",
    ),
    ("float", rf"[-+]?(\.[0-9][0-9_]*({_EXPONENT})?|\.inf|\.Inf)|\.nan|\.NaN", "-+."),
):
    _Yaml.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), [*_starts, ""]
    )


def read_file(path: Path) -> Layer:
    """The settings in a YAML, TOML or JSON file."""
    data: object = None
    try:
        text = decoded(path.read_bytes(), str(path))
        match path.suffix.lower():
            case ".toml":
                data = tomllib.loads(text)
            case ".yaml" | ".yml" | ".json":
                data = yaml.load(text, _Yaml)  # noqa: S506 - it is a SafeLoader
            case _:
                raise BadConfig(f"{path}: name a configuration file .yaml, .toml or .json")
    except FileNotFoundError:
        raise BadConfig(
            f"file not found: {path}; create it with `vivavoce config init {path}`"
        ) from None
    except OSError as error:
        raise BadConfig(f"cannot read {path}: {error.strerror}") from None
    except UnreadableText as error:
        raise BadConfig(str(error)) from None
    except (yaml.YAMLError, tomllib.TOMLDecodeError) as error:
        raise BadConfig(f"{path} is not valid: {_one_line(error)}") from None
    if data is None:
        data = {}
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise BadConfig(
            f"{path}: expected a mapping of keys to values, such as `stt: whisper:small`"
        )
    return Layer(str(path), data)


def read_environment(
    environment: Mapping[str, str],
    keys: Iterable[str],
    paths: Iterable[str],
    problems: Problems,
) -> Layer:
    """The settings in VIVAVOCE_<KEY> and VIVAVOCE_<SECTION>__<KEY>; an empty one counts as none.

    keys: at the top. paths: of all settings, such as `session.speed`, for hints.
    Other variables with the prefix are left alone: container platforms make some of their own.
    """
    data: dict[str, object] = {}
    keys = set(keys)
    for name, value in sorted(environment.items()):
        if not name.startswith(PREFIX) or name == f"{PREFIX}CONFIG" or not value:
            continue
        section, *path = _ALIASES.get(name, name).removeprefix(PREFIX).lower().split("__")
        if section not in keys:
            meant = _meant(name, value, keys, paths)
            if path:
                hint = f"did you mean {meant}?" if meant else nearest(section, keys)
                problems.add(name, f"unknown key; {hint}")
            elif meant:
                _log.warning("%s is not a known variable; did you mean %s?", name, meant)
            continue
        steps = [section, *path]
        place = data
        for step in steps[:-1]:
            below = place.get(step, {})
            # VIVAVOCE_LLM names the engine, and VIVAVOCE_LLM__MODEL adds to it.
            place[step] = place = below if isinstance(below, dict) else {"engine": below}
        place[steps[-1]] = _list_or_text(value)
    return Layer("environment", data, "environment")


def _meant(name: str, value: str, keys: Iterable[str], paths: Iterable[str]) -> str | None:
    """The variable that was probably meant by one that says nothing."""
    if _PLATFORM.search(name) or "://" in value:
        return None
    known = {path: Layer("", {}, "environment").where(path) for path in (*keys, *paths)}
    joined = [right for right in known.values() if _joined(right) == _joined(name)]
    key = name.removeprefix(PREFIX).lower()
    elsewhere = [right for path, right in known.items() if path.rpartition(".")[2] == key]
    if joined or len(elsewhere) == 1:
        return [*joined, *elsewhere][0]
    kind, _, option = key.partition("_")
    if kind in kinds() and option:
        return f"{PREFIX}{kind.upper()}__{option.upper()}"
    close = difflib.get_close_matches(name, known.values(), 1, 0.85)
    return close[0] if close else None


def _joined(name: str) -> str:
    return name.replace("_", "")


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
            return yaml.load(text, _Yaml)  # noqa: S506 - it is a SafeLoader
        except yaml.YAMLError:
            return text
    return text


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
