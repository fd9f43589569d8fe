"""Text as editors save it: UTF-8 or UTF-16, with or without a byte-order mark, any line ends."""

from __future__ import annotations

import codecs
import io
from pathlib import Path

from vivavoce.errors import BadRequest

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is how it begins
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LONGEST_MARK = 4


class UnreadableText(BadRequest):
    """Bytes that are no text in an encoding that can be told."""


def read_text(path: Path) -> str:
    """The file's text, with line feeds between the lines. Raises OSError or UnreadableText."""
    return decoded(path.read_bytes(), str(path))


def decoded(data: bytes, name: str) -> str:
    """The bytes as text, with line feeds between the lines. name: for the error, UnreadableText."""
    decoder = TextDecoder(name)
    return decoder.feed(data) + decoder.finish()


class TextDecoder:
    """Bytes that come in pieces as text, with line feeds between the lines.

    name: of the source, for errors.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._start = b""
        self._lines: io.IncrementalNewlineDecoder | None = None

    def feed(self, data: bytes) -> str:
        """The text that can be told by now. Raises UnreadableText."""
        if self._lines is None:
            self._start += data
            if not _is_clear(self._start):
                return ""
        return self._decode(data, final=False)

    def finish(self) -> str:
        """The rest, when no more comes. Raises UnreadableText for half a character."""
        return self._decode(b"", final=True)

    def _decode(self, data: bytes, *, final: bool) -> str:
        try:
            if self._lines is None:
                data, encoding = _without_mark(self._start)
                decoder = codecs.getincrementaldecoder(encoding)()
                self._lines = io.IncrementalNewlineDecoder(decoder, translate=True)
            return self._lines.decode(data, final)
        except UnicodeDecodeError:
            raise UnreadableText(f"{self._name} is not text in UTF-8; save it as UTF-8") from None


def _is_clear(start: bytes) -> bool:
    """Whether the beginning tells the encoding; a mark may still be coming."""
    if len(start) >= _LONGEST_MARK:
        return True
    possible = any(mark.startswith(start) for mark, _ in _MARKS)
    return not possible and not start.endswith(b"\0") and len(start) > 1


def _without_mark(start: bytes) -> tuple[bytes, str]:
    """What follows the byte-order mark, and the encoding; without a mark, zeros tell it."""
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return start[len(mark) :], encoding
    first = start[:_LONGEST_MARK]
    if len(first) >= 2 and 0 in first:
        zeros = tuple(byte == 0 for byte in first[:2])
        if zeros == (False, True):
            return start, "utf-16-le"
        if zeros == (True, False):
            return start, "utf-16-be"
    return start, "utf-8"
