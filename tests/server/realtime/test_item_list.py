"""The conversation's items, and what the model reads of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce import engines
from vivavoce.server.realtime.item_list import ItemList
from vivavoce.server.realtime.items import (
    ContentPart,
    FunctionCallItem,
    FunctionCallOutputItem,
    Item,
    MessageItem,
)
from vivavoce.server.realtime.wire_error import WireError


def user(id: str, text: str | None = "Hello.") -> MessageItem:  # noqa: A002
    return MessageItem(id, "user", (ContentPart("input_audio", text),))


def assistant(id: str, text: str) -> MessageItem:  # noqa: A002
    return MessageItem(id, "assistant", (ContentPart("output_audio", text),))


def conversation(*items: Item) -> ItemList:
    made = ItemList()
    for item in items:
        made.insert(item)
    return made


def ids(of: ItemList) -> list[str]:
    return [item.id for item in of]


def test_items_go_to_the_end_the_front_or_behind_another() -> None:
    made = conversation(user("a"))
    assert made.insert(user("d")) == "a"
    assert made.insert(user("0"), "root") is None
    assert made.insert(user("b"), "a") == "a"
    assert ids(made) == ["0", "a", "b", "d"]
    assert made.last_id == "d"
    assert made.previous_id(user("0")) is None
    assert made.previous_id(user("gone")) is None


def test_an_id_is_taken_once() -> None:
    made = conversation(user("a"))
    with pytest.raises(WireError) as told:
        made.insert(user("a"))
    assert told.value.code == "item_create_duplicate_item_id"
    assert ids(made) == ["a"]


def test_items_that_are_not_there_are_errors_that_name_them() -> None:
    made = conversation(user("a"))
    made.delete("a")
    with pytest.raises(WireError, match="'a'") as told:
        made.delete("a")
    assert told.value.code == "item_delete_invalid_item_id"
    with pytest.raises(WireError) as told:
        made.get("a", "truncate")
    assert told.value.code == "item_truncate_invalid_item_id"
    with pytest.raises(WireError) as told:
        made.insert(user("b"), "a")
    assert told.value.code == "item_create_invalid_previous_item_id"
    assert len(made) == 0


def test_an_item_is_replaced_in_its_place_unless_it_is_gone() -> None:
    made = conversation(user("a"), user("b"))
    made.replace(user("a", "Bye."))
    made.replace(user("c"))
    assert made.get("a") == user("a", "Bye.")
    assert ids(made) == ["a", "b"]


def test_past_the_bound_the_oldest_item_goes() -> None:
    made = ItemList(most=2)
    for each in "abc":
        made.insert(user(each))
    assert ids(made) == ["b", "c"]
    assert "a" not in made


EDITS = st.lists(st.tuples(st.sampled_from("id"), st.integers(0, 20), st.integers(-1, 20)))


@settings(deadline=None)
@given(EDITS)
def test_any_edits_leave_the_order_that_a_plain_list_has(edits: list[tuple[str, int, int]]) -> None:
    made, plain = ItemList(most=50), list[str]()
    for act, which, after in edits:
        name = str(which)
        if act == "d":
            if name in plain:
                plain.remove(name)
                made.delete(name)
            else:
                with pytest.raises(WireError):
                    made.delete(name)
            continue
        behind = None if after == -1 else "root" if after == 0 else str(after)
        if name in plain or (behind not in {None, "root"} and behind not in plain):
            with pytest.raises(WireError):
                made.insert(user(name), behind)
        else:
            if behind is None:
                at = len(plain)
            else:
                at = 0 if behind == "root" else plain.index(behind) + 1
            plain.insert(at, name)
            assert made.insert(user(name), behind) == (plain[at - 1] if at else None)
    assert ids(made) == plain


def test_the_model_reads_the_items_in_order() -> None:
    made = conversation(
        MessageItem("s", "system", (ContentPart("input_text", "It rains."),)),
        user("a", "Hello."),
        assistant("b", "Hi."),
        user("c", "How are"),
        user("d", None),
        user("e", "you?"),
    )
    assert made.prompt("Be brief.", " Tell me. ") == [
        engines.Message("system", "Be brief."),
        engines.Message("system", "It rains."),
        engines.Message("user", "Hello."),
        engines.Message("assistant", "Hi."),
        engines.Message("user", "How are you? Tell me."),
    ]
    assert made.prompt("")[0] == engines.Message("system", "It rains.")
    assert len(made) == 6


def test_calls_join_the_message_before_them_and_are_followed_by_their_outputs() -> None:
    made = conversation(
        user("a", "Weather?"),
        assistant("b", "Let me see."),
        FunctionCallItem("c", "1", "weather", "{}"),
        FunctionCallItem("d", "2", "time", "{}"),
        FunctionCallOutputItem("e", "2", "noon"),
        FunctionCallOutputItem("f", "1", "rain"),
        assistant("g", "It rains."),
    )
    assert made.prompt("") == [
        engines.Message("user", "Weather?"),
        engines.Message(
            "assistant",
            "Let me see.",
            tool_calls=(
                engines.ToolCall("1", "weather", "{}"),
                engines.ToolCall("2", "time", "{}"),
            ),
        ),
        engines.Message("tool", "rain", tool_call_id="1"),
        engines.Message("tool", "noon", tool_call_id="2"),
        engines.Message("assistant", "It rains."),
    ]


def test_calls_without_an_output_and_outputs_without_a_call_are_left_out() -> None:
    made = conversation(
        user("a"), FunctionCallItem("b", "1", "f", "{}"), FunctionCallOutputItem("c", "2", "x")
    )
    assert made.prompt("") == [engines.Message("user", "Hello.")]


def test_only_the_latest_turns_are_read() -> None:
    made = ItemList(history_turns=2)
    for index in range(5):
        made.insert(user(f"u{index}", f"q{index}"))
        made.insert(assistant(f"a{index}", f"r{index}"))
    assert [message.content for message in made.prompt("S", "now")] == ["S", "q4", "r4", "now"]
    assert [message.content for message in made.prompt("")] == ["q3", "r3", "q4", "r4"]


KINDS = st.sampled_from(["user", "assistant", "empty", "call", "output"])


@settings(deadline=None)
@given(st.lists(st.tuples(KINDS, st.integers(0, 3)), max_size=20))
def test_every_tool_message_answers_a_call_just_before_it(made_of: list[tuple[str, int]]) -> None:
    made = ItemList(history_turns=3)
    for index, (kind, call) in enumerate(made_of):
        item: Item
        match kind:
            case "call":
                item = FunctionCallItem(str(index), str(call), "f", "{}")
            case "output":
                item = FunctionCallOutputItem(str(index), str(call), "x")
            case _:
                make = assistant if kind == "assistant" else user
                item = make(str(index), "" if kind == "empty" else "w")
        made.insert(item)
    waiting: list[str] = []
    before = ""
    for message in made.prompt("S"):
        if message.role == "tool":
            assert message.tool_call_id == waiting.pop(0)
        else:
            assert not waiting
            assert message.content or message.tool_calls
            assert not (message.role == before == "user")
            waiting = [call.id for call in message.tool_calls]
        before = message.role
    assert not waiting
