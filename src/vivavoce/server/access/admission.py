"""Who may come in, and how much of what each may ask for at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from vivavoce.config.server_settings import ServerSettings
from vivavoce.server.errors import Problem
from vivavoce.server.observe.metrics import Metrics

from .byte_budget import Account, ByteBudget
from .client_secrets import PREFIX, ClientSecrets, Secret
from .compute_slots import ComputeSlots
from .keys import Keys, name_of
from .machine_load import MachineLoad, watch
from .rate_limit import TokenBucket
from .wrong_keys import WrongKeys

PATIENCE_S = 60.0
"""How long a request waits for a place to compute in."""
_SESSION_RETRY_S = 5.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who was let in.

    id: of the key, for counting and logs; never the key itself; `anyone` where none is needed.
    secret: the client secret by which they came; it opens nothing but realtime sessions.
    """

    id: str
    secret: Secret | None = None


class Admission:
    """The door: keys, client secrets, sessions, requests and rates.

    talking: tells how many sessions talk just now; most_talking: with how many of them another
    may begin; 0 is any number.
    """

    def __init__(self, settings: ServerSettings, meters: Metrics) -> None:
        """Raises BadConfig for keys that are none."""
        self.budget = ByteBudget(settings.limits)
        self.secrets = ClientSecrets(self.budget)
        self.load = MachineLoad()
        self.talking: Callable[[], int] = lambda: 0
        self.most_talking = settings.limits.talking or 0
        self._limits = settings.limits
        self._keys = Keys(settings.keys)
        self._wrong_keys = WrongKeys()
        self._meters = meters
        self._closed = False
        self._sessions: Counter[str] = Counter()
        self._buckets: dict[str, TokenBucket] = {}
        self._slots = ComputeSlots(settings.limits.requests, settings.limits.requests_waiting)

    @property
    def sessions(self) -> int:
        """How many conversations are running."""
        return self._sessions.total()

    @property
    def computing(self) -> int:
        """How many requests are being computed."""
        return self._slots.taken

    @property
    def waiting(self) -> int:
        """How many requests wait to be computed."""
        return self._slots.waiting

    def identify(self, key: str | None, address: str = "") -> Caller:
        """Whose key or client secret this is.

        address: where the caller is, to slow down who guesses.
        Raises Problem: 401 for a wrong or missing key, 429 after too many wrong ones.
        """
        if not self._keys and not (key or "").startswith(PREFIX):
            return Caller("anyone")
        now = time.monotonic()
        try:
            self._wrong_keys.check(address, now)
        except Problem as problem:
            self._meters.refused(problem.code or "")
            raise
        try:
            return self._owner(key)
        except Problem:
            if key is not None:
                self._wrong_keys.count(address, now)
            raise

    def _owner(self, key: str | None) -> Caller:
        if key is not None and key.startswith(PREFIX):
            secret = self.secrets.find(key)
            if secret is None:
                raise self._refusal(
                    "the client secret is unknown or has expired; ask for a new one",
                    401,
                    "invalid_api_key",
                )
            return Caller(secret.issuer, secret)
        if key is None:
            raise self._refusal(
                "no API key was given; send `Authorization: Bearer <key>`", 401, "missing_api_key"
            )
        if key not in self._keys:
            message = "the API key is wrong; check it, or ask the server's operator for one"
            raise self._refusal(message, 401, "invalid_api_key")
        return Caller(name_of(key))

    @contextmanager
    def session(self, caller: Caller) -> Iterator[Account]:
        """Reserve a place for one conversation until the context ends; yields its account.

        Raises Problem (429 or 503, with retry_after) if none is free.
        """
        self._check_session(caller)
        self._check_rate(caller)
        self._sessions[caller.id] += 1
        try:
            with self.budget.account(caller.id) as account:
                yield account
        finally:
            self._sessions[caller.id] -= 1
            self._sessions += Counter()  # forgets callers that have none
            if not self._sessions:
                self.load = MachineLoad()  # was theirs, and says nothing of who comes next

    @asynccontextmanager
    async def request(
        self, caller: Caller, *, patience_s: float | None = PATIENCE_S
    ) -> AsyncIterator[None]:
        """Reserve a compute slot for one request; waits for a free one.

        patience_s: the longest wait; None waits forever.
        Raises Problem (429 or 503, with retry_after) if too many wait or the rate limit is hit.
        """
        self._check_rate(caller)
        try:
            await self._slots.enter(patience_s)
        except Problem as problem:
            self._meters.refused(problem.code or "")
            raise
        try:
            yield
        finally:
            self._slots.leave()

    def close(self) -> None:
        """Refuse new sessions from now on."""
        self._closed = True

    async def watch(self) -> None:
        """Measure the load until cancelled. Until this runs, the load counts as low."""

        def note(load: MachineLoad, lag: float) -> None:
            self.load = load
            self._meters.lagged(lag)

        await watch(self._limits.delay_s, note, lambda: self.load)

    def _check_session(self, caller: Caller) -> None:
        limits, retry = self._limits, _SESSION_RETRY_S
        if self._closed:
            message = "the server is shutting down; connect again in a few seconds"
            raise self._refusal(message, 503, "shutting_down", retry)
        if self.sessions >= limits.sessions:
            message = (
                f"{self.sessions} of {limits.sessions} sessions are in use; "
                "try again in a few seconds"
            )
            raise self._refusal(message, 503, "too_many_sessions", retry)
        if self._sessions[caller.id] >= limits.sessions_per_key:
            message = (
                f"this key uses {self._sessions[caller.id]} of {limits.sessions_per_key} sessions; "
                "close one, or try again in a few seconds"
            )
            raise self._refusal(message, 429, "too_many_sessions", retry)
        if self.most_talking and (talking := self.talking()) >= self.most_talking:
            message = (
                f"{talking} sessions are talking or have just begun, the most this machine can "
                "answer quickly; "
                "try again in a few seconds"
            )
            raise self._refusal(message, 503, "overloaded", retry)
        if self.load.high and self.sessions:
            message = (
                f"the server is overloaded: {self.sessions} sessions are running and work waits "
                f"{self.load.delay_s * 1000:.0f} ms; try again in a few seconds"
            )
            raise self._refusal(message, 503, "overloaded", retry)

    def _check_rate(self, caller: Caller) -> None:
        rate = self._limits.requests_per_minute
        if not rate:
            return
        now = time.monotonic()
        bucket = self._buckets.setdefault(caller.id, TokenBucket.full(rate, now))
        if wait := bucket.spend(now):
            message = f"this key is limited to {rate} requests a minute; wait {wait:.0f} s"
            raise self._refusal(message, 429, "rate_limit_exceeded", wait)

    def _refusal(
        self, message: str, status: int, code: str, retry_after: float | None = None
    ) -> Problem:
        self._meters.refused(code)
        return Problem(message, status=status, code=code, retry_after=retry_after)
