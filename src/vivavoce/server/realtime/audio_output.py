"""Where a reply's audio goes: into events, or into a call."""

from __future__ import annotations

import math
from collections.abc import Callable

from vivavoce.audio import Resampler, Samples, slices
from vivavoce.conversation.playout import Sink

from .audio import PCM, WireEncoder, WireFormat

_MOST_SAMPLES = 12_000
"""In one event; half a second, so that no message is too large for a client."""


class EventSink:
    """Audio as base64 in events, as fast as it is made: the client plays it by itself.

    speak: takes each piece.
    """

    rate = PCM.rate
    lead_s = math.inf

    def __init__(self, speak: Callable[[str], None]) -> None:
        self._speak = speak
        self._encoder = WireEncoder(PCM)
        self._resampler: Resampler | None = None

    def begin(self, form: WireFormat) -> None:
        """The next reply is in this format."""
        self._encoder = WireEncoder(form)
        self._resampler = (
            None if form.rate == PCM.rate else Resampler(PCM.rate, form.rate, live=True)
        )

    def write(self, samples: Samples) -> None:
        """Send it."""
        if self._resampler is not None:
            samples = self._resampler.feed(samples)
        for part in slices(samples, _MOST_SAMPLES):
            self._speak(self._encoder.encode(part))

    def end(self) -> None:
        """The reply is complete: send what the resampler still holds."""
        if self._resampler is not None and len(rest := self._resampler.flush()):
            self._speak(self._encoder.encode(rest))
            self._resampler = None

    def flush(self) -> int | None:
        """What was sent is the client's; the session's clock tells what was heard of it."""
        return None


class CallSink:
    """A call's loudspeaker. on_sound: called when the first audio of a reply goes to it."""

    def __init__(self, sink: Sink, on_sound: Callable[[], None]) -> None:
        self._sink = sink
        self._on_sound = on_sound
        self._begun = False

    @property
    def rate(self) -> int:
        """The call's."""
        return self._sink.rate

    @property
    def lead_s(self) -> float:
        """The call's."""
        return self._sink.lead_s

    def begin(self, form: WireFormat) -> None:
        """The next reply; a call has one format."""
        self._begun = False

    def write(self, samples: Samples) -> None:
        """Play it."""
        if not self._begun:
            self._begun = True
            self._on_sound()
        self._sink.write(samples)

    def end(self) -> None:
        """The reply is complete."""

    def flush(self) -> int | None:
        """Drop what has not left yet."""
        return self._sink.flush()
