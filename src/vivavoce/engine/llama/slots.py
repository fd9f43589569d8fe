"""Who gets which slot of llama.cpp: a conversation returns to the one that remembers it.

llama.cpp would choose by the share of the prompt that a slot has cached. Sessions that share a
system prompt would then evict one another while slots are free, so the choice is made here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from vivavoce.concurrency.model_thread import StopFlag, Stopped
from vivavoce.engines import Message

_KIN = 0.5
"""Of what a slot remembers, the part that a prompt must go on using to inherit the slot."""

_STEP_S = 0.05
"""How often someone who waits for a slot looks whether they are still wanted."""


@dataclass(slots=True, eq=False)
class PromptSlot:
    """messages: the last prompt read in it. used: when, as a count of uses; 0 is never.

    stop: of the warm-up that runs in it. claimed: a reply waits for that warm-up to end.
    """

    id: int
    messages: Sequence[Message] = ()
    used: int = 0
    state: Literal["free", "warming", "replying"] = "free"
    stop: StopFlag | None = None
    claimed: bool = False


class PromptSlots:
    """The slots of one server. Its methods block and belong on worker threads.

    A reply goes before warm-ups: it stops one that is in its way.
    """

    def __init__(self, count: int) -> None:
        self._slots = [PromptSlot(number) for number in range(count)]
        self._changed = threading.Condition()
        self._uses = 0

    @contextmanager
    def reply(self, messages: Sequence[Message], stop: StopFlag) -> Iterator[int]:
        """A slot to write the reply to `messages` in; waits while all have replies.

        Raises Stopped when `stop` is set while it waits.
        """
        with self._changed:
            while not (open_ := [slot for slot in self._slots if _open(slot)]):
                self._wait(stop)
            slot = choose(open_, messages) or oldest(open_)
            if slot.stop is not None:
                slot.stop.set()
            slot.claimed = True
            try:
                while slot.state != "free":
                    self._wait(stop)
            finally:
                slot.claimed = False
            self._assign(slot, messages, "replying", None)
        try:
            yield slot.id
        finally:
            self._release(slot)

    @contextmanager
    def warm(self, messages: Sequence[Message], stop: StopFlag) -> Iterator[int | None]:
        """A slot to read `messages` into, or None when that would be in a reply's way.

        An earlier warm-up of the same conversation is stopped. stop: set when this one is.
        """
        with self._changed:
            slot = choose(self._slots, messages)
            if slot is not None and slot.stop is not None:
                slot.stop.set()
            while slot is not None and slot.state != "free":
                if slot.claimed or slot.state == "replying" or stop.is_set():
                    slot = None
                else:
                    self._changed.wait(_STEP_S)
            if slot is not None and slot.claimed:
                slot = None
            if slot is not None:
                self._assign(slot, messages, "warming", stop)
        try:
            yield None if slot is None else slot.id
        finally:
            if slot is not None:
                self._release(slot)

    def _wait(self, stop: StopFlag) -> None:
        if stop.is_set():
            raise Stopped
        self._changed.wait(_STEP_S)

    def _assign(
        self,
        slot: PromptSlot,
        messages: Sequence[Message],
        state: Literal["warming", "replying"],
        stop: StopFlag | None,
    ) -> None:
        self._uses += 1
        slot.state, slot.stop = state, stop
        slot.messages, slot.used = tuple(messages), self._uses

    def _release(self, slot: PromptSlot) -> None:
        with self._changed:
            slot.state, slot.stop = "free", None
            self._changed.notify_all()


def choose(slots: Sequence[PromptSlot], messages: Sequence[Message]) -> PromptSlot | None:
    """The slot whose memory these messages go on from; else a free one, an unused one first.

    None when only busy slots of other conversations are left.
    """
    scores = [(*kinship(slot.messages, messages), slot) for slot in slots if slot.used]
    kin = [(shared, kept, slot) for shared, kept, slot in scores if kept > _KIN]
    if kin:
        return max(kin, key=lambda score: score[:2])[2]
    free = [slot for slot in slots if slot.state == "free" and not slot.claimed]
    return oldest(free) if free else None


def _open(slot: PromptSlot) -> bool:
    """Whether a reply may have it, now or when the warm-up in it has been stopped."""
    return slot.state != "replying" and not slot.claimed


def oldest(slots: Sequence[PromptSlot]) -> PromptSlot:
    """The slot least recently used; one never used before any other."""
    return min(slots, key=lambda slot: (slot.used, slot.id))


def kinship(remembered: Sequence[Message], messages: Sequence[Message]) -> tuple[int, float]:
    """How much of what a slot remembers would be of use to `messages`.

    Gives the characters, and their share of all that is remembered. System messages count for
    nothing, as sessions have them in common, but where they differ nothing is of use.
    """
    if _head(remembered) != _head(messages):
        return 0, 0.0
    old = [message for message in remembered if message.role != "system"]
    new = [message for message in messages if message.role != "system"]
    if not old:
        return 0, 1.0
    known = set(new)
    shared = sum(len(message.content) for message in old if message in known)
    if new and old[-1] not in known:
        shared += _common(old[-1].content, new[-1].content)
    total = sum(len(message.content) for message in old)
    return shared, shared / total if total else 1.0


def _head(messages: Sequence[Message]) -> list[str]:
    return [message.content for message in messages if message.role == "system"]


def _common(one: str, other: str) -> int:
    """The characters that both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
