"""Recordings on their way to a server."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from vivavoce.audio import Audio
from vivavoce.errors import BadAudio

Recording: TypeAlias = str | Path | bytes | Audio
"""A file's path, the content of one, or sound."""

Named: TypeAlias = tuple[str, BinaryIO]


@asynccontextmanager
async def opened(recordings: Sequence[Recording]) -> AsyncGenerator[list[Named], None]:
    """Each as a file with its name. Raises BadAudio for one that cannot be read, or while it is."""
    with ExitStack() as stack:
        files: list[Named] = []
        for number, recording in enumerate(recordings):
            files.append(await asyncio.to_thread(_opened, recording, number, stack))
        yield files


def _opened(recording: Recording, number: int, stack: ExitStack) -> Named:
    match recording:
        case Audio():
            from vivavoce.media.decode import write_audio  # only here, for it loads all of libav

            file = io.BytesIO()
            write_audio(recording, file, format="wav")
            file.seek(0)
            return f"{number}.wav", file
        case bytes():
            return str(number), io.BytesIO(recording)
    path = Path(recording)
    if not path.exists():
        raise BadAudio(f"{recording}: file not found; check the path")
    when_read = _WhenRead(path)
    stack.callback(when_read.close)
    return path.name, cast("BinaryIO", when_read)


class _WhenRead:
    """A file that is open only while it is read, so that there may be many."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; none at the end."""
        try:
            if self._file is None:
                self._file = self._path.open("rb")
            data = self._file.read(size)
        except OSError as error:
            raise BadAudio(f"{self._path}: {error.strerror}") from error
        if not data:
            self._file.close()
        return data

    def close(self) -> None:
        """Nothing more will be read."""
        if self._file is not None:
            self._file.close()
