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

    def wait(self, now: float) -> float:
        """After how many seconds there is a token; 0 if there is one."""
        refilled = max(0.0, now - self.at) * self.per_minute / 60
        self.tokens = min(float(self.per_minute), self.tokens + refilled)
        self.at = max(self.at, now)
        return 0.0 if self.tokens >= 1 else (1 - self.tokens) * 60 / self.per_minute

    def spend(self, now: float) -> float:
        """Spend a token. 0 if there was one, else after how many seconds there will be."""
        wait = self.wait(now)
        if not wait:
            self.tokens -= 1
        return wait
