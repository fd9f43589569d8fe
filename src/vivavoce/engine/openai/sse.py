"""Server-sent events, as far as model servers use them: the data of each event; pure."""

from __future__ import annotations

import re

_LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")
LONGEST_LINE = 8 << 20
"""Bytes; whoever sends more without a line end sends no events."""


class EventParser:
    """Finds the events in a stream of bytes, wherever it is cut."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[str]:
        """Take the next bytes; give the data of the events that they complete.

        Raises ValueError for a line that never ends.
        """
        *lines, self._rest = _LINE_END.split(self._rest + chunk)
        if len(self._rest) > LONGEST_LINE:
            raise ValueError(f"a line of more than {LONGEST_LINE} bytes")
        return [data for line in lines for data in self._feed_line(line)]

    def flush(self) -> list[str]:
        """What is complete but for its line ends, which some servers forget at the end."""
        last, self._rest = self._rest.rstrip(b"\r"), b""
        return [*self._feed_line(last), *self._feed_line(b"")]

    def _feed_line(self, line: bytes) -> list[str]:
        """A blank line ends an event; fields other than `data`, and comments, are skipped."""
        if not line:
            data, self._data = self._data, []
            return ["\n".join(data)] if data else []
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" ").decode(errors="replace"))
        return []
