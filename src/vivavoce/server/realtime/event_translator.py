"""What the core does, as a Realtime client is told of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from vivavoce import events
from vivavoce.conversation.playout import Sink
from vivavoce.conversation.session import Session

from . import server_events as tell
from .audio_output import CallSink, EventSink
from .item_list import ItemList
from .response import Response, Send
from .responses import ResponseConfig
from .user_speech import UserSpeech

Speech: TypeAlias = events.SpeechStarted | events.SpeechStopped | events.Heard | events.TurnDropped

REMEMBERED = 32
"""Items of which can be told what was heard of them, as many as the core remembers."""


class EventTranslator:
    """Tells a session's turns and responses, event by event.

    call: where the audio goes of a client that has a line for it; None sends it as events.
    usual: how a response is to be that nobody asked for. on_commit: called at each turn's end.
    response: the latest. turn: its number in the core. turns: by item, of the latest messages.
    asked: how the response is to be that begins next. cancelling: it is the client who interrupts.
    audio_started: the client was sent speech.
    """

    def __init__(
        self,
        conversation: ItemList,
        send: Send,
        call: Sink | None,
        usual: Callable[[], ResponseConfig],
        on_commit: Callable[[], None],
    ) -> None:
        self.speech = UserSpeech(conversation, send)
        self.sink = EventSink(self._speak) if call is None else CallSink(call, self._sound)
        self.response: Response | None = None
        self.turn = 0
        self.turns: OrderedDict[str, int] = OrderedDict()
        self.asked: ResponseConfig | None = None
        self.cancelling = False
        self.audio_started = False
        self._conversation = conversation
        self._send = send
        self._usual = usual
        self._on_commit = on_commit
        self._failure = ""
        self._sounding: str | None = None

    def handle(self, event: events.Event, session: Session) -> None:
        """Tell what this means. session: whose event it is."""
        match event:
            case (
                events.SpeechStarted()
                | events.SpeechStopped()
                | events.Heard()
                | events.TurnDropped()
            ):
                self._take_speech(event, session)
            case events.Failed(message=message):
                self._failure = message
            case _:
                self._take_reply(event)

    def _take_speech(self, event: Speech, session: Session) -> None:
        speech = self.speech
        match event:
            case events.SpeechStarted(turn, at):
                doubtful = session.replying and session.settings.turns.barge_in
                speech.start(turn, at, tell_now=not doubtful)
            case events.Heard(turn, transcript, final=False):
                speech.hear(turn, transcript)
            case events.SpeechStopped(turn, at):
                speech.confirm()
                speech.commit(turn, at)
                self._on_commit()
            case events.Heard(turn, transcript):
                speech.finish(turn, transcript, session.stt)
            case events.TurnDropped(turn, "failed"):
                speech.fail(turn, session.heard_s, self._failure)
            case events.TurnDropped(turn, why):
                speech.drop(turn, session.heard_s, asked=why == "cleared")

    def _take_reply(self, event: events.Event) -> None:
        response = self.response
        match event:
            case events.ReplyStarted(turn):
                self._begin(turn)
            case events.Wrote(text=text) if response is not None:
                response.write(text)
                self._remember(response)
            case events.ToolCalled(call=call) if response is not None:
                response.call(call)
            case events.ReplyMade(usage=usage, failed=failed) if response is not None:
                self.sink.end()
                if failed:
                    response.fail(self._failure)
                else:
                    response.complete(usage)
            case events.ReplyEnded(heard=heard, why=why) if response is not None:
                self._end(response, heard, why)

    def _begin(self, turn: int) -> None:
        config, self.asked = self.asked or self._usual(), None
        self.turn = turn
        self.sink.begin(config.output_format)
        self.response = Response(config, self._conversation, self._send)

    def _end(self, response: Response, heard: str, why: str) -> None:
        if why == "interrupted":
            if not self.cancelling:
                self.speech.confirm()
            if response.over:
                self._cut(response, heard)
            response.cancel("client_cancelled" if self.cancelling else "turn_detected", heard)
        elif why == "failed":
            response.fail(self._failure)
        if self._sounding is not None:
            stopped = (
                tell.output_audio_cleared if why == "interrupted" else tell.output_audio_stopped
            )
            self._send(stopped(self._sounding))
            self._sounding = None

    def _cut(self, response: Response, heard: str) -> None:
        """The reply was all sent, but not all heard."""
        if response.message is not None:
            part = replace(response.message.content[0], text=heard)
            self._conversation.replace(replace(response.message, content=(part,)))

    def _speak(self, audio: str) -> None:
        if self.response is not None:
            self.audio_started = True
            self.response.speak(audio)
            self._remember(self.response)

    def _sound(self) -> None:
        """The first audio of the reply goes out by the call."""
        self.audio_started = True
        if self.response is not None:
            self._sounding = self.response.id
            self._send(tell.output_audio_started(self.response.id))

    def _remember(self, response: Response) -> None:
        """Which turn of the core the response's message is."""
        if response.message is not None and response.message.id not in self.turns:
            self.turns[response.message.id] = self.turn
            if len(self.turns) > REMEMBERED:
                self.turns.popitem(last=False)
