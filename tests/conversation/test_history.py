"""What the model is told of the conversation."""

from __future__ import annotations

from vivavoce.conversation.history import History
from vivavoce.engines import Message, ToolCall


def test_the_prompt_begins_with_the_system_message_and_ends_with_the_users_words() -> None:
    history = History()
    history.user("Hello.")
    history.assistant("Hi!")
    assert history.prompt("Be brief.", "How are you?") == [
        Message("system", "Be brief."),
        Message("user", "Hello."),
        Message("assistant", "Hi!"),
        Message("user", "How are you?"),
    ]
    assert len(history.messages) == 2


def test_a_user_who_heard_nothing_of_the_reply_goes_on_in_the_same_message() -> None:
    history = History()
    history.user("Tell me")
    history.assistant("  ")
    history.user("a story.")
    assert history.messages == (Message("user", "Tell me a story."),)


def test_the_prompt_keeps_the_latest_turns_whole() -> None:
    history = History(turns=2)
    for i in range(5):
        history.user(f"u{i}")
        history.assistant(f"a{i}")
    assert [message.content for message in history.prompt("S", "u5")] == ["S", "u4", "a4", "u5"]


def test_tool_calls_are_followed_by_their_results() -> None:
    history = History()
    call = ToolCall("1", "time", "{}")
    history.user("What time is it?")
    history.tools([call], ["noon"])
    history.assistant("It is noon.")
    assert [message.role for message in history.messages] == [
        "user",
        "assistant",
        "tool",
        "assistant",
    ]
    assert history.messages[2].tool_call_id == "1"


def test_an_endless_conversation_keeps_a_bounded_history() -> None:
    history = History(turns=3)
    for i in range(500):
        history.user(f"u{i}")
        history.assistant(f"a{i}")
    assert len(history.messages) <= 2 * 4 * 3 + 2
    assert history.prompt("")[-1].content == "a499"
