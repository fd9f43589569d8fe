"""Clients of httpx, made in one way: what they trust, how they reach a host, how they fail."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from .proxies import Routes


@dataclass(frozen=True, slots=True)
class Connections:
    """How connections are made.

    connect_s: seconds until one stands. read_s: until the server gives a sign of life; None is
    for ever. kept_s: how long an idle one is kept. most: at once; None is any number.
    proxied: whether proxies and authorities go by the environment.
    """

    connect_s: float
    read_s: float | None
    kept_s: float = 5.0
    most: int | None = None
    proxied: bool = True

    @property
    def timeout(self) -> httpx.Timeout:
        """As httpx has it."""
        return httpx.Timeout(self.read_s, connect=self.connect_s)

    @property
    def limits(self) -> httpx.Limits:
        """As httpx has it."""
        return httpx.Limits(max_connections=self.most, keepalive_expiry=self.kept_s)


def trusted(*, by_environment: bool = True) -> ssl.SSLContext:
    """The usual authorities; SSL_CERT_FILE and SSL_CERT_DIR name others. Takes a while."""
    return httpx.create_ssl_context(trust_env=by_environment)


def async_client(
    connections: Connections,
    tls: ssl.SSLContext,
    headers: Mapping[str, str],
    base_url: httpx.URL | str = "",
) -> httpx.AsyncClient:
    """A client for an event loop."""
    transport: httpx.AsyncBaseTransport
    if connections.proxied:
        transport = _AsyncRoutes(connections, tls)
    else:
        transport = httpx.AsyncHTTPTransport(verify=tls, trust_env=False, limits=connections.limits)
    return httpx.AsyncClient(
        transport=transport,
        headers=headers,
        base_url=base_url,
        timeout=connections.timeout,
        trust_env=False,
    )


def sync_client(connections: Connections, headers: Mapping[str, str]) -> httpx.Client:
    """A client that follows redirects, for a thread."""
    return httpx.Client(
        transport=_SyncRoutes(connections, trusted()),
        headers=headers,
        timeout=connections.timeout,
        follow_redirects=True,
        trust_env=False,
    )


def reason(error: Exception) -> str:
    """What an error of httpx says, or its name where it says nothing."""
    return str(error) or type(error).__name__


async def beginning(response: httpx.Response, most: int) -> bytes:
    """The body, or as much of it as passes `most` bytes."""
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > most:
            break
    return bytes(data)


def web_address(text: str) -> httpx.URL | None:
    """The address of a server; None where the text is none."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return None
    return url if url.scheme in {"http", "https"} and url.host else None


class _AsyncRoutes(httpx.AsyncBaseTransport):
    def __init__(self, connections: Connections, tls: ssl.SSLContext) -> None:
        def make(proxy: str | None) -> httpx.AsyncHTTPTransport:
            return httpx.AsyncHTTPTransport(
                verify=tls, trust_env=False, limits=connections.limits, proxy=proxy
            )

        self._routes = Routes(make)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        return await self._routes.to(url.scheme, url.host, url.port).handle_async_request(request)

    async def aclose(self) -> None:
        for transport in self._routes.made():
            await transport.aclose()


class _SyncRoutes(httpx.BaseTransport):
    def __init__(self, connections: Connections, tls: ssl.SSLContext) -> None:
        def make(proxy: str | None) -> httpx.HTTPTransport:
            return httpx.HTTPTransport(
                verify=tls, trust_env=False, limits=connections.limits, proxy=proxy
            )

        self._routes = Routes(make)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        return self._routes.to(url.scheme, url.host, url.port).handle_request(request)

    def close(self) -> None:
        for transport in self._routes.made():
            transport.close()
