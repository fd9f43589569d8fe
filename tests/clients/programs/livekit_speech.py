"""LiveKit's recognition and speech: `livekit_speech URL stream|recognize|speak RECORDING`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from livekit import rtc
from livekit.agents import stt, utils
from livekit.plugins import openai

from tests.clients.programs.microphone import CHUNK_BYTES, RATE, spoken, tell


async def stream(url: str, recording: bytes) -> None:
    """What is said into a microphone, read while it is spoken."""
    ears = openai.STT(base_url=url, api_key="none", model="gpt-4o-transcribe", use_realtime=True)
    listening = ears.stream()

    async def feed() -> None:
        async for chunk in spoken(recording):
            listening.push_frame(rtc.AudioFrame(chunk, RATE, 1, CHUNK_BYTES // 2))

    feeding = asyncio.create_task(feed())
    partials = []
    async for event in listening:
        if event.type == stt.SpeechEventType.INTERIM_TRANSCRIPT:
            partials.append(event.alternatives[0].text)
        if event.type == stt.SpeechEventType.FINAL_TRANSCRIPT:
            tell(text=event.alternatives[0].text, partials=partials)
            break
    feeding.cancel()
    await listening.aclose()
    await ears.aclose()


async def recognize(url: str, recording: bytes) -> None:
    """A whole recording, read."""
    ears = openai.STT(base_url=url, api_key="none", model="gpt-4o-transcribe")
    event = await ears.recognize([rtc.AudioFrame(recording, RATE, 1, len(recording) // 2)])
    tell(text=event.alternatives[0].text)
    await ears.aclose()


async def speak(url: str, _: bytes) -> None:
    """A text, spoken."""
    voice = openai.TTS(base_url=url, api_key="none", model="tts-1", voice="ash")
    seconds = 0.0
    async for audio in voice.synthesize("The weather in Lisbon is sunny today."):
        seconds += audio.frame.duration
    tell(seconds=seconds)
    await voice.aclose()


async def main(url: str, what: str, recording: bytes) -> None:
    async with utils.http_context.open():
        await {"stream": stream, "recognize": recognize, "speak": speak}[what](url, recording)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_bytes()))
