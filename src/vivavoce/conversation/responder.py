"""A session's mouth: the only place that starts and ends a reply, or writes one to the history."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vivavoce.concurrency.owned_tasks import OwnedTasks
from vivavoce.concurrency.pending_calls import PendingCalls
from vivavoce.engines import Llm, LlmOptions, Message, Tts
from vivavoce.errors import describe
from vivavoce.events import Event, Failed, Paused, ReplyEnded, ReplyStarted, Resumed, TurnTimes
from vivavoce.settings import SessionSettings
from vivavoce.turn_taking.interruption import Stance

from .history import Memory
from .playout import Speaker
from .reply import Reply, ReplyTools
from .tools import Toolbox

log = logging.getLogger(__name__)

_WARMING = "warming"

_REMEMBERED = 32
"""Replies of which is known what was heard of them at any moment."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """When the user's turn was done, and what came of it when, on the latency clock."""

    speech_end: float
    heard: float | None
    turn_over: float


class Responder:
    """Thinks and speaks, one reply at a time.

    language: of the conversation, in which replies are spoken; None while it is not known.
    """

    def __init__(
        self,
        llm: Llm,
        tts: Tts,
        speaker: Speaker,
        history: Memory,
        toolbox: Toolbox,
        settings: SessionSettings,
        *,
        tasks: OwnedTasks,
        work: PendingCalls,
        emit: Callable[[Event], None],
        clock: Callable[[], float],
    ) -> None:
        self.now = 0.0
        self.quiet_since = 0.0
        self.language: str | None = settings.language
        self._reply: Reply | None = None
        self._replies: OrderedDict[int, Reply] = OrderedDict()
        self._anchor: Anchor | None = None
        self._drafted = False
        self._voicing = ReplyTools(
            llm, tts, toolbox, speaker, settings, settings.language, work, emit, clock
        )
        self._speaker = speaker
        self._history = history
        self._tasks = tasks
        self._emit = emit

    @property
    def busy(self) -> bool:
        """Whether a reply is on its way to the ear."""
        return self._reply is not None

    @property
    def heard_s(self) -> float:
        """Seconds of the reply's audio that have left for the ear."""
        return self._speaker.position

    def configure(self, settings: SessionSettings, toolbox: Toolbox) -> None:
        """Go by these from the next reply on."""
        self._voicing = replace(self._voicing, settings=settings, toolbox=toolbox)

    def heard_by(self, turn: int, seconds: float) -> str | None:
        """The words in so much of a reply's audio; None for one that is long forgotten."""
        reply = self._replies.get(turn)
        return None if reply is None else reply.heard_by(seconds)

    def fall_quiet(self) -> None:
        """Somebody has just stopped speaking."""
        self.quiet_since = self.now

    def tick(self, seconds: float) -> None:
        """The session's clock moved on."""
        self.now += seconds
        self._speaker.tick(seconds)
        if self._reply is not None:
            self._reply.tell()

    # --- one reply's life ------------------------------------------------------------------------

    def prepare(self, turn: int, user: str, language: str | None) -> Reply:
        """A reply to the history and these words, held back until `begin`."""
        voicing = replace(self._voicing, language=language)
        return self._made(Reply(turn, voicing, prompt=self._prompt(user)))

    def begin(self, turn: int, draft: Reply | None = None, anchor: Anchor | None = None) -> None:
        """Answer the history: with the draft, if there is one that still lives."""
        self.end("interrupted")
        drafted = draft if draft in self._tasks else None
        reply = drafted or self._made(Reply(turn, self._spoken, prompt=self._prompt()))
        self._release(reply, anchor, drafted=drafted is not None)

    def answer(
        self,
        turn: int,
        settings: SessionSettings,
        toolbox: Toolbox,
        prompt: Sequence[Message] | None,
        *,
        keep: bool,
    ) -> None:
        """Answer the history, or `prompt`. A reply that only plays on is heard to its end first;
        one that is still being made is ended.
        """
        if self._reply is not None and self._reply.made and not self._speaker.paused:
            self.end("done")
        self.end("interrupted")
        language = settings.language or self.language
        voicing = replace(self._voicing, settings=settings, toolbox=toolbox, language=language)
        if prompt is None:
            prompt = self._history.prompt(settings.system_prompt)
        reply = self._made(Reply(turn, voicing, prompt=prompt, keep=keep))
        self._release(reply, None, drafted=False)

    @property
    def _spoken(self) -> ReplyTools:
        return replace(self._voicing, language=self.language)

    def _prompt(self, user: str | None = None) -> list[Message]:
        return self._history.prompt(self._voicing.settings.system_prompt, user)

    def say(self, turn: int, text: str) -> None:
        """Say this as it stands."""
        self.end("interrupted")
        self._release(self._made(Reply(turn, self._spoken, text=text)), None, drafted=False)

    def drop(self, draft: Reply) -> None:
        """A held reply is not wanted after all; it leaves no trace."""
        self._tasks.cancel(draft)

    def end(self, why: Literal["done", "interrupted", "failed"]) -> None:
        """The reply is over at once; what was heard of it enters the history."""
        reply = self._reply
        if reply is not None:
            self._finish(reply, why)
            self._tasks.cancel(reply)

    def _finish(self, reply: Reply, why: Literal["done", "interrupted", "failed"]) -> None:
        self._reply = None
        if why == "done" and reply.made:
            reply.tell(all_of_it=True)
        else:
            self._speaker.pause()
            reply.tell()
            self._speaker.flush()
        reply.over = True
        if reply.keep:
            for calls, results in reply.tools_used:
                self._history.tools(calls, results)
            self._history.assistant(reply.told)
        self.fall_quiet()
        self._emit(ReplyEnded(reply.turn, reply.told.strip(), why, self._times(reply)))
        if why == "done":
            self.warm()

    def heed(self, stance: Stance) -> None:
        """Sound like this while the user makes a sound."""
        self._speaker.duck(stance == "ducked")
        if stance == "held":
            self._hold()
        else:
            self._go_on()

    def _hold(self) -> None:
        """Fall silent until it is known what the sound is."""
        if self._reply is not None and not self._speaker.paused and not self._speaker.far:
            self._speaker.pause()
            self._emit(Paused(self._reply.turn, self.now))

    def _go_on(self) -> None:
        """Go on from where the reply stopped."""
        if self._reply is not None and self._speaker.paused:
            self._speaker.resume()
            self._emit(Resumed(self._reply.turn, self.now))

    def _made(self, reply: Reply) -> Reply:
        self.cool()
        self._tasks.spawn(reply, self._run(reply))
        return reply

    def _release(self, reply: Reply, anchor: Anchor | None, *, drafted: bool) -> None:
        self._reply, self._anchor, self._drafted = reply, anchor, drafted
        self._replies[reply.turn] = reply
        if len(self._replies) > _REMEMBERED:
            self._replies.popitem(last=False)
        self._emit(ReplyStarted(reply.turn, drafted))
        reply.release()

    async def _run(self, reply: Reply) -> None:
        try:
            await self._tasks.ended()
            await reply.run()
        except Exception as error:
            log.exception("a reply failed")
            reply.failed = True
            if reply is self._reply:
                name = self._voicing.llm.name
                self._emit(Failed("llm", name, describe(error), "the reply was given up"))
        if reply is self._reply:
            self._finish(reply, "failed" if reply.failed else "done")

    def _times(self, reply: Reply) -> TurnTimes | None:
        anchor, marks = self._anchor, reply.marks
        if anchor is None:
            return None

        def since(mark: float | None) -> float | None:
            return None if mark is None else mark - anchor.speech_end

        return TurnTimes(
            stt=since(anchor.heard),
            first_token=since(marks.get("first_token")),
            first_phrase=since(marks.get("first_phrase")),
            first_audio=since(marks.get("first_audio")),
            turn_over=since(anchor.turn_over),
            playout=since(marks.get("playout")),
            draft=self._drafted,
        )

    # --- reading ahead ---------------------------------------------------------------------------

    def warm(self, user: str | None = None) -> None:
        """Let the model read the history, and what the user has said so far, ahead of time."""
        if self._reply is None and _WARMING not in self._tasks:
            self._tasks.spawn(_WARMING, self._read_ahead(user))

    def cool(self) -> None:
        """Stop reading ahead."""
        self._tasks.cancel(_WARMING)

    async def _read_ahead(self, user: str | None) -> None:
        voicing = self._voicing
        options = LlmOptions(tools=tuple(voicing.toolbox.specs))
        try:
            await voicing.work.wait(voicing.llm.warm(self._prompt(user), options))
        except Exception as error:  # noqa: BLE001 - only a hint; the reply will tell
            log.debug("reading ahead failed: %s", describe(error))
