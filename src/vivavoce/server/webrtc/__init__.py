"""Calls from browsers by WebRTC: audio both ways, and a data channel for events.

Only the transport: what is said over it is the caller's. aiortc, which takes a while to import,
is imported by the first call, in a thread.

    browser ── UDP ── ICE (ports) ── DTLS ─┬─ SRTP → microphone → Call.audio()
                                           │         loudspeaker ← Call.sink
                                           └─ SCTP ↔ texts: Call.messages(), Call.send()
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING

from vivavoce.config.server_settings import ServerSettings
from vivavoce.registry import missing

if TYPE_CHECKING:
    from .call import WebRtcCall

__all__ = ["Patience", "open_call"]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call waits for its peer, in seconds.

    connect_s: from the answer until the connection stands. channel_s: from then until the data
    channel that was offered is open. silent_s: without a packet of any kind.
    """

    connect_s: float = 20.0
    channel_s: float = 20.0
    silent_s: float = 15.0


def open_call(settings: ServerSettings, patience: Patience | None = None) -> Opening:
    """A new call as a context, at whose end it is closed: `async with … as call`.

    Raises EngineUnavailable where aiortc is not installed, BadConfig where the settings make no
    sense.
    """
    return Opening(settings, patience or Patience())


class Opening:
    """A call that is about to be made."""

    def __init__(self, settings: ServerSettings, patience: Patience) -> None:
        self._settings = settings
        self._patience = patience
        self._call: WebRtcCall | None = None

    async def __aenter__(self) -> WebRtcCall:
        module = await asyncio.to_thread(_implementation)
        call: WebRtcCall = module.WebRtcCall(self._settings, self._patience)
        self._call = await call.__aenter__()
        return call

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._call is not None
        await self._call.__aexit__(kind, error, trace)


def _implementation() -> ModuleType:
    try:
        return import_module(".call", __name__)
    except ImportError as error:
        raise missing("WebRTC", error) from None
