"""Where a server is, and how patient its client is."""

from __future__ import annotations

import random
import ssl
from dataclasses import dataclass, field

import httpx

from vivavoce.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds.

    connect_s: for a connection. read_s: for the next sign of life of the server, be it the answer
    or the next piece of a stream; a recording is answered once all of it has been transcribed.
    total_s: for all of a request, further attempts included; streams may last longer.
    """

    connect_s: float = 5.0
    read_s: float = 300.0
    total_s: float = 1800.0


@dataclass(frozen=True, slots=True)
class Retries:
    """What is tried again when it may pass: lost connections, and 408, 429, 502, 503, 504.

    times: at most. first_s: before the first, twice as long before each further one; all of them
    spread at random. A server that names a wait gets it, if it is `longest_s` at most.
    """

    times: int = 3
    first_s: float = 0.5
    longest_s: float = 30.0

    def pause(self, tried: int, asked: float | None) -> float | None:
        """Seconds before another attempt; None if there is to be none.

        tried: how often it was tried again. asked: what the server asks for.
        """
        if tried >= self.times or (asked or 0.0) > self.longest_s:
            return None
        # Spread, so that those who were refused together do not come back together.
        spread = random.uniform(0.5, 1.0)  # noqa: S311
        if asked is not None:
            return asked + self.first_s * spread
        return min(self.longest_s, self.first_s * 2.0**tried) * spread


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A server. api_key: never shown. tls: None trusts the usual authorities.

    Raises BadRequest for an address or a key that can be none.
    """

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    timeouts: Timeouts = Timeouts()
    retries: Retries = Retries()

    def __post_init__(self) -> None:
        try:
            url = httpx.URL(self.base_url)
        except httpx.InvalidURL as error:
            raise BadRequest(f"base_url {self.base_url!r}: {error}") from None
        if url.scheme not in ("http", "https") or not url.host:
            what = f"base_url {self.base_url!r}: give one such as http://127.0.0.1:8080"
            raise BadRequest(what)
        key = self.api_key
        if key is not None and not (key and key.isascii() and key.isprintable()):
            raise BadRequest("api_key: it must be plain characters, without line ends")

    @property
    def url(self) -> str:
        """Without the slash at its end."""
        return self.base_url.rstrip("/")

    @property
    def headers(self) -> dict[str, str]:
        """That every request has."""
        return {} if self.api_key is None else {"Authorization": f"Bearer {self.api_key}"}
