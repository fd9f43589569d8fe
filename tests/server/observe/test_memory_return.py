"""Memory goes back when everybody has left."""

from __future__ import annotations

import gc
import weakref

from vivavoce.server.observe.memory_return import MemoryReturn, collect_and_trim


def test_it_is_given_back_once_after_each_time_that_somebody_was_there() -> None:
    given: list[str] = []
    memory = MemoryReturn(lambda: given.append("back"))
    steps = [memory.step(busy=busy) for busy in (False, True, True, False, False, True, False)]
    assert steps == [False, False, False, True, False, False, True]
    assert given == ["back", "back"]


class Knot:
    """Holds itself."""

    def __init__(self) -> None:
        self.me = self


def test_cycles_are_collected() -> None:
    gc.disable()
    try:
        knot = weakref.ref(Knot())
        assert knot() is not None
        collect_and_trim()
        assert knot() is None
    finally:
        gc.enable()
