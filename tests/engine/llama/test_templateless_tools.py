"""Tools for models whose chat template has none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engine.llama.templateless_tools import ToolCallSpotter, explained, forced, unspoken
from vivavoce.engines import Message, Thought, Token, ToolCall, ToolSpec, Usage
from vivavoce.errors import EngineError

ROOM = ToolSpec(
    "book",
    "Book a room.",
    {
        "type": "object",
        "properties": {"city": {"$ref": "#/$defs/City"}},
        "$defs": {"City": {"enum": ["Rome", "Oslo"]}},
    },
)
COST = Usage(10, 0, 5)


def heard(*texts: str, must: bool = False) -> list[Thought]:
    spotter = ToolCallSpotter([ROOM], must=must)
    thoughts: list[Thought] = [*map(Token, texts), COST]
    return [seen for thought in thoughts for seen in spotter.see(thought)]


def test_the_tools_are_explained_in_the_system_message() -> None:
    system, question = explained([Message("system", "Be brief."), Message("user", "Hi")], [ROOM])
    assert system.content.startswith("Be brief.\nYou can use tools.")
    assert "- book: Book a room. Arguments: {" in system.content
    assert question == Message("user", "Hi")
    alone = explained([Message("user", "Hi")], [ROOM])
    assert [message.role for message in alone] == ["system", "user"]


def test_without_tools_a_conversation_stays_as_it_is() -> None:
    messages = [Message("system", "Be brief."), Message("user", "Hi")]
    assert explained(messages, []) == messages


def test_earlier_calls_and_results_become_plain_messages() -> None:
    call = ToolCall("1", "book", '{"city": "Rome"}')
    messages = [
        Message("assistant", "One moment.", (call,)),
        Message("tool", "booked", tool_call_id="1"),
    ]
    assert explained(messages, []) == [
        Message("assistant", 'One moment.\n{"tool": "book", "arguments": {"city": "Rome"}}'),
        Message("user", "The tool's result: booked"),
    ]


def test_references_within_a_tools_schema_still_hold_where_it_is_part_of_another() -> None:
    text = json.dumps(forced([ROOM]))
    schema = json.loads(text)["response_format"]["json_schema"]["schema"]
    assert schema["$defs"] == {"City": {"enum": ["Rome", "Oslo"]}}
    (call,) = schema["anyOf"]
    assert call["properties"]["arguments"]["properties"] == {"city": {"$ref": "#/$defs/City"}}
    assert "$defs" in ROOM.parameters


def test_words_pass_as_they_come() -> None:
    assert heard(" ", "Good", " day {") == [Token(" Good"), Token(" day "), Token("{"), COST]


@pytest.mark.parametrize("fence", [("", ""), ("```json\n", "\n```"), (" ", "\n")])
def test_a_json_object_is_a_call(fence: tuple[str, str]) -> None:
    call, usage = heard(fence[0], '{"tool": "book", "argu', 'ments": {"city": "Rome"}}', fence[1])
    assert isinstance(call, ToolCall)
    assert (call.name, call.arguments) == ("book", '{"city": "Rome"}')
    assert usage == Usage(10, 0, 5, "tool_calls")


@pytest.mark.parametrize("text", ['{"tool": "sing"}', "{curly} words", "`code`", '{"tool": "bo'])
def test_what_only_looks_like_a_call_is_given_as_words(text: str) -> None:
    *words, usage = heard(text)
    assert "".join(word.text for word in words if isinstance(word, Token)) == text
    assert usage == COST


def test_a_call_that_must_be_and_was_cut_short_is_an_error() -> None:
    with pytest.raises(EngineError, match="raise max_tokens"):
        heard('{"tool": "bo', must=True)


@pytest.mark.parametrize("step", [1, 1000])
def test_the_explanation_of_the_tools_is_not_said_where_a_model_repeats_it(step: int) -> None:
    about = explained([], [ROOM])[0].content
    pieces = [about[at : at + step] for at in range(0, len(about), step)]
    spotter = ToolCallSpotter([ROOM], must=False, unspoken=unspoken([ROOM]))
    said = [seen for piece in pieces for seen in spotter.see(Token(piece))]
    said += list(spotter.see(COST))
    assert "".join(it.text for it in said if isinstance(it, Token)).split() == []
    assert said[-1] == COST


def test_two_calls_have_two_ids() -> None:
    one, two = (heard('{"tool": "book"}')[0] for _ in range(2))
    assert isinstance(one, ToolCall)
    assert isinstance(two, ToolCall)
    assert one.id != two.id


@given(st.lists(st.text(min_size=1), max_size=8))
@settings(deadline=None)
def test_no_word_is_lost_or_told_twice(texts: list[str]) -> None:
    said = heard(*texts)
    words = "".join(thought.text for thought in said if isinstance(thought, Token))
    assert words == "".join(texts)
    assert said[-1] == COST
