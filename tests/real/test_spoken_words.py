"""When voices say that their words begin, against the sound itself and against Whisper base.

Whisper's own times are early by a tenth of a second (0.13 s, where the sound after a pause shows
it), in all words alike, so that lag is taken out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest

from vivavoce.audio import Audio, Samples
from vivavoce.engine.kokoro.tts import Kokoro
from vivavoce.engines import Tts, TtsOptions, Word

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

PHRASES = """
The old library on the corner opens at nine, and most mornings a small crowd is already waiting
outside the heavy wooden doors.

My brother works in a hospital near the river, where he takes care of children who cannot
breathe without help.

If you want to bake good bread, you need flour, water, salt, a warm kitchen and plenty of
patience.

Yesterday evening we watched a film about a sailor who crossed the ocean alone in a boat that he
built himself.

Please remember to water the plants, feed the cat and close all the windows before you leave the
house.

Scientists have found that regular exercise improves memory, helps people sleep better and makes
the heart stronger.

The train to the city leaves every twenty minutes, but on Sundays it only runs once an hour
until noon.

She opened the letter slowly, read the first line twice and then put it back on the kitchen
table.

Many visitors come to this valley in autumn, when the leaves turn red and the mountains are
covered with morning fog.

After the meeting, the manager thanked everyone for their hard work and promised a longer break
in the summer.

You can pay by card or in cash, and if something is missing, just call the number on the back of
the receipt.

The children were playing football in the garden while their grandmother was reading a newspaper
under the apple tree.
"""
"""Twelve of them, 236 words."""


@pytest.fixture(params=["kokoro", "piper"])
async def voice(
    request: pytest.FixtureRequest, pulled: Callable[[str], Path]
) -> AsyncIterator[Tts]:
    engine: Tts
    if request.param == "kokoro":
        pulled("kokoro-v1.0")
        engine = Kokoro()
    else:
        tts = pytest.importorskip("vivavoce.engine.piper.tts", reason="needs vivavoce[piper]")
        pulled("piper-en_US-joe-medium")
        engine = tts.Piper(tts.PiperOptions("en_US-joe-medium"))
    await engine.load()
    yield engine
    await engine.aclose()


async def said(voice: Tts, phrase: str) -> tuple[Samples, list[Word]]:
    async with (
        aclosing(await voice.open(TtsOptions())) as stream,
        aclosing(stream.speak(phrase)) as spoken,
    ):
        pieces = [piece async for piece in spoken]
    words = [word for piece in pieces for word in piece.words]
    return np.concatenate([piece.samples for piece in pieces]), words


def plain(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def onsets(samples: Samples, rate: int) -> list[float]:
    """Seconds where sound begins after a tenth of a second or more without."""
    hop = rate // 200
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    loud = np.sqrt((frames**2).mean(axis=1)) > 0.01
    return [at / 200 for at in np.flatnonzero(loud) if at >= 24 and not loud[at - 24 : at].any()]


async def test_words_begin_when_they_are_heard(voice: Tts, pulled: Callable[[str], Path]) -> None:
    whisper = pytest.importorskip("faster_whisper", reason="needs vivavoce[whisper]")
    hearing = whisper.WhisperModel(str(pulled("whisper-base")), "cpu", compute_type="int8")
    differences, after_pauses, wrong = list[float](), list[float](), 0
    for phrase in (" ".join(lines.split()) for lines in PHRASES.split("\n\n")):
        samples, words = await said(voice, phrase)
        assert " ".join(word.text for word in words) == phrase
        for onset in onsets(samples, voice.rate):
            after_pauses.append(min((w.start - onset for w in words), key=abs))
        audio = Audio(samples, voice.rate).resampled(16_000).samples
        segments, _ = hearing.transcribe(audio, language="en", word_timestamps=True)
        heard = [word for segment in segments for word in segment.words]
        ours, theirs = [plain(w.text) for w in words], [plain(w.word) for w in heard]
        blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
        pairs = [(b.a + k, b.b + k) for b in blocks for k in range(b.size)]
        wrong += len(ours) - len(pairs)
        differences += [words[a].start - heard[b].start for a, b in pairs]
    lag = np.median(differences)
    assert len(differences) >= 200
    assert 0.05 < lag < 0.15
    assert np.median(np.abs(np.asarray(differences) - lag)) <= 0.060
    assert np.median(np.abs(after_pauses)) <= 0.040
    assert wrong <= 0.05 * (len(differences) + wrong)
