"""One response's events, from `response.created` to `response.done`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from vivavoce.engines import ToolCall, Usage

from . import response_events as tell
from . import server_events
from .item_list import ItemList
from .items import ContentPart, FunctionCallItem, Item, MessageItem, new_id
from .response_events import OutputPosition
from .responses import Failure, Reason, ResponseConfig, Status, response_object

Send: TypeAlias = Callable[[Mapping[str, Any]], None]


class Response:
    """Sees to it that all that opens is closed, once, and that nothing follows the end.

    send: takes each event. Text and audio given after the end go nowhere.
    """

    def __init__(self, config: ResponseConfig, conversation: ItemList, send: Send) -> None:
        self.id = new_id("resp")
        self.config = config
        self.over = False
        self.message: MessageItem | None = None
        self._conversation = conversation
        self._send = send
        self._output: list[Item] = []
        self._text = ""
        self._calls: list[ToolCall] = []
        self._spoken = config.output_modalities == ("audio",)
        send(tell.response_created(self._object("in_progress")))

    # --- as it is made ---------------------------------------------------------------------------

    def write(self, text: str) -> None:
        """Text of the reply, as it is written."""
        if self.over or not text:
            return
        message = self._open_message()
        self._text += text
        told = tell.transcript_delta if self._spoken else tell.text_delta
        self._send(told(self._place(message), text))

    def speak(self, audio: str) -> None:
        """Audio of the reply, in base64."""
        if self.over:
            return
        message = self._open_message()
        self._send(tell.audio_delta(self._place(message), audio))

    def call(self, call: ToolCall) -> None:
        """A function that the model asks for; told once all that it said has been."""
        if not self.over:
            self._calls.append(call)

    # --- its end ---------------------------------------------------------------------------------

    def complete(self, usage: Usage | None) -> None:
        """All of it was made."""
        if self.over:
            return
        finish = "stop" if usage is None else usage.finish
        cut_short = finish in {"length", "content_filter"}
        self._close_message("incomplete" if cut_short else "completed", self._text)
        for call in self._calls:
            self._tell_call(call)
        if finish == "content_filter":
            self._end("incomplete", reason="content_filter", usage=usage)
        elif cut_short:
            self._end("incomplete", reason="max_output_tokens", usage=usage)
        else:
            self._end("completed", usage=usage)

    def cancel(self, reason: Literal["turn_detected", "client_cancelled"], heard: str) -> None:
        """It was stopped. heard: what of its words was heard."""
        if self.over:
            return
        self._close_message("incomplete", heard if self._spoken else self._text)
        self._end("cancelled", reason=reason)

    def fail(self, message: str) -> None:
        """It could not be made."""
        if self.over:
            return
        self._close_message("incomplete", self._text)
        self._end("failed", failure=Failure("server_error", message, "engine_failed"))

    # --- inside ----------------------------------------------------------------------------------

    def _open_message(self) -> MessageItem:
        if self.message is None:
            self.message = MessageItem(new_id("item"), "assistant", (), "in_progress")
            self._add(self.message)
            self._send(tell.content_part_added(self._place(self.message), self._part("")))
        return self.message

    def _close_message(self, status: Literal["completed", "incomplete"], text: str) -> None:
        """Close the message that is open. text: what it holds in the end."""
        message = self.message
        if message is None:
            return
        place, part = self._place(message), self._part(text)
        if self._spoken:
            self._send(tell.audio_done(place))
            self._send(tell.transcript_done(place, text))
        else:
            self._send(tell.text_done(place, text))
        self._send(tell.content_part_done(place, part))
        self.message = replace(message, content=(part,), status=status)
        self._finish(self.message)

    def _tell_call(self, call: ToolCall) -> None:
        item = FunctionCallItem(new_id("item"), call.id, call.name, "", "in_progress")
        self._add(item)
        place = self._place(item)
        if call.arguments:
            self._send(tell.arguments_delta(place, call.id, call.arguments))
        self._send(tell.arguments_done(place, call.id, call.name, call.arguments))
        self._finish(replace(item, arguments=call.arguments, status="completed"))

    def _add(self, item: Item) -> None:
        self._output.append(item)
        self._send(tell.output_item_added(self.id, self._index, item))
        if self.config.in_conversation:
            previous = self._conversation.insert(item)
            self._send(server_events.item_added(item, previous))

    def _finish(self, item: Item) -> None:
        self._output[-1] = item
        if self.config.in_conversation:
            self._conversation.replace(item)
            previous = self._conversation.previous_id(item)
            self._send(server_events.item_done(item, previous))
        self._send(tell.output_item_done(self.id, self._index, item))

    def _end(
        self,
        status: Status,
        *,
        reason: Reason | None = None,
        failure: Failure | None = None,
        usage: Usage | None = None,
    ) -> None:
        self.over = True
        done = self._object(status, reason=reason, failure=failure, usage=usage)
        self._send(tell.response_done(done))
        self._send(server_events.rate_limits_updated([]))

    @property
    def _index(self) -> int:
        return len(self._output) - 1

    def _place(self, item: Item) -> OutputPosition:
        return OutputPosition(self.id, item.id, self._index)

    def _part(self, text: str) -> ContentPart:
        return ContentPart("output_audio" if self._spoken else "output_text", text)

    def _object(
        self,
        status: Status,
        *,
        reason: Reason | None = None,
        failure: Failure | None = None,
        usage: Usage | None = None,
    ) -> dict[str, Any]:
        return response_object(
            self.id,
            self.config,
            status,
            conversation_id=self._conversation.id,
            output=self._output,
            reason=reason,
            failure=failure,
            usage=usage,
        )
