"""A caller: plays a script at the speed of speech, and listens."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from vivavoce.audio import Samples
from vivavoce.errors import VivavoceError, describe

from .loudspeaker import Echo, level
from .phone import Clock, Phone
from .scenario import Scenario, Step, When
from .sound import RATE, SPEECH_DB, Packets
from .target import Line, Target
from .timeline import Call, Said
from .voices import Clip

CHUNK_S = 0.02
_CHUNK = round(CHUNK_S * RATE)
_ROOM_DB = -75.0
_FIRST = When(after_s=0.3)
_NEXT = When(after_s=0.5)
_COMES_S = 8.0
"""How long to wait for a reply to begin before the rest is gone without."""
_ENDS_S = 30.0
"""How long to wait for a reply to end."""
ANSWER_S = 6.0
"""After the end of speech without a sound, it counts as unanswered."""
_LISTEN_S = 1.0
_AFTER_NOISE_S = 2.5
_BETWEEN_PHRASES_S = 0.1
_HOLD_S = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A call to be made. clips: each step's sound. seed: of its noise and its network."""

    scenario: Scenario
    label: str
    clips: Sequence[Clip | None]
    noise: Samples | None = None
    seed: int = 0


async def place(
    plan: Plan, target: Target, clock: Clock, settings: Mapping[str, float | str] | None = None
) -> Call:
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

    def __init__(self, plan: Plan, phone: Phone) -> None:
        self.script = _Script(plan, phone)
        self._plan = plan
        self._phone = phone
        self._near: list[float] = []
        self._late_s = 0.0
        self._sent = 0
        self._over = 0.0
        self._microphone = _Microphone(plan, phone)
        network = plan.scenario.network
        loss, jitter_ms = (network.loss, network.jitter_ms) if network else (0.0, 0.0)
        self._packets = Packets(loss, jitter_ms / 1000, plan.seed)

    async def talk(self, line: Line) -> None:
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
                samples = np.zeros(_CHUNK, np.float32)
            waiting.append((self._packets.arrives(due), samples))
            while waiting and waiting[0][0] <= due:
                await line.send(waiting.popleft()[1])
        self._over = self._phone.clock.now

    def call(self, failure: str | None, settings: dict[str, float | str]) -> Call:
        """All of it."""
        phone, speaker = self._phone, self._phone.speaker
        seconds = round(self._over or max(0.0, phone.clock.now), 3)
        # A server may send faster than it is heard; what was not heard yet is nobody's.
        speaker.flush(seconds)
        return Call(
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


class _Microphone:
    """Speech, the room's noise and the echo, in one."""

    def __init__(self, plan: Plan, phone: Phone) -> None:
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
        places = np.arange(self._at, self._at + _CHUNK) % len(self._noise)
        self._at += _CHUNK
        captured = speech + self._noise[places]
        if self._echo is not None:
            captured = captured + self._echo.chunk(now, CHUNK_S)
        return np.clip(captured, -1.0, 1.0).astype(np.float32)


@dataclass(slots=True)
class _Playing:
    """A step under way. tail: speech goes on sounding in the room for a while."""

    number: int
    step: Step
    clip: Clip | None
    start: float
    samples: Samples = field(default_factory=lambda: np.zeros(0, np.float32))
    at: int = 0


class _Script:
    """What the caller does next. request: what the agent is to be asked to say, this once."""

    def __init__(self, plan: Plan, phone: Phone) -> None:
        self.said: list[Said] = []
        self.skipped: list[int] = []
        self.over = False
        self.request = ""
        self._plan = plan
        self._phone = phone
        self._number = 0
        self._playing: _Playing | None = None
        self._since = 0.0

    def chunk(self, now: float) -> Samples:
        """The next 20 ms of what is said."""
        self.request = ""
        if self._playing is None:
            self._perhaps_begin(now)
        playing = self._playing
        if playing is None:
            return np.zeros(_CHUNK, np.float32)
        piece = playing.samples[playing.at : playing.at + _CHUNK]
        playing.at += _CHUNK
        if playing.at >= len(playing.samples):
            self._end(playing)
        return np.pad(piece, (0, _CHUNK - len(piece)))

    def hang_up(self, now: float) -> None:
        """The call broke off: what was being said ends here, and the rest is not said."""
        playing, self._playing = self._playing, None
        if playing is not None:
            self._note(playing, min(now, playing.start + _seconds(playing)))
        self.skipped += range(self._number, len(self._plan.scenario.script))
        self.over = True

    # --- steps -----------------------------------------------------------------------------------

    def _perhaps_begin(self, now: float) -> None:
        script = self._plan.scenario.script
        if self._number == len(script):
            self.over = self._enough(now)
            return
        step = script[self._number]
        when = step.when or (_NEXT if self._number else _FIRST)
        match self._due(when, now):
            case "now":
                self._begin(step, now)
            case "never":
                self.skipped.append(self._number)
                self._number += 1
            case "later":
                pass

    def _begin(self, step: Step, now: float) -> None:
        number, self._number = self._number, self._number + 1
        if step.agent_says is not None:
            self.request = step.agent_says
            self._since = now
            return
        clip = self._plan.clips[number]
        samples = np.zeros(round((step.listen_s or 0.0) * RATE), np.float32)
        self._playing = _Playing(number, step, clip, now, clip.samples if clip else samples)

    def _end(self, playing: _Playing) -> None:
        self._playing = None
        self._note(playing, playing.start + _seconds(playing))

    def _note(self, playing: _Playing, end: float) -> None:
        clip, step, start = playing.clip, playing.step, playing.start
        what: Literal["speech", "sound", "silence"] = (
            "silence" if clip is None else "sound" if step.sound else "speech"
        )
        parts = [(start + a, min(start + b, end)) for a, b in (clip.parts if clip else ())]
        parts = [(a, b) for a, b in parts if a < b]
        text = clip.text if clip else ""
        self.said.append(Said(playing.number, start, end, tuple(parts), text, what, step.expects))
        self._since = end

    # --- conditions ------------------------------------------------------------------------------

    def _due(self, when: When, now: float) -> Literal["now", "later", "never"]:
        waited = now - self._since
        if when.after_s is not None:
            return "now" if waited >= when.after_s - 1e-9 else "later"
        if self._met(when, now):
            return "now"
        heard = any(one.end > self._since for one in self._phone.speaker.soundings(self._since))
        return "never" if waited > (_ENDS_S if heard else _COMES_S) else "later"

    def _met(self, when: When, now: float) -> bool:
        speaker = self._phone.speaker
        heard, silent = speaker.heard_s(now, self._since), speaker.silent_s(now)
        if when.reply_heard_s is not None:
            return heard >= when.reply_heard_s and bool(self._phone.under_way)
        if when.reply_pause_s is not None:
            between = bool(self._phone.under_way) and silent >= _BETWEEN_PHRASES_S
            return between and heard >= when.reply_pause_s
        assert when.reply_over_s is not None
        return heard > 0 and not self._phone.under_way and silent >= when.reply_over_s

    def _enough(self, now: float) -> bool:
        """Whether it is known how the last step was taken."""
        waited = now - self._since
        if not self.said or self.said[-1].expect == "ignore":
            return waited >= _AFTER_NOISE_S
        last, speaker = self.said[-1], self._phone.speaker
        under_way = {
            mark.reply
            for mark in self._phone.marks
            if mark.kind == "reply started" and mark.at <= last.start
        }
        new = [
            one
            for one in speaker.soundings(last.end)
            if one.reply not in under_way and one.start <= now and one.end > last.end
        ]
        if not new:
            return waited >= ANSWER_S
        heard = now - max(new[0].start, last.end)
        return heard >= _LISTEN_S or (not self._phone.under_way and heard >= _LISTEN_S / 2)


def _seconds(playing: _Playing) -> float:
    """Until where it speaks, without the room's tail."""
    clip = playing.clip
    return clip.parts[-1][1] if clip is not None else len(playing.samples) / RATE
