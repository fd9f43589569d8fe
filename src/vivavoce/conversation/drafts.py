"""What is made of a silence: what was said before it, whether that is all, and an answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from vivavoce.concurrency.owned_tasks import OwnedTasks
from vivavoce.concurrency.pending_calls import PendingCalls
from vivavoce.engines import Engines, Foresight, Transcript, capability
from vivavoce.errors import describe
from vivavoce.events import Event, Failed
from vivavoce.settings import SessionSettings
from vivavoce.text.language.pack import TurnWords
from vivavoce.text.language.packs import pack_of
from vivavoce.turn_taking.backchannels import words_of
from vivavoce.turn_taking.endpointing import LIKELY, by_words, confidence, looks_unfinished
from vivavoce.turn_taking.utterance import Utterance

from .history import Memory
from .reply import Reply
from .responder import Responder
from .spoken_language import SpokenLanguage, follow

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Draft:
    """What is known and prepared in a silence, in case the turn is over.

    since: where the silence began, in seconds of the stream; wall: the same on the clock.
    over: the probability that the turn is over.
    """

    since: float
    wall: float
    failed: bool = False
    transcript: Transcript | None = None
    heard_at: float | None = None
    over: float | None = None
    reply: Reply | None = None

    @property
    def settled(self) -> bool:
        """Whether it is known what was said, and how probably that is all."""
        known = self.transcript is not None and self.over is not None
        return self.failed or known


class Drafting:
    """Makes drafts, with tasks of their own. on_news: called when more is known of one.

    settings: may be replaced at any time. responds: whether a reply is wanted at all. language:
    of the conversation so far.
    """

    def __init__(
        self,
        engines: Engines,
        responder: Responder,
        memory: Memory,
        settings: SessionSettings,
        on_news: Callable[[], None],
        *,
        tasks: OwnedTasks,
        work: PendingCalls,
        emit: Callable[[Event], None],
        clock: Callable[[], float],
    ) -> None:
        self.settings = settings
        self.responds = True
        self.language = SpokenLanguage()
        self._engines = engines
        self._responder = responder
        self._memory = memory
        self._on_news = on_news
        self._tasks = tasks
        self._work = work
        self._emit = emit
        self._clock = clock

    def begin(self, utterance: Utterance, since: float, ago: float) -> Draft:
        """The user fell silent: find out whether they are done, and prepare the reply.

        since: where the silence began, in the stream; ago: how long that is, in seconds.
        """
        draft = Draft(since, self._clock() - ago)
        self._responder.cool()
        self._tasks.spawn(draft, self._make(draft, utterance))
        return draft

    def drop(self, draft: Draft) -> None:
        """It is not wanted after all; it leaves no trace."""
        self._tasks.cancel(draft)
        self.forget_reply(draft)

    def forget_reply(self, draft: Draft) -> None:
        """The reply is of no use; what was said is."""
        if draft.reply is not None:
            self._responder.drop(draft.reply)
            draft.reply = None

    async def _make(self, draft: Draft, utterance: Utterance) -> None:
        """Find out what was said and how probably that is all, and have a reply made to it.

        Where the words make it likely the turn detector is not asked: it would take a core from
        the language model. Where they do not, it goes first, for there is time.
        """
        try:
            transcript = await utterance.finish()
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            draft.failed = True
            remedy = "an apology was spoken" if self.settings.apology else "the turn is lost"
            self._emit(Failed("stt", self._engines.stt.name, describe(error), remedy))
            self._on_news()
            return
        draft.heard_at = self._clock()
        text = transcript.text
        if self._responder.busy:  # a reply waits to hear whether it is interrupted
            draft.transcript = transcript
            self._on_news()
            await asyncio.sleep(0)
        language = follow(self.language, transcript).code
        words = pack_of(language).turns
        ends = await self._completeness(text, words) if words_of(text) else None
        over = 1.0 if self._waits_alike else by_words(ends, transcript, words)
        draft.transcript = transcript
        self._on_news()
        await asyncio.sleep(0)  # ends here where that was all there is to it
        known = over is not None and over >= LIKELY
        if known or over is None:
            self._answer(draft, utterance, language)
        if not known:
            sound = await self._sound(utterance)
            over = confidence(sound, ends, transcript, words)
            if draft.reply is None:
                self._answer(draft, utterance, language)
        draft.over = over
        self._on_news()

    def _answer(self, draft: Draft, utterance: Utterance, language: str | None) -> None:
        assert draft.transcript is not None
        text = draft.transcript.text
        if self.settings.drafts and self.responds and not self._responder.busy and words_of(text):
            draft.reply = self._responder.prepare(utterance.turn, text, language)

    @property
    def _waits_alike(self) -> bool:
        """Whether all silences last as long, whatever is thought of them."""
        return self.settings.turns.wait_min_s == self.settings.turns.wait_max_s

    async def _sound(self, utterance: Utterance) -> float:
        """How probable the turn detector makes it that this is all."""
        detector = self._engines.turn
        audio = utterance.audio.resampled(detector.rate)
        try:
            asked = detector.probability(audio, utterance.partial.text)
            return await self._work.wait(asked, self.settings.stt_timeout_s)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            remedy = "silence alone ends this turn"
            self._emit(Failed("turn", detector.name, describe(error), remedy))
            return 0.5

    async def _completeness(self, text: str, words: TurnWords) -> float | None:
        """How probable the language model, or else the last word, makes it that this is all."""
        llm = self._engines.llm
        if looks_unfinished(text, words):
            return 0.0
        matters = self.settings.turns.mode == "auto" and not self._waits_alike
        foresight = capability(llm, Foresight)
        if foresight is not None and matters:
            try:
                await self._tasks.ended()
                prompt = self._memory.prompt(self.settings.system_prompt, text)
                return await self._work.wait(
                    foresight.completeness(prompt), self.settings.llm_timeout_s
                )
            except Exception as error:  # noqa: BLE001 - the reply will tell
                log.warning("no word on whether the turn is over: %s", describe(error))
        return None
