"""Conversations as llama.cpp takes them, what of them fits, and its answers."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engine.llama.prompt import ReplyParser, alternating, choice, fit, most, offer, written
from vivavoce.engines import (
    LlmOptions,
    Message,
    Reasoning,
    Thought,
    Token,
    ToolCall,
    ToolSpec,
    Usage,
)
from vivavoce.errors import BadRequest, EngineError

SYSTEM = Message("system", "Be brief.")
BOOK = ToolSpec("book", "Book a room.", {"type": "object"})
CALL = ToolSpec("call", "Call someone.", {"type": "object"})


def user(text: str) -> Message:
    return Message("user", text)


def model(text: str) -> Message:
    return Message("assistant", text)


def words(messages: Sequence[Message]) -> int:
    """A tokenizer that makes each character a token."""
    return sum(len(message.content) for message in messages)


def chunk(finish: str | None = None, **delta: object) -> str:
    return json.dumps({"choices": [{"index": 0, "finish_reason": finish, "delta": delta}]})


def read(*chunks: str) -> list[Thought]:
    reader = ReplyParser()
    return [thought for each in chunks for thought in reader.read(each)]


# --- what fits -----------------------------------------------------------------------------------


def test_what_fits_is_left_as_it_is() -> None:
    messages = [SYSTEM, user("Hi"), model("Hello"), user("Bye")]
    assert fit(messages, 100, words) is messages


def test_the_oldest_turns_go_first_and_go_whole() -> None:
    call = Message("assistant", "", (ToolCall("1", "book", "{}"),))
    result = Message("tool", "done", tool_call_id="1")
    old = [user("Book it"), call, result, model("Booked.")]
    messages = [SYSTEM, *old, user("Where?"), model("Rome"), user("When?")]
    assert fit(messages, words(messages) - 1, words) == [SYSTEM, *messages[5:]]


def test_a_greeting_goes_with_the_oldest() -> None:
    messages = [SYSTEM, model("Welcome!"), user("Hi"), model("Hello"), user("Bye")]
    assert fit(messages, words(messages) - 1, words) == [SYSTEM, *messages[2:]]


def test_a_question_that_is_too_long_by_itself_loses_its_beginning() -> None:
    messages = [SYSTEM, user("old"), model("old"), user("0123456789")]
    assert fit(messages, len(SYSTEM.content) + 4, words) == [SYSTEM, user("6789")]


def test_where_not_even_the_system_message_fits_all_that_must_stay_is_given() -> None:
    messages = [SYSTEM, user("old"), model("old"), user("new")]
    assert fit(messages, 3, words) == [SYSTEM, user("new")]


def test_no_messages_are_no_trouble() -> None:
    assert fit([], 0, lambda _: 1) == []


TEXTS = st.text("ab", max_size=12)
TURNS = st.lists(st.tuples(TEXTS, TEXTS), max_size=6)


@given(turns=TURNS, last=TEXTS, room=st.integers(0, 120))
@settings(deadline=None)
def test_what_is_kept_fits_is_a_tail_and_ends_with_the_question(
    turns: list[tuple[str, str]], last: str, room: int
) -> None:
    said = [m for question, answer in turns for m in (user(question), model(answer))]
    messages = [SYSTEM, *said, user(last)]
    kept = list(fit(messages, room, words))
    assert kept[0] == SYSTEM
    assert kept[-1].role == "user"
    assert last.endswith(kept[-1].content)
    assert kept[1:-1] == messages[len(messages) - len(kept) + 1 : -1]
    if room >= len(SYSTEM.content):
        assert words(kept) <= room
    if kept[-1] != messages[-1]:
        assert len(kept) == 2
        assert words(kept) == max(room, len(SYSTEM.content))


@given(st.lists(st.text(max_size=40), max_size=5))
@settings(deadline=None)
def test_the_bound_on_tokens_is_above_one_for_each_byte(texts: list[str]) -> None:
    messages = [user(text) for text in texts]
    assert most(messages) > sum(len(text.encode()) for text in texts)


# --- templates -----------------------------------------------------------------------------------


def test_strict_templates_get_user_and_assistant_in_turns() -> None:
    messages = [SYSTEM, model("Hi!"), user("One."), user("Two."), model("Yes."), model("Well?")]
    assert alternating(messages) == [
        SYSTEM,
        user(""),
        model("Hi!"),
        user("One.\nTwo."),
        model("Yes.\nWell?"),
    ]


def test_tool_calls_and_results_are_not_joined() -> None:
    call = Message("assistant", "", (ToolCall("1", "book", "{}"),))
    results = [Message("tool", "a", tool_call_id="1"), Message("tool", "b", tool_call_id="2")]
    messages = [user("Go."), call, *results, model("Done.")]
    assert alternating(messages) == messages


def test_calls_and_results_are_written_in_openais_form() -> None:
    call = Message("assistant", "", (ToolCall("1", "book", '{"n": 2}'),))
    assert written([call, Message("tool", "done", tool_call_id="1")]) == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {
                    "id": "1",
                    "type": "function",
                    "function": {"name": "book", "arguments": '{"n": 2}'},
                }
            ],
        },
        {"role": "tool", "content": "done", "tool_call_id": "1"},
    ]


@pytest.mark.parametrize(
    ("wanted", "tools", "must"),
    [
        ("auto", (BOOK, CALL), False),
        ("none", (), False),
        ("required", (BOOK, CALL), True),
        ("call", (CALL,), True),
    ],
)
def test_a_choice_tells_which_tools_are_offered(
    wanted: str, tools: tuple[ToolSpec, ...], must: bool
) -> None:
    assert choice(LlmOptions(tools=(BOOK, CALL), tool_choice=wanted)) == (tools, must)


def test_a_tool_that_is_not_offered_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(BadRequest, match="did you mean 'book'"):
        choice(LlmOptions(tools=(BOOK, CALL), tool_choice="bok"))


def test_nothing_is_asked_of_a_model_without_tools() -> None:
    assert choice(LlmOptions(tool_choice="required")) == ((), False)
    assert offer((), must=False) == {}
    assert offer((BOOK,), must=True)["tool_choice"] == "required"


# --- the answer ----------------------------------------------------------------------------------


def test_words_come_as_tokens_and_the_cost_last() -> None:
    usage = {
        "prompt_tokens": 30,
        "completion_tokens": 2,
        "prompt_tokens_details": {"cached_tokens": 29},
    }
    assert read(
        chunk(role="assistant", content=None),
        chunk(content="Good"),
        chunk(reasoning_content="hm"),
        chunk(content=" day"),
        chunk("length"),
        json.dumps({"choices": [], "usage": usage}),
    ) == [Token("Good"), Reasoning("hm"), Token(" day"), Usage(30, 29, 2, "length")]


def test_a_tool_call_comes_whole() -> None:
    first = {"index": 0, "id": "a", "function": {"name": "book", "arguments": ""}}
    second = {"index": 1, "id": "b", "function": {"name": "call", "arguments": "{}"}}
    assert read(
        chunk(tool_calls=[first]),
        chunk(tool_calls=[{"index": 0, "function": {"arguments": '{"n":'}}]),
        chunk(tool_calls=[{"index": 0, "function": {"arguments": " 2}"}}]),
        chunk(tool_calls=[second]),
        chunk("tool_calls"),
    ) == [ToolCall("a", "book", '{"n": 2}'), ToolCall("b", "call", "{}")]


def test_a_call_without_id_or_arguments_gets_both() -> None:
    bare = {"index": 0, "function": {"name": "book"}}
    assert read(chunk(tool_calls=[bare]), chunk("tool_calls")) == [ToolCall("call-0", "book", "{}")]


def test_an_error_is_raised_with_its_remedy() -> None:
    too_long = {"type": "exceed_context_size_error", "n_prompt_tokens": 9000, "n_ctx": 2048}
    with pytest.raises(BadRequest, match="9000 tokens but the context only 2048; raise"):
        read(json.dumps({"error": too_long}))
    with pytest.raises(EngineError, match=r"llama\.cpp: out of luck"):
        read(json.dumps({"error": {"message": "out of luck"}}))
