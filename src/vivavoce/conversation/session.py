"""One conversation: audio in, events and audio out.

The data's way; only what computes has tasks of its own:

    source → TurnLoop (SpeechInput, Utterance) → step(state, input) → commands
           → Responder (Reply) → sink
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence

from vivavoce.audio import Audio, Lapse
from vivavoce.concurrency.owned_tasks import OwnedTasks
from vivavoce.concurrency.pending_calls import PendingCalls
from vivavoce.engines import Engines, Message, Stt
from vivavoce.events import Event, failure_report
from vivavoce.guard import guarded_engines
from vivavoce.settings import SessionSettings
from vivavoce.text.language.packs import is_prepared, prepare

from .history import History, Memory
from .playout import Sink
from .runtime import Runtime
from .spoken_language import phrase_of
from .tools import Toolbox
from .turn_loop import CLOSING, TurnLoop
from .turn_messages import (
    ClearRequested,
    CommitRequested,
    HistoryChanged,
    HungUp,
    InterruptRequested,
    ReplyRequest,
    ReplyRequested,
    SayRequested,
    TextReceived,
)

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
        self._tasks = OwnedTasks()
        self._calls = PendingCalls()
        self._emit = on_event
        engines = guarded_engines(engines)
        self._stt = engines.stt
        self._loop = TurnLoop(
            engines,
            sink,
            self._memory,
            self.settings,
            toolbox or Toolbox(),
            Runtime(self._tasks, self._calls, on_event, clock),
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
                await self._prepare_languages()
                if self.settings.drafts:
                    self._loop.read_ahead()
                language = self._loop.state.language.code
                if greeting := phrase_of(self.settings, "greeting", language):
                    self.say(greeting)
                async for given in source:
                    self._loop.feed(given)
            except Exception as error:  # noqa: BLE001 - raised below, out of the group
                failure = error
            finally:
                self._loop.handle(HungUp())
                await self._tasks.finish(CLOSING)
                failure_report.reset(told)
        if failure is not None:
            raise failure

    async def _prepare_languages(self) -> None:
        """Load the language pack away from the event loop, and then, meanwhile, those of the other
        languages that may be heard.
        """
        spoken = self._loop.state.language
        if spoken.code and not is_prepared([spoken.code]):
            await self._calls.wait(asyncio.to_thread(prepare, [spoken.code]))
        others = () if spoken.fixed else tuple(self._stt.languages)
        if not is_prepared(others):
            self._tasks.spawn("languages", asyncio.to_thread(prepare, others))

    async def settled(self) -> None:
        """Wait until nothing follows from the audio taken so far. A source that awaits this
        between its chunks runs the session in lockstep: as fast as it computes, and with the
        same result each time.
        """
        await self._calls.settled()

    @property
    def stt(self) -> Stt:
        """What hears."""
        return self._stt

    @property
    def history(self) -> History:
        """What was said and heard; of a session that was given no memory."""
        assert isinstance(self._memory, History)
        return self._memory

    @property
    def now(self) -> float:
        """Seconds on the session's clock."""
        return self._loop.clock

    @property
    def heard_s(self) -> float:
        """Seconds of audio received; what the events of speech count in."""
        return self._loop.speech_input.now

    @property
    def quiet_s(self) -> float:
        """Seconds since anybody last spoke; 0 while somebody does."""
        if self.hearing or self.replying:
            return 0.0
        return self._loop.clock - self._loop.state.quiet_since

    @property
    def replying(self) -> bool:
        """Whether a reply is on its way to the ear."""
        return self._loop.state.reply is not None

    @property
    def hearing(self) -> bool:
        """Whether an utterance is under way."""
        return self._loop.state.utterance is not None

    def say(self, text: str) -> None:
        """Say this now, as the assistant; ends the reply that may be under way."""
        self._loop.handle(SayRequested(text))

    def send_text(self, text: str) -> None:
        """The user wrote this instead of speaking; ends the reply that may be under way."""
        self._loop.handle(TextReceived(text))

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
        toolbox = toolbox or self._loop.toolbox
        request = ReplyRequest(settings or self.settings, toolbox, prompt, keep)
        self._loop.handle(ReplyRequested(request, self._loop.responder.made))
        return self._loop.state.turn

    def configure(self, settings: SessionSettings, toolbox: Toolbox | None = None) -> None:
        """Go by these from now on; what is under way goes on as it began."""
        self.settings = settings
        self._loop.configure(settings, toolbox)

    def remembered_anew(self) -> None:
        """The history was changed from outside: a reply that was drafted to it is of no use."""
        self._loop.handle(HistoryChanged())

    def heard_by(self, turn: int, seconds: float) -> str | None:
        """The words in so much of a reply's audio; None for one that is long forgotten."""
        return self._loop.responder.heard_by(turn, seconds)

    def commit(self, *, respond: bool = True) -> bool:
        """End the user's turn now; whether there was one. `between_turns` waits for the end.

        respond: whether it is answered, where turns are.
        """
        hearing = self.hearing
        self._loop.handle(CommitRequested(respond))
        return hearing

    def clear(self) -> bool:
        """Forget what the user has said in this turn; whether there was something."""
        hearing = self.hearing
        self._loop.handle(ClearRequested())
        return hearing

    async def caught_up(self) -> None:
        """Wait until what was said before a pause is understood. A source that is faster than
        real time awaits this, lest it runs into the next utterance.
        """
        await self._loop.understood.wait()

    async def between_turns(self) -> None:
        """Wait until no utterance is under way."""
        await self._loop.between_turns.wait()

    async def interrupt(self) -> None:
        """Stop the reply, and return when nothing of it is left: no task, audio or slot.

        A turn that was committed before is not answered either, if it waits to be understood.
        """
        self._loop.handle(InterruptRequested())
        await self._tasks.ended()
