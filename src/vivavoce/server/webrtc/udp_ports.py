"""The UDP ports and the address of the settings; light, so that they can be checked early."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from vivavoce.config.server_settings import ServerSettings
from vivavoce.errors import BadConfig


@dataclass(frozen=True, slots=True)
class UdpPorts:
    """What the settings say about addresses and UDP ports.

    ports: that may be used; (0,) is any. public: the address that clients reach, or None.
    """

    ports: Sequence[int]
    public: str | None

    @classmethod
    def of(cls, settings: ServerSettings) -> UdpPorts:
        """From `ice_ports` and `public_address`. Raises BadConfig for what they cannot be."""
        public = settings.public_address.strip() or None
        if public is not None:
            try:
                public = str(ipaddress.ip_address(public))
            except ValueError:
                raise BadConfig(
                    f"server.public_address: {public!r} is not an IP address; use one such as "
                    "203.0.113.7, or leave it empty"
                ) from None
        return cls(_range(settings.ice_ports.strip()), public)


def _range(text: str) -> Sequence[int]:
    if not text:
        return (0,)
    match = re.fullmatch(r"(\d{1,5})(?:\s*-\s*(\d{1,5}))?", text)
    if match:
        first, last = int(match[1]), int(match[2] or match[1])
        if 1024 <= first <= last <= 65535:
            return range(first, last + 1)
    raise BadConfig(
        f"server.ice_ports: {text!r} is not a port range; use one such as 40000-40100, "
        "within 1024 to 65535"
    )
