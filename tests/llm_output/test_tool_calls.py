"""Tool calls that a model writes into its text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engines import LlmOptions, Reasoning, Thought, Token, ToolCall, ToolSpec, Usage
from vivavoce.llm_output.reading import ReplyReader
from vivavoce.llm_output.tool_calls import ToolCallSpotter

WEATHER = ToolSpec(
    "get_weather",
    "The weather",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
)
COST = Usage(10, 0, 5)


def read(text: str, step: int, *, tools: tuple[ToolSpec, ...] = (WEATHER,)) -> list[Thought]:
    reader = ReplyReader(LlmOptions(tools=tools))
    pieces = [Token(text[at : at + step]) for at in range(0, len(text), step)]
    found = [seen for piece in pieces for seen in reader.see(piece)]
    return [*found, *reader.see(COST), *reader.end()]


def said(thoughts: list[Thought]) -> str:
    return "".join(it.text for it in thoughts if isinstance(it, Token))


def called(thoughts: list[Thought]) -> list[tuple[str, object]]:
    return [(it.name, json.loads(it.arguments)) for it in thoughts if isinstance(it, ToolCall)]


@pytest.mark.parametrize("step", [1, 4, 1000])
@pytest.mark.parametrize(
    "text",
    [
        '{"name": "get_weather", "parameters": {"city": "Rome"}}',
        '{"tool": "get_weather", "arguments": "{\\"city\\": \\"Rome\\"}"}',
        '{"name": "get_weather", "city": "Rome"}',
        '{"get_weather": {"city": "Rome"}}',
        '{"type": "function", "function": {"name": "get_weather", "arguments": {"city": "Rome"}}}',
        '{"tool_calls": [{"name": "get_weather", "arguments": {"city": "Rome"}}]}',
        "{'name': 'get_weather', 'arguments': {'city': 'Rome'}}",
        '{"name": "get_weather", "parameters": {"city": "Rome"}',
        '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call>',
        '```json\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n```',
        '[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Rome"}}]',
        '[TOOL_CALLS]get_weather[ARGS]{"city": "Rome"}',
        '<|python_tag|>{"name": "get_weather", "parameters": {"city": "Rome"}}',
        '<function=get_weather>{"city": "Rome"}</function>',
        "<function=get_weather>\n<parameter=city>\nRome\n</parameter>\n</function>",
        '<invoke name="get_weather"><parameter name="city">Rome</parameter></invoke>',
        "<tool_call>get_weather\n<arg_key>city</arg_key><arg_value>Rome</arg_value></tool_call>",
        'get_weather(city="Rome")',
        '[get_weather(city="Rome")]',
        '```tool_code\nprint(get_weather("Rome"))\n```',
        'functions.get_weather:0{"city": "Rome"}',
        'Action: get_weather\nAction Input: {"city": "Rome"}',
        '<|channel|>commentary to=functions.get_weather json<|message|>{"city":"Rome"}',
        '<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{"city": "Rome"}\n```',
    ],
)
def test_a_call_that_is_written_as_text_is_made_and_not_said(text: str, step: int) -> None:
    thoughts = read(text, step)
    assert called(thoughts) == [("get_weather", {"city": "Rome"})]
    assert said(thoughts).strip() == ""
    assert thoughts[-1] == Usage(10, 0, 5, "tool_calls")


@pytest.mark.parametrize("step", [1, 4, 1000])
def test_words_before_a_call_are_said_and_those_after_it_are_not(step: int) -> None:
    thoughts = read('Let me see. {"name": "get_weather", "arguments": {}} It is sunny.', step)
    assert said(thoughts) == "Let me see. "
    assert called(thoughts) == [("get_weather", {})]


@pytest.mark.parametrize("step", [1, 4, 1000])
def test_several_calls_are_all_made(step: int) -> None:
    one = '{"name": "get_weather", "arguments": {"city": "Rome"}}'
    two = '{"name": "get_weather", "arguments": {"city": "Oslo"}}'
    wanted = [("get_weather", {"city": "Rome"}), ("get_weather", {"city": "Oslo"})]
    for text in (f"[{one}, {two}]", f"{one}\n{two}", f"<tool_call>{one}</tool_call>\n{two}"):
        assert called(read(text, step)) == wanted


@pytest.mark.parametrize("step", [1, 4, 1000])
@pytest.mark.parametrize(
    "text",
    [
        '{"name": "set_alarm", "parameters": {"at": "noon"}}',
        '<tool_call>{"name": "set_alarm", "arguments": {}}</tool_call>',
        '{"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {}}}}',
        '{"name": "get_weather", "arguments": {"city": "Ro',
    ],
)
def test_what_calls_no_offered_tool_or_is_cut_off_is_neither_made_nor_said(
    text: str, step: int
) -> None:
    assert read(text, step) == [COST]


@pytest.mark.parametrize("step", [1, 4, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "I use get_weather for this. A list [1] and {x}, 3 < 5, `code`, get_",
        "```python\nprint(1)\n``` is how.",
        'This is data: {"a": 1, "b": [2]}.',
        "You can call get_weather() yourself, or get_weather(city).",
        "The name: {",
    ],
)
def test_other_text_is_said_as_it_is(text: str, step: int) -> None:
    thoughts = read(text, step)
    assert said(thoughts) == text
    assert called(thoughts) == []


def test_without_tools_json_is_what_was_asked_for() -> None:
    text = '{"name": "get_weather", "parameters": {"city": "Rome"}}'
    assert read(text, 1000, tools=()) == [Token(text), COST]


def test_words_pass_at_once_where_tools_are_offered() -> None:
    spotter = ToolCallSpotter([WEATHER])
    assert list(spotter.see(Token("It is "))) == [Token("It is ")]
    assert list(spotter.see(Token("noon"))) == [Token("noon")]


def test_a_call_in_a_reply_that_ends_without_usage_is_made() -> None:
    reader = ReplyReader(LlmOptions(tools=(WEATHER,)))
    found = [*reader.see(Token("<think>Hm.</think>get_weather(")), *reader.see(Token("'Rome')"))]
    assert [*found, *reader.end()][0] == Reasoning("Hm.")
    assert called([*found]) == [("get_weather", {"city": "Rome"})]


@given(st.lists(st.text(alphabet="ab {}[]`<>/get_weather\"'(:", min_size=1), max_size=8))
@settings(deadline=None)
def test_no_word_is_lost_or_told_twice(texts: list[str]) -> None:
    spotter = ToolCallSpotter([ToolSpec("zz", "", {"type": "object"})])
    found = [seen for text in texts for seen in spotter.see(Token(text))]
    assert said([*found, *spotter.end()]) == "".join(texts)


@pytest.mark.parametrize("step", [1, 4, 1000])
def test_a_call_that_may_not_be_made_is_left_out_and_the_words_around_it_are_said(
    step: int,
) -> None:
    text = 'It is. <tool_call>{"name": "get_weather", "arguments": {"city": "Rome"}}</tool_call>So.'
    reader = ReplyReader(LlmOptions(tools=(WEATHER,), tool_choice="none"))
    pieces = [Token(text[at : at + step]) for at in range(0, len(text), step)]
    found = [seen for piece in pieces for seen in reader.see(piece)]
    found += [*reader.see(ToolCall("1", "get_weather", "{}")), *reader.see(COST), *reader.end()]
    assert (said(found), called(found)) == ("It is. So.", [])


def test_a_reply_whose_calls_were_left_out_just_stopped() -> None:
    reader = ReplyReader(LlmOptions(tools=(WEATHER,), tool_choice="none"))
    ended = Usage(10, 0, 5, "tool_calls")
    found = [*reader.see(ToolCall("1", "get_weather", "{}")), *reader.see(ended), *reader.end()]
    assert found == [Usage(10, 0, 5, "stop")]
