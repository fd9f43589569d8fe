"""The conversation as both sides know it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vivavoce.engines import Message, ToolCall


class Memory(Protocol):
    """What a session remembers; its owner may bring a memory of its own."""

    def prompt(self, system: str, user: str | None = None) -> list[Message]:
        """What the model is to read: the system prompt, the latest turns, and `user`'s words."""
        ...

    def user(self, text: str) -> None:
        """The user said this."""
        ...

    def assistant(self, text: str) -> None:
        """The user heard this; nothing when they heard nothing."""
        ...

    def tools(self, calls: Sequence[ToolCall], results: Sequence[str]) -> None:
        """The model called these tools, and this is what they returned."""
        ...


class History:
    """What was said and heard, oldest first.

    A user who goes on before hearing any of the reply adds to the same message.
    """

    def __init__(self, turns: int = 12) -> None:
        self._turns = turns
        self._messages: list[Message] = []

    @property
    def messages(self) -> Sequence[Message]:
        """Everything but the system prompt."""
        return tuple(self._messages)

    def prompt(self, system: str, user: str | None = None) -> list[Message]:
        """What the model is to read: the system prompt, the latest turns, and `user`'s words."""
        messages = list(self._messages)
        if user is not None:
            _add_user(messages, user)
        starts = [i for i, message in enumerate(messages) if message.role == "user"]
        if len(starts) > self._turns:
            messages = messages[starts[-self._turns] :]
        return [Message("system", system), *messages] if system else messages

    def user(self, text: str) -> None:
        """The user said this."""
        _add_user(self._messages, text)
        self._trim()

    def assistant(self, text: str) -> None:
        """The user heard this; nothing when they heard nothing."""
        if text.strip():
            self._messages.append(Message("assistant", text.strip()))

    def tools(self, calls: Sequence[ToolCall], results: Sequence[str]) -> None:
        """The model called these tools, and this is what they returned."""
        self._messages += tool_messages(calls, results)

    def replace(self, messages: Sequence[Message]) -> None:
        """Start from another conversation."""
        self._messages = list(messages)

    def _trim(self) -> None:
        """Bound the memory: keep some turns more than the model sees."""
        starts = [i for i, message in enumerate(self._messages) if message.role == "user"]
        if len(starts) > 4 * self._turns:
            del self._messages[: starts[-2 * self._turns]]


def tool_messages(
    calls: Sequence[ToolCall], results: Sequence[str], said: str = ""
) -> list[Message]:
    """Calls and their results as the model reads them."""
    return [
        Message("assistant", said, tool_calls=tuple(calls)),
        *(
            Message("tool", result, tool_call_id=call.id)
            for call, result in zip(calls, results, strict=True)
        ),
    ]


def _add_user(messages: list[Message], text: str) -> None:
    if messages and messages[-1].role == "user":
        text = f"{messages.pop().content} {text}"
    messages.append(Message("user", text))
