"""A session's listening: the user's utterance, the draft of an answer, and whose turn it is.

edges of speech → start: an Utterance; pause: a Draft; resume: no Draft
Draft: transcript and turn probability → a reply, held back
silence as long as that probability asks for → the reply is released
the user speaks meanwhile → BargeIn: the Responder ducks or pauses → words end the reply
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from itertools import takewhile
from typing import Literal

from vivavoce.audio import Audio
from vivavoce.concurrency.owned_tasks import OwnedTasks
from vivavoce.concurrency.pending_calls import PendingCalls
from vivavoce.engines import Engines, SttOptions, Transcript
from vivavoce.errors import describe
from vivavoce.events import Event, Failed, Heard, SpeechStarted, SpeechStopped, TurnDropped
from vivavoce.settings import SessionSettings
from vivavoce.text.language.pack import TurnWords
from vivavoce.text.language.packs import pack_of
from vivavoce.turn_taking.backchannels import words_of
from vivavoce.turn_taking.endpointing import opens, patience
from vivavoce.turn_taking.interruption import LOOK_S
from vivavoce.turn_taking.speech_input import SpeechInput
from vivavoce.turn_taking.utterance import Utterance
from vivavoce.turn_taking.vad_edges import Edge

from .barge_in import BargeIn
from .drafts import Draft, Drafting
from .history import Memory
from .responder import Anchor, Responder
from .spoken_language import expected, follow

log = logging.getLogger(__name__)

CLOSING = "closing"
"""Owner of the tasks that a session waits for when the caller hangs up."""

_WARM_WORDS = 2
"""New words after which the model reads on ahead."""


class TurnLoop:
    """Hears the user, and decides when they are done and whether they interrupt.

    settings: may be replaced at any time. utterance: the one under way. understood: set while
    nothing that was said before a pause waits to be understood. between_turns: set while no
    utterance is under way. idle_prompts: said since the user last spoke.
    next_turn: gives the number of a new turn.
    """

    def __init__(
        self,
        engines: Engines,
        responder: Responder,
        memory: Memory,
        settings: SessionSettings,
        next_turn: Callable[[], int],
        *,
        tasks: OwnedTasks,
        work: PendingCalls,
        emit: Callable[[Event], None],
        clock: Callable[[], float],
    ) -> None:
        self.settings = settings
        self.speech_input = SpeechInput(engines.vad, engines.stt.rate, settings.turns)
        self.utterance: Utterance | None = None
        self._barge_in = BargeIn(responder, settings.turns)
        self.idle_prompts = 0
        self.between_turns = asyncio.Event()
        self.between_turns.set()
        self.understood = asyncio.Event()
        self.understood.set()
        self._engines = engines
        self._responder = responder
        self._memory = memory
        self._next_turn = next_turn
        self._tasks = tasks
        self._work = work
        self._emit = emit
        self._clock = clock
        self._drafting = Drafting(
            engines,
            responder,
            memory,
            settings,
            self.decide,
            tasks=tasks,
            work=work,
            emit=emit,
            clock=clock,
        )
        self._draft: Draft | None = None
        self._forced = False
        self._unanswered = False
        self._warmed: list[str] = []
        self._paused_s = 0.0
        self._language = expected(settings, engines.stt)
        responder.language = self._language.code

    def configure(self, settings: SessionSettings) -> None:
        """Go by these from now on."""
        if settings.language != self.settings.language:
            self._language = expected(settings, self._engines.stt)
            self._responder.language = self._language.code
        self.settings = self._drafting.settings = settings
        self._barge_in.settings = settings.turns
        self.speech_input.configure(settings.turns)

    def follow(self, said: Transcript) -> None:
        """The user has said this: the conversation may be in another language from now on."""
        self._language = follow(self._language, said)
        self._responder.language = self._language.code

    def _turn_words(self, heard: Transcript) -> TurnWords:
        return pack_of(follow(self._language, heard).code).turns

    def commit(self, *, respond: bool) -> bool:
        """End the user's turn now; whether there was one."""
        if self.utterance is None:
            return False
        self._forced = True
        self._unanswered = not respond
        self.decide()
        return True

    def forget_reply(self) -> None:
        """The reply that was drafted is of no use."""
        if self._draft is not None:
            self._drafting.forget_reply(self._draft)

    def leave_unanswered(self) -> None:
        """A turn that was committed, and is not understood yet, enters the history only."""
        if self._forced:
            self._unanswered, self._drafting.responds = True, False

    def hang_up(self) -> None:
        """The caller is gone."""
        if self.utterance is not None:
            self._end(self.utterance)

    def hear(self, audio: Audio) -> None:
        """Take the next audio. `decide` then sees what follows from it."""
        try:
            chunk = self.speech_input.feed(audio)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            self._emit(Failed("vad", self._engines.vad.name, describe(error), "it starts anew"))
            return
        self._barge_in.feed(chunk.powers)
        if self.utterance is not None:
            self.utterance.feed(chunk.samples, chunk.powers)
        for edge in chunk.edges:
            self._on_edge(edge)
        if self.utterance is not None:
            self.utterance.hold(not self.speech_input.edges.voiced)

    def _on_edge(self, edge: Edge) -> None:
        match edge.kind:
            case "start":
                self._begin_utterance(edge.at)
            case "pause":
                self._barge_in.silence(edge.at)
                self._begin_draft(edge.at)
            case "resume":
                if self._draft is not None:
                    self._paused_s = max(self._paused_s, edge.at - self._draft.since)
                self._drop_draft()
                self._barge_in.voice(edge.at)

    def _begin_utterance(self, at: float) -> None:
        start, samples = self.speech_input.prefixed(at)
        settings, doubtful = self.settings, self._barge_in.possible
        utterance = self.utterance = Utterance(
            self._next_turn(),
            start,
            self._engines.stt,
            SttOptions(language=settings.language, partials=settings.partials, brisk=doubtful),
            self._work,
            self._on_partial,
            settings.stt_timeout_s,
            first_s=at - start + LOOK_S if doubtful else 0.0,
        )
        self._barge_in.begin(at)
        self.between_turns.clear()
        self._forced = self._unanswered = False
        self._warmed = []
        self._paused_s = 0.0
        utterance.feed(samples, self.speech_input.powers_since(start))
        self._tasks.spawn(utterance, self._transcribe(utterance))
        self._emit(SpeechStarted(utterance.turn, start))

    async def _transcribe(self, utterance: Utterance) -> None:
        try:
            await utterance.transcribe()
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            # `finish` meets the same engine and decides what becomes of the turn
            log.warning("partial transcripts stop: %s", describe(error))

    def _on_partial(self, transcript: Transcript) -> None:
        utterance = self.utterance
        if utterance is None:
            return
        if transcript.text:
            self._emit(Heard(utterance.turn, transcript, final=False))
        self._barge_in.look(transcript, utterance, self._turn_words(transcript))
        self._heed()
        if self.settings.drafts and self._draft is None:
            self._read_ahead(transcript.text.split())

    def _read_ahead(self, words: list[str]) -> None:
        """Have the model read what is known; of words that change, what comes before is of use."""
        pairs = zip(words, self._warmed, strict=False)
        known = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        if len(words) >= known + _WARM_WORDS:
            self._warmed = words
            self._responder.warm(" ".join(words))

    @property
    def _responds(self) -> bool:
        return self.settings.turns.respond and not self._unanswered

    def _heed(self) -> None:
        self._barge_in.heed(None if self.utterance is None else self.speech_input.now)

    def _begin_draft(self, since: float) -> None:
        if self.utterance is None:
            return
        self.understood.clear()
        self._drafting.responds = self._responds
        self._drafting.language = self._language
        self._draft = self._drafting.begin(self.utterance, since, self.speech_input.now - since)

    def _drop_draft(self) -> None:
        draft, self._draft = self._draft, None
        self.understood.set()
        if draft is not None:
            self._drafting.drop(draft)

    # --- deciding --------------------------------------------------------------------------------

    def decide(self) -> None:
        """See whether what is known now ends the turn, or the suspicion against it."""
        self._heed()
        self._decide()
        self._heed()

    def _decide(self) -> None:
        utterance, draft = self.utterance, self._draft
        if draft is not None and draft.settled:
            self.understood.set()
        if utterance is None:
            return
        if draft is None:
            self._decide_speaking(utterance)
        elif draft.failed:
            self.drop(utterance, "failed")
            if self.settings.apology:
                self._responder.say(self._next_turn(), self.settings.apology)
        elif draft.transcript is not None:
            self._decide_heard(utterance, draft, draft.transcript)

    def _decide_speaking(self, utterance: Utterance) -> None:
        if self._forced or utterance.seconds > self.settings.max_utterance_s:
            self._forced = True
            self._begin_draft(self.speech_input.now)

    def _decide_heard(self, utterance: Utterance, draft: Draft, heard: Transcript) -> None:
        words = words_of(heard.text)
        if self._barge_in.possible:
            interrupts = self._barge_in.judge(
                heard,
                utterance,
                self._turn_words(heard),
                self.speech_input.now,
                at_once=self._forced,
            )
            if interrupts is False:
                self.drop(utterance, "backchannel" if words and self._barge_in.loud else "noise")
            if not interrupts:
                return
        if not words:
            if self._forced or self.speech_input.now - draft.since >= self.settings.turns.noise_s:
                self.drop(utterance, "noise")
        elif self._silence_suffices(draft) and not (self._responder.busy and self._responds):
            self._take_turn(utterance, draft, heard)

    def _silence_suffices(self, draft: Draft) -> bool:
        if self._forced:
            return True
        if draft.over is None or self.settings.turns.mode == "manual":
            return False
        assert draft.transcript is not None
        opening = self._barge_in.ended and opens(
            draft.transcript.text, self._turn_words(draft.transcript)
        )
        wait = patience(draft.over, self.settings.turns, self._paused_s, opening=opening)
        return self.speech_input.now - draft.since >= wait - 1e-9

    def _take_turn(self, utterance: Utterance, draft: Draft, heard: Transcript) -> None:
        """The user is done: answer."""
        turn, reply, draft.reply = utterance.turn, draft.reply, None
        responds = self._responds
        self._end(utterance)
        self._emit(SpeechStopped(turn, draft.since))
        self._emit(Heard(turn, heard, final=True))
        self._memory.user(heard.text)
        self.follow(heard)
        self._barge_in.learn()
        self.idle_prompts = 0
        if responds:
            self._responder.begin(turn, reply, Anchor(draft.wall, draft.heard_at, self._clock()))
        elif reply is not None:
            self._responder.drop(reply)

    def drop(
        self, utterance: Utterance, why: Literal["noise", "backchannel", "cleared", "failed"]
    ) -> None:
        """It was no turn."""
        self._end(utterance)
        self._emit(TurnDropped(utterance.turn, why))

    def _end(self, utterance: Utterance) -> None:
        self._drop_draft()
        self.utterance = None
        self._forced = False
        self.speech_input.end_utterance()
        self.between_turns.set()
        self._responder.fall_quiet()
        self._tasks.cancel(utterance)
        self._tasks.spawn(CLOSING, self._close(utterance))

    async def _close(self, utterance: Utterance) -> None:
        try:
            await utterance.aclose()
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            log.warning("an utterance did not close: %s", describe(error))
