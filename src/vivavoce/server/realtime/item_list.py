"""The items of a Realtime conversation in their order, and what the model reads of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeAlias

from vivavoce import engines
from vivavoce.server.access.byte_budget import Account

from .items import (
    FunctionCallItem,
    FunctionCallOutputItem,
    Item,
    MessageItem,
    bytes_of,
    new_id,
)
from .wire_error import WireError

MOST_ITEMS: Final = 1_000
ROOT: Final = "root"
"""What `previous_item_id` is for an item at the front."""

Act: TypeAlias = Literal["retrieve", "truncate", "delete"]


class ItemList:
    """Items, oldest first; past `most` of them the oldest go.

    account: their bytes are charged to it.
    """

    def __init__(
        self,
        history_turns: int = 12,
        most: int = MOST_ITEMS,
        *,
        account: Account | None = None,
    ) -> None:
        self.id = new_id("conv")
        self._history_turns = history_turns
        self._most = most
        self._account = account
        self._items: list[Item] = []

    def __iter__(self) -> Iterator[Item]:
        return iter(tuple(self._items))

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item_id: str) -> bool:
        return self._index(item_id) is not None

    @property
    def last_id(self) -> str | None:
        """Of the newest item."""
        return self._items[-1].id if self._items else None

    def insert(
        self, item: Item, previous_item_id: str | None = None, *, sent: bool = False
    ) -> str | None:
        """Put an item in; the id of the one that it follows, None at the front.

        previous_item_id: after which it comes; None is the end, `root` the front.
        sent: it is the client's, and refused where there is no room for it. For another, the oldest
        items go.
        Raises WireError for an id that is taken, and for a predecessor that is not there, Problem
        for a client's item that is too large.
        """
        if item.id in self:
            raise WireError(
                f"Error adding item: an item with id '{item.id}' already exists.",
                "item_create_duplicate_item_id",
                "item.id",
            )
        place = self._place_after(previous_item_id)
        self._charge(item, sent=sent)
        self._items.insert(place, item)
        while len(self._items) > self._most or (len(self._items) > 1 and self._is_over):
            self._release(self._items.pop(0))
        return self.previous_id(item)

    def replace(self, item: Item) -> None:
        """Put an item in the place of the one with its id; does nothing when that is gone."""
        index = self._index(item.id)
        if index is not None:
            self._release(self._items[index])
            self._items[index] = item
            self._charge(item, sent=False)

    def get(self, item_id: str, act: Act = "retrieve") -> Item:
        """The item. act: what it is wanted for, for the error's code.

        Raises WireError when there is none.
        """
        index = self._index(item_id)
        if index is None:
            raise WireError(
                f"Error with {act} of item: the item with id '{item_id}' does not exist.",
                f"item_{act}_invalid_item_id",
                "item_id",
            )
        return self._items[index]

    def delete(self, item_id: str) -> Item:
        """Take an item out. Raises WireError when there is none."""
        item = self.get(item_id, "delete")
        self._items.remove(item)
        self._release(item)
        return item

    def previous_id(self, item: Item) -> str | None:
        """The id of the item before this one; None for the first, and for one that is gone."""
        index = self._index(item.id)
        return self._items[index - 1].id if index else None

    def prompt(self, system: str, user: str | None = None) -> list[engines.Message]:
        """What the model is to read: the system prompt, the latest turns, and `user`'s words.

        A turn begins with a user's words. The client's own system messages stand where they are.
        """
        told = messages_of(self._items)
        if user is not None:
            _add(told, engines.Message("user", user.strip()))
        starts = [index for index, message in enumerate(told) if message.role == "user"]
        if len(starts) > self._history_turns:
            told = told[starts[-self._history_turns] :]
        return [engines.Message("system", system), *told] if system else told

    def _charge(self, item: Item, *, sent: bool) -> None:
        if self._account is None:
            return
        size = bytes_of(item)
        if sent:
            self._account.charge(size)
        else:
            self._account.charge_anyway(size)

    def _release(self, item: Item) -> None:
        if self._account is not None:
            self._account.release(bytes_of(item))

    @property
    def _is_over(self) -> bool:
        return self._account is not None and not self._account.fits(0)

    def _index(self, item_id: str) -> int | None:
        # From the end: what is asked for is nearly always new.
        for index in range(len(self._items) - 1, -1, -1):
            if self._items[index].id == item_id:
                return index
        return None

    def _place_after(self, previous_item_id: str | None) -> int:
        if previous_item_id is None:
            return len(self._items)
        if previous_item_id == ROOT:
            return 0
        index = self._index(previous_item_id)
        if index is None:
            raise WireError(
                f"Error adding item: the previous item with id '{previous_item_id}' does not "
                "exist.",
                "item_create_invalid_previous_item_id",
                "previous_item_id",
            )
        return index + 1


def messages_of(items: Sequence[Item]) -> list[engines.Message]:
    """Items as a model reads them.

    What a user said in several items is one message. Calls join the assistant's message before
    them; only calls with an output are told, each followed by it, and outputs without a call are
    left out, as is what has no words.
    """
    outputs = {item.call_id: item for item in items if isinstance(item, FunctionCallOutputItem)}
    told: list[engines.Message] = []
    calls: list[FunctionCallItem] = []
    for item in items:
        match item:
            case FunctionCallItem() if item.call_id in outputs:
                calls.append(item)
            case MessageItem() if item.text:
                _add_calls(told, calls, outputs)
                _add(told, engines.Message(item.role, item.text))
    _add_calls(told, calls, outputs)
    return told


def _add(told: list[engines.Message], message: engines.Message) -> None:
    if message.role == "user" and told and told[-1].role == "user":
        message = engines.Message("user", f"{told.pop().content} {message.content}".strip())
    if message.content:
        told.append(message)


def _add_calls(
    told: list[engines.Message],
    calls: list[FunctionCallItem],
    outputs: dict[str, FunctionCallOutputItem],
) -> None:
    """Tell the calls so far, and what they returned; leaves `calls` empty."""
    if not calls:
        return
    said = ""
    if told and told[-1].role == "assistant" and not told[-1].tool_calls:
        said = told.pop().content
    made = tuple(engines.ToolCall(call.call_id, call.name, call.arguments) for call in calls)
    told.append(engines.Message("assistant", said, tool_calls=made))
    told.extend(
        engines.Message("tool", outputs[call.call_id].output, tool_call_id=call.call_id)
        for call in calls
    )
    calls.clear()
