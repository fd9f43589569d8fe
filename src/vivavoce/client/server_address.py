"""Where a server is, and how patient its client is."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from vivavoce.errors import BadRequest
from vivavoce.http_client.connections import web_address
from vivavoce.http_client.retries import Retries


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
class ServerAddress:
    """A server. api_key: never shown. tls: None trusts the usual authorities.

    Raises BadRequest for an address or a key that can be none.
    """

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    timeouts: Timeouts = Timeouts()
    retries: Retries = field(default_factory=Retries)

    def __post_init__(self) -> None:
        if web_address(self.base_url) is None:
            what = f"base_url {self.base_url!r} is not valid; use one such as http://127.0.0.1:8080"
            raise BadRequest(what)
        key = self.api_key
        if key is not None and not (key and key.isascii() and key.isprintable()):
            raise BadRequest("api_key must contain only ASCII characters, without line breaks")

    @property
    def url(self) -> str:
        """Without the slash at its end."""
        return self.base_url.rstrip("/")

    @property
    def headers(self) -> dict[str, str]:
        """That every request has."""
        return {} if self.api_key is None else {"Authorization": f"Bearer {self.api_key}"}
