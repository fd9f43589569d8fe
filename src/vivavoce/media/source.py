"""The bytes of a source, which is opened once and may be readable only once."""

from __future__ import annotations

import select
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias

from vivavoce.concurrency.model_thread import StopFlag, Stopped
from vivavoce.errors import BadAudio

from .chain import HEAD, ChainScanner, scanner_of

Source: TypeAlias = str | Path | BinaryIO
"""A file's path, or a binary file open at its start; it need not be seekable."""

_POLL_S = 0.05
_STEP = 1 << 16
_INVALID = -22
"""libav's answer to a seek that cannot be made: EINVAL."""


class Input:
    """The bytes of a source, up to where the next file of a chain begins.

    An error raised while libav is in control would be lost; it is kept for `check`.
    stop: ends the wait for more of a pipe's data.
    """

    def __init__(self, file: BinaryIO, name: str, stop: StopFlag | None) -> None:
        self.name = name
        self.empty = True
        self.ended = False
        self._file = file
        self._stop = stop
        self._ahead = b""
        self._error: BaseException | None = None
        self._seekable = file.seekable()
        self._waits = stop is not None and not self._seekable and sys.platform != "win32"
        self._at = 0
        self._first = 0
        self._next: int | None = None
        self._chain: ChainScanner | None = None

    def check(self) -> None:
        """Raise what went wrong, if anything did: BadAudio for an error of the file."""
        if isinstance(self._error, OSError):
            raise BadAudio(f"cannot read {self.name}: {self._error.strerror}")
        if self._error is not None:
            raise self._error

    def head(self) -> bytes:
        """The first bytes, which stay to be read; fewer if there are no more."""
        while len(self._ahead) < HEAD and (data := self._fetch(HEAD - len(self._ahead))):
            self._ahead += data
        return self._ahead[:HEAD]

    @property
    def cut(self) -> bool:
        """Whether the next file of a chain is known to follow."""
        return self._next is not None

    def watch(self) -> None:
        """From here on, end where the next file of a chain begins; see `follow`."""
        self._chain = scanner_of(self.head())

    def follow(self) -> bool:
        """Go on to the next file of the chain; False if there is none."""
        while self._chain is not None and self.read(_STEP):
            pass
        if self._next is None:
            return False
        if self._at != self._next:
            self.seek(self._next - self._first)
        self._first, self._next = self._next, None
        self.ended = False
        self.watch()
        return True

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end or after an error."""
        if self._next is not None and self._at >= self._next:
            return b""
        data, self._ahead = self._ahead or self._fetch(size), b""
        data = self._complete(data) if self._chain else data
        if len(data) > size:
            data, self._ahead = data[:size], data[size:] + self._ahead
        self._at += len(data)
        self.ended = self.ended or not data
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of a file; to where nobody can, a negative number, as libav has it."""
        base = {0: self._first, 1: self._at}.get(whence)
        try:
            if base is None:
                base = self._file.seek(0, 2) if self._next is None else self._next
            if base + offset < self._first:
                self._file.seek(self._at + len(self._ahead))
                return _INVALID
            self._at = self._file.seek(base + offset)
        except (OSError, ValueError, OverflowError):
            return _INVALID
        self._ahead = b""
        if self._chain is not None:
            self._chain.jumped()
        return self._at - self._first

    def tell(self) -> int:
        """As of a file."""
        return self._at - self._first

    def seekable(self) -> bool:
        """As of a file."""
        return self._seekable

    def _complete(self, data: bytes) -> bytes:
        """The data up to the next file of the chain, if it begins in it."""
        assert self._chain is not None
        while (missing := self._chain.missing(data)) and (more := self._fetch(missing)):
            data += more
        found = self._chain.find(data, fresh=self._at == self._first)
        if found is not None:
            self._next = min(self._at + found, self._next or sys.maxsize)
        if self._next is not None and self._next < self._at + len(data):
            kept = self._next - self._at
            data, self._ahead = data[:kept], data[kept:]
        return data

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
def opened_file(path: Path) -> Iterator[BinaryIO]:
    """The file at this path. Raises BadAudio when there is none that can be read."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise BadAudio(f"file not found: {path}; check its name and folder") from None
    except IsADirectoryError:
        raise BadAudio(f"{path} is a folder; give the files in it") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise BadAudio(f"cannot open {path}: {why}") from None
    with file:
        yield file


@contextmanager
def spooled(data: Input) -> Iterator[BinaryIO]:
    """The rest of the data as a file on disk."""
    with tempfile.TemporaryFile() as file:
        while piece := data.read(_STEP):
            file.write(piece)
        data.check()
        file.seek(0)
        yield file
