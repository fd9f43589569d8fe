"""The server's log: lines of text or of JSON on stderr, each with what it is about.

A line names the request, the session and the turn that its task works for. Nothing that was said
is in it unless `server.log_words` is set, and never audio.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Literal, TextIO

from vivavoce.server.live_conversations import current

from .request_log import request_id

_QUIET = ("uvicorn", "httpx", "httpcore", "websockets", "aioice", "aiortc")
"""Loggers of libraries, of which only warnings matter."""
_REFUSED = "ASGI callable returned without completing handshake."
"""uvicorn's words for a WebSocket that was answered with an HTTP error."""


def set_up(
    form: Literal["text", "json"], *, verbose: bool = False, stream: TextIO | None = None
) -> None:
    """Have all loggers of the process write here.

    stream: stderr unless given.
    """
    forms = {"text": TextLines, "json": JsonLines}
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(forms[form]())
    handler.addFilter(_is_news)
    handler.addFilter(_mark)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    ours = logging.getLogger("vivavoce")
    ours.handlers.clear()
    ours.setLevel(logging.DEBUG if verbose else logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What would change how a terminal shows a line: controls, breaks, directions, half characters."""


def escaped(text: str) -> str:
    r"""The text with such characters as Python writes them: `\n`, `\x1b`."""
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)


class TextLines(logging.Formatter):
    """`2026-11-21T09:58:46.123Z info server.run: the message  session=… turn=…`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback where there is one."""
        marks = "".join(f" {key}={value}" for key, value in _marks(record))
        message = escaped(record.getMessage())
        line = f"{_time(record)} {record.levelname.lower()} {_source(record)}: {message}"
        error = "".join(f"\n    {escaped(each)}" for each in _error(record).splitlines())
        return f"{line}{' ' if marks else ''}{escaped(marks)}{error}"


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's time, level, logger and message, its marks, and its error."""
        error = _error(record)
        line = json.dumps(
            {
                "time": _time(record),
                "level": record.levelname.lower(),
                "logger": record.name,
                "message": record.getMessage(),
                **dict(_marks(record)),
                **({"error": error} if error else {}),
            },
            ensure_ascii=False,
        )
        return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def _is_news(record: logging.LogRecord) -> bool:
    """Not that a task was cancelled, which is how things end, nor that a WebSocket was refused;
    uvicorn takes both for errors.
    """
    if record.exc_info and record.exc_info[0] is not None:
        return not issubclass(record.exc_info[0], asyncio.CancelledError)
    ended = (asyncio.CancelledError.__name__, _REFUSED)
    return not (record.name.startswith("uvicorn") and record.getMessage().rstrip().endswith(ended))


def _mark(record: logging.LogRecord) -> bool:
    """Note what the task that logs works for; the log may be written elsewhere."""
    conversation = current.get()
    record.request = request_id.get()
    record.session = conversation.id if conversation else None
    record.turn = (conversation.turn or None) if conversation else None
    return True


def _marks(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    for key in ("session", "turn", "request"):
        value = getattr(record, key, None)
        if value is not None:
            yield key, value


def _time(record: logging.LogRecord) -> str:
    day = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{day}.{int(record.msecs):03d}Z"


def _source(record: logging.LogRecord) -> str:
    return record.name.removeprefix("vivavoce.")


def _error(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[0] is None:
        return ""
    return "".join(traceback.format_exception(*record.exc_info)).rstrip()
