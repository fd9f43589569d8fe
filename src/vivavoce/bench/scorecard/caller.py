"""A caller: plays a script at the speed of speech, and listens."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import numpy as np

from vivavoce.audio import Samples
from vivavoce.errors import VivavoceError, describe
from vivavoce.testing.signals import RATE, SPEECH_DB, Packets

from .loudspeaker import Echo, level
from .phone import Clock, Phone
from .script import CHUNK, CHUNK_S, CallerScript, ScriptPlan
from .target import CallLine, CallTarget
from .timeline import RecordedCall

_ROOM_DB = -75.0
_HOLD_S = 0.05


async def place(
    plan: ScriptPlan,
    target: CallTarget,
    clock: Clock,
    settings: Mapping[str, float | str] | None = None,
) -> RecordedCall:
    """The call, as it went; one that breaks off tells why."""
    phone = Phone(clock)
    caller = _Caller(plan, phone)
    failure = None
    try:
        await target.call(phone, plan.scenario.instructions, caller.talk)
    except (VivavoceError, OSError, ExceptionGroup) as error:
        failure = _why(error)
        caller.script.hang_up(clock.now)
    return caller.call(failure, dict(settings or {}))


def _why(error: BaseException) -> str:
    """The first of what went wrong, in a line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return describe(error)


class _Caller:
    """One call's state."""

    def __init__(self, plan: ScriptPlan, phone: Phone) -> None:
        self.script = CallerScript(plan, phone)
        self._plan = plan
        self._phone = phone
        self._near: list[float] = []
        self._late_s = 0.0
        self._sent = 0
        self._over = 0.0
        self._microphone = _CallerMicrophone(plan, phone)
        network = plan.scenario.network
        loss, jitter_ms = (network.loss, network.jitter_ms) if network else (0.0, 0.0)
        self._packets = Packets(loss, jitter_ms / 1000, plan.seed)

    async def talk(self, line: CallLine) -> None:
        """Speak and listen until the script is over."""
        waiting: deque[tuple[float, Samples]] = deque()
        while not self.script.over:
            now = self._sent * CHUNK_S
            speech = self.script.chunk(now)
            if self.script.request:
                await line.ask_to_say(self.script.request)
            samples = self._microphone.chunk(speech, now)
            self._near.append(level(speech))
            self._sent += 1
            due = now + CHUNK_S
            await self._phone.clock.until(due)
            self._late_s = max(self._late_s, self._phone.clock.now - due)
            if self._packets.lost():
                samples = np.zeros(CHUNK, np.float32)
            waiting.append((self._packets.arrives(due), samples))
            while waiting and waiting[0][0] <= due:
                await line.send(waiting.popleft()[1])
        self._over = self._phone.clock.now

    def call(self, failure: str | None, settings: dict[str, float | str]) -> RecordedCall:
        """All of it."""
        phone, speaker = self._phone, self._phone.speaker
        seconds = round(self._over or max(0.0, phone.clock.now), 3)
        # A server may send faster than it is heard; what was not heard yet is nobody's.
        speaker.flush(seconds)
        return RecordedCall(
            scenario=self._plan.scenario.name,
            label=self._plan.label,
            seconds=seconds,
            said=tuple(self.script.said),
            heard=tuple(speaker.soundings()),
            holds=tuple(speaker.holds(_HOLD_S)),
            marks=tuple(phone.marks),
            replies=tuple(phone.replies),
            vad=tuple(phone.vad),
            near_levels=tuple(self._near),
            far_levels=tuple(speaker.levels(seconds, CHUNK_S)),
            skipped=tuple(self.script.skipped),
            echo=self._plan.scenario.echo is not None,
            cpu_s=phone.cpu_s,
            late_s=round(self._late_s, 3),
            failure=failure,
            drafts=phone.drafts,
            settings=settings,
        )


class _CallerMicrophone:
    """Speech, the room's noise and the echo, in one."""

    def __init__(self, plan: ScriptPlan, phone: Phone) -> None:
        scenario = plan.scenario
        random = np.random.default_rng(plan.seed)
        quiet = random.standard_normal(RATE).astype(np.float32) * np.float32(10 ** (_ROOM_DB / 20))
        self._noise = quiet
        if plan.noise is not None and scenario.noise is not None:
            gain = np.float32(10 ** ((SPEECH_DB - scenario.noise.snr_db) / 20))
            self._noise = np.roll(plan.noise, int(random.integers(len(plan.noise)))) * gain
        echo = scenario.echo
        self._echo = (
            Echo(phone.speaker, RATE, 10 ** (echo.level_db / 20), echo.delay_ms / 1000)
            if echo is not None
            else None
        )
        self._at = 0

    def chunk(self, speech: Samples, now: float) -> Samples:
        """What it captures while this is said."""
        places = np.arange(self._at, self._at + CHUNK) % len(self._noise)
        self._at += CHUNK
        captured = speech + self._noise[places]
        if self._echo is not None:
            captured = captured + self._echo.chunk(now, CHUNK_S)
        return np.clip(captured, -1.0, 1.0).astype(np.float32)
