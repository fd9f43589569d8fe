"""Recordings on their way to a server."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias

from vivavoce.audio import Audio
from vivavoce.errors import BadAudio

Recording: TypeAlias = str | Path | bytes | Audio
"""A file's path, the content of one, or sound."""

Named: TypeAlias = tuple[str, BinaryIO]


@asynccontextmanager
async def opened(recordings: Sequence[Recording]) -> AsyncGenerator[list[Named], None]:
    """Each as a file with its name. Raises BadAudio for one that cannot be read."""
    with ExitStack() as stack:
        files: list[Named] = []
        for number, recording in enumerate(recordings):
            name, file = await asyncio.to_thread(_opened, recording, number)
            files.append((name, stack.enter_context(file)))
        yield files


def _opened(recording: Recording, number: int) -> Named:
    match recording:
        case Audio():
            from vivavoce.media import write_audio  # only here, for it loads all of libav

            file = io.BytesIO()
            write_audio(recording, file, format="wav")
            file.seek(0)
            return f"{number}.wav", file
        case bytes():
            return str(number), io.BytesIO(recording)
    path = Path(recording)
    try:
        return path.name, path.open("rb")
    except OSError as error:
        raise BadAudio(f"{recording}: {error.strerror}") from error
