"""What may be set of an engine: a frozen dataclass that each engine declares.

    @dataclass(frozen=True, slots=True)
    class BeeperOptions:
        hertz: Annotated[int, Field(ge=20, description="of the tone")] = 880

A configuration writes the keys side by side, those of shared parts such as `Compute` too:
`{engine: whisper, threads: 2}`. `Field` is pydantic's: its bounds are checked where the
configuration is read, and its description is what the documentation and `vivavoce engines NAME`
say. A plain `hertz: int = 880` does as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass, replace
from typing import Annotated, Any, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

import pydantic
from pydantic import AfterValidator, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from .errors import BadConfig
from .hints import nearest

Option: TypeAlias = str | int | float | bool | None
S = TypeVar("S")

DEVICES = "auto, cpu, cuda, cuda:N or mps"


def device(text: str) -> str:
    """The name of a device, in lower case. Raises ValueError, with what there is, for another."""
    kind, colon, number = text.strip().lower().partition(":")
    if kind not in {"auto", "cpu", "cuda", "mps"} or (colon and kind != "cuda"):
        raise ValueError(f"choose {DEVICES}")
    if colon and not number.isdecimal():
        raise ValueError(f"choose {DEVICES}")
    return f"{kind}{colon}{number}"


Device: TypeAlias = Annotated[str, AfterValidator(device)]


@dataclass(frozen=True, slots=True)
class Compute:
    """What an engine computes with."""

    device: Annotated[
        Device,
        pydantic.Field(
            description="`auto` takes a GPU where there is one that the engine can use; else `cpu`,"
            " `cuda`, `cuda:1` or `mps`"
        ),
    ] = "auto"
    threads: Annotated[
        int | None, pydantic.Field(ge=1, description="of the CPU, for one inference")
    ] = None
    quantization: Annotated[
        str | None, pydantic.Field(description="which of a model's files, such as `Q4_1`")
    ] = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that computes instead."""

    base_url: Annotated[
        str,
        pydantic.Field(description="with or without `/v1`, where the path is nothing else"),
    ]
    api_key: Annotated[
        str | None, pydantic.Field(description="else what `api_key_env` holds, else none")
    ] = field(default=None, repr=False)
    api_key_env: Annotated[
        str, pydantic.Field(description="the environment variable that may hold the key")
    ] = "OPENAI_API_KEY"
    connect_timeout: Annotated[
        float, pydantic.Field(gt=0, description="seconds until it accepts a connection")
    ] = 5.0
    first_timeout: Annotated[
        float, pydantic.Field(gt=0, description="seconds until the answer begins")
    ] = 20.0
    next_timeout: Annotated[
        float, pydantic.Field(gt=0, description="seconds between its pieces")
    ] = 10.0
    retries: Annotated[
        int, pydantic.Field(ge=0, description="of what may pass, before anything was received")
    ] = 2
    backoff: Annotated[
        float,
        pydantic.Field(
            ge=0, description="seconds before the first retry, twice as long before each further"
        ),
    ] = 0.3


@dataclass(frozen=True, slots=True)
class OnlyKeys:
    """Beside a shared part's type in `Annotated`: the keys that this engine goes by."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OptionKey:
    """One key of an engine's configuration.

    part: the field of the engine's options that holds it, where it is one of a shared part.
    """

    name: str
    annotation: Any
    default: Option
    description: str = ""
    part: str | None = None

    def checked(self, value: object) -> Option:
        """The value as the engine wants it. Raises ValueError that says what is wrong."""
        try:
            found: Option = TypeAdapter(self.annotation).validate_python(value)
        except ValidationError as error:
            message = error.errors(include_url=False)[0]["msg"].partition(", unable")[0]
            message = message.removeprefix("Value error, ").replace("Input should", "it should")
            raise ValueError(f"{message}, not {value!r}") from None
        return found


def keys_of(shape: Any) -> Mapping[str, OptionKey]:
    """What a configuration may set of these options, by name."""
    found: dict[str, OptionKey] = {}
    hints = get_type_hints(shape, include_extras=True)
    for each in fields(shape):
        hint, notes = _parted(hints[each.name])
        default = _default(each)
        if not is_dataclass(hint):
            told = next((note for note in notes if isinstance(note, FieldInfo)), None)
            description = told.description if told and told.description else ""
            found[each.name] = OptionKey(each.name, hints[each.name], default, description)
            continue
        chosen = next((note for note in notes if isinstance(note, OnlyKeys)), None)
        for key in keys_of(hint).values():
            if chosen is None or key.name in chosen.names:
                own = getattr(default, key.name)
                found[key.name] = replace(key, default=own, part=each.name)
    return found


def build(shape: type[S], given: Mapping[str, object], what: str = "") -> S:
    """The options of these keys, and of defaults where there is none.

    what: whose they are, for messages. Raises BadConfig for a key or value that is wrong.
    """
    what = what or shape.__name__
    known = keys_of(shape)
    own: dict[str, Any] = {}
    parts: dict[str, dict[str, Option]] = {}
    for name, value in given.items():
        key = known.get(name)
        if key is None:
            raise BadConfig(f"{what} has no option {name!r}; {nearest(name, known)}")
        try:
            right = key.checked(value)
        except ValueError as error:
            raise BadConfig(f"{what}: {name}: {error}") from None
        (own if key.part is None else parts.setdefault(key.part, {}))[name] = right
    for each in fields(shape):  # type: ignore[arg-type]
        if each.name in parts:
            own[each.name] = replace(_default(each), **parts[each.name])
    return shape(**own)


def _parted(hint: Any) -> tuple[Any, tuple[object, ...]]:
    """A type, and what `Annotated` says beside it."""
    if get_origin(hint) is Annotated:
        bare, *notes = get_args(hint)
        return bare, tuple(notes)
    return hint, ()


def _default(each: Field[Any]) -> Any:
    """None for a field that must be given."""
    if each.default is not MISSING:
        return each.default
    return None if each.default_factory is MISSING else each.default_factory()
