"""One conversation by the OpenAI Agents SDK: `agents_talk URL turn|tool|interrupt RECORDING`."""

# mypy: disable-error-code="import-not-found, untyped-decorator"

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from agents import function_tool
from agents.realtime import (
    RealtimeAgent,
    RealtimeRunner,
    RealtimeSession,
)

from tests.clients.programs.microphone import RATE, spoken, tell

asked: list[str] = []


@function_tool
def time_in(city: str) -> str:
    """The time of day in a city."""
    asked.append(city)
    return "noon"


class Seen:
    """What the user of the SDK sees. sound: bytes of PCM."""

    def __init__(self) -> None:
        self.sound = 0
        self.started: float | None = None
        self.interrupted = False
        self.after_interruption = 0
        self.replies = 0
        self.errors: list[str] = []

    def handle(self, event: Any) -> None:
        match event.type:
            case "audio":
                self.started = self.started or time.monotonic()
                self.sound += len(event.audio.data)
            case "audio_interrupted":
                self.interrupted = True
            case "error":
                self.errors.append(str(event.error))
            case "raw_model_event" if event.data.type == "turn_ended":
                self.replies += 1

    @property
    def played_s(self) -> float:
        """For how long the first reply has been playing."""
        return 0.0 if self.started is None else time.monotonic() - self.started


async def speak(session: RealtimeSession, seen: Seen, scenario: str, recording: bytes) -> None:
    if scenario == "interrupt":
        await session.send_message("talk on")
    async for chunk in spoken(recording, lambda: scenario != "interrupt" or seen.played_s > 1.0):
        await session.send_audio(chunk)


async def main(url: str, scenario: str, recording: bytes) -> None:
    tools = [time_in] if scenario == "tool" else []
    agent = RealtimeAgent(name="Host", instructions="Be brief.", tools=tools)
    session = await RealtimeRunner(agent).run(model_config={"url": url, "api_key": "none"})
    seen = Seen()
    replies = 1 if scenario == "turn" else 2
    history: list[Any] = []
    async with session:
        speaking = asyncio.create_task(speak(session, seen, scenario, recording))
        async for event in session:
            seen.handle(event)
            if event.type == "history_updated":
                history = event.history
            if seen.replies >= replies and event.type == "agent_end":
                break
        speaking.cancel()
    tell(
        seconds=seen.sound / 2 / RATE,
        interrupted=seen.interrupted,
        errors=seen.errors,
        asked=asked,
        history=[_line(item) for item in history if item.type == "message"],
    )


def _line(item: Any) -> tuple[str, str]:
    texts = (
        getattr(part, "transcript", None) or getattr(part, "text", "") for part in item.content
    )
    return item.role, "".join(text or "" for text in texts)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_bytes()))
