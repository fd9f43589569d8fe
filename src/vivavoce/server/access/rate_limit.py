"""How often one caller may ask."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """A token bucket: a minute's worth at once at most, refilled steadily.

    tokens: left as of `at`, a time in seconds.
    """

    per_minute: int
    tokens: float
    at: float

    @classmethod
    def full(cls, per_minute: int, now: float) -> TokenBucket:
        """With a minute's worth."""
        return cls(per_minute, per_minute, now)

    def take(self, now: float) -> float:
        """Take a token. 0 if there was one, else after how many seconds there will be."""
        refilled = max(0.0, now - self.at) * self.per_minute / 60
        self.tokens = min(float(self.per_minute), self.tokens + refilled)
        self.at = max(self.at, now)
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) * 60 / self.per_minute
