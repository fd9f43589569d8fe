"""Speech-to-text that goes on when an engine fails: the next one hears the utterance anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import numpy as np

from vivavoce.audio import Audio, Samples
from vivavoce.engines import C, FileStt, Stt, SttOptions, SttStream, Transcript, capability

from .chain import Chain, ChainLink, closed
from .fallback_files import FallbackFiles

T = TypeVar("T")

MORE = 0.5
"""An engine may take so much longer than the patience, as a part of the utterance's length."""


class FallbackStt(Chain[Stt]):
    """Speech to text; an utterance whose engine fails is heard again by the next."""

    def __init__(self, engines: Sequence[Stt], patience_s: float = 5.0) -> None:
        super().__init__("stt", engines, patience_s)

    @property
    def rate(self) -> int:
        """Hz of the samples that streams take."""
        return self.links[0].engine.rate

    @property
    def languages(self) -> Sequence[str]:
        """Of all engines, the one that is used now first; empty where one does not tell."""
        known = [link.engine.languages for link in self.order() if not link.lacking]
        return tuple(dict.fromkeys(code for codes in known for code in codes)) if all(known) else ()

    async def open(self, options: SttOptions) -> SttStream:
        """A new utterance's stream, of the first engine that can do what the options ask."""
        stream = _FallbackSttStream(self, options)
        await stream.begin()
        return stream

    def capability(self, wanted: type[C]) -> C | None:
        """The other engines; whole recordings, where the engine used now has a way for them."""
        others = _Others(self)
        if isinstance(others, wanted):
            return others
        if capability(self.first, FileStt) is not None:
            files = FallbackFiles(self)
            if isinstance(files, wanted):
                return files
        return super().capability(wanted)


class _Others:
    """The engines of a chain that are not used now."""

    def __init__(self, chain: FallbackStt) -> None:
        self._chain = chain

    @property
    def others(self) -> Sequence[Stt]:
        """Those that are up."""
        links = [link for link in self._chain.order()[1:] if not link.lacking]
        return [link.engine for link in links if link.fault is None]


class _FallbackSttStream:
    """One utterance; keeps its audio where there is another engine to tell it to from the start."""

    def __init__(self, chain: FallbackStt, options: SttOptions) -> None:
        self._chain = chain
        self._options = options
        self._keeps = len(chain.links) > 1
        self._heard: list[Samples] = []
        self._told = 0
        self._seconds = 0.0
        self._stream: SttStream | None = None
        self._link: ChainLink[Stt] | None = None

    async def begin(self) -> None:
        """Have an engine. Raises BadRequest when none can do what the options ask."""
        await self._call(self._use)

    async def feed(self, samples: Samples) -> Transcript | None:
        """Take the next audio and return the new partial transcript, if it changed."""
        self._heard.append(samples.copy())
        self._seconds += len(samples) / self._chain.rate
        return await self._call(self._tell)

    async def finish(self) -> Transcript:
        """The transcript of all audio fed so far."""

        async def finish(stream: SttStream) -> Transcript:
            await self._tell(stream)
            return await stream.finish()

        return await self._call(finish)

    async def aclose(self) -> None:
        """Free the stream's state."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()

    async def _call(self, ask: Callable[[SttStream], Awaitable[T]]) -> T:
        """What the engine of this utterance answers, or the next that takes over."""

        async def of(link: ChainLink[Stt]) -> T:
            try:
                return await ask(await self._opened(link))
            except Exception:
                await self._drop()
                raise

        return await self._chain.call(of, preferred=self._link, more_s=MORE * self._seconds)

    async def _use(self, stream: SttStream) -> None:
        """Nothing: to have it is enough."""

    async def _opened(self, link: ChainLink[Stt]) -> SttStream:
        """This engine's stream; another engine's is closed."""
        if self._stream is None or link is not self._link:
            await self._drop()
            self._stream = await link.engine.open(self._options)
            self._link, self._told = link, 0
        return self._stream

    async def _drop(self) -> None:
        """Close a stream that may be broken."""
        stream, self._stream = self._stream, None
        await closed(stream)

    async def _tell(self, stream: SttStream) -> Transcript | None:
        """Bring this engine's stream up to date."""
        news = self._heard[self._told :]
        if not news:
            return None
        if self._keeps:
            self._told = len(self._heard)
        else:
            self._heard.clear()
        joined = news[0] if len(news) == 1 else np.concatenate(news)
        assert self._link is not None
        rate = self._link.engine.rate
        if rate != self._chain.rate:
            joined = Audio(joined, self._chain.rate).resampled(rate).samples
        return await stream.feed(joined)
