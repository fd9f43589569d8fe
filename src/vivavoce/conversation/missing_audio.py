"""How much of a client's audio is missing: it stopped sending, and time goes on; pure."""

from __future__ import annotations

STOPPED_S = 0.25
"""A client that is so far behind has stopped sending; jitter of the network is less."""

_MOST_S = 5.0
"""Longer than any wait for the end of a turn."""


class MissingAudio:
    """Compares the time that passes with the audio that comes.

    Audio that comes late is heard all the same: what was counted as silence meanwhile is taken off
    again, so that the next stop is noticed as soon as the first.
    """

    def __init__(self) -> None:
        self._begun = False
        self._behind_s = 0.0
        self._filled_s = 0.0
        self._stopped = False

    def feed(self, passed_s: float, audio_s: float) -> float:
        """The seconds of silence that the client's not sending stands for by now, mostly 0.

        passed_s: since the last call. audio_s: came meanwhile.
        """
        if not self._begun and not audio_s:
            return 0.0
        self._behind_s += passed_s if self._begun else 0.0
        self._begun = True
        if audio_s:
            self._take(audio_s)
            return 0.0
        if not self._stopped and self._behind_s <= STOPPED_S:
            return 0.0
        self._stopped = True
        missing_s = min(max(self._behind_s, 0.0), _MOST_S)
        self._behind_s = min(self._behind_s, 0.0)
        self._filled_s += missing_s
        return missing_s

    def _take(self, audio_s: float) -> None:
        if self._stopped:
            self._behind_s = min(self._behind_s, 0.0)
            self._stopped = False
        self._behind_s -= audio_s
        late_s = min(max(-self._behind_s, 0.0), self._filled_s)
        self._behind_s += late_s
        self._filled_s -= late_s
