"""Zeroconf, on this machine's own loopback interface."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from zeroconf.asyncio import AsyncZeroconf

from vivavoce.server.wyoming.zeroconf_announcement import announced

if TYPE_CHECKING:
    from tests.server.wyoming.conftest import Party

TYPE = "_wyoming._tcp.local."


async def test_a_server_can_be_found_while_it_runs(party: Party) -> None:
    seeker = AsyncZeroconf(interfaces=["127.0.0.1"])
    try:
        async with announced("127.0.0.1", 10_300) as name:
            found = await seeker.async_get_service_info(TYPE, name, timeout=5_000)
            if found is None:
                pytest.skip("this machine's loopback takes no multicast")
            assert found.port == 10_300
            assert found.addresses == [socket.inet_aton("127.0.0.1")]
        async with party({"wyoming_zeroconf": True}) as house:
            assert house.port
    finally:
        await seeker.async_close()
