"""One budget in bytes for what clients send and the server keeps in memory.

It bounds each session, each key, and the server. Whatever keeps something that a client sent
charges it to an account, and releases it when it is gone.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from vivavoce.config.server_settings import LimitSettings
from vivavoce.server.errors import Problem

_RETRY_S = 5.0


class ByteBudget:
    """What all accounts hold together, by key."""

    def __init__(self, limits: LimitSettings) -> None:
        self._limits = limits
        self._by_key: Counter[str] = Counter()

    @property
    def held(self) -> int:
        """Bytes that are kept now."""
        return self._by_key.total()

    @contextmanager
    def account(self, key: str) -> Iterator[Account]:
        """An account of this key's, whose bytes count as gone at the end."""
        account = self.open(key)
        try:
            yield account
        finally:
            account.close()

    def open(self, key: str) -> Account:
        """The same, for who closes it by itself."""
        return Account(self, key, round(self._limits.session_mb * 1e6))

    def open_for_request(self, key: str) -> Account:
        """The same for a request, whose size has bounds of its own."""
        return Account(self, key, sys.maxsize)

    def check(self, key: str, size: int) -> None:
        """Raise Problem (429 or 503) where so much more is too much for the key or the server."""
        limits = self._limits
        if self._by_key[key] + size > limits.key_mb * 1e6:
            raise _full("the clients of this key keep", limits.key_mb, "key_mb", 429)
        if self.held + size > limits.memory_mb * 1e6:
            raise _full("all clients together keep", limits.memory_mb, "memory_mb", 503)

    def add(self, key: str, size: int) -> None:
        """Count so many bytes; negative ones are gone."""
        self._by_key[key] += size
        if not self._by_key[key]:
            del self._by_key[key]


class Account:
    """What one session, or one request, keeps. held: in bytes."""

    def __init__(self, budget: ByteBudget, key: str, most: int) -> None:
        self.held = 0
        self._budget = budget
        self._key = key
        self._most = most

    def fits(self, size: int) -> bool:
        """Whether the session may keep so much more."""
        return self.held + size <= self._most

    def charge(self, size: int) -> None:
        """Count so much more as kept.

        Raises Problem, and counts nothing: 413 where it is too much for the session, 429 for its
        key, 503 for the server.
        """
        if not self.fits(size):
            raise _full("this session keeps", self._most / 1e6, "session_mb", 413, self.held)
        self._budget.check(self._key, size)
        self.charge_anyway(size)

    def charge_anyway(self, size: int) -> None:
        """Count what has to be kept, such as the server's own reply."""
        self.held += size
        self._budget.add(self._key, size)

    def release(self, size: int) -> None:
        """So much is kept no more."""
        self.charge_anyway(-min(size, self.held))

    def close(self) -> None:
        """Nothing is kept any more."""
        self.release(self.held)


class Share:
    """What an account keeps of something that is only ever replaced as a whole."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._size = 0

    def replace(self, size: int) -> None:
        """It has this size now. Raises what `charge` does, and keeps the size it had."""
        if size > self._size:
            self._account.charge(size - self._size)
        else:
            self._account.release(self._size - size)
        self._size = size


def _full(who: str, most_mb: float, limit: str, status: int, held: int | None = None) -> Problem:
    now = "" if held is None else f"{held / 1e6:.1f} of "
    remedy = (
        "send less, or delete items"
        if limit == "session_mb"
        else "try again in a few seconds, or end sessions"
    )
    return Problem(
        f"{who} {now}{most_mb:g} MB in memory, the limit (server.limits.{limit}); {remedy}",
        status=status,
        code="memory_limit",
        retry_after=None if status == 413 else _RETRY_S,
    )
