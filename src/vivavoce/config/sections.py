"""Sections of plain values: pydantic checks them, and its fields tell what each means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from vivavoce.hints import nearest
from vivavoce.settings import SessionSettings

from .fallback_settings import FallbackSettings
from .layers import Layer, Problems
from .model_settings import ModelSettings
from .server_settings import ServerSettings

T = TypeVar("T")

_UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")
_SWITCH = {"yes": True, "on": True, "no": False, "off": False}


class Sections(BaseSettings):
    """What layers that `parse_section` has checked set; the last one that has a key wins."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    session: SessionSettings = Field(default_factory=SessionSettings)
    fallback: FallbackSettings = Field(default_factory=FallbackSettings)
    models: ModelSettings = Field(default_factory=ModelSettings)
    server: ServerSettings = Field(default_factory=ServerSettings)

    def __init__(self, layers: Sequence[Mapping[str, object]]) -> None:
        super().__init__(layers=layers)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Our own layers, instead of the environment as the library would read it."""
        layers = init_settings().get("layers", ())
        return tuple(InitSettingsSource(settings_cls, layer) for layer in reversed(layers))


SECTIONS: Mapping[str, type] = {
    "session": SessionSettings,
    "fallback": FallbackSettings,
    "models": ModelSettings,
    "server": ServerSettings,
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One key. path: such as `session.turns.mode`."""

    path: str
    default: object
    description: str


def fields_of(shape: type) -> Mapping[str, FieldInfo]:
    """A section's fields by name."""
    found: Mapping[str, FieldInfo] = shape.__dict__["__pydantic_fields__"]
    return found


def section_in(field: FieldInfo) -> type | None:
    """The section below, where the field is one."""
    shape = field.annotation
    return shape if isinstance(shape, type) and "__pydantic_fields__" in shape.__dict__ else None


@cache
def settings_of(shape: type, path: str) -> tuple[Setting, ...]:
    """Every key of the section at `path`, those of the sections below it included."""

    def walk() -> Iterator[Setting]:
        for name, field in fields_of(shape).items():
            here = f"{path}.{name}"
            if below := section_in(field):
                yield from settings_of(below, here)
            else:
                default = field.get_default(call_default_factory=True)
                yield Setting(here, default, field.description or "")

    return tuple(walk())


def all_settings() -> tuple[Setting, ...]:
    """Every key of every section."""
    return tuple(s for name, shape in SECTIONS.items() for s in settings_of(shape, name))


def parse_section(
    shape: type, layer: Layer, given: object, path: str, problems: Problems
) -> dict[str, object]:
    """Those of the section's values that are right; what is wrong goes to `problems`."""
    written = given
    given = _typed(shape, given, layer.kind == "environment")
    try:
        _adapter(shape).validate_python(given)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            steps = tuple(str(step) for step in one["loc"] if step != "[key]")
            here = ".".join((path, *steps))
            if one["type"] in _UNKNOWN:
                what = f"unknown key; {_hint(shape, path, steps, layer)}"
            else:
                what = _told(one["type"], one["msg"], _at(written, steps, one["input"]))
            problems.add(layer.where(here), what)
            given = _without(given, steps)
    return dict(given) if isinstance(given, Mapping) else {}


def merge(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """Both, key by key; where both have a key, that of `above`."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            value = merge(under, value)
        merged[key] = value
    return merged


def build(shape: type[T], values: Mapping[str, object]) -> T:
    """The section with these values, and its defaults where there is none."""
    return TypeAdapter(shape).validate_python(values)


def told(error: ValidationError, value: object) -> str:
    """What is wrong with a value, in a line."""
    first = error.errors(include_url=False)[0]
    return _told(first["type"], first["msg"], value)


def _told(kind: str, message: str, value: object) -> str:
    match kind:
        case "dataclass_type":
            return f"expected a mapping of keys to values, not {value!r}"
        case "invalid_key":
            return "it should be text; put it in quotes"
    said = message.partition(", unable")[0].replace("Input should", "it should")
    quotes = kind == "string_type" and isinstance(value, int | float)
    return f"{said}, not {value!r}{'; put it in quotes' if quotes else ''}"


def _hint(shape: type, path: str, steps: tuple[str, ...], layer: Layer) -> str:
    """The key that was meant: here, elsewhere, or with its steps joined."""
    here, key = ".".join((path, *steps)), steps[-1]
    for setting in all_settings():
        if _squashed(setting.path) == _squashed(here):
            return _meant(setting.path, layer)
    for step in steps[:-1]:
        below = section_in(fields_of(shape)[step])
        assert below is not None
        shape = below
    elsewhere = [s.path for s in all_settings() if s.path.rpartition(".")[2] == key]
    if len(elsewhere) == 1:
        return _meant(elsewhere[0], layer)
    return nearest(key, fields_of(shape))


def _meant(path: str, layer: Layer) -> str:
    name = layer.where(path) if layer.kind == "environment" else repr(path)
    return f"did you mean {name}?"


def _at(written: object, steps: tuple[str, ...], otherwise: object) -> object:
    """What stands in the layer under these keys."""
    for step in steps:
        if not isinstance(written, Mapping) or step not in written:
            return otherwise
        written = written[step]
    return written


def _squashed(name: str) -> str:
    return name.replace("_", "").replace(".", "").lower()


def _without(given: object, steps: tuple[str, ...]) -> object:
    if not steps or not isinstance(given, Mapping):
        return {}
    key, *rest = steps
    if rest and isinstance(given.get(key), Mapping):
        return {**given, key: _without(given[key], tuple(rest))}
    return {name: value for name, value in given.items() if str(name) != key}


def _typed(shape: type, given: object, as_text: bool) -> object:
    """The same with texts as what their fields are: all of them, or only YAML's `yes` and `no`."""
    if not isinstance(given, Mapping):
        return given
    fields, typed = fields_of(shape), dict(given)
    for key, value in given.items():
        field = fields.get(key)
        if field is None:
            continue
        if below := section_in(field):
            typed[key] = _typed(below, value, as_text)
        elif isinstance(value, str):
            if field.annotation is bool and value.lower() in _SWITCH:
                typed[key] = _SWITCH[value.lower()]
            elif as_text:
                typed[key] = _from_text(shape, key, value)
    return typed


def _from_text(shape: type, key: str, text: str) -> object:
    """The text as the field's type, its bounds not looked at; as it stands where it is none."""
    try:
        return _text_adapter(shape, key).validate_strings(text)
    except ValidationError:
        return text


@cache
def _text_adapter(shape: type, key: str) -> TypeAdapter[object]:
    adapter: TypeAdapter[object] = TypeAdapter(fields_of(shape)[key].annotation or object)
    return adapter


@cache
def _adapter(shape: type) -> TypeAdapter[object]:
    return TypeAdapter(shape)
