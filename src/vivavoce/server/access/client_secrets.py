"""Short-lived secrets that a key's owner gives to a browser or a device."""

from __future__ import annotations

import heapq
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from vivavoce.errors import BadRequest
from vivavoce.server.errors import Problem

PREFIX = "ek_"
SECONDS = 10.0, 7200.0
"""The shortest and the longest life, as with OpenAI."""
MOST = 10_000
"""How many may be alive; one takes a few hundred bytes and its payload."""


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
    """Those that are alive."""

    def __init__(self, *, clock: Callable[[], float] = time.time, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._alive: dict[bytes, Secret] = {}
        self._ends: list[tuple[float, bytes]] = []

    def __len__(self) -> int:
        self._purge()
        return len(self._alive)

    def issue(self, issuer: str, seconds: float, payload: object) -> Secret:
        """Create a secret.

        Raises BadRequest for a lifetime out of range, Problem (429) if too many are in use.
        """
        least, most = SECONDS
        if not least <= seconds <= most:
            raise BadRequest(f"a client secret can live {least:g} to {most:g} s, not {seconds:g}")
        self._purge()
        if len(self._alive) >= self._most:
            wait = max(1.0, self._ends[0][0] - self._clock())
            message = (
                f"{self._most:,} of {self._most:,} client secrets are in use; "
                f"try again in {wait:.0f} s, when the oldest expires"
            )
            raise Problem(message, status=429, code="too_many_secrets", retry_after=wait)
        value = PREFIX + secrets.token_urlsafe(32)
        secret = Secret(value, self._clock() + seconds, issuer, payload)
        self._alive[_name(value)] = secret
        heapq.heappush(self._ends, (secret.expires_at, _name(value)))
        return secret

    def find(self, value: str) -> Secret | None:
        """The one with this value, if it is alive."""
        self._purge()
        return self._alive.get(_name(value))

    def _purge(self) -> None:
        now = self._clock()
        while self._ends and self._ends[0][0] <= now:
            self._alive.pop(heapq.heappop(self._ends)[1], None)


def _name(value: str) -> bytes:
    """What it is found by: how long that takes tells nothing of the value."""
    return sha256(value.encode(errors="surrogateescape")).digest()
