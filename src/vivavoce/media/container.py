"""Opening a source for libav, which never gets a path: a file may not name others to open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

import av
from av.container import InputContainer

from vivavoce.concurrency.model_thread import StopFlag, Stopped
from vivavoce.errors import BadAudio

from .source import Input, Source, opened_file, spooled

__all__ = ["Input", "Source", "guarded", "opened_container", "opened_input", "reason"]

_OPTIONS = {"protocol_whitelist": "none", "max_size": "16384"}
"""protocol_whitelist, with `_refuse`: what keeps a playlist from having us open any file or server
that it names. Some of libav's formats ask `io_open`; others go by the protocols, of which none has
that name. max_size: bytes in a packet of plain PCM, which otherwise are so few that the time goes
into counting them."""
_PATIENT = {"probesize": "250000000", "analyzeduration": "7200000000"}
"""For a file whose sound was not found in the first 5 MB and 5 s: bytes and microseconds."""
_MP4_MARK = slice(4, 8), b"ftyp"


@contextmanager
def guarded(name: str) -> Iterator[None]:
    """Whatever libav and its binding raise, as BadAudio."""
    try:
        yield
    except (BadAudio, Stopped):
        raise
    except Exception as error:
        raise BadAudio(f"{name} cannot be read ({reason(error)})") from error


def reason(error: Exception) -> str:
    """What libav says went wrong."""
    return str(getattr(error, "strerror", None) or str(error) or type(error).__name__)


@contextmanager
def opened_input(source: Source, stop: StopFlag | None = None) -> Iterator[Input]:
    """The source's bytes, closed in the end if it was given by path. Raises BadAudio."""
    with ExitStack() as stack:
        if isinstance(source, str | Path):
            name = str(source)
            file = stack.enter_context(opened_file(Path(source)))
        else:
            name = str(getattr(source, "name", "the data"))
            file = source
        data = Input(file, name, stop)
        where, mark = _MP4_MARK
        if not data.seekable() and data.head()[where] == mark:
            # Its index is often at its end.
            data = Input(stack.enter_context(spooled(data)), name, stop)
        data.watch()
        yield data


@contextmanager
def opened_container(data: Input) -> Iterator[InputContainer]:
    """The container that begins where the data are. Raises BadAudio when there is none."""
    with ExitStack() as stack:
        container = stack.enter_context(_open(data, {}))
        if not container.streams.audio and data.seekable():
            # Some containers name a stream only when its first packet comes.
            data.seek(0)
            second = stack.enter_context(_open(data, _PATIENT))
            container = second if second.streams.audio else container
        yield container


def _open(data: Input, options: dict[str, str]) -> InputContainer:
    try:
        return av.open(
            data,
            "r",
            io_open=_refuse,
            container_options={**_OPTIONS, **options},
            metadata_errors="replace",
        )
    except Exception as error:
        data.check()
        if isinstance(error, Stopped):
            raise
        if data.empty:
            raise BadAudio(f"{data.name} is empty") from None
        raise BadAudio(
            f"{data.name} is not audio ({reason(error)}); "
            "try a WAV, MP3, FLAC, Ogg, M4A or video file"
        ) from None


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise PermissionError(f"a file that refers to {url!r}")
