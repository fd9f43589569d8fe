"""One conversation: audio in, events and audio out.

The data's way; only what computes has tasks of its own:

    source → TurnLoop (SpeechInput, Utterance, Draft: is the user done?)
           → Responder (Reply) → sink
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence

from vivavoce.audio import Audio, Lapse
from vivavoce.concurrency.owned_tasks import OwnedTasks
from vivavoce.concurrency.pending_calls import PendingCalls
from vivavoce.engines import Engines, Message, Transcript
from vivavoce.events import Event, Heard, failure_report
from vivavoce.settings import SessionSettings

from .history import History, Memory
from .playout import Sink, Speaker
from .responder import Responder
from .tools import Toolbox
from .turn_loop import CLOSING, TurnLoop

__all__ = ["Engines", "Session"]


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
        self._work = PendingCalls()
        self._tasks = OwnedTasks()
        self._responder = Responder(
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
        self._listener = TurnLoop(
            engines,
            self._responder,
            self._memory,
            self.settings,
            self._next_turn,
            tasks=self._tasks,
            work=self._work,
            emit=on_event,
            clock=clock,
        )

    # --- for the owner ---------------------------------------------------------------------------

    async def run(self, source: AsyncIterator[Audio | Lapse]) -> None:
        """Converse until the source ends, which it does when the caller hangs up.

        source: the session's clock. Audio in real time, in chunks of any size, with silence where
        the caller sends none; or lapses, which tell how much time passed.
        """
        failure: Exception | None = None
        told = failure_report.set(self._emit)
        async with asyncio.TaskGroup() as self._tasks.group:
            try:
                if self.settings.drafts:
                    self._responder.warm()
                if self.settings.greeting:
                    self.say(self.settings.greeting)
                async for given in source:
                    self._take(given)
            except Exception as error:  # noqa: BLE001 - raised below, out of the group
                failure = error
            finally:
                self._hang_up()
                await self._tasks.finish(CLOSING)
                failure_report.reset(told)
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
        return self._responder.now

    @property
    def heard_s(self) -> float:
        """Seconds of audio received; what the events of speech count in."""
        return self._listener.speech_input.now

    @property
    def quiet_s(self) -> float:
        """Seconds since anybody last spoke; 0 while somebody does."""
        if self.hearing or self.replying:
            return 0.0
        return self._responder.now - self._responder.quiet_since

    @property
    def replying(self) -> bool:
        """Whether a reply is on its way to the ear."""
        return self._responder.busy

    @property
    def hearing(self) -> bool:
        """Whether an utterance is under way."""
        return self._listener.utterance is not None

    def say(self, text: str) -> None:
        """Say this now, as the assistant; ends the reply that may be under way."""
        self._responder.say(self._next_turn(), text)

    def send_text(self, text: str) -> None:
        """The user wrote this instead of speaking; ends the reply that may be under way."""
        turn = self._next_turn()
        self._responder.end("interrupted")
        written = Transcript(text)
        self._emit(Heard(turn, written, final=True))
        self._listener.follow(written)
        self._memory.user(text)
        self._responder.begin(turn)

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
        self._responder.answer(turn, settings, toolbox or self._toolbox, prompt, keep=keep)
        return turn

    def configure(self, settings: SessionSettings, toolbox: Toolbox | None = None) -> None:
        """Go by these from now on; what is under way goes on as it began."""
        self.settings = settings
        self._toolbox = toolbox or self._toolbox
        self._listener.configure(settings)
        self._responder.configure(settings, self._toolbox)
        self.remembered_anew()

    def remembered_anew(self) -> None:
        """The history was changed from outside: a reply that was drafted to it is of no use."""
        self._listener.forget_reply()

    def heard_by(self, turn: int, seconds: float) -> str | None:
        """The words in so much of a reply's audio; None for one that is long forgotten."""
        return self._responder.heard_by(turn, seconds)

    def commit(self, *, respond: bool = True) -> bool:
        """End the user's turn now; whether there was one. `between_turns` waits for the end.

        respond: whether it is answered, where turns are.
        """
        return self._listener.commit(respond=respond)

    def clear(self) -> bool:
        """Forget what the user has said in this turn; whether there was something."""
        utterance = self._listener.utterance
        if utterance is None:
            return False
        self._listener.drop(utterance, "cleared")
        self._listener.decide()
        return True

    async def caught_up(self) -> None:
        """Wait until what was said before a pause is understood. A source that is faster than
        real time awaits this, lest it runs into the next utterance.
        """
        await self._listener.understood.wait()

    async def between_turns(self) -> None:
        """Wait until no utterance is under way."""
        await self._listener.between_turns.wait()

    async def interrupt(self) -> None:
        """Stop the reply, and return when nothing of it is left: no task, audio or slot.

        A turn that was committed before is not answered either, if it waits to be understood.
        """
        self._responder.end("interrupted")
        self._listener.leave_unanswered()
        self.remembered_anew()
        await self._tasks.ended()

    # --- inside ----------------------------------------------------------------------------------

    def _take(self, given: Audio | Lapse) -> None:
        """Take what the source gave and do all that follows from it at once."""
        self._responder.tick(given.seconds)
        audio = given.audio if isinstance(given, Lapse) else given
        if audio is not None and len(audio.samples):
            self._listener.hear(audio)
        self._listener.decide()
        if not self.hearing:
            self._perhaps_prompt()

    def _perhaps_prompt(self) -> None:
        settings, responder = self.settings, self._responder
        if (
            settings.idle_prompt
            and not responder.busy
            and self._listener.idle_prompts < settings.idle_times
            and self.now - responder.quiet_since >= settings.idle_after_s
        ):
            self._listener.idle_prompts += 1
            self.say(settings.idle_prompt)

    def _next_turn(self) -> int:
        self._turn += 1
        return self._turn

    def _hang_up(self) -> None:
        self._responder.end("interrupted")
        self._listener.hang_up()
