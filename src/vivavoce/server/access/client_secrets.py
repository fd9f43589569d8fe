"""Short-lived secrets that a key's owner gives to a browser or a device."""

from __future__ import annotations

import heapq
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from vivavoce.errors import BadRequest
from vivavoce.server.errors import Problem

from .byte_budget import Account, ByteBudget

PREFIX = "ek_"
SECONDS = 10.0, 7200.0
"""The shortest and the longest life, as with OpenAI."""
MOST = 10_000
"""How many may be alive."""
MOST_PER_KEY = 256
MOST_BYTES = 256 * 1024
"""Of what one of them holds for its sessions."""
_OVERHEAD = 500


@dataclass(frozen=True, slots=True)
class Secret:
    """value: what the client sends in place of a key. expires_at: Unix time.

    issuer: of whose key it is, as `Caller.id`. payload: what the issuer wants its sessions to be.
    """

    value: str
    expires_at: float
    issuer: str
    payload: object


class ClientSecrets:
    """Those that are alive. budget: their bytes are charged to it, by key."""

    def __init__(
        self,
        budget: ByteBudget | None = None,
        *,
        clock: Callable[[], float] = time.time,
        most: int = MOST,
        most_per_key: int = MOST_PER_KEY,
    ) -> None:
        self._budget = budget
        self._clock = clock
        self._most = most
        self._most_per_key = most_per_key
        self._accounts: dict[bytes, Account] = {}
        self._by_key: Counter[str] = Counter()
        self._alive: dict[bytes, Secret] = {}
        self._ends: list[tuple[float, bytes]] = []

    def __len__(self) -> int:
        self._purge()
        return len(self._alive)

    def issue(self, issuer: str, seconds: float, payload: object, size: int = 0) -> Secret:
        """Create a secret.

        size: bytes that the payload takes. Raises BadRequest for a lifetime out of range, Problem
        for a payload that is too large (413), and when too many are in use (429).
        """
        least, most = SECONDS
        if not least <= seconds <= most:
            raise BadRequest(f"a client secret can live {least:g} to {most:g} s, not {seconds:g}")
        if size > MOST_BYTES:
            what = (
                f"the session takes {size:,} bytes; a client secret holds {MOST_BYTES:,}. Shorten "
                "its instructions and tools, or send them with session.update"
            )
            raise Problem(what, status=413, code="session_too_large", param="session")
        self._purge()
        if self._by_key[issuer] >= self._most_per_key:
            raise self._too_many(f"{self._most_per_key:,} client secrets of this key", issuer)
        if len(self._alive) >= self._most:
            raise self._too_many(f"{self._most:,} client secrets", None)
        account = None if self._budget is None else self._budget.open(issuer)
        if account is not None:
            account.charge(size + _OVERHEAD)
        value = PREFIX + secrets.token_urlsafe(32)
        secret = Secret(value, self._clock() + seconds, issuer, payload)
        self._alive[_name(value)] = secret
        self._by_key[issuer] += 1
        if account is not None:
            self._accounts[_name(value)] = account
        heapq.heappush(self._ends, (secret.expires_at, _name(value)))
        return secret

    def find(self, value: str) -> Secret | None:
        """The one with this value, if it is alive."""
        self._purge()
        return self._alive.get(_name(value))

    def _purge(self) -> None:
        now = self._clock()
        while self._ends and self._ends[0][0] <= now:
            name = heapq.heappop(self._ends)[1]
            issuer = self._alive.pop(name).issuer
            self._by_key[issuer] -= 1
            self._by_key += Counter()  # forgets keys that have none
            if (account := self._accounts.pop(name, None)) is not None:
                account.close()

    def _too_many(self, which: str, issuer: str | None) -> Problem:
        """issuer: whose oldest it is that makes room; None is anybody's."""
        ends = (it.expires_at for it in self._alive.values() if issuer in {None, it.issuer})
        wait = max(1.0, min(ends) - self._clock())
        message = f"{which} are in use; try again in {wait:.0f} s, when the oldest expires"
        return Problem(message, status=429, code="too_many_secrets", retry_after=wait)


def _name(value: str) -> bytes:
    """What it is found by: how long that takes tells nothing of the value."""
    return sha256(value.encode(errors="surrogateescape")).digest()
