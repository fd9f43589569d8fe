"""Who gets which slot of llama.cpp."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import Queue

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.concurrency.model_thread import StopFlag, Stopped
from vivavoce.engine.llama.slots import PromptSlots, kinship
from vivavoce.engines import Message

SYSTEM = Message("system", "You are a helpful assistant with a long system prompt.")


def talk(*texts: str) -> list[Message]:
    roles: list[Message] = [SYSTEM]
    for place, text in enumerate(texts):
        roles.append(Message("assistant" if place % 2 else "user", text))
    return roles


ANNA = talk("My name is Anna.")
BEN = talk("Tell me about whales.")
CLEO = talk("What is the time?")
DORA = talk("Sing a song.")


def replied(slots: PromptSlots, messages: Sequence[Message]) -> int:
    with slots.reply(messages, StopFlag()) as slot:
        return slot


def warmed(slots: PromptSlots, messages: Sequence[Message]) -> int | None:
    with slots.warm(messages, StopFlag()) as slot:
        return slot


def on_a_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


# --- which one -----------------------------------------------------------------------------------


def test_a_conversation_returns_to_its_slot() -> None:
    slots = PromptSlots(3)
    anna, ben = replied(slots, ANNA), replied(slots, BEN)
    assert anna != ben
    for _ in range(3):
        assert replied(slots, [*ANNA, *talk("Hi Anna.", "Who am I?")[1:]]) == anna
        assert replied(slots, [*BEN, *talk("They sing.", "Why?")[1:]]) == ben


def test_a_shared_system_prompt_makes_no_kin() -> None:
    slots = PromptSlots(4)
    assert len({replied(slots, each) for each in (ANNA, BEN, CLEO, DORA)}) == 4


def test_a_slot_that_has_read_the_system_prompt_only_is_taken_over() -> None:
    slots = PromptSlots(2)
    warm = warmed(slots, [SYSTEM])
    assert replied(slots, ANNA) == warm


def test_an_utterance_that_grows_stays_in_its_slot() -> None:
    slots = PromptSlots(3)
    places = {
        warmed(slots, talk("What is")),
        warmed(slots, talk("What is the capital")),
        replied(slots, talk("What is the capital of France?")),
    }
    assert len(places) == 1


def test_a_conversation_whose_oldest_turns_were_dropped_stays_in_its_slot() -> None:
    slots = PromptSlots(3)
    old = talk("One?", "Yes, one.", "Two?", "Yes, two.", "Three?")
    home = replied(slots, old)
    replied(slots, BEN)
    assert replied(slots, [SYSTEM, *old[3:], *talk("Yes.", "Four?")[1:]]) == home


def test_another_system_prompt_is_another_conversation() -> None:
    assert kinship(ANNA, [Message("system", "Be rude."), *ANNA[1:]]) == (0, 0.0)


def test_when_all_are_used_the_longest_unused_goes() -> None:
    slots = PromptSlots(2)
    anna, ben = replied(slots, ANNA), replied(slots, BEN)
    assert replied(slots, ANNA) == anna
    assert replied(slots, CLEO) == ben


@given(st.lists(st.text("ab ", max_size=8), max_size=6), st.lists(st.text("ab "), max_size=6))
@settings(deadline=None)
def test_kinship_is_a_share_and_whole_with_oneself(one: list[str], other: list[str]) -> None:
    shared, kept = kinship(talk(*one), talk(*other))
    assert 0 <= kept <= 1
    assert 0 <= shared <= sum(map(len, one))
    assert kinship(talk(*one), talk(*one, *other))[1] == 1.0


# --- in whose way --------------------------------------------------------------------------------


def test_a_reply_stops_the_warm_up_of_its_conversation_and_takes_over_its_slot() -> None:
    slots, stop = PromptSlots(2), StopFlag()
    order: Queue[str] = Queue()
    begun = threading.Event()

    def warm() -> None:
        with slots.warm(talk("What is"), stop) as slot:
            assert slot == 0
            begun.set()
            stop.wait()
            order.put("warm-up ended")

    thread = on_a_thread(warm)
    begun.wait()
    with slots.reply(talk("What is it?"), StopFlag()) as slot:
        order.put("reply began")
        assert slot == 0
    thread.join()
    assert [order.get(), order.get()] == ["warm-up ended", "reply began"]


def test_a_reply_stops_a_strangers_warm_up_only_when_no_slot_is_free() -> None:
    slots, stop = PromptSlots(2), StopFlag()
    begun = threading.Event()

    def warm() -> None:
        with slots.warm(ANNA, stop):
            begun.set()
            stop.wait()

    thread = on_a_thread(warm)
    begun.wait()
    with slots.reply(BEN, StopFlag()):
        assert not stop.is_set()
        with slots.reply(CLEO, StopFlag()):
            assert stop.is_set()
    thread.join()


def test_a_warm_up_is_left_out_while_its_conversation_is_being_answered() -> None:
    slots = PromptSlots(2)
    with slots.reply(ANNA, StopFlag()):
        assert warmed(slots, ANNA) is None
        assert warmed(slots, BEN) is not None


def test_a_warm_up_is_left_out_when_every_slot_is_in_use() -> None:
    slots = PromptSlots(1)
    with slots.reply(ANNA, StopFlag()):
        assert warmed(slots, BEN) is None


def test_a_newer_warm_up_of_a_conversation_stops_the_older() -> None:
    slots, stop = PromptSlots(2), StopFlag()
    begun = threading.Event()

    def older() -> None:
        with slots.warm(talk("What"), stop):
            begun.set()
            stop.wait()

    thread = on_a_thread(older)
    begun.wait()
    assert warmed(slots, talk("What is")) == 0
    assert stop.is_set()
    thread.join()


def test_more_replies_than_slots_wait() -> None:
    slots = PromptSlots(1)
    waiting = threading.Event()
    order: Queue[str] = Queue()

    def second() -> None:
        waiting.set()
        with slots.reply(BEN, StopFlag()):
            order.put("second")

    with slots.reply(ANNA, StopFlag()):
        thread = on_a_thread(second)
        waiting.wait()
        order.put("first")
    thread.join()
    assert [order.get(), order.get()] == ["first", "second"]


def test_a_reply_that_is_no_longer_wanted_stops_waiting() -> None:
    slots, unwanted = PromptSlots(1), StopFlag()
    unwanted.set()
    with (
        slots.reply(ANNA, StopFlag()),
        pytest.raises(Stopped),
        slots.reply(BEN, unwanted),
    ):
        pass
    assert replied(slots, BEN) == 0


def test_a_reply_that_fails_frees_its_slot() -> None:
    slots = PromptSlots(1)
    with pytest.raises(ValueError, match="oops"), slots.reply(ANNA, StopFlag()):
        raise ValueError("oops")
    assert replied(slots, ANNA) == 0


def test_many_callers_share_few_slots_and_none_is_used_twice_at_once() -> None:
    slots = PromptSlots(3)
    inside: set[int] = set()
    guard = threading.Lock()
    clashes: list[int] = []

    def call(number: int) -> None:
        for turn in range(20):
            messages = talk(f"caller {number} says {turn}")
            scope = (
                slots.reply(messages, StopFlag()) if turn % 2 else slots.warm(messages, StopFlag())
            )
            with scope as slot:
                if slot is None:
                    continue
                with guard:
                    if slot in inside:
                        clashes.append(slot)
                    inside.add(slot)
                with guard:
                    inside.remove(slot)

    threads = [on_a_thread(lambda number=number: call(number)) for number in range(6)]  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert not clashes
