"""What a server refuses, as errors of the library's tree.

Each is a `Refused`, which has the details, and the library's error of its kind besides: a server
that is busy raises what is both `Refused` and `EngineBusy`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ValidationError

from vivavoce.errors import (
    BadAudio,
    BadRequest,
    EngineBusy,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    VivavoceError,
)
from vivavoce.http_client.retries import retry_after


class Refused(VivavoceError):
    """The server says no.

    status: of HTTP; None where a WebSocket told it. code: for programs, such as `invalid_audio`.
    param: what in the request is wrong. retry_after: seconds after which it may succeed.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param
        self.retry_after = retry_after


class RefusedAudio(Refused, BadAudio):
    """The audio cannot be read, or is out of bounds."""


class RefusedRequest(Refused, BadRequest):
    """The request makes no sense, or the key is wrong."""


class RefusedBusy(Refused, EngineBusy):
    """There is no room now."""


class RefusedTimeout(Refused, EngineTimeout):
    """Something took the server too long."""


class RefusedUnavailable(Refused, EngineUnavailable):
    """The server, or one of its engines, is not there."""


class RefusedFailure(Refused, EngineError):
    """The server failed."""


_BY_CODE: Mapping[str | None, type[Refused]] = {
    "busy": RefusedBusy,
    "engine_busy": RefusedBusy,
    "engine_failed": RefusedFailure,
    "engine_timeout": RefusedTimeout,
    "engine_unavailable": RefusedUnavailable,
    "internal_error": RefusedFailure,
    "invalid_audio": RefusedAudio,
    "not_ready": RefusedUnavailable,
    "session_expired": RefusedTimeout,
    "shutting_down": RefusedUnavailable,
}
_BY_STATUS: Mapping[int, type[Refused]] = {
    408: RefusedTimeout,
    429: RefusedBusy,
    502: RefusedUnavailable,
    503: RefusedUnavailable,
    504: RefusedTimeout,
}


def refusal(
    message: str,
    *,
    status: int | None = None,
    code: str | None = None,
    param: str | None = None,
    retry_after: float | None = None,
) -> Refused:
    """The error for what the server said."""
    kind = _BY_CODE.get(code)
    if kind is None and status is not None:
        kind = _BY_STATUS.get(status, RefusedFailure if status >= 500 else RefusedRequest)
    if kind is None:
        kind = RefusedRequest if retry_after is None else RefusedBusy
    return kind(message, status=status, code=code, param=param, retry_after=retry_after)


class _RefusalError(BaseModel):
    message: str
    param: str | None = None
    code: str | None = None


class _RefusalBody(BaseModel):
    error: _RefusalError


def refusal_of(status: int, headers: Mapping[str, str], body: bytes, url: str) -> Refused:
    """The error for an HTTP answer that is none of success. body: its beginning."""
    after = retry_after(headers.get("retry-after"))
    try:
        told = _RefusalBody.model_validate_json(body).error
    except ValidationError:
        what = f"{url} returned status {status}"
        if 300 <= status < 400:
            what += f", a redirect to {headers.get('location', 'elsewhere')}; use that address"
        else:
            shown = body.decode(errors="replace").strip()[:80]
            what += f": {shown!r}" if shown else ""
            what += "; check that it is a Vivavoce server" if status < 500 else ""
        return refusal(what, status=status, retry_after=after)
    return refusal(told.message, status=status, code=told.code, param=told.param, retry_after=after)
