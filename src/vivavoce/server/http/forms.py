"""Forms with recordings, as many kinds of clients send them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from urllib.parse import unquote

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

MOST_FIELD_BYTES = 1 << 20
"""Of all fields of a form that are no files."""


class _RecordingFormParser(MultiPartParser):
    """Takes the parts of these names for files, also where they have no file name, or have it only
    in its extended form (`filename*`, RFC 5987).
    """

    recordings: Collection[str] = ()
    spool_max_size = 1 << 14  # a batch has a thousand of them
    field_bytes = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of a part; the fields are kept in memory, and bounded together."""
        if self._current_part.file is None:
            self.field_bytes += end - start
            if self.field_bytes > MOST_FIELD_BYTES:
                raise MultiPartException(
                    f"the form's fields have more than {MOST_FIELD_BYTES:,} bytes; send less text"
                )
        super().on_part_data(data, start, end)

    def on_headers_finished(self) -> None:
        """Give the part the file name that it lacks."""
        part = self._current_part
        _, options = parse_options_header(part.content_disposition)
        named = options.get(b"name", b"").decode("latin-1") in self.recordings
        if named and b"filename" not in options and part.content_disposition is not None:
            name = _plain(options.get(b"filename*", b"").decode("latin-1"))
            part.content_disposition += f'; filename="{name}"'.encode()
        super().on_headers_finished()


def _plain(extended: str) -> str:
    """`UTF-8''fr%C3%A5ga.wav` as text that can stand between quotes; `file` where there is none."""
    name = unquote(extended.rpartition("'")[2])
    return "".join(letter for letter in name if letter.isprintable() and letter not in '"\\') or (
        "file"
    )


@asynccontextmanager
async def recording_form(
    request: Request,
    recordings: Collection[str],
    *,
    max_files: int,
    max_fields: int,
) -> AsyncGenerator[FormData, None]:
    """The multipart form of the request, closed at the end.

    recordings: the names of the fields that are files. Raises HTTPException for a form that cannot
    be read or has more than it may.
    """
    parser = _RecordingFormParser(
        request.headers,
        request.stream(),
        max_files=max_files,
        max_fields=max_fields,
        max_part_size=MOST_FIELD_BYTES,
    )
    parser.recordings = recordings
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise HTTPException(status_code=400, detail=error.message) from error
    try:
        yield form
    finally:
        await form.close()
