"""Slows down who guesses keys: each address may be wrong a few times a minute."""

from __future__ import annotations

from collections import OrderedDict

from vivavoce.server.errors import Problem

from .rate_limit import TokenBucket

A_MINUTE = 20
"""Wrong keys an address may send at once, and a minute after that."""
_ADDRESSES = 10_000
"""So many are remembered; the one that has been quiet for longest is forgotten first."""


class WrongKeys:
    """Counts the wrong keys of each address.

    While an address has sent too many, its keys are not even looked at: a right one does not stand
    out among the guesses.
    """

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def check(self, address: str, now: float) -> None:
        """Raises Problem (429, with retry_after) while the address may not try a key."""
        bucket = self._buckets.get(address)
        if bucket is not None and (wait := bucket.wait(now)):
            raise Problem(
                "too many wrong API keys came from this address; try again later",
                status=429,
                code="too_many_wrong_keys",
                retry_after=wait,
            )

    def count(self, address: str, now: float) -> None:
        """A wrong key came from this address."""
        bucket = self._buckets.setdefault(address, TokenBucket.full(A_MINUTE, now))
        bucket.spend(now)
        self._buckets.move_to_end(address)
        if len(self._buckets) > _ADDRESSES:
            self._buckets.popitem(last=False)
