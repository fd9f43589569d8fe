"""Engines of one kind in order of preference, and which of them are down.

A chain may have one engine only: then it tells what the engine fails at, and takes it in when it
comes later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar, cast

from vivavoce.engines import C, Engine, Kind, capability
from vivavoce.errors import (
    BadRequest,
    EngineBusy,
    EngineTimeout,
    EngineUnavailable,
    UnknownModel,
    VivavoceError,
    describe,
)
from vivavoce.events import Failed, failure_report
from vivavoce.guard import guarded

from .probe import use

log = logging.getLogger(__name__)

E = TypeVar("E", bound=Engine)
T = TypeVar("T")

SLOW = 3.0
"""An engine may take so many times as long as it took when it was tried …"""
SLOWEST = 6.0
"""… but never more than so many times the chain's patience."""
FIRST_PAUSE_S = 1.0
"""Before the second probe of an engine whose work nobody else does."""


@dataclass(slots=True, eq=False)
class ChainLink(Generic[E]):
    """An engine of a chain.

    fault: what it failed at; None while it is up. lacking: it could not be loaded yet.
    tried_s: how long it took when it was tried; 0 where it was not.
    """

    engine: E
    fault: str | None = None
    lacking: bool = False
    tried_s: float = 0.0
    down: asyncio.Event = field(default_factory=asyncio.Event)


class Chain(Generic[E]):
    """Engines of one kind, of which the first that works is used.

    patience_s: how long an engine may take to begin to answer before the next is asked. One that
    took long when it was tried may take three times that, and no more than six times the patience.
    The last engine there is may take as long as it likes.
    """

    def __init__(self, kind: Kind, engines: Sequence[E], patience_s: float = 5.0) -> None:
        assert engines
        self.kind = kind
        self.links = [ChainLink(cast("E", guarded(kind, engine))) for engine in engines]
        self.patience_s = patience_s
        self._loading = asyncio.Lock()
        self._loaded = False

    @property
    def engines(self) -> list[E]:
        """All, in order of preference."""
        return [link.engine for link in self.links]

    @property
    def first(self) -> E:
        """The one that is used now."""
        return self.order()[0].engine

    @property
    def name(self) -> str:
        """The name of the one that is used now."""
        return self.first.name

    @property
    def model(self) -> str | None:
        """The model of the one that is used now."""
        return self.first.model

    @property
    def local(self) -> bool:
        """Whether all of them compute on this machine."""
        return all(link.engine.local for link in self.links)

    @property
    def down(self) -> list[E]:
        """Those that failed and have not worked since."""
        return [link.engine for link in self.links if link.fault is not None]

    @property
    def works(self) -> bool:
        """Whether any of them is up."""
        return any(link.fault is None for link in self.links)

    def capability(self, wanted: type[C]) -> C | None:
        """What the engine that is used now can do."""
        return capability(self.first, wanted)

    @property
    def tried(self) -> bool:
        """Whether each was loaded, or could not be."""
        return self._loaded or any(link.lacking for link in self.links)

    def order(self, preferred: ChainLink[E] | None = None) -> list[ChainLink[E]]:
        """In which to try them: those that are up, the preferred one first; then the others, for
        they may work again.
        """
        return sorted(
            self.links, key=lambda link: (link.lacking, link.fault is not None, link != preferred)
        )

    def fail(self, link: ChainLink[E], error: BaseException) -> None:
        """It failed; another one is used from now on, if there is one."""
        if isinstance(error, EngineBusy):
            return
        link.fault = describe(error).removeprefix(f"{link.engine.name} failed: ")
        link.down.set()
        if not self.works:
            log.warning("%s %s failed: %s", self.kind, link.engine.name, link.fault)
            return
        failed = Failed(self.kind, link.engine.name, link.fault, f"{self.name} takes over")
        log.warning("%s %s failed: %s; %s", self.kind, failed.engine, failed.message, failed.remedy)
        tell = failure_report.get()
        if tell is not None:
            tell(failed)

    def restore(self, link: ChainLink[E]) -> None:
        """It works again."""
        link.fault, link.lacking = None, False
        link.down.clear()
        log.info("%s %s works again", self.kind, link.engine.name)

    def attempts(self, preferred: ChainLink[E] | None = None) -> Iterator[ChainLink[E]]:
        """Those to try, one after the other, until one answers.

        Raises EngineUnavailable, which says why, when none was ever loaded.
        """
        links = [link for link in self.order(preferred) if not link.lacking]
        if not links:
            raise EngineUnavailable("; ".join(link.fault or "" for link in self.links))
        yield from links

    async def call(
        self,
        ask: Callable[[ChainLink[E]], Awaitable[T]],
        *,
        preferred: ChainLink[E] | None = None,
        more_s: float = 0.0,
    ) -> T:
        """What the first engine that can answers.

        more_s: of patience. Raises what the last failed at; where each refused, for the caller did
        something wrong, what the first of them said.
        """
        trial = Trial()
        for link in self.attempts(preferred):
            try:
                answer = await self.within(link, ask(link), more_s)
            except VivavoceError as error:
                trial.note(self, link, error)
            else:
                self.answered(link)
                return answer
        raise trial.outcome

    async def stream(
        self,
        start: Callable[[ChainLink[E]], AsyncGenerator[T, None]],
        *,
        preferred: ChainLink[E] | None = None,
    ) -> AsyncGenerator[T, None]:
        """What the first engine gives that gives anything; an error after that is raised."""
        trial = Trial()
        for link in self.attempts(preferred):
            begun = False
            try:
                async with aclosing(start(link)) as items:
                    pending = await self.within(link, anext(items, None))
                    begun = True
                    self.answered(link)
                    while pending is not None:
                        yield pending
                        pending = await anext(items, None)
                return
            except VivavoceError as error:
                trial.note(self, link, error)
                if begun:
                    raise
        raise trial.outcome

    def answered(self, link: ChainLink[E]) -> None:
        """It worked just now."""
        if link.fault is not None:
            self.restore(link)

    async def within(self, link: ChainLink[E], call: Awaitable[T], more_s: float = 0.0) -> T:
        """What the call returns. Raises EngineTimeout when another engine should be asked."""
        seconds = self.patience(link)
        if seconds is None:
            return await call
        try:
            async with asyncio.timeout(seconds + more_s) as limit:
                return await call
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise EngineTimeout(f"no answer within {seconds + more_s:.3g} s") from error

    def patience(self, link: ChainLink[E]) -> float | None:
        """How long this engine may take; None is any time, for nobody else is up."""
        if not any(other.fault is None for other in self.links if other is not link):
            return None
        return min(max(self.patience_s, SLOW * link.tried_s), SLOWEST * self.patience_s)

    async def load(self) -> None:
        """Load them all, and try them where there are several; what cannot be loaded is down.

        Raises what the last could not be loaded for when none can be, BadRequest for a
        configuration that makes no sense, and UnknownModel for a model's name that is none.
        """
        async with self._loading:
            if self._loaded:
                return
            failure: Exception | None = None
            for link in self.links:
                try:
                    await link.engine.load()
                except (BadRequest, UnknownModel):
                    raise
                except VivavoceError as error:
                    link.lacking, failure = True, error
                    self.fail(link, error)
            if failure is not None and all(link.lacking for link in self.links):
                raise failure
            if len(self.links) > 1:
                await self.examine()
            self._loaded = True

    async def examine(self) -> None:
        """Use each that is up once, which also warms it; it is down when it fails."""
        clock = asyncio.get_running_loop().time
        for link in self.links:
            if link.lacking or link.tried_s:
                continue
            begun = clock()
            try:
                await use(self.kind, link.engine)
            except VivavoceError as error:
                self.fail(link, error)
            else:
                link.tried_s = clock() - begun
                self.answered(link)

    async def watch(self, link: ChainLink[E], probe_s: float) -> None:
        """Bring this engine back when it works again; one probe at a time, which takes its time.

        probe_s: between probes. An engine whose work nobody else does is probed at once, and then
        after pauses that grow to this.
        """
        pause = 0.0
        while True:
            await link.down.wait()
            await asyncio.sleep(probe_s if self.works else min(pause, probe_s))
            recovered = link.fault is None or await self._recovers(link)
            pause = 0.0 if recovered else pause * 2 or FIRST_PAUSE_S

    async def _recovers(self, link: ChainLink[E]) -> bool:
        clock = asyncio.get_running_loop().time
        try:
            await link.engine.load()
            begun = clock()
            await use(self.kind, link.engine)
        except VivavoceError as error:
            link.fault = describe(error)
            log.debug("%s is still down: %s", link.engine.name, link.fault)
            return False
        took = clock() - begun
        link.tried_s = min(link.tried_s or took, took)
        link.lacking = False
        patience = self.patience(link)
        if patience is not None and took > patience:
            link.fault = f"it took {took:.1f} s to answer"
            return False
        self.restore(link)
        return True

    async def aclose(self) -> None:
        """Close them all."""
        for link in self.links:
            await link.engine.aclose()


async def closed(stream: Closable | None) -> None:
    """Close the stream of an engine that failed, which may fail at that too."""
    try:
        if stream is not None:
            await stream.aclose()
    except VivavoceError as error:
        log.debug("a stream of a failed engine could not be closed: %s", describe(error))


class Closable(Protocol):
    """What can be closed."""

    async def aclose(self) -> None:
        """Close it."""
        ...


class Trial:
    """What came of asking one engine after the other."""

    def __init__(self) -> None:
        self._failure: Exception | None = None
        self._refusal: Exception | None = None
        self._still_down: Exception | None = None

    @property
    def outcome(self) -> Exception:
        """What to tell the caller: what failed, or else that those that work refuse to do it."""
        told = self._failure or self._refusal or self._still_down
        assert told is not None, "at least one was asked"
        return told

    def note(self, chain: Chain[E], link: ChainLink[E], error: Exception) -> None:
        """This engine did not answer. One that refuses what is asked of it is not down."""
        if isinstance(error, BadRequest):
            self._refusal = self._refusal or error
        elif link.fault is not None:
            self._still_down, link.fault = error, describe(error)
        else:
            self._failure = error
            chain.fail(link, error)
