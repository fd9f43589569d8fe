"""An engine of your own: a voice that beeps once for every word, and has been checked."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from vivavoce.engines import Speech, TtsOptions, Voice, Word
from vivavoce.errors import BadRequest
from vivavoce.testing import check_tts


@dataclass(frozen=True)
class BeeperOptions:
    """What a configuration may set. All have defaults."""

    hertz: Annotated[int, Field(ge=20, le=8_000, description="how high it beeps")] = 880


class Beeper:
    """Keeps the contract `vivavoce.engines.Tts`; inherits nothing."""

    name = "beeper"
    model = None  # it has no weights to choose from
    local = True  # what is said stays on this machine
    rate = 16_000
    voices = (Voice("beep", "Beep"),)

    def __init__(self, options: BeeperOptions | None = None) -> None:
        self.hertz = (options or BeeperOptions()).hertz

    async def load(self) -> None:
        """There are no weights."""

    async def aclose(self) -> None:
        """Nothing to free."""

    async def open(self, options: TtsOptions) -> "BeeperStream":
        """A stream for one reply, for which the options stay the same."""
        if options.voice not in {None, "beep"}:
            raise BadRequest(f"beeper: no voice {options.voice!r}; try beep")
        return BeeperStream(self.rate, self.hertz, 0.2 / options.speed)


class BeeperStream:
    """Speaks the phrases of one reply; keeps the contract `vivavoce.engines.TtsStream`."""

    def __init__(self, rate: int, hertz: int, seconds: float) -> None:
        time = np.arange(round(seconds * rate)) / rate
        self.beep = (0.2 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)
        self.seconds = seconds

    async def speak(self, phrase: str) -> AsyncGenerator[Speech, None]:
        """A beep for each word of the phrase, with its time."""
        words = [word for word in phrase.split() if any(map(str.isalnum, word))]
        for i, word in enumerate(words):
            yield Speech(self.beep, (Word(word, i * self.seconds, (i + 1) * self.seconds),))

    async def aclose(self) -> None:
        """Nothing to free."""


asyncio.run(check_tts(Beeper()))
print("Beeper keeps the contract. Name it in an entry point of the group vivavoce.tts.")
