"""Being found on the local network, by zeroconf (mDNS)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from zeroconf import InterfaceChoice
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

_TYPE = "_wyoming._tcp.local."
_GROUP = ("224.0.0.251", 5353)


@asynccontextmanager
async def announced(host: str, port: int) -> AsyncIterator[str]:
    """Tell the network that Wyoming is spoken here; yields the name it is told under.

    host: where the server listens; for all addresses the one that reaches the network is told.
    """
    address = _address(host)
    name = f"vivavoce-{socket.gethostname().partition('.')[0]}-{port}.{_TYPE}"
    info = AsyncServiceInfo(_TYPE, name, addresses=[address.packed], port=port)
    interfaces = [str(address)] if address.is_loopback else InterfaceChoice.Default
    zeroconf = AsyncZeroconf(interfaces=interfaces)
    try:
        telling = await zeroconf.async_register_service(info, allow_name_change=True)
        yield info.name
        await telling  # it is told three times, within a second
    finally:
        await zeroconf.async_unregister_all_services()
        await zeroconf.async_close()


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(socket.gethostbyname(host) if not _is_address(host) else host)
    if not address.is_unspecified:
        return address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(_GROUP)  # sends nothing; only asks for the way there
        return ipaddress.ip_address(probe.getsockname()[0])


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
