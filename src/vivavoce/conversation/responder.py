"""Makes, plays and ends replies as it is told; writes what was heard of them to the history."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vivavoce.engines import Llm, LlmOptions, Message, Tts
from vivavoce.errors import VivavoceError, describe
from vivavoce.events import Failed, ReplyEnded, TurnTimes
from vivavoce.settings import SessionSettings

from .history import Memory
from .playout import Speaker
from .reply import Reply, ReplyTools
from .runtime import Runtime
from .tools import Toolbox
from .turn_messages import (
    EndReply,
    Input,
    PrepareReply,
    ReplyFinished,
    ReplyRequest,
    SayRequested,
    StartReply,
    Why,
)

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
    """One session's replies, by their numbers; `TurnLoop` sees to it that one is heard at a time.

    handle: is told when a reply's task is over.
    """

    def __init__(
        self,
        llm: Llm,
        tts: Tts,
        speaker: Speaker,
        memory: Memory,
        runtime: Runtime,
        handle: Callable[[Input], None],
    ) -> None:
        self._llm = llm
        self._tts = tts
        self._speaker = speaker
        self._memory = memory
        self._runtime = runtime
        self._handle = handle
        self._prepared: dict[int, Reply] = {}
        self._reply: Reply | None = None
        self._number = 0
        self._replies: OrderedDict[int, Reply] = OrderedDict()
        self._anchor: Anchor | None = None
        self._drafted = False

    @property
    def heard_s(self) -> float:
        """Seconds of the reply's audio that have left for the ear."""
        return self._speaker.position

    @property
    def made(self) -> bool:
        """Whether the reply under way is all written and voiced."""
        return self._reply is not None and self._reply.made

    def heard_by(self, turn: int, seconds: float) -> str | None:
        """The words in so much of a reply's audio; None for one that is long forgotten."""
        reply = self._replies.get(turn)
        return None if reply is None else reply.heard_by(seconds)

    def tick(self, seconds: float) -> None:
        """The session's clock moved on."""
        self._speaker.tick(seconds)
        if self._reply is not None:
            self._reply.tell()

    # --- one reply's life ------------------------------------------------------------------------

    def prepare(self, wanted: PrepareReply, settings: SessionSettings, toolbox: Toolbox) -> None:
        """Have a reply made to the history and the user's words, held back until `start`."""
        tools = self._tools(settings, toolbox, wanted.language)
        prompt = self._memory.prompt(settings.system_prompt, wanted.text)
        self._prepared[wanted.reply] = self._made(
            wanted.reply, Reply(wanted.turn, tools, prompt=prompt)
        )

    def drop(self, number: int) -> None:
        """A prepared reply is not wanted after all; it leaves no trace."""
        self._prepared.pop(number, None)
        self._runtime.tasks.cancel(("reply", number))

    def start(
        self,
        wanted: StartReply,
        settings: SessionSettings,
        toolbox: Toolbox,
        anchor: Anchor | None,
    ) -> None:
        """Let a reply be heard. The one before has ended."""
        reply = self._prepared.pop(wanted.reply, None)
        self._drafted = reply is not None
        if reply is None:
            reply = self._made(wanted.reply, self._new(wanted, settings, toolbox))
        self._reply, self._number, self._anchor = reply, wanted.reply, anchor
        self._replies[reply.turn] = reply
        if len(self._replies) > _REMEMBERED:
            self._replies.popitem(last=False)
        reply.release()

    def end(self, wanted: EndReply) -> None:
        """The reply is over at once; what was heard of it enters the history."""
        reply, why = self._reply, wanted.why
        assert reply is not None
        self._reply = None
        self._stop_sounding(reply, why)
        reply.over = True
        if reply.keep:
            for calls, results in reply.tools_used:
                self._memory.tools(calls, results)
            self._memory.assistant(reply.told)
        self._runtime.emit(ReplyEnded(reply.turn, reply.told.strip(), why, self._times(reply)))
        self._runtime.tasks.cancel(("reply", wanted.reply))

    def pause(self) -> None:
        """Fall silent until it is known what the user's sound is."""
        self._speaker.pause()

    def resume(self) -> None:
        """Go on from where the reply stopped."""
        self._speaker.resume()

    def duck(self, ducked: bool) -> None:
        """Whether the reply is to be heard at a low level."""
        self._speaker.duck(ducked)

    def _stop_sounding(self, reply: Reply, why: Why) -> None:
        if why == "done" and reply.made:
            reply.tell(all_of_it=True)
            self._speaker.resume()
        else:
            self._speaker.pause()
            reply.tell()
            self._speaker.flush()

    def _new(self, wanted: StartReply, settings: SessionSettings, toolbox: Toolbox) -> Reply:
        match wanted.source:
            case SayRequested(text):
                tools = self._tools(settings, toolbox, wanted.language)
                return Reply(wanted.turn, tools, text=text)
            case ReplyRequest() as request:
                tools = self._tools(request.settings, request.toolbox, wanted.language)
                prompt = request.prompt
                if prompt is None:
                    prompt = self._memory.prompt(request.settings.system_prompt)
                return Reply(wanted.turn, tools, prompt=prompt, keep=request.keep)
            case _:
                tools = self._tools(settings, toolbox, wanted.language)
                return Reply(wanted.turn, tools, prompt=self._memory.prompt(settings.system_prompt))

    def _tools(
        self, settings: SessionSettings, toolbox: Toolbox, language: str | None
    ) -> ReplyTools:
        return ReplyTools(
            self._llm, self._tts, toolbox, self._speaker, settings, language, self._runtime
        )

    def _made(self, number: int, reply: Reply) -> Reply:
        self.stop_reading_ahead()
        self._runtime.tasks.spawn(("reply", number), self._run(number, reply))
        return reply

    async def _run(self, number: int, reply: Reply) -> None:
        failure = None
        try:
            await self._runtime.tasks.ended()
            await reply.run()
        except Exception as error:
            log.exception("a reply failed")
            reply.failed = True
            failure = Failed("llm", self._llm.name, describe(error), "the reply was given up")
        self._prepared.pop(number, None)
        self._handle(ReplyFinished(number, reply.failed, failure))

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

    def read_ahead(self, user: str | None, settings: SessionSettings, toolbox: Toolbox) -> None:
        """Let the model read the history, and what the user has said so far, ahead of time."""
        if _WARMING not in self._runtime.tasks:
            prompt = self._memory.prompt(settings.system_prompt, user)
            self._runtime.tasks.spawn(_WARMING, self._read_ahead(prompt, toolbox))

    def stop_reading_ahead(self) -> None:
        """The model is needed."""
        self._runtime.tasks.cancel(_WARMING)

    async def _read_ahead(self, prompt: Sequence[Message], toolbox: Toolbox) -> None:
        options = LlmOptions(tools=tuple(toolbox.specs))
        try:
            await self._runtime.calls.wait(self._llm.warm(prompt, options))
        except VivavoceError as error:
            log.debug("reading ahead failed: %s", describe(error))
