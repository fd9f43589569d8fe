"""API keys: made, hashed, and recognized.

A hash is one round of salted SHA-256. Slow hashes protect what people choose, by making each guess
dear; a key from `new_key` has 256 random bits, which nobody guesses at any speed, and one round
keeps the price of a request, and of a flood of wrong keys, at microseconds.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence

from vivavoce.errors import BadConfig, BadRequest

_PREFIX = "sha256:"
_HASH = re.compile(r"sha256:([0-9a-f]{32}):([0-9a-f]{64})")
_LEAST = 8
"""Characters of a key."""
_SHORTEST = 20
"""Characters of a key that may be hashed; shorter ones can be guessed from their hash."""


def new_key() -> str:
    """A key with 256 random bits; fits into headers and WebSocket subprotocols."""
    return f"vv-{secrets.token_urlsafe(32)}"


def hash_of(key: str) -> str:
    """What the configuration may hold instead of the key: `sha256:<salt>:<digest>`.

    Raises BadRequest for a key that is easily guessed.
    """
    if len(key) < _SHORTEST:
        raise BadRequest(
            f"a key of {len(key)} characters is too easy to guess; "
            "create one with `vivavoce keys new`"
        )
    return _hash(key)


class Keys:
    """The keys that open the server, kept as hashes."""

    def __init__(self, given: Sequence[str]) -> None:
        """given: as the configuration has them, plain or hashed. Raises BadConfig."""
        self._hashes: list[tuple[bytes, bytes]] = []
        for number, entry in enumerate(given):
            plain = not entry.startswith(_PREFIX)
            text = _hash(entry) if plain else entry
            if plain and 0 < len(entry) < _LEAST:
                raise BadConfig(
                    f"server.keys[{number}]: a key of {len(entry)} characters is soon guessed; "
                    f"use {_LEAST} or more, as `vivavoce keys new` does"
                )
            match = _HASH.fullmatch(text)
            if match is None or not entry:
                raise BadConfig(
                    f"server.keys[{number}] is neither a key nor a hash; "
                    "`vivavoce keys new` prints both"
                )
            self._hashes.append((bytes.fromhex(match[1]), bytes.fromhex(match[2])))

    def __bool__(self) -> bool:
        return bool(self._hashes)

    def __contains__(self, key: str) -> bool:
        """Compares with all of them, in a time that does not tell which one it is."""
        same = [hmac.compare_digest(_digest(salt, key), digest) for salt, digest in self._hashes]
        return any(same)


def name_of(key: str) -> str:
    """What counts, logs and jobs call the key's owner: the same each time, and not the key."""
    return f"key-{hashlib.sha256(b'vivavoce:' + key.encode()).hexdigest()[:12]}"


def _hash(key: str) -> str:
    salt = secrets.token_bytes(16)
    return f"{_PREFIX}{salt.hex()}:{_digest(salt, key).hex()}"


def _digest(salt: bytes, key: str) -> bytes:
    return hashlib.sha256(salt + key.encode(errors="surrogateescape")).digest()
