"""An engine of your own: a voice that beeps once for every word, and has been checked."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np

from vivavoce.engines import Speech, TtsOptions, Voice, Word
from vivavoce.errors import BadRequest
from vivavoce.testing import check_tts


class Beeper:
    """Keeps the contract `vivavoce.engines.Tts`; inherits nothing."""

    name = "beeper"
    rate = 16_000
    voices = (Voice("beep", "Beep"),)

    async def load(self) -> None:
        """There are no weights."""

    async def aclose(self) -> None:
        """Nothing to free."""

    async def speak(self, phrase: str, options: TtsOptions) -> AsyncIterator[Speech]:
        """A fifth of a second a word."""
        if options.voice not in {None, "beep"}:
            raise BadRequest(f"beeper: no voice {options.voice!r}; try beep")
        seconds = 0.2 / options.speed
        time = np.arange(round(seconds * self.rate)) / self.rate
        beep = (0.2 * np.sin(2 * np.pi * 880 * time)).astype(np.float32)
        words = [word for word in phrase.split() if any(map(str.isalnum, word))]
        for i, word in enumerate(words):
            yield Speech(beep, (Word(word, i * seconds, (i + 1) * seconds),))


asyncio.run(check_tts(Beeper()))
print("Beeper keeps the contract. Name it in an entry point of the group vivavoce.tts.")
