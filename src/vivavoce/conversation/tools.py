"""Python functions as tools that the language model may call."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import to_json

from vivavoce.engines import ToolCall, ToolSpec
from vivavoce.errors import BadRequest
from vivavoce.hints import nearest

TIMEOUT_S = 10.0
MOST_CHARACTERS = 8_000
"""Of a result; more is cut, and says so."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of a call. failed: `content` says what went wrong, for the model to read."""

    call: ToolCall
    content: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A function, and how the model sees it. timeout_s: after which it has failed."""

    spec: ToolSpec
    function: Callable[..., Any]
    arguments: type[BaseModel]
    timeout_s: float = TIMEOUT_S

    @classmethod
    def of(cls, function: Callable[..., Any] | Tool, timeout_s: float | None = None) -> Tool:
        """From a function with type hints; its docstring, Google style, describes it.

        Raises BadRequest for one without a name, or with parameters that have no name.
        """
        if isinstance(function, Tool):
            return function
        name = getattr(function, "__name__", "")
        if not re.fullmatch(r"[A-Za-z_]\w{0,63}", name):
            raise BadRequest(f"a tool must be a named function, not {function!r}")
        about, parameters = _docstring(inspect.getdoc(function) or "")
        arguments = _model(function, name, parameters)
        schema = arguments.model_json_schema()
        schema.pop("title", None)
        spec = ToolSpec(name, about, schema)
        return cls(spec, function, arguments, TIMEOUT_S if timeout_s is None else timeout_s)


def tool(*, timeout_s: float = TIMEOUT_S) -> Callable[[Callable[..., Any]], Tool]:
    """A decorator, for a tool with a timeout of its own."""
    return lambda function: Tool.of(function, timeout_s)


class Toolbox:
    """The tools of a session.

    elsewhere: tools that are only described here, for the owner's client runs them: a reply that
    calls one ends there, and a later reply goes by the result in the history.
    """

    def __init__(
        self,
        tools: Iterable[Callable[..., Any] | Tool] = (),
        *,
        elsewhere: Iterable[ToolSpec] = (),
    ) -> None:
        self.elsewhere = tuple(elsewhere)
        self._tools: dict[str, Tool] = {}
        for one in tools:
            made = Tool.of(one)
            if made.spec.name in self._tools:
                raise BadRequest(f"two tools are named {made.spec.name!r}; rename one")
            self._tools[made.spec.name] = made

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """As the model sees them."""
        return (*(tool.spec for tool in self._tools.values()), *self.elsewhere)

    def runs(self, call: ToolCall) -> bool:
        """Whether the tool is run here; one that nobody knows is, to be told so."""
        return all(spec.name != call.name for spec in self.elsewhere)

    async def run(self, call: ToolCall) -> ToolResult:
        """Call the tool. Whatever goes wrong is told in the result; raises nothing of its own.

        Async functions run on the event loop. Others run on a thread of their own, which goes
        on, unheard, when it outlives the timeout or the caller.
        """
        found = self._tools.get(call.name)
        if found is None:
            hint = nearest(call.name, self._tools)
            return ToolResult(call, f"unknown tool {call.name!r}; {hint}", failed=True)
        try:
            given = found.arguments.model_validate_json(call.arguments or "{}")
        except ValidationError as error:
            return ToolResult(call, _explained(error), failed=True)
        values = {name: getattr(given, name) for name in type(given).model_fields}
        try:
            async with asyncio.timeout(found.timeout_s) as limit:
                value = await _called(found.function, values)
        except TimeoutError:
            if limit.expired():
                return ToolResult(call, f"no result within {found.timeout_s:g} s", failed=True)
            return ToolResult(call, "TimeoutError", failed=True)
        except Exception as error:  # noqa: BLE001 - a tool may raise anything
            return ToolResult(
                call, f"{type(error).__name__}: {error}"[:MOST_CHARACTERS], failed=True
            )
        return ToolResult(call, _written(value))


async def _called(function: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    if inspect.iscoroutinefunction(function):
        return await function(**values)
    return await _on_a_thread(functools.partial(function, **values))


async def _on_a_thread(work: Callable[[], Any]) -> Any:
    """On a daemon thread, which keeps neither the loop nor the program from ending."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def settle(value: Any, error: BaseException | None) -> None:
        if result.done():
            return
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(value)

    def run() -> None:
        value, error = None, None
        try:
            value = context.run(work)
        except BaseException as raised:  # noqa: BLE001 - carried to the caller
            error = RuntimeError(repr(raised)) if isinstance(raised, StopIteration) else raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=run, name="vivavoce-tool", daemon=True).start()
    return await result


def _model(
    function: Callable[..., Any], name: str, described: Mapping[str, str]
) -> type[BaseModel]:
    """The function's parameters as a model that validates them."""
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        if parameter.kind in {
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
            parameter.POSITIONAL_ONLY,
        }:
            raise BadRequest(f"tool {name!r}: parameter {parameter.name!r} must have a name")
        annotation = Any if parameter.annotation is parameter.empty else parameter.annotation
        default = ... if parameter.default is parameter.empty else parameter.default
        about = described.get(parameter.name)
        fields[parameter.name] = (annotation, Field(default, description=about))
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=False)
    return create_model(name, __config__=config, **fields)


def _docstring(text: str) -> tuple[str, dict[str, str]]:
    """What a docstring says of the function, and of each parameter under `Args:`."""
    about, _, rest = re.sub(r"\r", "", text).partition("Args:\n")
    parameters: dict[str, str] = {}
    name = ""
    for line in rest.splitlines():
        if line and not line.startswith(" "):
            break
        match = re.match(r"\s{2,8}(\w+)\s*(?:\([^)]*\))?:\s*(.*)", line)
        if match:
            name = match[1]
            parameters[name] = match[2].strip()
        elif name and line.strip():
            parameters[name] += " " + line.strip()
    about = re.split(r"\n(?:Returns|Raises|Yields|Example):", about)[0]
    return " ".join(about.split()), parameters


def _written(value: Any) -> str:
    """A result as the model reads it."""
    if isinstance(value, str):
        text = value
    else:
        try:
            text = to_json(value).decode()
        except ValueError:
            text = json.dumps(repr(value))
    if len(text) > MOST_CHARACTERS:
        text = f"{text[:MOST_CHARACTERS]} … ({len(text) - MOST_CHARACTERS} characters left out)"
    return text


def _explained(error: ValidationError) -> str:
    """Which arguments are wrong, so that the model can mend them."""
    wrong = [
        f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}"
        for each in error.errors(include_url=False)
    ]
    return "wrong arguments: " + "; ".join(wrong)
