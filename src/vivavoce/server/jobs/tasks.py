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
from vivavoce.config.server_settings import LimitSettings
from vivavoce.conversation.session import Engines
from vivavoce.engines import Tts
from vivavoce.media.atomic_file import replacing
from vivavoce.server.native.stt_routes import TranscribeRequest, transcribed
from vivavoce.server.native.tts_routes import SynthesizeRequest, synthesis, voice_options
from vivavoce.server.selection.engine_selection import chosen
from vivavoce.server.service import Service
from vivavoce.server.speech.sound_files import audible, sound_file
from vivavoce.text.ssml import marked_text

from .job import StoredItem, StoredJob
from .job_files import JobFiles
from .transcript_files import packed
from .yielding import Yielding

_SHORT = 1_000
"""Characters of a transcript that are told with its job; longer ones are fetched."""


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What came of an item. size: of its file, in bytes. facts: for the client."""

    size: int
    facts: dict[str, object]


async def do(
    job: StoredJob, item: StoredItem, service: Service, place: JobFiles, room: int
) -> ItemOutcome:
    """Do what the item asks for; its file is complete then, and else it is not there.

    room: how many bytes the file may have. Raises what goes wrong; OSError for a full disk.
    """
    pace = Yielding(service.admission, service.conversations)
    target = place.made(item)
    if job.kind == "tts":
        text = SynthesizeRequest.model_validate_json(item.request)
        with chosen(service, tts=text.model) as engines:
            return await _speak(text, engines.tts, target, service, room, pace)
    wishes = TranscribeRequest.model_validate_json(job.wishes)
    source = place.sent(item.job, item.number)
    with chosen(service, stt=wishes.model) as engines:
        return await _hear(source, wishes, engines, service.limits, target, room, pace)


async def _speak(
    wishes: SynthesizeRequest, tts: Tts, target: Path, service: Service, room: int, pace: Yielding
) -> ItemOutcome:
    begun = time.perf_counter()
    options = await voice_options(wishes, service, tts)
    text = marked_text(wishes.text, wishes.input_type)
    voice = synthesis(wishes, options, service, tts)

    async def samples() -> AsyncGenerator[Samples, None]:
        async with aclosing(audible(voice.speak(text))) as pieces:
            async for piece in pieces:
                yield piece
                await pace.step()

    rate = wishes.sample_rate or tts.rate
    with replacing(target) as file:
        async with aclosing(sound_file(samples(), tts.rate, rate, wishes.format)) as pieces:
            async for piece in pieces:
                room = _less(room, len(piece))
                await asyncio.to_thread(file.write, piece)
        size = file.tell()
    facts = {"duration_s": round(voice.seconds, 3), "sample_rate": rate}
    return ItemOutcome(size, facts | _effort(begun, tts.name))


async def _hear(
    source: Path,
    wishes: TranscribeRequest,
    engines: Engines,
    limits: LimitSettings,
    target: Path,
    room: int,
    pace: Yielding,
) -> ItemOutcome:
    begun = time.perf_counter()
    done = await transcribed(
        source, engines, limits, wishes.options(), reading=wishes.reading(), step=pace.step
    )
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
    if answer.warnings:
        facts["warnings"] = [warning.model_dump() for warning in answer.warnings]
    return ItemOutcome(len(data), facts | _effort(begun, done.transcript.engine))


def _effort(begun: float, engine: str) -> dict[str, object]:
    return {"processing_s": round(time.perf_counter() - begun, 4), "engine": engine}


def _less(room: int, size: int) -> int:
    if size > room:
        raise OSError(errno.EDQUOT, "batches have used up their disk space")
    return room - size
