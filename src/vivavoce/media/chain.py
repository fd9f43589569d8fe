"""Where in its bytes a recording goes on with another file of its kind.

Files that were put one after another (`cat a.ogg b.ogg`, the songs of an Internet radio, a
recorder that was restarted) are a chain. libav reads on with the first one's settings, or ends
where the first ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from .transport_stream import ProgramScanner

_PACKET = b"G"
"""How a transport stream's packets begin; `ProgramScanner` looks whether it is one."""
HEAD = 16
"""How many bytes of a file tell its kind."""

_LONGEST = 16
"""Bytes of the longest mark."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of file: how it begins, and what shows within one that another begins.

    The mark has eight bytes or more that do not occur together by chance. firsts: its first byte.
    """

    head: bytes
    mark: bytes
    firsts: bytes


_OGG = _Kind(rb"OggS\x00", rb"OggS\x00(.)", b"O")
_KINDS = (
    _OGG,
    _Kind(rb"fLaC", rb"fLaC[\x00\x80]\x00\x00\x22", b"f"),
    _Kind(rb"(?:RIFF|RF64|BW64).{4}WAVE", rb"(?:RIFF|RF64|BW64).{4}WAVE", b"RB"),
    _Kind(rb"riff\x2e\x91\xcf\x11", rb"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00", b"r"),
    _Kind(rb"RIFF.{4}AVI ", rb"RIFF.{4}AVI ", b"R"),
    _Kind(rb"\x1aE\xdf\xa3", rb"\x1aE\xdf\xa3(?:[\x80-\xff]|\x01.{7})B\x86\x81", b"\x1a"),
    _Kind(rb".{4}ftyp", rb"\x00\x00\x00[\x10-\x80]ftyp[ -~]{4}", b"\x00"),
    _Kind(rb"FORM.{4}AIF[FC]", rb"FORM.{4}AIF[FC]", b"F"),
    _Kind(rb"caff", rb"caff\x00\x01\x00\x00desc", b"c"),
    _Kind(rb"\.snd", rb"\.snd\x00\x00\x00[\x18-\xff].{4}\x00\x00\x00[\x01-\x1b]", b"."),
    _Kind(rb"FLV\x01", rb"FLV\x01[\x01\x04\x05]\x00\x00\x00\x09", b"F"),
)


class ChainScanner(Protocol):
    """Finds where the next file begins, in bytes that come piece by piece."""

    def jumped(self) -> None:
        """The next piece does not follow the last."""
        ...

    def missing(self, data: bytes) -> int:
        """How many bytes more would show whether a file begins in the last ones."""
        ...

    def find(self, data: bytes, *, fresh: bool) -> int | None:
        """Where in the data the next file begins. fresh: the data begin with a file."""
        ...


def scanner_of(head: bytes) -> ChainScanner | None:
    """For a file that begins so; None for kinds that libav reads on by itself."""
    if head[:1] == _PACKET:
        return ProgramScanner()
    kind = next((it for it in _KINDS if re.match(it.head, head, re.DOTALL)), None)
    return MarkScanner(kind) if kind else None


class MarkScanner:
    """Finds where the next file begins, in bytes that come piece by piece."""

    def __init__(self, kind: _Kind) -> None:
        self._kind = kind
        self._mark = re.compile(kind.mark, re.DOTALL)
        # Each Ogg page tells whether it begins a stream; those of one file stand together.
        self._page_begins: bool | None = None

    def jumped(self) -> None:
        """The next piece does not follow the last."""
        self._page_begins = None

    def missing(self, data: bytes) -> int:
        """How many bytes more would show whether a file begins in the last ones."""
        for at in range(max(0, len(data) - _LONGEST + 1), len(data)):
            if data[at] in self._kind.firsts:
                return _LONGEST - (len(data) - at)
        return 0

    def find(self, data: bytes, *, fresh: bool) -> int | None:
        """Where in the data the next file begins. fresh: the data begin with a file."""
        if self._kind is not _OGG:
            found = self._mark.search(data, 1 if fresh else 0)
            return found.start() if found else None
        for page in self._mark.finditer(data):
            begins = bool(page[1][0] & 2)
            if begins and self._page_begins is False:
                return page.start()
            self._page_begins = begins
        return None
