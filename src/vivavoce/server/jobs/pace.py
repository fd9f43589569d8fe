"""How batches give way to those who wait for an answer."""

from __future__ import annotations

import asyncio

from vivavoce.server.admission import Admission

BUSY_S = 0.05
"""Work that waits this long on average is work that somebody waits for."""
LOOK_S = 0.1
LONGEST_REST_S = 2.0


class Pace:
    """Asked before each step of a batch, when the step may begin.

    While conversations are running it rests as long as the step before took, so that half of the
    machine at least is theirs. While work waits for the machine, or requests for a place, it stands
    still.
    """

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._clock = asyncio.get_running_loop().time
        self._began = self._clock()

    async def step(self) -> None:
        """Wait until the next step may begin."""
        if self._admission.sessions:
            await asyncio.sleep(min(self._clock() - self._began, LONGEST_REST_S))
        while self._in_need():  # noqa: ASYNC110 - the load is measured, nobody tells it
            await asyncio.sleep(LOOK_S)
        self._began = self._clock()

    def _in_need(self) -> bool:
        return self._admission.waiting > 0 or self._admission.load.delay_s > BUSY_S
