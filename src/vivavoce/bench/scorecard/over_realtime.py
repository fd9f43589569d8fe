"""Any server that speaks OpenAI Realtime over WebSocket, as a client that plays by the rules.

On `input_audio_buffer.speech_started` the client falls silent and tells the server how much was
heard (`conversation.item.truncate`), which is what the protocol leaves to it.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping

from vivavoce.audio import Resampler, Samples, from_pcm16, to_pcm16
from vivavoce.bench.server.realtime_client import (
    RATE,
    Event,
    RealtimeClient,
    RealtimeEndpoint,
    ServerFailed,
    open_realtime,
)
from vivavoce.testing.signals import RATE as CALLERS_RATE

from .phone import Phone
from .target import CallLine, Talk

_POLL_S = 1.0
_MOST_AHEAD_S = 600.0
_LEAST_WORDS = 8
_WORD_S = (0.12, 1.2)
"""How long a spoken word may be on average; else the audio has another rate than was agreed."""


class OverRealtime:
    """A server. turn_detection: a type to ask for; None leaves the server's own."""

    def __init__(self, endpoint: RealtimeEndpoint, turn_detection: str | None = None) -> None:
        self._endpoint = endpoint
        self._turn_detection = turn_detection

    @property
    def name(self) -> str:
        """Its address."""
        return self._endpoint.base

    async def call(self, phone: Phone, instructions: str | None, talk: Talk) -> None:
        """Run `talk` with a line to a new session; then close it.

        Raises ServerFailed, perhaps in a group, when the session cannot be had or breaks off.
        """
        async with open_realtime(self._endpoint) as client:
            _check_rate(client.session)
            await client.send(_update(self._endpoint, instructions, self._turn_detection))
            line = _RealtimeLine(client, phone)
            async with asyncio.TaskGroup() as group:
                hearing = group.create_task(line.hear())
                await talk(line)
                hearing.cancel()


class _RealtimeLine(CallLine):
    """One session, as its client sees it. playing: the response that is heard."""

    def __init__(self, client: RealtimeClient, phone: Phone) -> None:
        self._client = client
        self._phone = phone
        self._resampler = Resampler(CALLERS_RATE, RATE)
        self._item = ""
        self._over: set[str] = set()
        self._complete: set[str] = set()
        self._words: dict[str, str] = {}

    async def send(self, samples: Samples) -> None:
        """The next of the caller's sound."""
        self._perhaps_played_out()
        data = to_pcm16(self._resampler.feed(samples))
        await self._client.send(_append(data))

    async def ask_to_say(self, text: str) -> None:
        """A response whose instructions are to say this."""
        wanted = f"Say the following, word for word, and nothing else: {text}"
        response = {"instructions": wanted}
        await self._client.send(json.dumps({"type": "response.create", "response": response}))

    async def hear(self) -> None:
        """Take what the server tells, until cancelled."""
        while True:
            event = await self._client.receive(within_s=_POLL_S)
            if event is not None:
                await self._handle(event)

    async def _handle(self, event: Event) -> None:
        tell = self._phone.tell
        # The beta form has no `output_` in its names.
        match event["type"].replace("output_audio", "audio"):
            case "session.updated":
                _check_rate(_mapping(event, "session"))
            case "input_audio_buffer.speech_started":
                tell("speech started", value=_number(event, "audio_start_ms") / 1000)
                await self._interrupted()
            case "input_audio_buffer.speech_stopped":
                tell("speech stopped", value=_number(event, "audio_end_ms") / 1000)
            case "conversation.item.input_audio_transcription.delta":
                tell("partial", _text(event, "delta"))
            case "conversation.item.input_audio_transcription.completed":
                tell("final", _text(event, "transcript"))
            case "response.created":
                self._begin(_text(_mapping(event, "response"), "id"))
            case "response.audio.delta":
                self._play(event)
            case "response.audio_transcript.delta":
                reply = self._reply_of(event)
                self._words[reply] = self._words.get(reply, "") + _text(event, "delta")
                tell("wrote", _text(event, "delta"), reply=reply)
            case "response.done":
                self._done(_mapping(event, "response"))
            case "error":
                tell("failed", _text(_mapping(event, "error"), "message"))
            case _:
                pass

    # --- one reply -------------------------------------------------------------------------------

    def _begin(self, reply: str) -> None:
        if reply not in self._over and self._phone.under_way != reply:
            self._end("done")
            self._phone.tell("reply started", reply=reply)

    def _play(self, event: Event) -> None:
        reply = self._reply_of(event)
        if reply in self._over:
            return
        if self._phone.under_way != reply:
            self._begin(reply)
        self._item = _text(event, "item_id")
        self._phone.play(_sound(event), RATE, reply)
        if self._phone.speaker.until - self._phone.clock.now > _MOST_AHEAD_S:
            raise ServerFailed(f"the server sent {_MOST_AHEAD_S:g} s of audio more than was played")

    def _done(self, response: Event) -> None:
        reply = _text(response, "id")
        if reply != self._phone.under_way:
            return
        status = response.get("status")
        if status in {"cancelled", "failed"}:
            self._phone.flush()
            self._end("interrupted" if status == "cancelled" else "failed")
        else:
            self._complete.add(reply)
            self._check_pace(reply)
            self._perhaps_played_out()

    async def _interrupted(self) -> None:
        """The user speaks: the client's part of a barge-in."""
        reply = self._phone.under_way
        if not reply:
            return
        self._phone.flush()
        _, seconds = self._phone.speaker.played(reply)
        item = self._item
        self._end("interrupted")
        if item:
            heard = {"item_id": item, "content_index": 0, "audio_end_ms": int(1000 * seconds)}
            message = {"type": "conversation.item.truncate", **heard}
            await self._client.send(json.dumps(message))

    def _perhaps_played_out(self) -> None:
        reply = self._phone.under_way
        if reply in self._complete and self._phone.speaker.until <= self._phone.clock.now:
            self._end("done")

    def _end(self, why: str) -> None:
        reply = self._phone.under_way
        if reply:
            self._over.add(reply)
            self._item = ""
            self._phone.tell("reply ended", why, reply=reply)

    def _reply_of(self, event: Event) -> str:
        return _text(event, "response_id") or self._phone.under_way or "reply"

    def _check_pace(self, reply: str) -> None:
        """Tell when a reply is spoken impossibly fast or slowly."""
        _, seconds = self._phone.speaker.played(reply)
        count = len(self._words.get(reply, "").split())
        least, most = _WORD_S
        if count >= _LEAST_WORDS and not least <= seconds / count <= most:
            self._phone.tell(
                "failed",
                f"a reply of {count} words lasts {seconds:.1f} s at {RATE} Hz; does the server "
                "send another rate?",
            )


def _update(
    endpoint: RealtimeEndpoint, instructions: str | None, turn_detection: str | None
) -> str:
    """The session as the caller wants it."""
    wanted = {} if instructions is None else {"instructions": instructions}
    detection = None if turn_detection is None else {"type": turn_detection}
    if endpoint.beta:
        session: dict[str, object] = {
            **wanted,
            "modalities": ["audio", "text"],
            "input_audio_format": "pcm16",
            "output_audio_format": "pcm16",
            "input_audio_transcription": {"model": "whisper-1"},
            **({"turn_detection": detection} if detection else {}),
        }
    else:
        form = {"type": "audio/pcm", "rate": RATE}
        hearing: dict[str, object] = {"format": form, "transcription": {"model": "whisper-1"}}
        if detection:
            hearing["turn_detection"] = detection
        session = {
            **wanted,
            "type": "realtime",
            "output_modalities": ["audio"],
            "audio": {"input": hearing, "output": {"format": form}},
        }
    return json.dumps({"type": "session.update", "session": session})


def _check_rate(session: Event) -> None:
    """Raise ServerFailed for a session whose audio is not what this client plays."""
    match session:
        case {"audio": {"output": {"format": {"rate": int(rate)}}}} if rate != RATE:
            raise ServerFailed(f"the server speaks at {rate} Hz; Realtime's PCM has {RATE} Hz")
        case _:
            pass


def _append(data: bytes) -> str:
    audio = b64encode(data).decode()
    return f'{{"type":"input_audio_buffer.append","audio":"{audio}"}}'


def _sound(event: Event) -> Samples:
    try:
        return from_pcm16(b64decode(event["delta"], validate=True))
    except Exception as error:
        raise ServerFailed(f"the server sent invalid audio: {error}") from error


def _text(event: Event, key: str) -> str:
    value = event.get(key)
    return value if isinstance(value, str) else ""


def _number(event: Event, key: str) -> float:
    value = event.get(key)
    return float(value) if isinstance(value, int | float) else 0.0


def _mapping(event: Event, key: str) -> Mapping[str, object]:
    value = event.get(key)
    return value if isinstance(value, dict) else {}
