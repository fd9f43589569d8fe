"""Errors as clients see them: one form for all HTTP answers, OpenAI's:
`{"error": {"message": …, "type": …, "param": …, "code": …}}`.
"""

from __future__ import annotations

import logging

from vivavoce.errors import (
    BadAudio,
    BadRequest,
    EngineBusy,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    ModelError,
    ModelServerRefusal,
    VivavoceError,
)

_log = logging.getLogger(__name__)


class Problem(VivavoceError):
    """A request that is refused. retry_after: seconds after which it may succeed."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param
        self.retry_after = retry_after

    @property
    def type(self) -> str:
        """OpenAI's word for this kind of error; a wrong key is as any other wrong request."""
        match self.status:
            case 403:
                return "permission_error"
            case 429:
                return "rate_limit_error"
            case status if status >= 500:
                return "server_error"
        return "invalid_request_error"

    def body(self) -> dict[str, dict[str, str | None]]:
        """The answer's JSON."""
        return {
            "error": {
                "message": str(self),
                "type": self.type,
                "param": self.param,
                "code": self.code,
            }
        }


def problem_of(error: Exception) -> Problem:
    """What a client is told of this error; says nothing of those that nobody foresaw."""
    said = _public(error)
    match error:
        case Problem():
            return error
        case BadAudio():
            return Problem(said, code="invalid_audio")
        case BadRequest():
            return Problem(said, code="invalid_value")
        case EngineBusy():
            return Problem(said, status=503, code="engine_busy", retry_after=1.0)
        case EngineTimeout():
            return Problem(said, status=504, code="engine_timeout")
        case EngineUnavailable() | ModelError():
            return Problem(said, status=503, code="engine_unavailable")
        case ValueError() if "surrogates not allowed" in said:
            what = "a text has half a character (a surrogate without its other half); send it whole"
            return Problem(what, code="invalid_value")
        case RecursionError():
            return Problem("the request is nested too deeply", code="invalid_value")
        case EngineError():
            return Problem(said, status=500, code="engine_failed")
    return Problem("internal error; see the server's log", status=500, code="internal_error")


def is_private(message: str) -> bool:
    """Whether a message is about a server behind this one: it has an address in it, and perhaps
    what was said there.
    """
    return "://" in message


def public_message(engine: str, message: str) -> str:
    """What clients may read of an engine's failure."""
    return f"{engine} failed; see the server's log" if is_private(message) else message


def _public(error: Exception) -> str:
    """What a client may read of the error; the log has the rest."""
    said = str(error)
    behind = isinstance(error, EngineError | ModelError | ModelServerRefusal)
    if not (behind and is_private(said)):
        return said
    _log.warning("not told to the client: %s", said)
    if isinstance(error, ModelServerRefusal):
        return "the model rejected the request; send less, or see the server's log"
    return "an engine failed; see the server's log"


_CLOSE_CODES = {401: 3000, 403: 3003, 413: 1009, 429: 1013, 503: 1013}
"""By status; 3000 is what OpenAI closes with on a bad key."""


def close_code(problem: Problem) -> int:
    """The code that a WebSocket is closed with because of it."""
    if problem.code == "shutting_down":
        return 1001
    return _CLOSE_CODES.get(problem.status, 1011 if problem.status >= 500 else 1008)
