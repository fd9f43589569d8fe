"""Speech to measure with: recordings where a folder of them is given, else synthesized.

A folder of recordings has a `manifest.jsonl`: a JSON object a line with `path`, `lang`, `text`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vivavoce.audio import Audio, Samples
from vivavoce.audio.levels import quietest_window
from vivavoce.engines import Tts, TtsOptions
from vivavoce.errors import BadRequest
from vivavoce.media.decode import read_audio

RATE = 16_000
_FRAME = RATE // 100
_VOICES = ("en-us", "en-us+m3", "en-us+m1", "en-us+rob")

QUESTIONS = (
    "What is the capital of France?",
    "How many days are there in a week?",
    "Who wrote Romeo and Juliet?",
    "What is the largest planet in the solar system?",
    "Can you tell me a short story about a dog?",
    "How do I make a cup of green tea?",
    "What colour do you get when you mix blue and yellow?",
    "Why is the sky blue in the morning?",
    "Where do polar bears live in the winter?",
    "What is the best way to learn a new language?",
    "How far away is the moon from the earth?",
    "What should I cook for dinner tonight?",
    "When did the second world war end?",
    "Could you explain what a black hole is?",
    "What is the fastest animal on land?",
    "How many minutes are there in two hours?",
    "Do you know any good books about history?",
    "What is the difference between a frog and a toad?",
    "Which ocean is the deepest in the world?",
    "How can I sleep better at night?",
    "What is the name of the highest mountain in the world?",
    "Is it safe to drink water from the river?",
    "What do bees make from the flowers?",
    "Please tell me something about the city of Rome.",
)


@dataclass(frozen=True, slots=True)
class SpeechClip:
    """One utterance. text: what is said; end: where the speech itself ends, in seconds."""

    name: str
    audio: Audio
    text: str
    end: float

    def with_pause(self, seconds: float) -> SpeechClip:
        """The same with a silence at the quietest place near its middle."""
        levels = _levels(self.audio)
        first, last = int(0.35 * self.end * 100), int(0.7 * self.end * 100)
        at = (first + 4 + quietest_window(levels[first:last], 8)) * _FRAME
        samples = np.concatenate((self.audio.samples[:at], room(seconds), self.audio.samples[at:]))
        return SpeechClip(self.name, Audio(samples, RATE), self.text, self.end + seconds)


async def synthesized(
    tts: Tts, texts: Iterable[str] = QUESTIONS, *, pause: float = 0.0
) -> list[SpeechClip]:
    """These texts in several voices, where the engine has them.

    pause: seconds of silence after the middle word, before which the voice does not fall.
    """
    known = {voice.id for voice in tts.voices}
    voices = [voice for voice in _VOICES if voice in known]
    clips = []
    for i, text in enumerate(texts):
        options = TtsOptions(voices[i % len(voices)] if voices else None, speed=0.85)
        words = text.split()
        middle = len(words) // 2
        parts = [" ".join(words[:middle]), " ".join(words[middle:])] if pause else [text]
        pieces = [trimmed(await spoken(tts, part, options)) for part in parts]
        clips.append(_clip(f"synthesized-{i:02}", pieces, text, pause))
    return clips


async def spoken(tts: Tts, text: str, options: TtsOptions) -> Audio:
    """What the engine makes of a text, at the engine's rate."""
    async with (
        aclosing(await tts.open(options)) as voice,
        aclosing(voice.speak(text)) as speech,
    ):
        pieces = [piece.samples async for piece in speech]
    return Audio(np.concatenate(pieces), tts.rate)


def recorded(folder: Path, *, language: str = "en", most_s: float = 12.0) -> list[SpeechClip]:
    """The recordings of a folder in this language, up to a length.

    Raises BadRequest when it has no manifest.
    """
    return [
        clip
        for path, text in manifest(folder, language)
        if (clip := _clip(path, [trimmed(read_audio(folder / path))], text)).end <= most_s
    ]


def manifest(folder: Path, language: str | None = None) -> Iterator[tuple[str, str]]:
    """Path and text of each recording."""
    try:
        lines = (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadRequest(f"cannot read manifest.jsonl in {folder}: {error}") from error
    for line in lines:
        entry = json.loads(line)
        if language in {None, entry["lang"]}:
            yield entry["path"], entry["text"]


def _clip(name: str, parts: Sequence[Samples], text: str, pause: float = 0.0) -> SpeechClip:
    """Speech at the level of a close microphone, in a quiet room."""
    loudest = max(float(np.abs(part).max()) for part in parts)
    pieces = [room(0.3)]
    for part in parts:
        pieces += [part * (0.5 / loudest), room(pause)]
    samples = np.concatenate(pieces[:-1]).astype(np.float32)
    return SpeechClip(name, Audio(samples, RATE), text, len(samples) / RATE)


def trimmed(audio: Audio) -> Samples:
    """Only the speech, at `RATE`."""
    audio = audio.resampled(RATE)
    levels = _levels(audio)
    peak = levels.max()
    floor = min(np.quantile(levels, 0.05) * 4, peak / 2)
    loud = np.flatnonzero(levels > max(peak * 0.01, floor))
    first, last = max(0, loud[0] - 3), loud[-1] + 1
    return audio.samples[first * _FRAME : last * _FRAME]


def _levels(audio: Audio) -> Samples:
    """The RMS of each 10 ms."""
    frames = len(audio.samples) // _FRAME
    framed = audio.samples[: frames * _FRAME].reshape(frames, _FRAME)
    power: Samples = (framed**2).mean(axis=1, dtype=np.float32)
    return np.sqrt(power)


def room(seconds: float) -> Samples:
    """A quiet room: noise at -75 dBFS."""
    noise = np.random.default_rng(7).standard_normal(round(seconds * RATE))
    return (noise * 10 ** (-75 / 20)).astype(np.float32)
