"""From probabilities to speech edges and turn decisions; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from .settings import Eagerness, TurnSettings

_CURVE: dict[Eagerness, float] = {"high": 3.0, "medium": 2.0, "auto": 2.0, "low": 1.2}
"""Exponents of `patience`: the larger, the sooner a doubtful silence ends the turn."""

_UNFINISHED = {
    "de": "der die das den dem ein eine einen und oder aber weil dass mein",
    "en": "a an the and or but because my your our their every",
    "es": "el la los las un una y o pero porque mi tu su de que",
    "fr": "le la les un une des et ou mais parce mon ma mes de du que",
    "it": "il lo la i gli le un una e o ma perché mio mia di che",
    "pt": "o a os as um uma e ou mas porque meu minha de que hum",
}
"""Words that no utterance ends with, by language."""

_HESITATIONS = "um uhm uh er erm eh hmm äh ähm euh"

_WHOLE = "yes yeah yep no nope okay ok sure thanks thank you please stop hello hi goodbye bye"
"""Words that are often all there is."""

_BIAS, _BY_ENDS, _BY_SOUND, _BY_WORDS = -1.0, 0.65, 0.34, 2.0
_LEAST_WORDS, _MOST_WORDS = 2, 7
_ENDS_UNKNOWN = -3.0
"""Rounded, after a logistic regression over 118 utterances in four synthesized voices, whole and
broken off in the middle, of sentences that the benchmarks do not use."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Where the user's voice changed.

    `start`: an utterance begins; `pause`: it fell silent; `resume`: it goes on after a pause.
    at: when the voice itself began or fell silent, in seconds from the stream's start.
    """

    kind: Literal["start", "pause", "resume"]
    at: float


class SpeechEdges:
    """Finds the edges of speech in a stream of VAD probabilities, with hysteresis.

    Between `start` and `end_utterance` come pairs of `pause` and `resume`.
    """

    def __init__(self, settings: TurnSettings, frame_s: float) -> None:
        self.settings = settings
        self._frame_s = frame_s
        self._frames = 0
        self._state: Literal["idle", "voice", "pause"] = "idle"
        self._voiced = 0
        self._unvoiced = 0

    @property
    def now(self) -> float:
        """Seconds of audio seen."""
        return self._frames * self._frame_s

    @property
    def voiced(self) -> bool:
        """Whether the last frame may be speech."""
        return self._unvoiced == 0 and self._frames > 0

    @property
    def silence(self) -> float:
        """Seconds since the last frame that may be speech."""
        return self._unvoiced * self._frame_s

    def feed(self, probability: float) -> Edge | None:
        """Take the next frame's probability of speech; return the edge it completes, if any."""
        self._frames += 1
        speaking = self._state == "voice"
        limit = self.settings.stop_threshold if speaking else self.settings.start_threshold
        if probability >= limit:
            self._voiced += 1
            self._unvoiced = 0
        else:
            self._unvoiced += 1
            self._voiced = 0
        if speaking:
            return self._perhaps_pause()
        return self._perhaps_voice()

    def end_utterance(self) -> None:
        """The turn is over; the next voice is a `start`."""
        self._state = "idle"
        self._voiced = 0

    def _perhaps_voice(self) -> Edge | None:
        if self._voiced * self._frame_s < self.settings.start_s - 1e-9:
            return None
        kind: Literal["start", "resume"] = "start" if self._state == "idle" else "resume"
        self._state = "voice"
        return Edge(kind, (self._frames - self._voiced) * self._frame_s)

    def _perhaps_pause(self) -> Edge | None:
        if self.silence < self.settings.pause_s - 1e-9:
            return None
        self._state = "pause"
        return Edge("pause", (self._frames - self._unvoiced) * self._frame_s)


SURE = 0.9
"""From this probability on the words alone are taken to tell that the turn is over."""


def by_words(ends: float | None, text: str, heard: float | None = None) -> float | None:
    """The probability that the turn is over, from what it says; None if that is not known.

    ends: the language model's that the words end here, or None. text: the transcript. The fewer
    the words, the likelier they are only the first of more, but for those that are an answer by
    themselves. heard: the transcript's own confidence; what was hardly understood tells little of
    its end.
    """
    return None if ends is None else _probability(_odds(ends, text, heard))


def confidence(sound: float, ends: float | None, text: str, heard: float | None = None) -> float:
    """The probability that the turn is over, from how it sounds and what it says.

    sound: the turn detector's. The others are those of `by_words`.
    """
    if ends is None:
        return sound
    bounded = min(max(sound, 0.02), 0.98)
    by_sound = _BY_SOUND * math.log(bounded / (1 - bounded))
    return _probability(_odds(ends, text, heard) + by_sound)


def _odds(ends: float, text: str, heard: float | None) -> float:
    words = text.lower().replace(",", " ").split()
    whole = all(word.strip(" .!?") in _WHOLE.split() for word in words)
    count = _MOST_WORDS if whole else min(max(len(words), _LEAST_WORDS), _MOST_WORDS)
    trust = 1.0 if heard is None else min(max((heard - 0.3) / 0.6, 0.0), 1.0)
    by_ends = trust * math.log(max(ends, 0.0) + 0.002) + (1 - trust) * _ENDS_UNKNOWN
    return _BIAS + _BY_ENDS * by_ends + _BY_WORDS * math.log(count)


def _probability(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


def looks_unfinished(text: str, language: str | None) -> bool:
    """Whether it ends in a hesitation, or in a little word that something must follow."""
    words = text.lower().rstrip(" .,;:!…-").split()
    if not words:
        return False
    code = (language or "en").partition("-")[0]
    hesitates = words[-1].rstrip("?") in _HESITATIONS.split()
    return hesitates or words[-1] in _UNFINISHED.get(code, "").split()


def patience(probability: float, settings: TurnSettings) -> float:
    """How long a silence must last to end the turn, in seconds.

    probability: that the turn is over. Falls from `wait_max_s` at 0 to `wait_min_s` at 1.
    """
    doubt = (1.0 - min(max(probability, 0.0), 1.0)) ** _CURVE[settings.eagerness]
    return float(settings.wait_min_s + (settings.wait_max_s - settings.wait_min_s) * doubt)
