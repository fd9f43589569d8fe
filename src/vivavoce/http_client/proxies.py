"""Which proxy a request goes through, as the environment or the operating system says.

httpx reads the same variables, but gives up on values that other programs understand (`[::1]`,
networks, `socks://`), and does so before it knows whether a proxy is needed at all.
"""

from __future__ import annotations

import ipaddress
import re
import sys
import urllib.request
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import httpx

_SCHEMES = {
    "http": "http", "https": "https", "socks": "socks5", "socks5": "socks5", "socks5h": "socks5h",
}  # fmt: skip
_LOGIN = re.compile(r"(?<=//)[^/@]*@")


class BadProxy(httpx.ProxyError):
    """A proxy is needed, and what is set is none. Its message names the variable."""


class Proxies:
    """The proxies that are set at the moment."""

    def __init__(self) -> None:
        self._set = urllib.request.getproxies()
        self._without = tuple(_bypassed(self._set.get("no", "")))

    def of(self, scheme: str, host: str, port: int | None) -> str | None:
        """The proxy for requests to this host; None where they go straight.

        Raises BadProxy for a value that is no proxy.
        """
        value = self._set.get(scheme) or self._set.get("all")
        port = port or {"http": 80, "https": 443}.get(scheme)
        if not value or _is_loopback(host) or self._goes_straight(host, port):
            return None
        name = f"{scheme if self._set.get(scheme) else 'all'}_proxy".upper()
        kind, separator, address = value.rpartition("://")
        right = _SCHEMES.get(kind.lower() if separator else "http")
        try:
            url = httpx.URL(f"{right}://{address}")
        except httpx.InvalidURL:
            right, url = None, httpx.URL("")
        if right is None or not url.host:
            raise BadProxy(
                f"{name} is {_LOGIN.sub('…@', value)!r}, which is no proxy; set it to one such as "
                "http://HOST:PORT or socks5://HOST:PORT, or name the host in NO_PROXY"
            )
        return str(url)

    def _goes_straight(self, host: str, port: int | None) -> bool:
        if any(matches(host, port) for matches in self._without):
            return True
        if sys.platform in ("darwin", "win32"):
            return bool(urllib.request.proxy_bypass(host))
        return False


class _Transport(Protocol):
    def close(self) -> None: ...


class _AsyncTransport(Protocol):
    async def aclose(self) -> None: ...


S = TypeVar("S", bound=_Transport | _AsyncTransport)


class Routes(Generic[S]):
    """A transport for each proxy, made when the first request needs it.

    make: takes the proxy, or None.
    """

    def __init__(self, make: Callable[[str | None], S]) -> None:
        self._make = make
        self._proxies = Proxies()
        self._made: dict[str | None, S] = {}

    def to(self, scheme: str, host: str, port: int | None) -> S:
        """The transport for requests to this host. Raises BadProxy."""
        proxy = self._proxies.of(scheme, host, port)
        if proxy not in self._made:
            self._made[proxy] = self._make(proxy)
        return self._made[proxy]

    def made(self) -> list[S]:
        """Those made so far, to be closed."""
        return list(self._made.values())


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _bypassed(no_proxy: str) -> list[Callable[[str, int | None], bool]]:
    """A test for each entry of NO_PROXY, in the ways that are in use; others match nothing."""
    entries = (entry.strip().lower() for entry in re.split(r"[,\s]+", no_proxy))
    return [_matcher(entry.rpartition("://")[2]) for entry in entries if entry]


def _matcher(entry: str) -> Callable[[str, int | None], bool]:
    if entry == "*":
        return lambda host, port: True
    if (network := _network(entry)) is not None:
        return lambda host, port: (address := _address(host)) is not None and address in network
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d+))?", entry)
    if found is None:
        return lambda host, port: False
    name, only = found[1].strip("[]").removeprefix("*").strip("."), found[2]

    def matches(host: str, port: int | None) -> bool:
        if only is not None and str(port) != only:
            return False
        own, address = _address(name), _address(host)
        if own is not None:
            return own == address
        return bool(name) and (host.lower() == name or host.lower().endswith(f".{name}"))

    return matches


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None
