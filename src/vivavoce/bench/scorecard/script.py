"""What a caller does next: the steps of a script, and the conditions they wait for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from vivavoce.audio import Samples
from vivavoce.testing.signals import RATE

from .phone import Phone
from .scenario import Scenario, Step, When
from .timeline import CallerSpeech
from .voices import CallerClip

CHUNK_S = 0.02
CHUNK = round(CHUNK_S * RATE)
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


@dataclass(frozen=True, slots=True, eq=False)
class ScriptPlan:
    """A call to be made. clips: each step's sound. seed: of its noise and its network."""

    scenario: Scenario
    label: str
    clips: Sequence[CallerClip | None]
    noise: Samples | None = None
    seed: int = 0


@dataclass(slots=True)
class _Playing:
    """A step under way. tail: speech goes on sounding in the room for a while."""

    number: int
    step: Step
    clip: CallerClip | None
    start: float
    samples: Samples = field(default_factory=lambda: np.zeros(0, np.float32))
    at: int = 0


class CallerScript:
    """What the caller does next. request: what the agent is to be asked to say, this once."""

    def __init__(self, plan: ScriptPlan, phone: Phone) -> None:
        self.said: list[CallerSpeech] = []
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
            return np.zeros(CHUNK, np.float32)
        piece = playing.samples[playing.at : playing.at + CHUNK]
        playing.at += CHUNK
        if playing.at >= len(playing.samples):
            self._end(playing)
        return np.pad(piece, (0, CHUNK - len(piece)))

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
        self.said.append(
            CallerSpeech(playing.number, start, end, tuple(parts), text, what, step.expects)
        )
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
