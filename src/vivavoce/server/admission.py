"""Who may come in, and how much of what each may ask for at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from vivavoce.server_settings import ServerSettings

from .meters import Meters
from .problems import Problem


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who was let in. id: of the key, for counting and logs; never the key itself."""

    id: str


class Admission:
    """The door: keys, client secrets, sessions, requests and rates."""

    def __init__(self, settings: ServerSettings, meters: Meters) -> None:
        self._settings = settings
        self._meters = meters
        self._closed = False
        self._sessions = 0

    def identify(self, key: str | None) -> Caller:
        """Whose key or client secret this is. Raises Problem (401) for a wrong or missing one."""
        if not self._settings.keys:
            return Caller("anyone")
        raise Problem("no API key was given", status=401, code="invalid_api_key")

    @contextmanager
    def session(self, caller: Caller) -> Iterator[None]:
        """A place for one conversation, returned at the end.

        Raises Problem (429 or 503, with retry_after) when there is none.
        """
        if self._closed:
            raise Problem("the server is shutting down", status=503, code="shutting_down")
        self._sessions += 1
        try:
            yield
        finally:
            self._sessions -= 1

    @asynccontextmanager
    async def request(self, caller: Caller) -> AsyncIterator[None]:
        """A place to compute one request's answer in; waits for it, within the bounds.

        Raises Problem (429 or 503, with retry_after) when too many wait, or the rate is passed.
        """
        yield

    def close(self) -> None:
        """Let nobody new in."""
        self._closed = True
