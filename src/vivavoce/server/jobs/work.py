"""What is done with one item."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from vivavoce.audio import Samples
from vivavoce.engines import Tts
from vivavoce.files import replacing
from vivavoce.server.chosen import chosen
from vivavoce.server.problems import Problem
from vivavoce.server.service import Service
from vivavoce.server.speaking import Speaking, language_of, sound_file, spoken
from vivavoce.server.stt_api import TranscribeWishes, transcribed
from vivavoce.server.tts_api import SpeechWishes, voice_options
from vivavoce.server_settings import LimitSettings
from vivavoce.session import Engines

from .job import Item, Job
from .pace import Pace
from .place import Place
from .transcripts import packed

_SHORT = 1_000
"""Characters of a transcript that are told with its job; longer ones are fetched."""


@dataclass(frozen=True, slots=True)
class Made:
    """What came of an item. size: of its file, in bytes. facts: for the client."""

    size: int
    facts: dict[str, object]


async def do(job: Job, item: Item, service: Service, place: Place, room: int) -> Made:
    """Do what the item asks for; its file is complete then, and else it is not there.

    room: how many bytes the file may have. Raises what goes wrong; OSError for a full disk.
    """
    pace = Pace(service.admission, service.conversations)
    target = place.made(item)
    if job.kind == "tts":
        text = SpeechWishes.model_validate_json(item.request)
        with chosen(service, tts=text.model) as engines:
            return await _speak(text, engines.tts, target, service, room, pace)
    wishes = TranscribeWishes.model_validate_json(job.wishes)
    source = place.sent(item.job, item.number)
    with chosen(service, stt=wishes.model) as engines:
        return await _hear(source, wishes, engines, service.limits, target, room, pace)


async def _speak(
    wishes: SpeechWishes, tts: Tts, target: Path, service: Service, room: int, pace: Pace
) -> Made:
    begun = time.perf_counter()
    options = await voice_options(wishes, service, tts)
    voice = Speaking(tts, options, service.config.session.tts_timeout_s)
    language = options.language or language_of(options.voice, tts)

    async def samples() -> AsyncGenerator[Samples, None]:
        async with aclosing(spoken(wishes.text, language, voice)) as pieces:
            async for piece in pieces:
                yield piece.samples
                await pace.step()
        if not voice.seconds:
            what = "there is nothing to say in this text"
            raise Problem(what, code="invalid_value", param="text")

    rate = wishes.sample_rate or tts.rate
    with replacing(target) as file:
        async with aclosing(sound_file(samples(), tts.rate, rate, wishes.format)) as pieces:
            async for piece in pieces:
                room = _less(room, len(piece))
                await asyncio.to_thread(file.write, piece)
        size = file.tell()
    facts = {"duration_s": round(voice.seconds, 3), "sample_rate": rate}
    return Made(size, facts | _effort(begun, tts.name))


async def _hear(
    source: Path,
    wishes: TranscribeWishes,
    engines: Engines,
    limits: LimitSettings,
    target: Path,
    room: int,
    pace: Pace,
) -> Made:
    begun = time.perf_counter()
    done = await transcribed(source, engines, limits, wishes.options(), step=pace.step)
    answer = done.answer(words=False)
    data = await asyncio.to_thread(packed, done, words=wishes.words)
    _less(room, len(data))

    def write() -> None:
        with replacing(target) as file:
            file.write(data)

    await asyncio.to_thread(write)
    facts: dict[str, object] = {"duration_s": answer.duration_s, "language": answer.language}
    if len(answer.text) <= _SHORT:
        facts["text"] = answer.text
    return Made(len(data), facts | _effort(begun, done.engine))


def _effort(begun: float, engine: str) -> dict[str, object]:
    return {"processing_s": round(time.perf_counter() - begun, 4), "engine": engine}


def _less(room: int, size: int) -> int:
    if size > room:
        raise OSError(errno.EDQUOT, "batches may take no more of the disk")
    return room - size
