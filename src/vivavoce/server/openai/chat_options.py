"""What a chat completion is to be like: its request as the engines' options, or why not."""

from __future__ import annotations

from dataclasses import dataclass

from vivavoce.engines import LlmOptions, ToolSpec
from vivavoce.hints import nearest
from vivavoce.media.decode import FORMATS
from vivavoce.server.errors import Problem

from .chat_request import ChatRequest, Choice, ToolParam

PCM16 = "pcm16"
"""Signed 16-bit, little-endian, mono, 24 kHz."""
_NO_ARGUMENTS: dict[str, object] = {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True)
class Sound:
    """That the reply is to be spoken. voice: as the client calls it; None is the default."""

    voice: str | None
    format: str


def options_of(request: ChatRequest) -> LlmOptions:
    """How the reply is to be written. Raises Problem for what cannot be had."""
    _refuse(request)
    tools, choice = _tools(request)
    stop = [request.stop] if isinstance(request.stop, str) else request.stop or []
    return LlmOptions(
        max_tokens=request.max_completion_tokens or request.max_tokens,
        temperature=request.temperature,
        top_p=request.top_p,
        # Engines take 31 bits; the same seed stays the same.
        seed=None if request.seed is None else request.seed % 2**31,
        stop=tuple(text for text in stop if text),
        tools=tools,
        tool_choice=choice,
    )


def sound_of(request: ChatRequest) -> Sound | None:
    """How the reply is to sound; None is not at all. Raises Problem for an unknown format."""
    if "audio" not in (request.modalities or ()):
        return None
    wish = request.audio
    voice = wish.voice_name if wish else None
    chosen = (wish.format if wish else None) or (PCM16 if request.stream else "wav")
    if request.stream and chosen != PCM16:
        raise Problem(
            f"streamed audio cannot be {chosen!r}; ask for pcm16, or do not stream",
            code="unsupported_value",
            param="audio.format",
        )
    known = [PCM16, *FORMATS]
    if chosen not in known:
        raise Problem(
            f"unknown audio format {chosen!r}; {nearest(chosen, known)}",
            code="invalid_value",
            param="audio.format",
        )
    return Sound(voice, chosen)


def _refuse(request: ChatRequest) -> None:
    """Raise Problem for wishes that would change the answer, and that no engine here can grant."""
    wanted = request.response_format
    wishes = {
        "n": (
            request.n not in {None, 1},
            f"n is {request.n}, but a request gets one reply; send the request {request.n} times",
        ),
        "response_format": (
            wanted is not None and wanted.type != "text",
            "response_format can only be text; to get JSON, offer a tool and require its call",
        ),
        "logprobs": (bool(request.logprobs), "logprobs are not available; leave them out"),
        "functions": (
            bool(request.functions) or request.function_call not in (None, "auto", "none"),
            "functions are not supported; use tools",
        ),
    }
    for param, (asked, message) in wishes.items():
        if asked:
            raise Problem(message, code="unsupported_parameter", param=param)


def _tools(request: ChatRequest) -> tuple[tuple[ToolSpec, ...], str]:
    """The tools on offer, and which is to be called, as `LlmOptions` has it."""
    tools = tuple(_tool(index, tool) for index, tool in enumerate(request.tools or ()))
    match request.tool_choice:
        case None | "auto" | "none" as choice:
            return tools, choice or "auto"
        case "required":
            _need(tools, "required", tools)
            return tools, "required"
        case str() as choice:
            raise _bad_choice(f"tool_choice {choice!r} is not valid; use auto, none or required")
        case Choice(type="function", function=named) if named is not None:
            chosen = tuple(tool for tool in tools if tool.name == named.name)
            _need(chosen, named.name, tools)
            return tools, named.name
        case Choice(type="allowed_tools", allowed_tools=allowed) if allowed is not None:
            names = {tool.function.name for tool in allowed.tools if tool.function}
            chosen = tuple(tool for tool in tools if tool.name in names)
            _need(chosen, ", ".join(sorted(names)), tools)
            return chosen, allowed.mode
    raise _bad_choice("tool_choice must be auto, none, required, a function or allowed_tools")


def _tool(index: int, tool: ToolParam) -> ToolSpec:
    if tool.type != "function" or tool.function is None:
        raise Problem(
            f"tools of type {tool.type!r} are not supported; use functions",
            code="unsupported_value",
            param=f"tools.{index}.type",
        )
    spec = tool.function
    return ToolSpec(spec.name, spec.description or "", spec.parameters or _NO_ARGUMENTS)


def _need(chosen: tuple[ToolSpec, ...], what: str, tools: tuple[ToolSpec, ...]) -> None:
    if not chosen:
        offered = ", ".join(tool.name for tool in tools) or "none"
        raise _bad_choice(f"tool_choice names {what!r}, but the available tools are: {offered}")


def _bad_choice(message: str) -> Problem:
    return Problem(message, code="invalid_value", param="tool_choice")
