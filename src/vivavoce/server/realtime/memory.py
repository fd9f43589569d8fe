"""The conversation's items as the core's memory."""

from __future__ import annotations

from collections.abc import Sequence

from vivavoce.engines import Message, ToolCall

from .item_list import ItemList


class ItemMemory:
    """What the model reads are the items, which the dialogue keeps by the core's events: what
    was said, heard and called is in them already when the core wants it remembered.
    """

    def __init__(self, conversation: ItemList) -> None:
        self._conversation = conversation

    def prompt(self, system: str, user: str | None = None) -> list[Message]:
        """What the model is to read."""
        return self._conversation.prompt(system, user)

    def user(self, text: str) -> None:
        """In the item that the turn's end made."""

    def assistant(self, text: str) -> None:
        """In the response's message."""

    def tools(self, calls: Sequence[ToolCall], results: Sequence[str]) -> None:
        """The client runs its tools and makes items of what they return."""
