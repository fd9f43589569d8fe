"""One reply: think → voice → play, as one task that a barge-in cancels whole."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import numpy as np

from vivavoce.audio import Samples
from vivavoce.engines import (
    Llm,
    LlmOptions,
    Message,
    Reasoning,
    Token,
    ToolCall,
    Tts,
    Usage,
    Word,
)
from vivavoce.errors import VivavoceError, describe
from vivavoce.events import (
    Event,
    Failed,
    Reasoned,
    ReplyMade,
    Spoke,
    ToolCalled,
    ToolReturned,
    Wrote,
)
from vivavoce.settings import SessionSettings
from vivavoce.speech.synthesis import Synthesis
from vivavoce.text.pauses import Pause, PauseReader
from vivavoce.text.phrases import Phrase
from vivavoce.text.pronunciations import dictionary_of

from .history import tool_messages
from .playout import ReplyScript, Speaker
from .runtime import Runtime
from .spoken_language import phrase_of, speaking
from .tools import Toolbox, ToolResult

log = logging.getLogger(__name__)

_PHRASES_AHEAD = 2  # hides the TTS's start; more makes a barge-in waste work
_PIECES_AHEAD = 8
_MOST_WRITTEN = 200_000
"""Characters of a reply, of a model that nothing else stops."""
_FIRST_WORDS = 3  # each one more makes the answer come about 20 ms later with the embedded model


@dataclass(frozen=True, slots=True)
class ReplyTools:
    """What a reply is made with. language: it is spoken in this one."""

    llm: Llm
    tts: Tts
    toolbox: Toolbox
    speaker: Speaker
    settings: SessionSettings
    language: str | None
    runtime: Runtime


@dataclass(frozen=True, slots=True)
class _QueuedPiece:
    """A piece of a phrase's audio; `begins` marks the phrase's first."""

    phrase: Phrase
    begins: bool
    samples: Samples
    words: tuple[Word, ...]


class Reply:
    """A reply to `prompt`, or a text to be said as it stands.

    keep: whether it enters the history. made: it is all written and voiced.

    It prepares itself at once and speaks after `release`: until then it emits nothing, calls no
    tool and makes no sound. `run` ends when all has been played out. Once `over` is set it emits
    nothing any more.
    """

    def __init__(
        self,
        turn: int,
        voicing: ReplyTools,
        *,
        prompt: Sequence[Message] = (),
        text: str = "",
        keep: bool = True,
    ) -> None:
        self.turn = turn
        self.keep = keep
        self.made = False
        self.marks: dict[str, float] = {}
        self.tools_used: list[tuple[Sequence[ToolCall], Sequence[str]]] = []
        self.failed = False
        self.told = ""
        self.over = False
        self._voicing = voicing
        self._prompt = list(prompt)
        self._text = text
        settings = voicing.settings
        self._synthesis = Synthesis(
            voicing.tts,
            speaking(settings, voicing.tts, voicing.language),
            settings.tts_timeout_s,
            language=voicing.language,
            first_words=_FIRST_WORDS,
            dictionary=dictionary_of(settings.pronunciations),
            calls=voicing.runtime.calls,
        )
        self._reader = PauseReader()
        self._script = ReplyScript()
        self._phrases: asyncio.Queue[Phrase | None] = asyncio.Queue(_PHRASES_AHEAD)
        self._pieces: asyncio.Queue[_QueuedPiece | None] = asyncio.Queue(_PIECES_AHEAD)
        self._released = asyncio.Event()
        self._written: list[Wrote | Reasoned] = []
        self._joint = ""
        self._unspoken = ""
        self._usage: Usage | None = None
        self._cut = False

    @property
    def released(self) -> bool:
        """Whether it may be heard."""
        return self._released.is_set()

    def release(self) -> None:
        """Let it be heard. The caller has seen to it that no other reply is."""
        if self._voicing.settings.spoken:
            self._voicing.speaker.begin(self._voicing.tts.rate, lambda: self._mark("playout"))
        self._released.set()
        for written in self._written:
            self._emit(written)
        self._written.clear()

    async def run(self) -> None:
        """Think, voice and play; ends when all was played out. Cancel it to stop it whole."""
        if not self._voicing.settings.spoken:
            await self._think()
            await self._released.wait()
            self._complete()
            return
        async with asyncio.TaskGroup() as stages:
            makers = (stages.create_task(self._think()), stages.create_task(self._voice()))
            await self._play()
            for maker in makers:
                maker.cancel()

    def heard_by(self, seconds: float) -> str:
        """The words that `seconds` of its audio hold; of one that is not spoken, all words."""
        if not self._voicing.settings.spoken:
            return self._unspoken
        return self._script.heard(seconds)

    def tell(self, *, all_of_it: bool = False) -> None:
        """Emit the words that have been played out since the last call, or all."""
        position = math.inf if all_of_it else self._voicing.speaker.position
        heard = self.heard_by(position)
        if len(heard) > len(self.told):
            new, self.told = heard[len(self.told) :], heard
            self._emit(Spoke(self.turn, new))

    # --- think -----------------------------------------------------------------------------------

    async def _think(self) -> None:
        if self._text:
            await self._say(self._text)
        else:
            try:
                await self._converse()
            except VivavoceError as error:
                await self._apologize(error)
        await self._flush()
        if self._voicing.settings.spoken:
            await self._phrases.put(None)

    async def _converse(self) -> None:
        """Ask the model, run the tools it calls, and ask again, until it calls none or may not."""
        settings = self._voicing.settings
        for round_ in range(settings.tool_rounds + 1):
            wanted = "auto" if round_ else settings.tool_choice
            last = round_ == settings.tool_rounds
            calls, said = await self._ask("none" if last else wanted)
            if not calls:
                if last and round_ and not said.strip():
                    log.warning(
                        "the model said nothing after %d rounds of tools; "
                        "raise session.tool_rounds",
                        round_,
                    )
                return
            await self._flush()
            await self._released.wait()
            if self.over:
                return
            if not all(self._voicing.toolbox.runs(call) for call in calls):
                for call in calls:
                    self._emit(ToolCalled(self.turn, call))
                return
            results = await self._use_tools(calls, quiet=not said)
            texts = [result.content for result in results]
            self._prompt += tool_messages(calls, texts, said)
            self.tools_used.append((calls, texts))

    async def _ask(self, tool_choice: str) -> tuple[list[ToolCall], str]:
        voicing, settings = self._voicing, self._voicing.settings
        options = LlmOptions(
            max_tokens=settings.max_reply_tokens,
            temperature=settings.temperature,
            tools=tuple(voicing.toolbox.specs),
            tool_choice=tool_choice,
        )
        calls: list[ToolCall] = []
        said = ""
        thoughts = voicing.runtime.calls.each(
            voicing.llm.reply(tuple(self._prompt), options), settings.llm_timeout_s
        )
        async with aclosing(thoughts):
            async for thought in thoughts:
                if isinstance(thought, Token):
                    self._mark("first_token")
                    said += thought.text
                    await self._say(thought.text)
                    if len(said) > _MOST_WRITTEN:
                        self._cut = True
                        break
                elif isinstance(thought, Reasoning):
                    if settings.show_reasoning:
                        self._show(Reasoned(self.turn, thought.text))
                elif isinstance(thought, ToolCall):
                    calls.append(thought)
                else:
                    self._usage = _sum(self._usage, thought)
        return calls, said

    async def _use_tools(self, calls: Sequence[ToolCall], *, quiet: bool) -> list[ToolResult]:
        """Run the calls side by side; say that it takes a while where it does."""
        voicing = self._voicing
        for call in calls:
            self._emit(ToolCalled(self.turn, call))
        async with asyncio.TaskGroup() as group:
            wait = voicing.runtime.calls.wait
            running = [group.create_task(wait(voicing.toolbox.run(call))) for call in calls]
            filler = phrase_of(voicing.settings, "tool_filler", voicing.language)
            if quiet and filler:
                _, slow = await asyncio.wait(running, timeout=voicing.settings.tool_filler_s)
                if slow:
                    await self._say(filler)
                    await self._flush()
                    self._joint = " "
        results = [task.result() for task in running]
        for result in results:
            self._emit(ToolReturned(self.turn, result.call, result.content, result.failed))
        return results

    async def _apologize(self, error: Exception) -> None:
        voicing = self._voicing
        self.failed = True
        apology = phrase_of(voicing.settings, "apology", voicing.language)
        remedy = "an apology was spoken" if apology else "the reply was given up"
        await self._released.wait()
        self._emit(Failed("llm", voicing.llm.name, describe(error), remedy))
        if apology:
            self._joint = " " if "first_token" in self.marks else ""
            await self._say(apology)

    async def _say(self, text: str) -> None:
        """Text of the reply, as it comes."""
        await self._take(self._reader.feed(text))

    async def _flush(self) -> None:
        """The text of the reply ends or pauses here."""
        await self._take(self._reader.flush())
        await self._send(self._synthesis.flush())

    async def _take(self, parts: Sequence[str | Pause]) -> None:
        """Words are told and spoken; pauses are kept, and nobody reads them."""
        for part in parts:
            match part:
                case str():
                    await self._say_words(part)
                case Pause(seconds) if self._voicing.settings.spoken:
                    await self._send(self._synthesis.pause(seconds))
                case Pause():
                    pass

    async def _say_words(self, text: str) -> None:
        if self._joint and text.strip():
            text, self._joint = self._joint + text.lstrip(), ""
        self._show(Wrote(self.turn, text))
        if not self._voicing.settings.spoken:
            self._unspoken += text
            return
        await self._send(self._synthesis.feed(text))

    def _show(self, written: Wrote | Reasoned) -> None:
        if self.released:
            self._emit(written)
        else:
            self._written.append(written)

    async def _send(self, phrases: Sequence[Phrase]) -> None:
        for phrase in phrases:
            self._mark("first_phrase")
            await self._phrases.put(phrase)

    # --- voice -----------------------------------------------------------------------------------

    async def _voice(self) -> None:
        try:
            async with aclosing(self._synthesis):
                await self._synthesis.open()
                while (phrase := await self._phrases.get()) is not None:
                    await self._speak(phrase)
        except VivavoceError as error:
            self.failed = True
            await self._released.wait()
            self._emit(
                Failed("tts", self._voicing.tts.name, describe(error), "the rest is not spoken")
            )
            await self._discard()
        await self._pieces.put(None)

    async def _speak(self, phrase: Phrase) -> None:
        begins = True
        async with aclosing(self._synthesis.say(phrase)) as pieces:
            async for piece in pieces:
                self._mark("first_audio")
                await self._pieces.put(_QueuedPiece(phrase, begins, piece.samples, piece.words))
                begins = False
        if begins:  # nothing to say, yet a part of what was written
            await self._pieces.put(_QueuedPiece(phrase, begins, np.zeros(0, np.float32), ()))

    async def _discard(self) -> None:
        """Let the model end what cannot be spoken, so that its text is still told."""
        while await self._phrases.get() is not None:
            pass

    # --- play ------------------------------------------------------------------------------------

    async def _play(self) -> None:
        speaker, rate = self._voicing.speaker, self._voicing.tts.rate
        await self._released.wait()
        while (piece := await self._pieces.get()) is not None:
            if piece.begins:
                self._script.begin(piece.phrase)
            self._script.add(len(piece.samples) / rate, piece.words)
            if self._script.seconds > self._voicing.settings.max_reply_s:
                self._cut = True
                break
            await speaker.play(piece.samples)
        self._script.complete()
        speaker.complete()
        self._complete()
        await speaker.drained()
        self.tell()

    def _complete(self) -> None:
        self.made = True
        usage = self._usage
        if self._cut:
            usage = replace(usage or Usage(0, 0, 0, counted=False), finish="length")
        self._emit(ReplyMade(self.turn, usage, self.failed))

    def _emit(self, event: Event) -> None:
        if not self.over:
            self._voicing.runtime.emit(event)

    def _mark(self, what: str) -> None:
        self.marks.setdefault(what, self._voicing.runtime.clock())


def _sum(before: Usage | None, last: Usage) -> Usage:
    """What two rounds cost together; the last tells why it ended."""
    if before is None:
        return last
    return Usage(
        before.prompt_tokens + last.prompt_tokens,
        before.cached_tokens + last.cached_tokens,
        before.reply_tokens + last.reply_tokens,
        last.finish,
        before.counted and last.counted,
    )
