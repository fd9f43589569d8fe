"""What the callers' steps sound like."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vivavoce.audio import Audio, Samples
from vivavoce.bench.speech import manifest, spoken, trimmed
from vivavoce.engines import Tts, TtsOptions
from vivavoce.errors import BadRequest
from vivavoce.media.decode import read_audio
from vivavoce.testing.signals import (
    RATE,
    at_speech_level,
    babble,
    coloured,
    noise_of,
    recorded_response,
    reverberated,
    room_response,
    unit,
)

from .scenario import Scenario, Step, Words

NOISE_S = 20.0
_TALK = (
    "The train to the coast leaves from the other platform on Sundays and holidays.",
    "I told her that we would bring the chairs if somebody else brings the table.",
    "They painted the kitchen yellow last year and now they want to do it again.",
    "My brother works at the bakery so he gets up at three in the morning.",
)


class NoRecordings(BadRequest):
    """A scenario needs recordings, and there are none."""


@dataclass(frozen=True, slots=True, eq=False)
class CallerClip:
    """A step's sound. parts: where it sounds, in seconds, without pauses and reverberation."""

    samples: Samples
    parts: tuple[tuple[float, float], ...]
    text: str


class Cast:
    """The voices that speak for the callers.

    tts: speaks. recordings: a folder with a manifest, or None.
    """

    def __init__(self, tts: Tts, recordings: Path | None = None) -> None:
        self._tts = tts
        self._known = {voice.id for voice in tts.voices}
        self._recordings = recordings

    def voice(self, scenario: Scenario, number: int) -> str | None:
        """Who speaks in the call of this number; None is the engine's own voice."""
        voices = [voice for voice in scenario.voices if voice in self._known]
        return voices[number % len(voices)] if voices else None

    async def clip(
        self,
        scenario: Scenario,
        step: Step,
        text: Words | None,
        voice: str | None,
        take: int = 0,
    ) -> CallerClip | None:
        """A step's sound, in the scenario's room; None of one that is silent.

        Raises NoRecordings where there is none of that name.
        """
        dry = await self._dry(step, text, voice, take)
        room = scenario.room
        if dry is None or room is None:
            return dry
        if room.recording is not None:
            response = recorded_response(self._read(room.recording))
        else:
            assert room.rt60_s is not None
            response = room_response(room.rt60_s, room.direct_db, seed_of(scenario.name))
        return CallerClip(reverberated(dry.samples, response), dry.parts, dry.text)

    async def noise(self, scenario: Scenario) -> Samples | None:
        """The scenario's noise with an RMS of 1; goes on from its beginning at its end."""
        setting, seed = scenario.noise, seed_of(scenario.name)
        if setting is None:
            return None
        if setting.recording is not None:
            return unit(self._read(setting.recording))
        if setting.kind in {"white", "pink"}:
            return coloured(NOISE_S, 1.0 if setting.kind == "pink" else 0.0, seed)
        known = sorted(voice for voice in self._known if voice.startswith("en"))
        voices = [known[(seed + 7 * i) % len(known)] if known else None for i in range(len(_TALK))]
        talks = [
            (await self._speech(words, TtsOptions(voice))).samples
            for words, voice in zip(_TALK, voices, strict=True)
        ]
        return babble(talks, NOISE_S, seed)

    async def _dry(
        self, step: Step, text: Words | None, voice: str | None, take: int
    ) -> CallerClip | None:
        if step.sound is not None:
            samples = noise_of(step.sound, seed_of(f"{step.sound}{voice}{take}"))
            samples = samples * np.float32(10 ** (step.level_db / 20))
            return CallerClip(samples, ((0.0, len(samples) / RATE),), "")
        if step.recording is not None:
            path = text if step.recording == "{text}" else step.recording
            assert isinstance(path, str)
            return self._recorded(path, step.level_db)
        if step.say is None:
            return None
        words = text if step.say == "{text}" else step.say
        assert words is not None
        named = step.voice if step.voice in self._known else voice
        return await self._said(parts_of(words, step.pause_s), step, named)

    async def _said(
        self, parts: Sequence[str | float], step: Step, voice: str | None
    ) -> CallerClip:
        options = TtsOptions(voice, speed=step.speed)
        pieces: list[Samples] = []
        spans: list[tuple[float, float]] = []
        now = 0.0
        for part in parts:
            if isinstance(part, str):
                piece = trimmed(await self._speech(part, options))
                spans.append((now, now + len(piece) / RATE))
            else:
                piece = np.zeros(round(part * RATE), np.float32)
            now += len(piece) / RATE
            pieces.append(piece)
        samples = at_speech_level(np.concatenate(pieces), step.level_db)
        return CallerClip(samples, tuple(spans), " ".join(p for p in parts if isinstance(p, str)))

    async def _speech(self, text: str, options: TtsOptions) -> Audio:
        return (await spoken(self._tts, text, options)).resampled(RATE)

    def _recorded(self, path: str, level_db: float) -> CallerClip:
        samples = self._read(path)
        assert self._recordings is not None
        texts = dict(manifest(self._recordings))
        if path not in texts:
            raise NoRecordings(f"{self._recordings} has no text for {path} in its manifest")
        samples = at_speech_level(trimmed(Audio(samples, RATE)), level_db)
        return CallerClip(samples, ((0.0, len(samples) / RATE),), texts[path])

    def _read(self, path: str) -> Samples:
        if self._recordings is None:
            raise NoRecordings(f"the recording {path} needs a folder: --speech FOLDER")
        if not (self._recordings / path).is_file():
            raise NoRecordings(f"{self._recordings} has no {path}")
        return read_audio(self._recordings / path, rate=RATE).samples


def parts_of(words: Words, pause_s: float | None) -> list[str | float]:
    """Texts and pauses in turn. pause_s: one more, after the middle word of a single text."""
    parts: list[str | float] = [words] if isinstance(words, str) else list(words)
    if pause_s is None or len(parts) > 1:
        return parts
    all_words = str(parts[0]).split()
    middle = len(all_words) // 2
    if not middle:
        return parts
    return [" ".join(all_words[:middle]), pause_s, " ".join(all_words[middle:])]


def seed_of(name: str) -> int:
    """The same for the same name, on every machine."""
    return zlib.crc32(name.encode())
