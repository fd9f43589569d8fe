"""One conversation: audio in, events and audio out.

The data's way; only what computes has tasks of its own:

    audio → Ear → Utterance (STT)
                → start: an Utterance; pause: a Draft; resume: no Draft
    Draft:  transcript and turn probability → a reply, held back
    silence as long as that probability asks for → the reply is released
    the user speaks meanwhile → the Mouth holds its breath → words end the reply, others do not
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from . import fallback
from .audio import Audio, Lapse
from .backchannels import is_backchannel, words_of
from .ear import Ear
from .engines import Foresight, Llm, Message, Stt, SttOptions, Transcript, Tts, TurnDetector, Vad
from .errors import describe
from .events import Event, Failed, Heard, SpeechStarted, SpeechStopped, TurnDropped
from .history import History, Memory
from .mouth import Anchor, Mouth
from .playout import Sink, Speaker
from .reply import Reply
from .settings import SessionSettings
from .tasks import Tasks
from .tools import Toolbox
from .turns import Edge, confidence, looks_unfinished, patience
from .utterance import Utterance
from .work import Work

log = logging.getLogger(__name__)

_CLOSING = "closing"
"""Owner of the tasks that a session waits for when the caller hangs up."""

_WARM_WORDS = 2
"""New stable words after which the model reads on ahead."""


@dataclass(frozen=True, slots=True)
class Engines:
    """What a session listens, thinks and speaks with; loaded, and shared by all sessions."""

    vad: Vad
    turn: TurnDetector
    stt: Stt
    llm: Llm
    tts: Tts


@dataclass(slots=True, eq=False)
class _Draft:
    """What is known and prepared in a silence, in case the turn is over.

    since: where the silence began, in seconds of the stream; wall: the same on the clock.
    """

    since: float
    wall: float
    failed: bool = False
    transcript: Transcript | None = None
    completeness: float | None = None
    heard_at: float | None = None
    probability: float | None = None
    reply: Reply | None = None

    @property
    def settled(self) -> bool:
        """Whether it is known what was said, and how probably that is all."""
        known = self.transcript is not None and self.probability is not None
        return self.failed or known


class Session:
    """One caller's conversation. Make one per caller and `run` it once.

    on_event: called with each event, in order, on the event loop; must not block.
    history: what it remembers; None is one of its own.
    clock: for latency figures only.
    """

    def __init__(
        self,
        engines: Engines,
        sink: Sink,
        on_event: Callable[[Event], None],
        *,
        settings: SessionSettings | None = None,
        toolbox: Toolbox | None = None,
        history: Memory | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.settings = settings or SessionSettings()
        self._memory: Memory = history or History(self.settings.history_turns)
        self._toolbox = toolbox or Toolbox()
        self._engines = engines
        self._emit = on_event
        self._clock = clock
        self._work = Work()
        self._tasks = Tasks()
        self._ear = Ear(engines.vad, engines.stt.rate, self.settings.turns)
        self._mouth = Mouth(
            engines.llm,
            engines.tts,
            Speaker(sink),
            self._memory,
            self._toolbox,
            self.settings,
            tasks=self._tasks,
            work=self._work,
            emit=on_event,
            clock=clock,
        )
        self._turn = 0
        self._utterance: Utterance | None = None
        self._draft: _Draft | None = None
        self._forced = False
        self._unanswered = False
        self._warmed = 0
        self._idle_prompts = 0
        self._between_turns = asyncio.Event()
        self._between_turns.set()
        self._understood = asyncio.Event()
        self._understood.set()

    # --- for the owner ---------------------------------------------------------------------------

    async def run(self, source: AsyncIterator[Audio | Lapse]) -> None:
        """Converse until the source ends, which it does when the caller hangs up.

        source: the session's clock. Audio in real time, in chunks of any size, with silence where
        the caller sends none; or lapses, which tell how much time passed.
        """
        failure: Exception | None = None
        told = fallback.report.set(self._emit)
        async with asyncio.TaskGroup() as self._tasks.group:
            try:
                if self.settings.drafts:
                    self._mouth.warm()
                if self.settings.greeting:
                    self.say(self.settings.greeting)
                async for given in source:
                    self._take(given)
            except Exception as error:  # noqa: BLE001 - raised below, out of the group
                failure = error
            finally:
                self._hang_up()
                await self._tasks.finish(_CLOSING)
                fallback.report.reset(told)
        if failure is not None:
            raise failure

    async def settled(self) -> None:
        """Wait until nothing follows from the audio taken so far. A source that awaits this
        between its chunks runs the session in lockstep: as fast as it computes, and with the
        same result each time.
        """
        await self._work.settled()

    @property
    def history(self) -> History:
        """What was said and heard; of a session that was given no memory."""
        assert isinstance(self._memory, History)
        return self._memory

    @property
    def now(self) -> float:
        """Seconds on the session's clock."""
        return self._mouth.now

    @property
    def heard_s(self) -> float:
        """Seconds of audio received; what the events of speech count in."""
        return self._ear.now

    @property
    def quiet_s(self) -> float:
        """Seconds since anybody last spoke; 0 while somebody does."""
        if self.hearing or self.replying:
            return 0.0
        return self._mouth.now - self._mouth.quiet_since

    @property
    def replying(self) -> bool:
        """Whether a reply is on its way to the ear."""
        return self._mouth.busy

    @property
    def making(self) -> bool:
        """Whether a reply is being written or voiced, and not only played."""
        return self._mouth.making

    @property
    def hearing(self) -> bool:
        """Whether an utterance is under way."""
        return self._utterance is not None

    def say(self, text: str) -> None:
        """Say this now, as the assistant; ends the reply that may be under way."""
        self._mouth.say(self._next_turn(), text)

    def send_text(self, text: str) -> None:
        """The user wrote this instead of speaking; ends the reply that may be under way."""
        turn = self._next_turn()
        self._mouth.end("interrupted")
        self._emit(Heard(turn, Transcript(text), final=True))
        self._memory.user(text)
        self._mouth.begin(turn)

    def respond(
        self,
        *,
        settings: SessionSettings | None = None,
        toolbox: Toolbox | None = None,
        prompt: Sequence[Message] | None = None,
        keep: bool = True,
    ) -> int:
        """Reply to the history as it is; returns the reply's turn.

        A reply that only plays on is heard to its end first; one that is still being made ends.
        settings, toolbox: for this reply, instead of the session's. prompt: read instead of the
        history. keep: whether the reply enters the history.
        """
        turn = self._next_turn()
        settings = settings or self.settings
        self._mouth.answer(turn, settings, toolbox or self._toolbox, prompt, keep=keep)
        return turn

    def configure(self, settings: SessionSettings, toolbox: Toolbox | None = None) -> None:
        """Go by these from now on; what is under way goes on as it began."""
        self.settings = settings
        self._toolbox = toolbox or self._toolbox
        self._ear.configure(settings.turns)
        self._mouth.configure(settings, self._toolbox)
        self.remembered_anew()

    def remembered_anew(self) -> None:
        """The history was changed from outside: a reply that was drafted to it is of no use."""
        if self._draft is not None and self._draft.reply is not None:
            self._mouth.drop(self._draft.reply)
            self._draft.reply = None

    def heard_by(self, turn: int, seconds: float) -> str | None:
        """The words in so much of a reply's audio; None for one that is long forgotten."""
        return self._mouth.heard_by(turn, seconds)

    def commit(self, *, respond: bool = True) -> bool:
        """End the user's turn now; whether there was one. `between_turns` waits for the end.

        respond: whether it is answered, where turns are.
        """
        if self._utterance is None:
            return False
        self._forced = True
        self._unanswered = not respond
        self._decide()
        return True

    def clear(self) -> bool:
        """Forget what the user has said in this turn; whether there was something."""
        if self._utterance is None:
            return False
        self._drop_utterance(self._utterance, "cleared")
        self._mouth.go_on()
        return True

    async def caught_up(self) -> None:
        """Wait until what was said before a pause is understood. A source that is faster than
        real time awaits this, lest it runs into the next utterance.
        """
        await self._understood.wait()

    async def between_turns(self) -> None:
        """Wait until no utterance is under way."""
        await self._between_turns.wait()

    async def interrupt(self) -> None:
        """Stop the reply, and return when nothing of it is left: no task, audio or slot."""
        self._mouth.end("interrupted")
        self.remembered_anew()
        await self._tasks.ended()

    # --- listening -------------------------------------------------------------------------------

    def _take(self, given: Audio | Lapse) -> None:
        """Take what the source gave and do all that follows from it at once."""
        self._mouth.tick(given.seconds)
        audio = given.audio if isinstance(given, Lapse) else given
        if audio is not None and len(audio.samples):
            self._hear(audio)
        self._decide()

    def _hear(self, audio: Audio) -> None:
        try:
            samples, edges = self._ear.hear(audio)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            self._emit(Failed("vad", self._engines.vad.name, describe(error), "it starts anew"))
            return
        if self._utterance is not None:
            self._utterance.feed(samples)
        for edge in edges:
            self._on_edge(edge)
        if self._utterance is not None:
            self._utterance.hold(not self._ear.edges.voiced)

    def _on_edge(self, edge: Edge) -> None:
        match edge.kind:
            case "start":
                self._begin_utterance(edge.at)
                self._suspect()
            case "pause":
                self._begin_draft(edge.at)
            case "resume":
                self._drop_draft()
                self._suspect()

    def _begin_utterance(self, at: float) -> None:
        start, samples = self._ear.prefixed(at)
        utterance = self._utterance = Utterance(
            self._next_turn(),
            start,
            self._engines.stt,
            SttOptions(language=self.settings.language, partials=self.settings.partials),
            self._work,
            self._on_partial,
            self.settings.stt_timeout_s,
        )
        self._between_turns.clear()
        self._forced = self._unanswered = False
        self._warmed = 0
        utterance.feed(samples)
        self._tasks.spawn(utterance, self._transcribe(utterance))
        self._emit(SpeechStarted(utterance.turn, start))

    async def _transcribe(self, utterance: Utterance) -> None:
        try:
            await utterance.transcribe()
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            # `finish` meets the same engine and decides what becomes of the turn
            log.warning("partial transcripts stop: %s", describe(error))

    def _on_partial(self, transcript: Transcript) -> None:
        utterance = self._utterance
        if utterance is None:
            return
        self._emit(Heard(utterance.turn, transcript, final=False))
        stable = " ".join(transcript.text.split()[: transcript.stable])
        if self._interruptible and not is_backchannel(stable):
            self._mouth.end("interrupted")
        ahead = self.settings.drafts and self._draft is None
        if ahead and transcript.stable >= self._warmed + _WARM_WORDS:
            self._warmed = transcript.stable
            self._mouth.warm(stable)

    @property
    def _interruptible(self) -> bool:
        return self._mouth.busy and self.settings.turns.barge_in

    @property
    def _responds(self) -> bool:
        return self.settings.turns.respond and not self._unanswered

    def _suspect(self) -> None:
        if self._interruptible:
            self._mouth.hold()

    # --- drafting --------------------------------------------------------------------------------

    def _begin_draft(self, at: float) -> None:
        """The user fell silent: find out whether they are done, and prepare the reply."""
        utterance = self._utterance
        if utterance is None:
            return
        self._understood.clear()
        draft = self._draft = _Draft(at, self._clock() - (self._ear.now - at))
        self._mouth.cool()
        self._tasks.spawn(draft, self._judge(draft, utterance))
        self._tasks.spawn(draft, self._prepare(draft, utterance))

    async def _judge(self, draft: _Draft, utterance: Utterance) -> None:
        """Find out how probable it is that the turn is over, where that makes a difference."""
        detector, turns = self._engines.turn, self.settings.turns
        if turns.wait_min_s == turns.wait_max_s:
            draft.probability = 1.0
            return
        audio = utterance.audio.resampled(detector.rate)
        try:
            asked = detector.probability(audio, utterance.partial.text)
            draft.probability = await self._work.wait(asked, self.settings.stt_timeout_s)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            draft.probability = 0.5
            remedy = "silence alone ends this turn"
            self._emit(Failed("turn", detector.name, describe(error), remedy))
        self._decide()

    async def _prepare(self, draft: _Draft, utterance: Utterance) -> None:
        """Find out what was said, and have a reply made to it."""
        try:
            transcript = await utterance.finish()
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            draft.failed = True
            remedy = "an apology was spoken" if self.settings.apology else "the turn is lost"
            self._emit(Failed("stt", self._engines.stt.name, describe(error), remedy))
        else:
            draft.heard_at = self._clock()
            text = transcript.text
            if words_of(text):
                draft.completeness = await self._completeness(text)
            draft.transcript = transcript
            if self.settings.drafts and self._responds and not self._mouth.busy and words_of(text):
                draft.reply = self._mouth.prepare(utterance.turn, text)
        self._decide()

    async def _completeness(self, text: str) -> float | None:
        """How probable the language model, or else the last word, makes it that this is all."""
        llm = self._engines.llm
        if looks_unfinished(text, self.settings.language):
            return 0.0
        turns = self.settings.turns
        matters = turns.mode == "auto" and turns.wait_min_s < turns.wait_max_s
        if isinstance(llm, Foresight) and matters:
            try:
                await self._tasks.ended()
                prompt = self._memory.prompt(self.settings.system_prompt, text)
                return await self._work.wait(llm.completeness(prompt), self.settings.llm_timeout_s)
            except Exception as error:  # noqa: BLE001 - the reply will tell
                log.warning("no word on whether the turn is over: %s", describe(error))
        return None

    def _drop_draft(self) -> None:
        draft, self._draft = self._draft, None
        self._understood.set()
        if draft is not None:
            self._tasks.cancel(draft)
            if draft.reply is not None:
                self._mouth.drop(draft.reply)

    # --- deciding --------------------------------------------------------------------------------

    def _decide(self) -> None:
        """See whether what is known now ends the turn, or the suspicion against it."""
        utterance, draft = self._utterance, self._draft
        if draft is not None and draft.settled:
            self._understood.set()
        if utterance is None:
            self._perhaps_prompt()
        elif draft is None:
            self._decide_speaking(utterance)
        elif draft.failed:
            self._drop_utterance(utterance, "failed")
            if self.settings.apology:
                self.say(self.settings.apology)
        elif draft.transcript is not None:
            self._decide_heard(utterance, draft, draft.transcript)

    def _decide_speaking(self, utterance: Utterance) -> None:
        if self._forced or utterance.seconds > self.settings.max_utterance_s:
            self._forced = True
            self._begin_draft(self._ear.now)
        elif utterance.seconds > self.settings.turns.false_alarm_s and not words_of(
            utterance.partial.text
        ):
            self._mouth.go_on()

    def _decide_heard(self, utterance: Utterance, draft: _Draft, heard: Transcript) -> None:
        words = words_of(heard.text)
        if self._interruptible:
            if is_backchannel(heard.text):
                self._drop_utterance(utterance, "backchannel" if words else "noise")
                self._mouth.go_on()
                return
            self._mouth.end("interrupted")
        if not words:
            if self._forced or self._ear.now - draft.since >= self.settings.turns.noise_s:
                self._drop_utterance(utterance, "noise")
        elif self._silence_suffices(draft) and not (self._mouth.busy and self._responds):
            self._take_turn(utterance, draft, heard)

    def _silence_suffices(self, draft: _Draft) -> bool:
        if self._forced:
            return True
        if draft.probability is None or self.settings.turns.mode == "manual":
            return False
        heard = draft.transcript or Transcript("")
        sure = confidence(draft.probability, draft.completeness, heard.text, heard.confidence)
        wait = patience(sure, self.settings.turns)
        return self._ear.now - draft.since >= wait - 1e-9

    def _take_turn(self, utterance: Utterance, draft: _Draft, heard: Transcript) -> None:
        """The user is done: answer."""
        turn, reply, draft.reply = utterance.turn, draft.reply, None
        responds = self._responds
        self._end_utterance(utterance)
        self._emit(SpeechStopped(turn, draft.since))
        self._emit(Heard(turn, heard, final=True))
        self._memory.user(heard.text)
        self._idle_prompts = 0
        if responds:
            self._mouth.begin(turn, reply, Anchor(draft.wall, draft.heard_at, self._clock()))
        elif reply is not None:
            self._mouth.drop(reply)

    def _drop_utterance(
        self, utterance: Utterance, why: Literal["noise", "backchannel", "cleared", "failed"]
    ) -> None:
        self._end_utterance(utterance)
        self._emit(TurnDropped(utterance.turn, why))

    def _end_utterance(self, utterance: Utterance) -> None:
        self._drop_draft()
        self._utterance = None
        self._forced = False
        self._ear.end_utterance()
        self._between_turns.set()
        self._mouth.quiet_since = self.now
        self._tasks.cancel(utterance)
        self._tasks.spawn(_CLOSING, self._close(utterance))

    async def _close(self, utterance: Utterance) -> None:
        try:
            await utterance.aclose()
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            log.warning("an utterance did not close: %s", describe(error))

    def _perhaps_prompt(self) -> None:
        settings, mouth = self.settings, self._mouth
        if (
            settings.idle_prompt
            and not mouth.busy
            and self._idle_prompts < settings.idle_times
            and self.now - mouth.quiet_since >= settings.idle_after_s
        ):
            self._idle_prompts += 1
            self.say(settings.idle_prompt)

    def _next_turn(self) -> int:
        self._turn += 1
        return self._turn

    def _hang_up(self) -> None:
        self._mouth.end("interrupted")
        if self._utterance is not None:
            self._end_utterance(self._utterance)
