"""What a Realtime client did wrong, as the `error` event tells it."""

from __future__ import annotations

from vivavoce.errors import BadRequest


class WireError(BadRequest):
    """A client event that is refused; the session goes on.

    code: OpenAI's, such as `invalid_value`. param: the path of what is wrong, such as
    `session.audio.output.speed`. event_id: of the client's event, where it gave one.
    """

    def __init__(
        self, message: str, code: str, param: str | None = None, event_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.param = param
        self.event_id = event_id

    def about(self, event_id: str | None) -> WireError:
        """The same error, told of this client event."""
        return WireError(str(self), self.code, self.param, event_id)
