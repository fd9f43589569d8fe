"""What the user's voice does to the reply that is heard: a Suspicion, and its end or their relief.

edge of speech → Suspicion; words and level → the Responder sounds in full, ducked or not at all
words that are no backchannel → the reply ends
"""

from __future__ import annotations

from vivavoce.audio.levels import Powers
from vivavoce.engines import Transcript
from vivavoce.settings import TurnSettings
from vivavoce.text.language.pack import TurnWords
from vivavoce.turn_taking.interruption import Suspicion, counted
from vivavoce.turn_taking.speaker_level import SpeakerLevel
from vivavoce.turn_taking.utterance import Utterance

from .responder import Responder


class BargeIn:
    """Of one caller; `begin` starts an utterance. Times are in seconds of the stream.

    settings: may be replaced at any time. ended: whether this utterance ended a reply.
    """

    def __init__(self, responder: Responder, settings: TurnSettings) -> None:
        self.settings = settings
        self.ended = False
        self._responder = responder
        self._loudness = SpeakerLevel()
        self._suspicion = Suspicion(settings.false_alarm_s)
        self._heard: Transcript | None = None
        self._counted = ""

    @property
    def possible(self) -> bool:
        """Whether there is a reply, and the user may interrupt it."""
        return self._responder.busy and self.settings.barge_in

    @property
    def loud(self) -> bool:
        """Whether the voice against a reply was loud enough to be the caller's."""
        return self._suspicion.loud

    def feed(self, powers: Powers) -> None:
        """Take the powers of the next of all that is heard."""
        self._loudness.feed(powers)

    def begin(self, at: float) -> None:
        """An utterance began."""
        self._suspicion = Suspicion(self.settings.false_alarm_s)
        self._loudness.begin()
        self.ended = False
        self.voice(at)

    def voice(self, at: float) -> None:
        """Its voice began, or goes on."""
        if self.possible:
            self._suspicion.voice(at, self._responder.heard_s)

    def silence(self, at: float) -> None:
        """Its voice fell silent."""
        self._suspicion.silence(at)

    def look(self, partial: Transcript, utterance: Utterance, words: TurnWords) -> None:
        """So far it was taken for this; end the reply if that is sure to interrupt.

        words: of the language that is spoken, as for `judge`.
        """
        possible = self.possible
        text = counted(partial.text, utterance.audio, words) if possible else partial.text
        self._suspicion.look(text, partial.confidence, words)
        stable = " ".join(text.split()[: partial.stable])
        if possible and self._suspicion.ends(stable, words, final=False):
            self._end_reply()

    def judge(
        self,
        heard: Transcript,
        utterance: Utterance,
        words: TurnWords,
        now: float,
        *,
        at_once: bool,
    ) -> bool | None:
        """Whether this, which was heard before a silence, interrupts; the reply is then ended.

        None while more must be heard, unless it is to be judged at once.
        """
        if heard is not self._heard:
            self._heard, self._counted = heard, counted(heard.text, utterance.audio, words)
        sure = heard.confidence
        interrupts = self._suspicion.ends(self._counted, words, final=True, confidence=sure)
        if not at_once and not self._suspicion.settled(now, words=interrupts):
            return None
        if interrupts:
            self._end_reply()
        return interrupts

    def heed(self, now: float | None) -> None:
        """Let the reply sound as what is known of the user's voice asks for.

        now: None while no utterance is under way.
        """
        if now is None or not self.possible:
            self._responder.heed("full")
            return
        loud = self.loud or self._loudness.stands_out(self.settings.interrupt_db)
        self._responder.heed(self._suspicion.stance(now, loud=loud))

    def learn(self) -> None:
        """The utterance was a turn of the caller's."""
        self._loudness.learn()

    def _end_reply(self) -> None:
        self._responder.end("interrupted")
        self.ended = True
