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
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Literal

from . import fallback
from .audio import Audio
from .backchannels import is_backchannel, words_of
from .ear import Ear
from .engines import Foresight, Llm, Stt, SttOptions, Transcript, Tts, TurnDetector, Vad
from .errors import describe
from .events import Event, Failed, Heard, SpeechStarted, SpeechStopped, TurnDropped
from .history import History
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


class Session:
    """One caller's conversation. Make one per caller and `run` it once.

    on_event: called with each event, in order, on the event loop; must not block.
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
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.settings = settings or SessionSettings()
        self.history = History(self.settings.system_prompt, self.settings.history_turns)
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
            self.history,
            toolbox or Toolbox(),
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
        self._warmed = 0
        self._idle_prompts = 0

    # --- for the owner ---------------------------------------------------------------------------

    async def run(self, source: AsyncIterator[Audio]) -> None:
        """Converse until the source ends, which it does when the caller hangs up.

        source: audio in real time, in chunks of any size; silence where the caller sends none,
        for this is the session's clock.
        """
        failure: Exception | None = None
        told = fallback.report.set(self._emit)
        async with asyncio.TaskGroup() as self._tasks.group:
            try:
                self._mouth.warm()
                if self.settings.greeting:
                    self.say(self.settings.greeting)
                async for audio in source:
                    self._hear(audio)
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
    def now(self) -> float:
        """Seconds on the session's clock: audio received."""
        return self._mouth.now

    @property
    def replying(self) -> bool:
        """Whether a reply is on its way to the ear."""
        return self._mouth.busy

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
        self.history.user(text)
        self._mouth.begin(turn)

    def commit(self) -> bool:
        """End the user's turn now; whether there was one."""
        if self._utterance is None:
            return False
        self._forced = True
        self._decide()
        return True

    async def interrupt(self) -> None:
        """Stop the reply, and return when nothing of it is left: no task, audio or slot."""
        self._mouth.end("interrupted")
        self._drop_draft()
        await self._tasks.ended()

    # --- listening -------------------------------------------------------------------------------

    def _hear(self, audio: Audio) -> None:
        """Take the next audio and do all that follows from it at once."""
        self._mouth.tick(audio.seconds)
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
        self._decide()

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
        self._forced = False
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
        if self._draft is None and transcript.stable >= self._warmed + _WARM_WORDS:
            self._warmed = transcript.stable
            self._mouth.warm(stable)

    @property
    def _interruptible(self) -> bool:
        return self._mouth.busy and self.settings.turns.barge_in

    def _suspect(self) -> None:
        if self._interruptible:
            self._mouth.hold()

    # --- drafting --------------------------------------------------------------------------------

    def _begin_draft(self, at: float) -> None:
        """The user fell silent: find out whether they are done, and prepare the reply."""
        utterance = self._utterance
        if utterance is None:
            return
        draft = self._draft = _Draft(at, self._clock() - (self._ear.now - at))
        self._mouth.cool()
        self._tasks.spawn(draft, self._judge(draft, utterance))
        self._tasks.spawn(draft, self._prepare(draft, utterance))

    async def _judge(self, draft: _Draft, utterance: Utterance) -> None:
        """Find out how probable it is that the turn is over."""
        detector = self._engines.turn
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
            if self.settings.drafts and not self._mouth.busy and words_of(text):
                draft.reply = self._mouth.prepare(utterance.turn, text)
        self._decide()

    async def _completeness(self, text: str) -> float | None:
        """How probable the language model, or else the last word, makes it that this is all."""
        llm = self._engines.llm
        if looks_unfinished(text, self.settings.language):
            return 0.0
        if isinstance(llm, Foresight) and self.settings.turns.mode == "auto":
            try:
                await self._tasks.ended()
                prompt = self.history.prompt(text)
                return await self._work.wait(llm.completeness(prompt), self.settings.llm_timeout_s)
            except Exception as error:  # noqa: BLE001 - the reply will tell
                log.warning("no word on whether the turn is over: %s", describe(error))
        return None

    def _drop_draft(self) -> None:
        draft, self._draft = self._draft, None
        if draft is not None:
            self._tasks.cancel(draft)
            if draft.reply is not None:
                self._mouth.drop(draft.reply)

    # --- deciding --------------------------------------------------------------------------------

    def _decide(self) -> None:
        """See whether what is known now ends the turn, or the suspicion against it."""
        utterance, draft = self._utterance, self._draft
        if utterance is None:
            self._perhaps_prompt()
        elif draft is None:
            self._decide_speaking(utterance)
        elif draft.failed:
            self._end_utterance(utterance)
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
        elif self._silence_suffices(draft) and not self._mouth.busy:
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
        self._end_utterance(utterance)
        self._emit(SpeechStopped(turn, draft.since))
        self._emit(Heard(turn, heard, final=True))
        self.history.user(heard.text)
        self._idle_prompts = 0
        self._mouth.begin(turn, reply, Anchor(draft.wall, draft.heard_at, self._clock()))

    def _drop_utterance(self, utterance: Utterance, why: Literal["noise", "backchannel"]) -> None:
        self._end_utterance(utterance)
        self._emit(TurnDropped(utterance.turn, why))

    def _end_utterance(self, utterance: Utterance) -> None:
        self._drop_draft()
        self._utterance = None
        self._forced = False
        self._ear.end_utterance()
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
