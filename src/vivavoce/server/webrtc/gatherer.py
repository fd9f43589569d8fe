"""Where a call's packets come in: sockets on the ports and addresses of the settings."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import random
import socket

from aioice.candidate import Candidate, candidate_foundation, candidate_priority
from aioice.ice import Connection, StunProtocol, get_host_addresses
from aioice.stun import Message

from vivavoce.server.errors import Problem

from .aiortc_internals import OwnGatherer, protocols_of
from .udp_ports import UdpPorts

_ANY = {4: "0.0.0.0", 6: "::"}  # noqa: S104 - behind NAT, what is forwarded may come by any interface
_LOOPBACK = "127.0.0.1"
_FIRST_CHOICE = 65535
"""ICE's preference for the first of several addresses (RFC 8445, section 5.1.2)."""


class Gatherer(OwnGatherer):
    """aiortc's gatherer on our ports."""

    def __init__(self, ports: UdpPorts) -> None:
        self.connection = PortConnection(ports)
        super().__init__(self.connection)


class PortConnection(Connection):
    """aioice's connection, on ports and addresses of our choice.

    heard_at: when the peer last sent anything, on the loop's clock.
    """

    def __init__(self, ports: UdpPorts) -> None:
        super().__init__(ice_controlling=False)
        self._ports = ports
        self._loop = asyncio.get_running_loop()
        self.heard_at = self._loop.time()

    async def get_component_candidates(
        self, component: int, addresses: list[str], timeout: int = 5
    ) -> list[Candidate]:
        """Bind a socket for each address. Raises Problem (503) where no port is free."""
        full = False
        protocols = protocols_of(self)
        for address in await self._to_bind(addresses):
            protocol, taken = await self._bound(address)
            full = full or taken
            if protocol is not None:
                port = protocol.transport.get_extra_info("sockname")[1]
                protocol.local_candidate = _candidate(component, address, port)
                protocols.append(protocol)
        if protocols:
            told = [self._told(protocol.local_candidate) for protocol in protocols]
            return [candidate for candidates in told for candidate in candidates]
        if full:
            ports = self._ports.ports
            raise Problem(
                f"no free UDP port for the call: all of {ports[0]}-{ports[-1]} are in use; "
                "widen server.ice_ports, or try again when a call has ended",
                status=503,
                code="no_free_port",
                retry_after=10.0,
            )
        raise Problem(
            "this machine has no network address for calls; set server.public_address",
            status=503,
            code="no_address",
        )

    def data_received(self, data: bytes, component: int) -> None:
        """Take a packet that is not ICE's own."""
        self.heard_at = self._loop.time()
        super().data_received(data, component)

    def request_received(
        self, message: Message, addr: tuple[str, int], protocol: StunProtocol
    ) -> None:
        """Take a check that the connection still stands."""
        if message.check_message_integrity(self.local_password.encode()):
            self.heard_at = self._loop.time()
        super().request_received(message, addr, protocol)

    async def _to_bind(self, addresses: list[str]) -> list[str]:
        public = self._ports.public
        if public is None:
            return addresses or [_LOOPBACK]
        return [public if _is_ours(public) else _ANY[ipaddress.ip_address(public).version]]

    async def _bound(self, address: str) -> tuple[StunProtocol | None, bool]:
        """A socket at this address, or None; and whether that is for want of a port."""
        ports = self._ports.ports
        first = random.randrange(len(ports))  # noqa: S311 - spreads calls, hides nothing
        for port in (*ports[first:], *ports[:first]):
            try:
                bound = _socket_at(address, port)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    return None, False
            else:
                _, protocol = await self._loop.create_datagram_endpoint(
                    lambda: StunProtocol(self), sock=bound
                )
                return protocol, False
        return None, True

    def _told(self, bound: Candidate) -> list[Candidate]:
        """The candidates that the peer is told of for one socket."""
        public = self._ports.public
        if public is None or bound.host == public:
            return [bound]
        ipv4 = ipaddress.ip_address(public).version == 4
        addresses = [public, *get_host_addresses(use_ipv4=ipv4, use_ipv6=not ipv4)]
        return [
            _candidate(bound.component, address, bound.port, _FIRST_CHOICE - choice)
            for choice, address in enumerate(addresses)
        ]


def _socket_at(address: str, port: int) -> socket.socket:
    """A UDP socket, bound. Raises OSError, whose `errno` uvloop would keep to itself."""
    family = socket.AF_INET if ipaddress.ip_address(address).version == 4 else socket.AF_INET6
    bound = socket.socket(family, socket.SOCK_DGRAM)
    try:
        bound.bind((address, port))
    except OSError:
        bound.close()
        raise
    return bound


def _candidate(
    component: int, address: str, port: int, preference: int = _FIRST_CHOICE
) -> Candidate:
    return Candidate(
        foundation=candidate_foundation("host", "udp", address),
        component=component,
        transport="udp",
        priority=candidate_priority(component, "host", preference),
        host=address,
        port=port,
        type="host",
    )


def _is_ours(address: str) -> bool:
    """Whether this machine has the address itself; behind NAT it does not."""
    version = ipaddress.ip_address(address)
    known = get_host_addresses(use_ipv4=version.version == 4, use_ipv6=version.version == 6)
    return version.is_loopback or address in known
