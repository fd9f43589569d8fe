"""Engines to fall back through: when one fails the next takes over, until it works again.

Each class here keeps its kind's contract, so that nobody else need know. A call is retried on the
next engine only while nothing of its result was used: never a language model after its first
token, nor a voice after its first sound.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from vivavoce.audio import Audio
from vivavoce.engines import (
    C,
    Foresight,
    Llm,
    LlmOptions,
    Message,
    Thought,
    TurnDetector,
    capability,
)
from vivavoce.errors import BadRequest, VivavoceError

from .chain import Chain, ChainLink, Trial


class FallbackTurn(Chain[TurnDetector]):
    """Turn detection by the first engine that answers."""

    def __init__(self, engines: Sequence[TurnDetector], patience_s: float = 5.0) -> None:
        super().__init__("turn", engines, patience_s)

    @property
    def rate(self) -> int:
        """Hz of the utterance."""
        return self.links[0].engine.rate

    async def probability(self, utterance: Audio, transcript: str) -> float:
        """That the turn is over, 0 to 1."""

        async def ask(link: ChainLink[TurnDetector]) -> float:
            audio = utterance.resampled(link.engine.rate)
            return await link.engine.probability(audio, transcript)

        return await self.call(ask)


class FallbackLlm(Chain[Llm]):
    """Replies by the first engine that begins one."""

    def __init__(self, engines: Sequence[Llm], patience_s: float = 10.0) -> None:
        super().__init__("llm", engines, patience_s)

    def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
        """The reply to `messages`, piece by piece."""
        return self.stream(lambda link: link.engine.reply(messages, options))

    async def warm(self, messages: Sequence[Message], options: LlmOptions) -> None:
        """Read `messages` into the prompt cache of the engine that is used now, in its time."""
        trial = Trial()
        for link in self.attempts():
            try:
                await link.engine.warm(messages, options)
            except VivavoceError as error:
                trial.note(self, link, error)
            else:
                return
        raise trial.outcome

    def capability(self, wanted: type[C]) -> C | None:
        """Foresight, where the engine that is used now has it."""
        if capability(self.first, Foresight) is not None:
            foresight = _FallbackForesight(self)
            if isinstance(foresight, wanted):
                return foresight
        return super().capability(wanted)


class _FallbackForesight:
    """Tells whether all is said, by the first engine that can tell and does."""

    def __init__(self, chain: FallbackLlm) -> None:
        self._chain = chain

    async def completeness(self, messages: Sequence[Message]) -> float:
        """The probability that the last message ends where it does, 0 to 1."""

        async def ask(link: ChainLink[Llm]) -> float:
            foresight = capability(link.engine, Foresight)
            if foresight is None:
                raise BadRequest(f"{link.engine.name} cannot tell whether a message is complete")
            return await foresight.completeness(messages)

        return await self._chain.call(ask)
