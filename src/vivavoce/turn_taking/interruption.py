"""Whether the sound that a user makes while a reply is heard is an interruption; pure.

voice → the reply is ducked, or held if it has hardly begun → it lasts → held → looks at its words:
    none so far, a backchannel → ducked; other words → held
it is over → its transcript decides: the reply ends, or is back at its full level
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from vivavoce.audio import Audio
from vivavoce.audio.features import RATE
from vivavoce.text.language.pack import TurnWords

from .backchannels import begins_backchannel, is_backchannel, words_of
from .endpointing import opens
from .hum_detector import hums

Stance: TypeAlias = Literal["full", "ducked", "held"]
"""How a reply sounds while the user makes a sound."""

HOLD_S = 0.16
"""A voice that lasts so long silences the reply, 0.3 s after the first sound of "stop": a VAD
notices a sharp consonant after up to 0.11 s, and tells of it a frame of 0.03 s later."""

BEGUN_S = 0.2
"""A reply of which less was heard is held at the first voice: the user was not done."""

LOOK_S = 0.24
"""So much of a voice tells a backchannel from other words: of 0.2 s of "let me …", Moonshine
makes "yeah"."""

SURE = 0.7
"""A backchannel heard with this confidence lets the reply go on at once: of 0.25 s of "no" or "hold
on", Moonshine makes "yeah" and "oh" with less, of 0.25 s of most backchannels just these with
more."""

SETTLES_S = 0.15
"""What was understood of less than LOOK_S of a voice counts after so much silence; a voice often
breaks off for a moment after its first sound, of which an STT makes any word."""

_LAG_S = 0.1
"""A voice is known to be loud so long after it began."""

HELD_S = 0.22
"""A voice without words so far silences the reply for so long; 0.25 s would be noticed."""

HUM_S = 2.0
"""An utterance that is longer is no hum."""


def counted(text: str, audio: Audio, words: TurnWords) -> str:
    """What counts against a reply of what a voice was taken for: nothing of a mere hum.

    audio: all of the utterance so far. Words that mostly open an interruption count in any case,
    since "stop" may be said in little more than one sound.
    """
    if not text or opens(text, words) or audio.seconds > HUM_S:
        return text
    return "" if hums(audio.resampled(RATE).samples) else text


class Suspicion:
    """Of one utterance, that it interrupts. Times are in seconds of the stream.

    false_alarm_s: a voice without words that lasts so long does not disturb the reply any more.
    loud: the voice was loud enough to be the caller's; nothing else is suspected.
    """

    def __init__(self, false_alarm_s: float) -> None:
        self.loud = False
        self._false_alarm_s = false_alarm_s
        self._since: float | None = None
        self._hold_s = HOLD_S
        self._silent_since = 0.0
        self._voiced_s = 0.0
        self._held_since: float | None = None
        self._suspected = False
        self._looked = False
        self._released = False
        self._words = False

    def voice(self, at: float, heard_s: float) -> None:
        """A voice began, or goes on, after so much of the reply was heard."""
        self._since = at
        self._hold_s = HOLD_S if heard_s >= BEGUN_S else 0.0
        self._suspected = True

    def silence(self, at: float) -> None:
        """The voice fell silent."""
        if self._since is not None:
            self._voiced_s += at - self._since
        self._since = None
        self._silent_since = at

    def look(self, text: str, confidence: float | None, words: TurnWords) -> None:
        """So far it was taken for this. words: of the language that is spoken."""
        said = words_of(text)
        self._looked = True
        listens = begins_backchannel(text, words)
        sure = _sure(confidence)
        if not said or (sure and is_backchannel(text, words)):
            self._words = False
        elif not listens:
            self._words = True
        if said and listens and sure and not self._words:
            self._released = True

    def settled(self, now: float, *, words: bool) -> bool:
        """Whether enough was heard before a silence to tell what it was.

        words: it was taken for words; what was not may be a word's first sound.
        """
        silent = now - self._silent_since >= SETTLES_S - 1e-9
        return silent or (words and self._voiced_s >= LOOK_S)

    def ends(
        self, text: str, words: TurnWords, *, final: bool, confidence: float | None = None
    ) -> bool:
        """Whether these words, which will not change any more, end the reply.

        final: no more come for now. confidence: in that; where a look found other words, an unsure
        backchannel is none, as "great" of a "wait" that an echo covers.
        """
        listens = (is_backchannel if final else begins_backchannel)(text, words)
        doubtful = final and self._words and not _sure(confidence) and bool(words_of(text))
        return self.loud and (doubtful or not listens)

    def stance(self, now: float, *, loud: bool) -> Stance:
        """How the reply is to sound now. loud: whether the voice is, or was."""
        if loud and not self.loud:
            self._notice(now)
        if not self._suspected or not self.loud:
            return "full"
        if self._words:
            return "held"
        if self._since is None:
            return "held" if self._still_holds(now) else "ducked"
        lasts = now - self._since
        if lasts >= self._false_alarm_s:
            return "full"
        return "held" if lasts >= self._hold_s - 1e-9 and self._holds(now) else "ducked"

    def _notice(self, now: float) -> None:
        """The voice is loud enough; whatever was before it was somebody else."""
        self.loud = True
        if self._since is not None and self._since < now - _LAG_S:
            self._since = now - _LAG_S
            self._looked = self._released = self._words = False

    def _holds(self, now: float) -> bool:
        """Whether the voice holds the reply though no words are known; not for long."""
        if self._released:
            return False
        if self._held_since is None:
            self._held_since = now
        self._released = self._looked and now - self._held_since >= HELD_S - 1e-9
        return not self._released

    def _still_holds(self, now: float) -> bool:
        """Whether a voice that broke off holds the reply, while it is found out what it was."""
        if self._held_since is None or self._released:
            return False
        if now - self._held_since >= HELD_S - 1e-9:
            self._held_since = None
        return self._held_since is not None


def _sure(confidence: float | None) -> bool:
    """Whether a backchannel was understood well enough; an engine that does not tell is sure."""
    return confidence is None or confidence >= SURE
