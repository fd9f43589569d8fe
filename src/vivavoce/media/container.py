"""Opening a source for libav, which never gets a path: a file may not name others to open."""

from __future__ import annotations

import select
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn, TypeAlias

import av
from av.container import InputContainer

from vivavoce.concurrency.model_thread import StopFlag, Stopped
from vivavoce.errors import BadAudio

Source: TypeAlias = str | Path | BinaryIO
"""A file's path, or a binary file open at its start; it need not be seekable."""

_OPTIONS = {"protocol_whitelist": "none", "max_size": "16384"}
"""protocol_whitelist, with `_refuse`: what keeps a playlist from having us open any file or server
that it names. Some of libav's formats ask `io_open`; others go by the protocols, of which none has
that name. max_size: bytes in a packet of plain PCM, which otherwise are so few that the time goes
into counting them."""
_POLL_S = 0.05
_SPOOL_STEP = 1 << 16
_MP4_MARK = slice(4, 8), b"ftyp"


class Input:
    """The bytes of a source.

    An error raised while libav is in control would be lost; it is kept for `check`.
    stop: ends the wait for more of a pipe's data.
    """

    def __init__(self, file: BinaryIO, name: str, stop: StopFlag | None) -> None:
        self.name = name
        self.empty = True
        self._file = file
        self._stop = stop
        self._ahead = b""
        self._error: BaseException | None = None
        self._seekable = file.seekable()
        self._waits = stop is not None and not self._seekable and sys.platform != "win32"

    def check(self) -> None:
        """Raise what went wrong, if anything did: BadAudio for an error of the file."""
        if isinstance(self._error, OSError):
            raise BadAudio(f"{self.name} cannot be read: {self._error.strerror}")
        if self._error is not None:
            raise self._error

    def is_mp4_stream(self) -> bool:
        """Whether it is an MP4 that cannot be sought in."""
        where, mark = _MP4_MARK
        while not self._seekable and len(self._ahead) < where.stop:
            data = self._fetch(where.stop - len(self._ahead))
            if not data:
                break
            self._ahead += data
        return self._ahead[where] == mark

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end or after an error."""
        data, self._ahead = self._ahead, b""
        return data or self._fetch(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of a file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As of a file."""
        return self._file.tell()

    def seekable(self) -> bool:
        """As of a file."""
        return self._seekable

    def _fetch(self, size: int) -> bytes:
        try:
            if self._waits:
                self._wait()
            data = self._file.read(size) if self._seekable else self._read_some(size)
        except BaseException as error:  # noqa: BLE001 - raised again by `check`
            self._error = error
            return b""
        self.empty = self.empty and not data
        return data

    def _read_some(self, size: int) -> bytes:
        """What a pipe has, rather than waiting until it has `size`."""
        read = getattr(self._file, "read1", self._file.read)
        data: bytes | None = read(size)
        return data or b""

    def _wait(self) -> None:
        try:
            number = self._file.fileno()
        except OSError:
            return
        while not select.select([number], [], [], _POLL_S)[0]:
            if self._stop is not None and self._stop.is_set():
                raise Stopped


@contextmanager
def opened(source: Source, stop: StopFlag | None) -> Iterator[tuple[Input, InputContainer]]:
    """The source's bytes and its container, closed in the end if it was given by path."""
    with ExitStack() as stack:
        if isinstance(source, str | Path):
            name = str(source)
            file = stack.enter_context(_open(Path(source)))
        else:
            name = str(getattr(source, "name", "the data"))
            file = source
        data = Input(file, name, stop)
        if data.is_mp4_stream():
            data = Input(stack.enter_context(_spooled(data)), name, stop)
        try:
            container = stack.enter_context(
                av.open(data, "r", io_open=_refuse, container_options=_OPTIONS)
            )
        except (av.FFmpegError, PermissionError) as error:
            data.check()
            if data.empty:
                raise BadAudio(f"{name} is empty") from None
            raise BadAudio(
                f"{name} is no audio ({error.strerror}); "
                "try a WAV, MP3, FLAC, Ogg, M4A or video file"
            ) from None
        yield data, container


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise BadAudio(f"no file {path}; check its name and folder") from None
    except IsADirectoryError:
        raise BadAudio(f"{path} is a folder; name the files in it") from None
    except OSError as error:
        raise BadAudio(f"{path} cannot be opened: {error.strerror}") from None


@contextmanager
def _spooled(data: Input) -> Iterator[BinaryIO]:
    """The rest of the data as a file on disk: an MP4's index is often at its end."""
    with tempfile.TemporaryFile() as file:
        while piece := data.read(_SPOOL_STEP):
            file.write(piece)
        data.check()
        file.seek(0)
        yield file


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise PermissionError(f"a file that refers to {url!r}")
