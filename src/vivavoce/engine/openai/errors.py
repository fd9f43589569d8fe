"""What a model server's refusals mean, as errors that say what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from vivavoce.errors import (
    BadRequest,
    EngineBusy,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    ModelServerRefusal,
)
from vivavoce.hints import nearest
from vivavoce.http_client.proxies import BadProxy
from vivavoce.http_client.retries import MAY_PASS, TransientFailure, retry_after

_SAID_LONGEST = 300
_PASSES = MAY_PASS | {409, 425, 500, 520, 522, 524, 529}


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """Whom a message is about.

    engine: such as `openai:whisper-1`. url: without secrets. models: those that the server
    lists. key: never to be shown; where it is set, in words, is `key_place`.
    """

    engine: str
    url: str
    model: str
    models: Sequence[str]
    key: str | None
    key_place: str

    def hide(self, text: str) -> str:
        """The text without the key."""
        return text.replace(self.key, "…") if self.key else text

    def unreachable(self, error: httpx.HTTPError) -> TransientFailure | EngineError:
        """What went wrong on the way there or back."""
        if isinstance(error, BadProxy):
            return EngineUnavailable(f"{self.engine}: {error}")
        reason = self.hide(str(error)) or type(error).__name__
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
            return TransientFailure(
                EngineUnavailable(
                    f"{self.engine}: nothing responds at {self.url} ({reason}); "
                    "start the server there, or set base_url"
                )
            )
        if isinstance(error, httpx.TimeoutException):
            return EngineTimeout(
                f"{self.engine}: {self.url} did not respond in time; raise the engine's timeouts"
            )
        if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
            return TransientFailure(
                EngineError(
                    f"{self.engine}: {self.url} broke the connection ({reason}); "
                    "see the server's log"
                )
            )
        return EngineError(
            f"{self.engine}: cannot connect to {self.url} ({reason}); check base_url"
        )

    def refused(
        self, path: str, status: int, headers: Mapping[str, str], body: bytes
    ) -> TransientFailure | EngineError | BadRequest:
        """What a status from 300 on means."""
        said = self.hide(_message(body))[:_SAID_LONGEST]
        quoted = f": {said}" if said else ""
        if status in {401, 403}:
            return EngineUnavailable(f"{self.engine}: {self._about_the_key()}")
        if status == 404:
            return EngineUnavailable(f"{self.engine}: {self._about_404(path, said)}")
        if status == 429 and "quota" in said.lower():
            return EngineUnavailable(
                f"{self.engine}: the account at {self.url} has no quota left{quoted}"
            )
        after = retry_after(headers.get("retry-after"))
        if status == 429:
            return TransientFailure(
                EngineBusy(f"{self.engine}: {self.url} is overloaded{quoted}"), after
            )
        if status in _PASSES:
            problem = f"{self.engine}: {self.url} returned status {status}{quoted}"
            return TransientFailure(EngineError(f"{problem}; see the server's log"), after)
        if status in {400, 413, 415, 422}:
            return ModelServerRefusal(
                f"{self.engine}: {self.url} rejected the request{quoted}", said
            )
        if status < 400:
            place = self.hide(headers.get("location", "elsewhere"))
            return EngineUnavailable(
                f"{self.engine}: {self.url} redirects to {place}; set base_url to the new address"
            )
        return EngineError(f"{self.engine}: {self.url} returned status {status}{quoted}")

    def _about_the_key(self) -> str:
        if self.key:
            return f"{self.url} rejected the key in {self.key_place}; put a valid one there"
        return f"{self.url} needs a key; put it in {self.key_place}"

    def _about_404(self, path: str, said: str) -> str:
        if self.models and self.model not in self.models:
            hint = nearest(self.model, self.models[:50])
            return f"{self.url} has no model {self.model!r}; {hint}"
        if "model" in said.lower():
            return f"{self.url} has no model {self.model!r} ({said}); set another model"
        return f"{self.url}/{path} does not exist; check base_url"


def _message(body: bytes) -> str:
    """The words in an error's body: of the shapes that servers use, or as it stands."""
    text = body.decode(errors="replace").strip()
    try:
        found = json.loads(text)
    except ValueError:
        found = "" if text.startswith("<") else text
    for field in ("error", "detail", "message"):
        if isinstance(found, dict) and field in found:
            found = found[field]
    said = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return re.sub(r"\s+", " ", said)
