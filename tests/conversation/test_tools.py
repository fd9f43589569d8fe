"""Python functions that a model calls."""

from __future__ import annotations

import asyncio
import threading
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.conversation.tools import Tool, Toolbox, ToolResult, tool
from vivavoce.engines import ToolCall
from vivavoce.errors import BadRequest


def book(city: str, nights: int = 1, board: Literal["half", "full"] = "half") -> dict[str, object]:
    """Book a room.

    Args:
        city: Where, in plain words,
            on two lines.
        nights (int): How many.

    Returns:
        What was booked.
    """
    return {"city": city, "nights": nights, "board": board}


async def run(function: object, arguments: str = "{}", name: str | None = None) -> ToolResult:
    toolbox = Toolbox([function])  # type: ignore[list-item]
    return await toolbox.run(ToolCall("1", name or toolbox.specs[0].name, arguments))


def test_the_schema_comes_from_the_hints_and_the_docstring() -> None:
    spec = Tool.of(book).spec
    assert (spec.name, spec.description) == ("book", "Book a room.")
    properties = spec.parameters["properties"]
    assert isinstance(properties, dict)
    assert properties["city"] == {
        "title": "City",
        "type": "string",
        "description": "Where, in plain words, on two lines.",
    }
    assert properties["nights"]["default"] == 1
    assert properties["nights"]["description"] == "How many."
    assert properties["board"]["enum"] == ["half", "full"]
    assert spec.parameters["required"] == ["city"]


async def test_arguments_are_validated_and_defaults_filled_in() -> None:
    result = await run(book, '{"city": "Rome", "nights": "3"}')
    assert (result.content, result.failed) == ('{"city":"Rome","nights":3,"board":"half"}', False)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("{}", "city: Field required"),
        ('{"city": "Rome", "nights": "many"}', "nights: Input should be a valid integer"),
        ('{"city": "Rome", "stars": 5}', "stars: Extra inputs are not permitted"),
        ("not json", "Invalid JSON"),
        ("[]", "wrong arguments"),
    ],
)
async def test_wrong_arguments_are_told_to_the_model(arguments: str, why: str) -> None:
    result = await run(book, arguments)
    assert result.failed
    assert why in result.content


async def test_an_unknown_tool_names_the_nearest() -> None:
    result = await run(book, name="bok")
    assert result.failed
    assert "did you mean 'book'" in result.content


async def test_a_tool_that_raises_has_failed_and_nothing_leaves_it() -> None:
    def broken() -> str:
        raise ValueError("no rooms left")

    result = await run(broken)
    assert (result.content, result.failed) == ("ValueError: no rooms left", True)


async def test_an_async_tool_runs_on_the_loop_and_another_on_a_thread() -> None:
    async def here() -> str:
        return threading.current_thread().name

    def there() -> str:
        return threading.current_thread().name

    assert (await run(here)).content == threading.current_thread().name
    assert (await run(there)).content == "vivavoce-tool"


async def test_a_tool_that_takes_too_long_has_failed_and_blocks_nobody() -> None:
    gate = threading.Event()

    @tool(timeout_s=0.01)
    def slow() -> None:
        gate.wait()

    toolbox = Toolbox([slow, book])
    result = await toolbox.run(ToolCall("1", "slow", "{}"))
    assert (result.content, result.failed) == ("no result within 0.01 s", True)
    assert not (await toolbox.run(ToolCall("2", "book", '{"city": "Rome"}'))).failed
    gate.set()


async def test_a_timeout_inside_a_tool_is_the_tools_own_failure() -> None:
    async def gives_up() -> None:
        raise TimeoutError

    assert (await run(gives_up)).failed


async def test_a_cancelled_call_is_cancelled_in_the_tool() -> None:
    cancelled = asyncio.Event()
    began = asyncio.Event()

    async def waits() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    task = asyncio.create_task(run(waits))
    await began.wait()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert cancelled.is_set()


async def test_a_long_result_is_cut_and_says_so() -> None:
    def long() -> str:
        return "x" * 8_005

    result = await run(long)
    assert result.content.endswith("(5 characters left out)")


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(BadRequest, match="two tools are named 'book'"):
        Toolbox([book, book])


def test_parameters_without_names_are_refused() -> None:
    def spread(*words: str) -> str:
        return " ".join(words)

    with pytest.raises(BadRequest, match="'words' must have a name"):
        Toolbox([spread])


def test_a_lambda_is_no_tool() -> None:
    with pytest.raises(BadRequest, match="named function"):
        Toolbox([lambda: "x"])


@given(st.text(max_size=200))
@settings(deadline=None)
def test_whatever_the_model_writes_as_arguments_nothing_is_raised(arguments: str) -> None:
    result = asyncio.run(run(book, arguments))
    assert isinstance(result.content, str)
