"""A Realtime client's WebSocket: it is let in, its events are read, and its end is a clean one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.websockets import WebSocket

from vivavoce.server.errors import Problem, close_code
from vivavoce.server.http.outbox import Outbox, messages
from vivavoce.server.http.sockets import converse_by
from vivavoce.server.service import Service

from . import server_events as tell
from .beta import to_beta
from .inputs import Inputs, put_message

_PROTOCOL = "realtime"
_BETA_PROTOCOL = "openai-beta.realtime-v1"
_BUSY = 3008
"""For a caller past its bounds: not one of the codes after which clients reconnect at once."""


class RealtimeConnection:
    """One client's WebSocket, in the GA form or the beta form."""

    def __init__(self, websocket: WebSocket, service: Service) -> None:
        offered = websocket.scope.get("subprotocols", [])
        header = websocket.headers.get("openai-beta", "")
        self.beta = "realtime=v1" in header or _BETA_PROTOCOL in offered
        self.websocket = websocket
        self.service = service
        self._limits = service.limits
        self._outbox = Outbox(websocket, self._limits.unsent_mb * 1e6)

    def send(self, event: Mapping[str, Any]) -> None:
        """Send a server event; never blocks."""
        for one in to_beta(dict(event)) if self.beta else (event,):
            self._outbox.send_json(one)

    async def serve(self, converse: Callable[[RealtimeConnection], Awaitable[None]]) -> None:
        """Let the client in, converse, and close; what goes wrong is told as an `error` event.

        converse: ends when the conversation is over; may raise anything.
        """
        names = ("realtime", _PROTOCOL)
        await converse_by(
            self._outbox, self.websocket, lambda: converse(self), self._tell, names=names
        )

    def _tell(self, problem: Problem) -> tuple[int, str]:
        """Say what went wrong; give the code and the reason to close with."""
        self.send(
            tell.error(str(problem), type=problem.type, code=problem.code, param=problem.param)
        )
        code = _BUSY if problem.status == 429 else close_code(problem)
        return code, f"{problem.type}.{problem.code}"

    async def read(self, inputs: Inputs, *, last: bool = True) -> None:
        """Put what the client sends into `inputs`, until it leaves.

        last: it is the only one who sends: then close them, also when it is silent for too long.
        Raises Problem past a bound.
        """
        limit = self._limits.message_mb * 1e6
        idle_s = self._limits.idle_s if last else None
        try:
            received = messages(self.websocket, limit, idle_s=idle_s, busy=lambda: not inputs.empty)
            async for message in received:
                await put_message(inputs, message, beta=self.beta)
        finally:
            if last:
                inputs.abandon()
