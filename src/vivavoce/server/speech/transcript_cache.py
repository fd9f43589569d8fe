"""What was said, so that a client can refer to it again without sending it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

KEPT_S = 3600.0
_MOST_ENTRIES = 1_000
_MOST_CHARACTERS = 4_000_000


class TranscriptCache:
    """Texts by key, the latest ones, for an hour. Bounded, whatever their number and length."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._texts: OrderedDict[Hashable, tuple[float, str]] = OrderedDict()
        self._characters = 0

    def __len__(self) -> int:
        return len(self._texts)

    def remember(self, key: Hashable, text: str) -> None:
        """Keep the text; the oldest ones make room for it."""
        self._forget(key)
        self._texts[key] = (self._clock() + KEPT_S, text)
        self._characters += len(text)
        while self._texts and self._over():
            self._forget(next(iter(self._texts)))

    def recall(self, key: Hashable) -> str | None:
        """The text; None when there was none, or it was long ago."""
        until, text = self._texts.get(key, (0.0, ""))
        if key in self._texts and until > self._clock():
            return text
        return None

    def _over(self) -> bool:
        until, _ = next(iter(self._texts.values()))
        return (
            len(self._texts) > _MOST_ENTRIES
            or self._characters > _MOST_CHARACTERS
            or until <= self._clock()
        )

    def _forget(self, key: Hashable) -> None:
        if key in self._texts:
            self._characters -= len(self._texts.pop(key)[1])
