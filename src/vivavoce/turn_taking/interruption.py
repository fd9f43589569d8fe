"""Whether the sound that a user makes while a reply is heard is an interruption; pure.

voice → the reply is ducked, or held if it has hardly begun → it lasts → held → looks at its words:
    none so far, a backchannel → ducked; other words → held
it is over → its transcript decides: the reply ends, or is back at its full level
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Of one utterance, that it interrupts; each change gives a new one. Times are in seconds of
    the stream.

    false_alarm_s: a voice without words that lasts so long does not disturb the reply any more.
    loud: the voice was loud enough to be the caller's; nothing else is suspected. since: when the
    voice began that goes on. held_since: since when a voice without known words holds the reply.
    looked: the STT told what it heard. released: it need not hold the reply. words: they were
    heard, and are no backchannel.
    """

    false_alarm_s: float
    loud: bool = False
    suspected: bool = False
    since: float | None = None
    hold_s: float = HOLD_S
    silent_since: float = 0.0
    voiced_s: float = 0.0
    held_since: float | None = None
    looked: bool = False
    released: bool = False
    words: bool = False

    def voice(self, at: float, heard_s: float) -> Suspicion:
        """A voice began, or goes on, after so much of the reply was heard."""
        hold_s = HOLD_S if heard_s >= BEGUN_S else 0.0
        return replace(self, since=at, hold_s=hold_s, suspected=True)

    def silence(self, at: float) -> Suspicion:
        """The voice fell silent."""
        voiced = 0.0 if self.since is None else at - self.since
        return replace(self, since=None, silent_since=at, voiced_s=self.voiced_s + voiced)

    def look(self, text: str, confidence: float | None, words: TurnWords) -> Suspicion:
        """So far it was taken for this. words: of the language that is spoken."""
        said = words_of(text)
        listens = begins_backchannel(text, words)
        sure = _sure(confidence)
        interrupts = self.words
        if not said or (sure and is_backchannel(text, words)):
            interrupts = False
        elif not listens:
            interrupts = True
        released = self.released or bool(said and listens and sure and not interrupts)
        return replace(self, looked=True, words=interrupts, released=released)

    def settled(self, now: float, *, words: bool) -> bool:
        """Whether enough was heard before a silence to tell what it was.

        words: it was taken for words; what was not may be a word's first sound.
        """
        silent = now - self.silent_since >= SETTLES_S - 1e-9
        return silent or (words and self.voiced_s >= LOOK_S)

    def ends(
        self, text: str, words: TurnWords, *, final: bool, confidence: float | None = None
    ) -> bool:
        """Whether these words, which will not change any more, end the reply.

        final: no more come for now. confidence: in that; where a look found other words, an unsure
        backchannel is none, as "great" of a "wait" that an echo covers.
        """
        listens = (is_backchannel if final else begins_backchannel)(text, words)
        doubtful = final and self.words and not _sure(confidence) and bool(words_of(text))
        return self.loud and (doubtful or not listens)

    def at(self, now: float, *, loud: bool) -> tuple[Suspicion, Stance]:
        """The suspicion at this moment, and how the reply is to sound.

        loud: whether the voice is, or was.
        """
        suspicion = self._noticed(now) if loud and not self.loud else self
        if not suspicion.suspected or not suspicion.loud:
            return suspicion, "full"
        if suspicion.words:
            return suspicion, "held"
        if suspicion.since is None:
            return _broken_off(suspicion, now)
        lasts = now - suspicion.since
        if lasts >= suspicion.false_alarm_s:
            return suspicion, "full"
        if lasts < suspicion.hold_s - 1e-9 or suspicion.released:
            return suspicion, "ducked"
        return _lasting(suspicion, now)

    def _noticed(self, now: float) -> Suspicion:
        """The voice is loud enough; whatever was before it was somebody else."""
        if self.since is None or self.since >= now - _LAG_S:
            return replace(self, loud=True)
        return replace(
            self, loud=True, since=now - _LAG_S, looked=False, released=False, words=False
        )


def _lasting(voice: Suspicion, now: float) -> tuple[Suspicion, Stance]:
    """It holds the reply though no words are known; not for long."""
    held_since = now if voice.held_since is None else voice.held_since
    released = voice.looked and now - held_since >= HELD_S - 1e-9
    return replace(
        voice, held_since=held_since, released=released
    ), "ducked" if released else "held"


def _broken_off(voice: Suspicion, now: float) -> tuple[Suspicion, Stance]:
    """It holds the reply, while it is found out what it was."""
    if voice.held_since is None or voice.released:
        return voice, "ducked"
    if now - voice.held_since >= HELD_S - 1e-9:
        return replace(voice, held_since=None), "ducked"
    return voice, "held"


def _sure(confidence: float | None) -> bool:
    """Whether a backchannel was understood well enough; an engine that does not tell is sure."""
    return confidence is None or confidence >= SURE
