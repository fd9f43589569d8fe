"""A user's words in, the language model's reply out, with the conversation before them in mind."""

from __future__ import annotations

import logging
from collections import OrderedDict
from contextlib import aclosing

from wyoming.handle import Handled, HandledChunk, HandledStart, HandledStop, NotHandled

from vivavoce.concurrency.pending_calls import PendingCalls
from vivavoce.conversation.history import History
from vivavoce.engines import LlmOptions, Token
from vivavoce.errors import describe
from vivavoce.server.errors import Problem, problem_of
from vivavoce.server.http.outbox import Gone

from .connection import WyomingConnection
from .wire import TranscriptText

log = logging.getLogger(__name__)

_MOST_CONVERSATIONS = 200
_LONGEST_ID = 200


class ChatHistories:
    """What was said in the latest conversations, by their ids."""

    def __init__(self, turns: int) -> None:
        self._turns = turns
        self._histories: OrderedDict[object, History] = OrderedDict()

    def of(self, conversation: object) -> History:
        """That conversation's, which begins with this if it is not known."""
        history = self._histories.pop(conversation, None)
        if history is None:
            history = History(self._turns)
        self._histories[conversation] = history
        if len(self._histories) > _MOST_CONVERSATIONS:
            self._histories.popitem(last=False)
        return history

    def forget(self, conversation: object) -> None:
        """It is over."""
        self._histories.pop(conversation, None)


async def handle(link: WyomingConnection, said: TranscriptText, histories: ChatHistories) -> None:
    """Send the reply, word by word and whole; or that there is none, and why."""
    reply = _ChatReplyStream(link, said.context)
    try:
        text = _checked(link, said.text)
        history = histories.of(_conversation(link, said))
        await reply.make(history, text)
    except Gone:
        raise
    except Exception as error:  # noqa: BLE001 - told to the client, and logged
        log.warning("could not answer the user: %s", describe(error))
        await link.send(NotHandled(str(problem_of(error)), said.context))
    else:
        history.user(text)
        history.assistant(reply.text)
        await reply.start()
        await link.send(Handled(reply.text, said.context))
    if reply.started:
        await link.send(HandledStop())


class _ChatReplyStream:
    """One reply while it is written."""

    def __init__(self, link: WyomingConnection, context: dict[str, object] | None) -> None:
        self.text = ""
        self.started = False
        self._link = link
        self._context = context

    async def make(self, history: History, said: str) -> None:
        """Have it written, and send it as it is."""
        llm, settings = self._link.service.engines.llm, self._link.service.config.session
        options = LlmOptions(settings.max_reply_tokens, settings.temperature)
        prompt = history.prompt(settings.system_prompt, said)
        thoughts = PendingCalls().each(llm.reply(prompt, options), settings.llm_timeout_s)
        async with aclosing(thoughts):
            async for thought in thoughts:
                if isinstance(thought, Token):
                    await self.start()
                    self.text += thought.text
                    await self._link.send(HandledChunk(thought.text))

    async def start(self) -> None:
        """Say that it begins, unless that was said."""
        if not self.started:
            self.started = True
            await self._link.send(HandledStart(self._context))


def _checked(link: WyomingConnection, text: str) -> str:
    most = link.service.limits.text_chars
    if len(text) > most:
        raise Problem(
            f"the text is longer than the limit of {most:,} characters; split it",
            code="text_too_long",
        )
    if not text.strip():
        raise Problem("the text has no words; send some", code="invalid_value")
    return text.strip()


def _conversation(link: WyomingConnection, said: TranscriptText) -> object:
    """What it is known by: the client's id for it, or else the connection."""
    known = (said.context or {}).get("conversation_id")
    return known if isinstance(known, str) and 0 < len(known) <= _LONGEST_ID else link
