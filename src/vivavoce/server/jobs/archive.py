"""All results of a job as one zip file, sent while it is made."""

from __future__ import annotations

import asyncio
import io
import re
import time
import zipfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from .job import StoredItem, StoredJob
from .responses import form_of
from .transcript_files import transcript

if TYPE_CHECKING:
    from typing_extensions import Buffer

_STEP = 1 << 20
_ENDINGS = {"text": "txt", "opus": "ogg"}
"""Of file names, where they are not the form's own name."""


async def zipped(
    job: StoredJob, items: Sequence[tuple[StoredItem, Path]], details: str
) -> AsyncGenerator[bytes, None]:
    """The archive, piece by piece: `job.json`, and each item's result under its number and name.

    details: of the job; JSON. An item whose file is gone meanwhile is left out.
    """
    made = _ArchiveBytes()
    with ExitStack() as stack:
        archive = stack.enter_context(zipfile.ZipFile(made, "w"))
        archive.writestr("job.json", details)
        for item, path in items:
            name = f"{item.number:04}{_readable(item.name)}.{_ending(job)}"
            with ExitStack() as opened:
                try:
                    file = opened.enter_context(await asyncio.to_thread(_opened, path, job))
                except FileNotFoundError:
                    continue
                about = zipfile.ZipInfo(name, time.localtime(job.ended or job.created)[:6])
                entry = opened.enter_context(archive.open(about, "w", force_zip64=True))
                while block := await asyncio.to_thread(file.read, _STEP):
                    entry.write(block)
                    yield made.drain()
    yield made.drain()


def _opened(path: Path, job: StoredJob) -> io.BufferedIOBase:
    if job.kind == "tts":
        return path.open("rb")
    return io.BytesIO(transcript(path, form_of(job)).encode())


def _ending(job: StoredJob) -> str:
    form = form_of(job)
    return _ENDINGS.get(form, form)


def _readable(name: str) -> str:
    """What of a client's name may stand in a file's on any system, its ending left off."""
    plain = re.sub(r"[^\w-]+", "-", Path(name).stem).strip("-")[:60]
    return f"-{plain}" if plain else ""


class _ArchiveBytes(io.RawIOBase):
    """What has been written, and was not taken yet; it cannot be sought in."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Buffer) -> int:
        """Keep it until it is taken."""
        piece = bytes(data)
        self._pieces.append(piece)
        return len(piece)

    def drain(self) -> bytes:
        """All of it."""
        made, self._pieces = b"".join(self._pieces), []
        return made
