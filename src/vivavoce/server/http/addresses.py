"""Where the server listens, and who can reach it there."""

from __future__ import annotations

from ipaddress import ip_address

from vivavoce.config.server_settings import ServerSettings
from vivavoce.errors import BadConfig

_HERE, _EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - only with keys


def listening_host(settings: ServerSettings) -> str:
    """The address to listen on.

    Raises BadConfig for one that others can reach while there are no keys, unless the server is
    declared open.
    """
    if settings.host is None:
        return _EVERYWHERE if settings.keys or settings.open else _HERE
    if not (settings.keys or settings.open or is_loopback(settings.host)):
        raise BadConfig(
            f"server.host: other machines can reach {settings.host} and no API key is configured; "
            "add a key from `vivavoce keys new` to server.keys, "
            "or set server.open to let anyone in"
        )
    return settings.host


def is_private(settings: ServerSettings) -> bool:
    """Whether all who can reach the server are on this machine, and need no key."""
    return not settings.keys and not settings.open and is_loopback(listening_host(settings))


def is_loopback(host: str) -> bool:
    """Whether this name or address is the machine itself, for certain."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
