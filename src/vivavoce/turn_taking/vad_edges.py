"""From a VAD's probabilities to the edges of speech; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vivavoce.settings import TurnSettings


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

    def __init__(self, frame_s: float) -> None:
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

    def feed(self, probability: float, settings: TurnSettings) -> Edge | None:
        """Take the next frame's probability of speech; return the edge it completes, if any."""
        self._frames += 1
        speaking = self._state == "voice"
        limit = settings.stop_threshold if speaking else settings.start_threshold
        if probability >= limit:
            self._voiced += 1
            self._unvoiced = 0
        else:
            self._unvoiced += 1
            self._voiced = 0
        if speaking:
            return self._perhaps_pause(settings)
        return self._perhaps_voice(settings)

    def end_utterance(self) -> None:
        """The turn is over; the next voice is a `start`."""
        self._state = "idle"
        self._voiced = 0

    def _perhaps_voice(self, settings: TurnSettings) -> Edge | None:
        if self._voiced * self._frame_s < settings.start_s - 1e-9:
            return None
        kind: Literal["start", "resume"] = "start" if self._state == "idle" else "resume"
        self._state = "voice"
        return Edge(kind, (self._frames - self._voiced) * self._frame_s)

    def _perhaps_pause(self, settings: TurnSettings) -> Edge | None:
        if self.silence < settings.pause_s - 1e-9:
            return None
        self._state = "pause"
        return Edge("pause", (self._frames - self._unvoiced) * self._frame_s)
