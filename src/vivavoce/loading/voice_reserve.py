"""Voices that are loaded once somebody asks for a language that they speak."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from vivavoce.engines import Tts
from vivavoce.errors import VivavoceError, describe
from vivavoce.guard import guarded
from vivavoce.text.language.codes import match_language

from .chain import Chain, ChainLink
from .probe import use

log = logging.getLogger(__name__)

FindVoices: TypeAlias = Callable[[str], Sequence[Tts]]
"""The engines that may speak a language, the best first, not loaded yet. Blocks."""

_REMEMBERED = 64
"""Languages that nothing was found for, and that are not looked for again."""


@dataclass(frozen=True, slots=True)
class ComingVoice:
    """An engine that is being loaded. until: when the patience ends, by the loop's clock."""

    task: asyncio.Task[None]
    until: float

    async def wait(self) -> None:
        """Until it can speak, cannot be had, or the patience has ended."""
        left = self.until - asyncio.get_running_loop().time()
        if left > 0 and not self.task.done():
            await asyncio.wait({self.task}, timeout=left)


class VoiceReserve:
    """Puts engines into a chain, before its last one, when only that one speaks a language.

    find: gives them. An engine that was put in stays. patience_s: how long the first phrase waits
    for it; None goes by the chain's. probe_s: between probes of one that failed.
    """

    def __init__(
        self, find: FindVoices, patience_s: float | None = None, probe_s: float = 30.0
    ) -> None:
        self._find = find
        self._patience_s = patience_s
        self._probe_s = probe_s
        self._one_at_a_time = asyncio.Lock()
        self._coming: dict[str, ComingVoice] = {}
        self._in_vain: dict[str, None] = {}
        self._watches: set[asyncio.Task[None]] = set()

    def call_on(self, language: str, chain: Chain[Tts]) -> ComingVoice | None:
        """Begin to load an engine that speaks the language; None where none is needed or known."""
        if language in self._in_vain or speaks_already(chain, language):
            return None
        coming = self._coming.get(language)
        if coming is None:
            patience = chain.patience_s if self._patience_s is None else self._patience_s
            until = asyncio.get_running_loop().time() + patience
            coming = ComingVoice(asyncio.create_task(self._bring(language, chain)), until)
            self._coming[language] = coming
            coming.task.add_done_callback(lambda _: self._coming.pop(language, None))
        return coming

    async def aclose(self) -> None:
        """Stop loading and watching. The chain closes the engines that it has."""
        tasks = {*self._watches, *(coming.task for coming in self._coming.values())}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _bring(self, language: str, chain: Chain[Tts]) -> None:
        async with self._one_at_a_time:
            if speaks_already(chain, language):
                return
            engines = await asyncio.to_thread(self._find, language)
            links = [ChainLink(cast("Tts", guarded("tts", engine))) for engine in engines]
            link = await _first_loaded(links)
            if link is not None:
                chain.links.insert(len(chain.links) - 1, link)
                self._watches.add(asyncio.create_task(chain.watch(link, self._probe_s)))
                log.info("tts %s speaks %s from now on", link.engine.name, language)
                return
            while len(self._in_vain) >= _REMEMBERED:
                self._in_vain.pop(next(iter(self._in_vain)))
            self._in_vain[language] = None


async def _first_loaded(links: Sequence[ChainLink[Tts]]) -> ChainLink[Tts] | None:
    """The first that can be loaded and used once; the others are closed."""
    clock = asyncio.get_running_loop().time
    loaded = None
    try:
        for link in links:
            try:
                await link.engine.load()
                begun = clock()
                await use("tts", link.engine)
            except VivavoceError as error:
                log.warning("tts %s cannot be used: %s", link.engine.name, describe(error))
            else:
                link.tried_s = clock() - begun
                loaded = link
                break
    finally:
        for link in links:
            if link is not loaded:
                await link.engine.aclose()
    return loaded


def speaks_already(chain: Chain[Tts], language: str) -> bool:
    """Whether an engine before the last one does."""
    return any(speaks(link, language) for link in chain.links[:-1] if not link.lacking)


def speaks(link: ChainLink[Tts], language: str) -> bool:
    """Whether the engine has a voice of the language, or one whose language nobody tells."""
    voices = link.engine.voices
    return not voices or any(
        not voice.languages or match_language(language, voice.languages) for voice in voices
    )
