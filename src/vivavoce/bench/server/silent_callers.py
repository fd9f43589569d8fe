"""Many Realtime sessions that send a quiet room's noise in real time.

A process of its own, so that its work is not the server's nor the measurer's:

    python -m vivavoce.bench.server.silent_callers '{"url": …, "count": 100, …}'

It writes a JSON line when all are in, sends until its stdin ends, and writes another when all have
left.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field

import numpy as np

from vivavoce.audio import Audio
from vivavoce.bench.speech import room

from .realtime_client import (
    RealtimeClient,
    RealtimeEndpoint,
    ServerFailed,
    SessionRefused,
    appends,
    open_realtime,
)

_SPACING_S = 0.02
"""Between one session's begin and the next: people do not call all at once."""
_READ_S = 60.0
_TRIES = 30
_RETRY_S = 1.0
"""A burst of callers is load; who was refused for it comes again, as clients do."""


@dataclass(slots=True)
class Callers:
    """How it went. inside: sessions that were let in. late: of each message, in seconds."""

    inside: int = 0
    refused: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    late: list[float] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """For the JSON line."""
        late = self.late or [0.0]
        return {
            "inside": self.inside,
            "refused": self.refused,
            "failed": self.failed,
            "messages": len(self.late),
            "late_median_s": float(np.median(late)),
            "late_99_s": float(np.quantile(late, 0.99)),
        }


class Crowd:
    """The sessions of one run. Each begins a little after the one before."""

    def __init__(self, endpoint: RealtimeEndpoint, count: int, chunk_s: float) -> None:
        self.callers = Callers()
        self._endpoint = endpoint
        self._chunk_s = chunk_s
        self._messages = appends(Audio(room(1.0), 16_000), chunk_s)
        self._coming = set(range(count))
        self._arrived = asyncio.Event()
        self._over = asyncio.Event()

    async def run(self) -> None:
        """All of them, until stdin ends."""
        begun = time.perf_counter() + 0.1
        async with asyncio.TaskGroup() as group:
            for number in sorted(self._coming):
                group.create_task(self._call(number, begun + number * _SPACING_S))
            await self._arrived.wait()
            print(json.dumps(self.callers.as_dict()), flush=True)
            self.callers.late.clear()
            await asyncio.to_thread(sys.stdin.read)
            self._over.set()
        print(json.dumps(self.callers.as_dict()), flush=True)

    async def _call(self, number: int, starts: float) -> None:
        """Try to get in, as a client does, and stay."""
        await asyncio.sleep(max(0.0, starts - time.perf_counter()))
        refusal: str | None = None
        for _ in range(_TRIES):
            refusal = await self._session(number)
            if refusal is None:
                break
            await asyncio.sleep(_RETRY_S)
        if refusal is not None:
            self.callers.refused.append(refusal)
        self._arrive(number)

    async def _session(self, number: int) -> str | None:
        """Why the server let nobody in; None when a session went to its end."""
        refusal: str | None = None
        try:
            async with open_realtime(self._endpoint) as client, asyncio.TaskGroup() as group:
                self.callers.inside += 1
                self._arrive(number)
                reading = group.create_task(self._read(client))
                await self._send(client)
                reading.cancel()
        except* SessionRefused as refused:
            refusal = str(refused.exceptions[0])
        except* ServerFailed as failed:
            self.callers.failed.append(str(failed.exceptions[0]))
        return refusal

    def _arrive(self, number: int) -> None:
        """This one is in, or will not be."""
        self._coming.discard(number)
        if not self._coming:
            self._arrived.set()

    async def _send(self, client: RealtimeClient) -> None:
        begun, number = time.perf_counter(), 0
        while not self._over.is_set():
            message = self._messages[number % len(self._messages)]
            number += 1
            due = begun + number * self._chunk_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self.callers.late.append(time.perf_counter() - due)
            await client.send(message)

    async def _read(self, client: RealtimeClient) -> None:
        while True:
            await client.receive(within_s=_READ_S)


if __name__ == "__main__":
    _wanted = json.loads(sys.argv[1])
    _endpoint = RealtimeEndpoint(_wanted["url"], _wanted["key"], patience_s=_wanted["patience_s"])
    asyncio.run(Crowd(_endpoint, _wanted["count"], _wanted["chunk_s"]).run())
