"""A live session with a source and a sink of your own.

Here the source plays a file at the speed of speech and the sink only counts; a telephone line,
a socket or a robot would do the same.
"""

import asyncio
import sys

import vivavoce
from vivavoce.conversation.sources import at_speed_of_speech
from vivavoce.events import Event, Heard, ReplyEnded


class CountingSink:
    """Where the reply's audio goes."""

    rate = 24_000
    lead_s = 0.1
    samples = 0

    def write(self, samples: object) -> None:
        """Queue float32 mono samples for the ear; called with at most `lead_s` ahead of it."""
        self.samples += len(samples)  # type: ignore[arg-type]

    def flush(self) -> int | None:
        """Drop what has not left yet: the user interrupts."""
        return None


async def main(path: str) -> None:
    sink = CountingSink()
    ended = asyncio.Event()

    def on_event(event: Event) -> None:
        match event:
            case Heard(_, transcript, final):
                print("heard:  " if final else "        …", transcript.text)
            case ReplyEnded(_, heard, why):
                print("replied:", heard, f"({why}; {sink.samples / sink.rate:.1f} s)")
                ended.set()

    settings = vivavoce.SessionSettings(max_reply_tokens=40)
    async with vivavoce.open_engines() as engines:
        session = vivavoce.Session(engines, sink, on_event, settings=settings)
        await session.run(at_speed_of_speech(vivavoce.read_audio(path), ended.is_set))


asyncio.run(main(sys.argv[1]))
