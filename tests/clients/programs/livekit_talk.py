"""One conversation by LiveKit Agents: `livekit_talk URL turn|manual|tool|interrupt RECORDING`."""

# mypy: disable-error-code="misc, untyped-decorator"

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from livekit import rtc
from livekit.agents import Agent, AgentSession, function_tool, utils
from livekit.agents.voice import io
from livekit.plugins import openai

from tests.clients.programs.microphone import CHUNK_BYTES, RATE, spoken, tell

asked: list[str] = []


@function_tool
async def time_in(city: str) -> str:
    """The time of day in a city."""
    asked.append(city)
    return "noon"


class Ear(io.AudioInput):
    """A microphone in place of a room."""

    def __init__(self, sound: AsyncIterator[bytes]) -> None:
        super().__init__(label="ear")
        self._sound = sound

    async def __anext__(self) -> rtc.AudioFrame:
        return rtc.AudioFrame(await anext(self._sound), RATE, 1, CHUNK_BYTES // 2)


class Loudspeaker(io.AudioOutput):
    """Plays in real time to nobody. seconds: what it was given in all."""

    def __init__(self) -> None:
        super().__init__(label="loudspeaker", capabilities=io.AudioOutputCapabilities(pause=False))
        self.seconds = 0.0
        self._segment = 0.0
        self._began: float | None = None
        self._end: asyncio.TimerHandle | None = None

    @property
    def played_s(self) -> float:
        """How much of what it plays has been heard."""
        return 0.0 if self._began is None else min(self._segment, time.monotonic() - self._began)

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._began is None:
            self._began = time.monotonic()
            self.on_playback_started(created_at=time.time())
        self._segment += frame.duration
        self.seconds += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._segment:
            left = self._segment - self.played_s
            self._end = asyncio.get_running_loop().call_later(left, self._finish, False)

    def clear_buffer(self) -> None:
        if self._segment:
            self._finish(True)

    def _finish(self, interrupted: bool) -> None:
        if self._end is not None:
            self._end.cancel()
        position, self._segment, self._began = self.played_s, 0.0, None
        self.on_playback_finished(playback_position=position, interrupted=interrupted)


def by_itself(url: str) -> AgentSession:
    """The server finds the turns."""
    return AgentSession(
        llm=openai.realtime.RealtimeModel(base_url=url, api_key="none"),
        vad=None,
        turn_handling={"turn_detection": "realtime_llm"},
        aec_warmup_duration=None,
    )


def by_hand(url: str) -> AgentSession:
    """The program says when a turn is over."""
    return AgentSession(
        llm=openai.realtime.RealtimeModel(base_url=url, api_key="none", turn_detection=None),
        vad=None,
        turn_handling={"turn_detection": "manual"},
        aec_warmup_duration=None,
    )


async def talk(url: str, scenario: str, recording: bytes) -> None:
    session = by_hand(url) if scenario == "manual" else by_itself(url)
    loudspeaker = Loudspeaker()
    interrupting = scenario == "interrupt"
    speech_input = Ear(spoken(recording, lambda: not interrupting or loudspeaker.played_s > 1.0))
    session.input.audio, session.output.audio = speech_input, loudspeaker
    errors: list[str] = []
    session.on("error", lambda event: errors.append(str(event.error)))
    replies: asyncio.Queue[Any] = asyncio.Queue()

    def added(event: Any) -> None:
        if event.item.type == "message" and event.item.role == "assistant":
            replies.put_nowait(event.item)

    session.on("conversation_item_added", added)
    await session.start(
        Agent(instructions="Be brief.", tools=[time_in] if scenario == "tool" else []),
        record=False,
    )
    if interrupting:
        session.generate_reply(user_input="talk on")
    if scenario == "manual":
        await asyncio.sleep(len(recording) / 2 / RATE + 0.5)  # till all is said
        session.commit_user_turn()
    said = [await replies.get() for _ in range(2 if interrupting else 1)]
    tell(
        seconds=loudspeaker.seconds,
        errors=errors,
        asked=asked,
        interrupted=[item.interrupted for item in said],
        history=[
            (item.role, item.text_content)
            for item in session.history.items
            if item.type == "message" and item.role != "system"
        ],
    )
    await session.aclose()


async def main(url: str, scenario: str, recording: bytes) -> None:
    async with utils.http_context.open():
        await talk(url, scenario, recording)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_bytes()))
