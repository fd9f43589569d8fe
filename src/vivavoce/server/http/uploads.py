"""Recordings that clients send: kept on disk while they are used, and decoded within bounds."""

from __future__ import annotations

import asyncio
import errno
import importlib
import io
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, BinaryIO, cast

import numpy as np
from starlette.datastructures import UploadFile

from vivavoce.audio import MAX_RATE, MIN_RATE, Audio, Samples
from vivavoce.config.server_settings import LimitSettings
from vivavoce.errors import BadAudio
from vivavoce.media.decode import MediaInfo, ReadOptions, opened_audio, probe_audio
from vivavoce.server.errors import Problem

fcntl = None if sys.platform == "win32" else importlib.import_module("fcntl")

_PREFIX = "vivavoce-upload-"
_STEP = 1 << 20
"""Bytes copied at once."""
_MOST_CPU_S = 300.0
"""Of decoding one recording; two hours of any codec take less than a minute of it."""
_NAME = "the file"
"""What errors call it: neither where it lies here nor the name that came with it, which may be
anything."""


@asynccontextmanager
async def received(
    upload: UploadFile, limits: LimitSettings, *, param: str = "file"
) -> AsyncIterator[Path]:
    """The upload as a file of its own, which goes at the end. Its own name is not looked at.

    param: the name of the field it came in, for errors.
    Raises Problem: 400 when it is empty, 413 past `upload_mb`, 507 when the disk is full.
    """
    file = await asyncio.to_thread(_new_file)
    path = Path(file.name)
    try:
        await _copy(upload, file, limits, param)
        await asyncio.to_thread(file.flush)
        if fcntl is None:
            file.close()
        yield path
    finally:
        file.close()
        _remove(path)


async def streamed(
    path: Path,
    rate: int,
    limits: LimitSettings,
    *,
    param: str = "file",
    options: ReadOptions | None = None,
    faults: list[str] | None = None,
) -> AsyncGenerator[Samples, None]:
    """The file's audio at `rate`, chunk by chunk in flat memory; consume under `aclosing`.

    options: channels and track; its rate is ignored. Where channels are wanted separate, a chunk
    is (channels, n), and all of them count against `audio_s`.
    faults: gets what is wrong with the recording, once it was read.
    Raises Problem: 400 when it holds no audio, 413 at once when it states to be longer than
    `audio_s`, or once more than that came out of it, however small the file was.
    """
    reading = replace(options or ReadOptions(), rate=rate)
    separate = reading.channels == "separate"
    left = round(limits.audio_s * rate)
    try:
        with await asyncio.to_thread(_opened, path) as file:
            async with opened_audio(file, reading) as audio:
                claimed = audio.info.duration if audio.info.stated else None
                if claimed is not None and claimed > limits.audio_s:
                    raise _too_long(limits, param)
                async for chunk in audio.chunks:
                    if audio.cpu_s > _MOST_CPU_S:
                        raise _too_hard(param)
                    left -= chunk.size
                    if left < 0:
                        raise _too_long(limits, param)
                    yield chunk if separate else chunk[0]
                if faults is not None:
                    faults += audio.warnings
    except BadAudio as error:
        raise Problem(str(error), code="invalid_audio", param=param) from error


def one_turn(limits: LimitSettings) -> LimitSettings:
    """The bounds for a recording that is one turn of a conversation."""
    return replace(limits, audio_s=min(limits.audio_s, limits.turn_s))


async def decoded(path: Path, rate: int, limits: LimitSettings, *, param: str = "file") -> Audio:
    """The file's audio at `rate` in one piece. Raises what `streamed` does."""
    async with aclosing(streamed(path, rate, limits, param=param)) as chunks:
        pieces = [chunk async for chunk in chunks]
    return Audio(np.concatenate(pieces) if pieces else np.zeros(0, np.float32), rate)


async def probed(path: Path, *, param: str = "file") -> MediaInfo:
    """What the file says of its audio. Raises Problem (400) when it holds none."""

    def probe() -> MediaInfo:
        with _opened(path) as file:
            return probe_audio(file)

    try:
        info = await asyncio.to_thread(probe)
        if not MIN_RATE <= info.rate <= MAX_RATE:
            what = f"{_NAME} has a rate of {info.rate} Hz; use {MIN_RATE} to {MAX_RATE} Hz"
            raise BadAudio(what)
    except BadAudio as error:
        raise Problem(str(error), code="invalid_audio", param=param) from error
    return info


async def _copy(upload: UploadFile, file: IO[bytes], limits: LimitSettings, param: str) -> None:
    size = 0
    try:
        while data := await upload.read(_STEP):
            size += len(data)
            if size > limits.upload_mb * 1e6:
                raise Problem(
                    f"the file is larger than this server's limit of {limits.upload_mb:g} MB; "
                    "compress it or split it",
                    status=413,
                    code="file_too_large",
                    param=param,
                )
            await asyncio.to_thread(file.write, data)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        message = "the server's disk is full; try again later"
        raise Problem(message, status=507, code="disk_full", param=param) from error
    if not size:
        raise Problem("the file is empty", code="invalid_audio", param=param)


def _new_file() -> IO[bytes]:
    made = tempfile.NamedTemporaryFile(prefix=_PREFIX, delete=False)  # noqa: SIM115 - the caller does
    file = cast("IO[bytes]", made)
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX)
    return file


def remove_leftovers() -> None:
    """Delete what servers that were killed have left; what is in use is locked, and stays."""
    if fcntl is None:
        return
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _opened(path: Path) -> BinaryIO:
    raw = io.FileIO(path)
    raw.name = _NAME
    return io.BufferedReader(raw)


def _too_hard(param: str) -> Problem:
    return Problem(
        f"decoding took more than {_MOST_CPU_S:g} s of the processor; convert the recording to "
        "another format, or split it",
        status=413,
        code="audio_too_long",
        param=param,
    )


def _too_long(limits: LimitSettings, param: str) -> Problem:
    return Problem(
        f"the audio is longer than this server's limit of {limits.audio_s:g} s; split it",
        status=413,
        code="audio_too_long",
        param=param,
    )
