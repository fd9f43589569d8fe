"""Errors as clients see them: one form for all HTTP answers, OpenAI's:
`{"error": {"message": …, "type": …, "param": …, "code": …}}`.
"""

from __future__ import annotations

from vivavoce.errors import (
    BadAudio,
    BadRequest,
    EngineBusy,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    ModelError,
    VivavoceError,
)


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
    match error:
        case Problem():
            return error
        case BadAudio():
            return Problem(str(error), code="invalid_audio")
        case BadRequest():
            return Problem(str(error), code="invalid_value")
        case EngineBusy():
            return Problem(str(error), status=503, code="engine_busy", retry_after=1.0)
        case EngineTimeout():
            return Problem(str(error), status=504, code="engine_timeout")
        case EngineUnavailable() | ModelError():
            return Problem(str(error), status=503, code="engine_unavailable")
        case EngineError():
            return Problem(str(error), status=500, code="engine_failed")
    return Problem("internal error; see the server's log", status=500, code="internal_error")


_CLOSE_CODES = {401: 3000, 403: 3003, 413: 1009, 429: 1013, 503: 1013}
"""By status; 3000 is what OpenAI closes with on a bad key."""


def close_code(problem: Problem) -> int:
    """The code that a WebSocket is closed with because of it."""
    if problem.code == "shutting_down":
        return 1001
    return _CLOSE_CODES.get(problem.status, 1011 if problem.status >= 500 else 1008)
