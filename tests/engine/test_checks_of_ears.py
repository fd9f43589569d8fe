"""The checks of vad, turn and stt engines pass what is right and say what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from vivavoce.audio import Audio, Samples
from vivavoce.engines import SttOptions, Transcript
from vivavoce.testing import ScriptedStt, ScriptedTurn, ScriptedVad, hush, say
from vivavoce.testing.check_stt import check_stt
from vivavoce.testing.check_turn import check_turn
from vivavoce.testing.check_vad import check_vad
from vivavoce.testing.scripted import ScriptedSttStream, ScriptedVadStream

TEXT = "one two three four"
SPEECH = say(1.0)


async def test_scripted_engines_pass() -> None:
    await check_vad(ScriptedVad(), SPEECH)
    await check_turn(ScriptedTurn(0.5))
    await check_stt(ScriptedStt(*[TEXT] * 30), SPEECH, TEXT)


async def test_engines_without_speech_to_hear_are_checked_too() -> None:
    await check_vad(ScriptedVad())
    await check_stt(ScriptedStt())


class Vad(ScriptedVad):
    """Wrong in one way."""

    def __init__(self, stream: type[ScriptedVadStream]) -> None:
        super().__init__()
        self._stream = stream()

    def open(self) -> ScriptedVadStream:
        return self._stream.__class__()


class Leaky(ScriptedVadStream):
    heard: float = 0.0

    def feed(self, samples: Samples) -> Sequence[float]:
        Leaky.heard = max(Leaky.heard, float(samples.max(initial=0.0)))
        return [Leaky.heard for _ in super().feed(samples)]


class Wordy(ScriptedVadStream):
    def feed(self, samples: Samples) -> Sequence[float]:
        return [*super().feed(samples), 0.0]


class Sure(ScriptedVadStream):
    def feed(self, samples: Samples) -> Sequence[float]:
        return [2 * p for p in super().feed(samples)]


class Deaf(ScriptedVadStream):
    def feed(self, samples: Samples) -> Sequence[float]:
        return [0.1 for _ in super().feed(samples)]


class Unforgetting(ScriptedVadStream):
    def reset(self) -> None:
        pass


class Scribbling(ScriptedVadStream):
    def feed(self, samples: Samples) -> Sequence[float]:
        found = super().feed(samples)
        samples *= 0.5
        return found


@pytest.mark.parametrize(
    ("stream", "complaint"),
    [
        (Wordy, "frames gave"),
        (Sure, "not within 0 to 1"),
        (Deaf, "no speech is found"),
        (Unforgetting, "reset must forget"),
        (Leaky, r"changes the probabilities|two streams mix|silence is taken for speech"),
        (Scribbling, "must not change the"),
    ],
)
async def test_a_vad_that_is_wrong_is_told_so(
    stream: type[ScriptedVadStream], complaint: str
) -> None:
    quiet_then_loud = Audio(np.concatenate([hush(0.5).samples, say(0.51).samples]), 16_000)
    with pytest.raises(AssertionError, match=complaint):
        await check_vad(Vad(stream), quiet_then_loud)


async def test_a_turn_detector_that_is_wrong_is_told_so() -> None:
    with pytest.raises(AssertionError, match="not within 0 to 1"):
        await check_turn(ScriptedTurn(1.5))
    with pytest.raises(AssertionError, match=r"a finished utterance is over with 0.50"):
        await check_turn(ScriptedTurn(0.5), say(1.0), say(0.5))


class Stt(ScriptedStt):
    """Wrong in one way."""

    def __init__(self, stream: type[ScriptedSttStream]) -> None:
        super().__init__(*[TEXT] * 30)
        self._kind = stream

    async def open(self, options: SttOptions) -> ScriptedSttStream:
        await super().open(options)
        return self._kind(self, options)


class Inventing(ScriptedSttStream):
    async def finish(self) -> Transcript:
        found = await super().finish()
        return found if found.text else Transcript("Thank you for watching!")


class Forgetful(ScriptedSttStream):
    async def finish(self) -> Transcript:
        found = await super().finish()
        self._voiced = 0
        return found


class Retracting(ScriptedSttStream):
    async def feed(self, samples: Samples) -> Transcript | None:
        partial = await super().feed(samples)
        words = partial.text.split() if partial else []
        return Transcript(" ".join(reversed(words)), stable=len(words)) if words else None


class Talkative(ScriptedSttStream):
    async def feed(self, samples: Samples) -> Transcript | None:
        return Transcript(self._heard())


class Unclosed(ScriptedSttStream):
    tasks: set[asyncio.Task[None]] = set()  # noqa: RUF012 - shared, so that none is collected

    async def aclose(self) -> None:
        await super().aclose()
        self.tasks.add(asyncio.ensure_future(asyncio.sleep(3600)))


@pytest.mark.parametrize(
    ("stream", "complaint"),
    [
        (Inventing, "nothing was fed, yet"),
        (Forgetful, "finish gave"),
        (Retracting, "were stable, but became"),
        (Talkative, "was returned twice"),
        (Unclosed, "tasks are left running"),
    ],
)
async def test_an_stt_that_is_wrong_is_told_so(
    stream: type[ScriptedSttStream], complaint: str
) -> None:
    with pytest.raises(AssertionError, match=complaint):
        await check_stt(Stt(stream), SPEECH, TEXT)
    for task in Unclosed.tasks:
        task.cancel()


async def test_an_stt_that_misses_a_word_is_told_which() -> None:
    with pytest.raises(AssertionError, match=r"\['five'\] not found in 'one two three four'"):
        await check_stt(ScriptedStt(*[TEXT] * 30), SPEECH, f"{TEXT} five")


async def test_an_stt_that_takes_any_language_is_told_so() -> None:
    class Careless(ScriptedStt):
        async def open(self, options: SttOptions) -> ScriptedSttStream:
            return ScriptedSttStream(self, options)

    with pytest.raises(AssertionError, match="lacks the language 'tlh'"):
        await check_stt(Careless(*[TEXT] * 30), SPEECH, TEXT)
