"""Word errors with and without noise suppression, in noise and in rooms."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np

from vivavoce.audio import Audio, Samples
from vivavoce.config.configuration import Config
from vivavoce.devices.audio_processing import WebRtcCleaner
from vivavoce.engines import Stt, Tts
from vivavoce.loading.open_engines import make
from vivavoce.testing.signals import (
    SPEECH_DB,
    at_speech_level,
    babble,
    coloured,
    reverberated,
    room_response,
)
from vivavoce.transcripts.word_errors import WordErrors, word_errors

from .report import Figure, Report
from .speech import RATE, SpeechClip, recorded, synthesized
from .transcribe import transcribed_whole, wer_percent

LEAD_S = 2.0
"""Noise that is heard before the speech begins, as a conversation has it."""

PREFIX_S = 0.3
"""So much of that is given to the recognizer, as a session gives it."""

WAYS = "as it is", "always suppressed", "suppressed in steady noise"

Heard: TypeAlias = Callable[[Samples, int], Samples]
"""What a microphone hears of speech; the number seeds what comes by chance."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A place to speak in."""

    name: str
    heard: Heard


async def bench_enhance(config: Config, speech: Path | None) -> Report:
    """Each clip in each condition: as it is, with suppression, and as Vivavoce decides."""
    stt = cast("Stt", make("stt", config.stt))
    await stt.load()
    clips = await _clips(config, speech)
    rows: list[dict[str, Figure]] = []
    texts: list[dict[str, Figure]] = []
    for condition in conditions([clip.audio.samples for clip in clips]):
        errors: dict[str, list[WordErrors]] = {way: [] for way in WAYS}
        used = 0.0
        for number, clip in enumerate(clips):
            captured = condition.heard(at_speech_level(clip.audio.samples), number)
            first = max(0, len(captured) - len(clip.audio.samples) - round(PREFIX_S * RATE))
            for way in WAYS:
                enhanced, share = await asyncio.to_thread(cleaned, captured, way)
                used += share if way == WAYS[2] else 0.0
                heard = Audio(enhanced[first:], RATE).resampled(stt.rate)
                text = await transcribed_whole(stt, heard)
                errors[way].append(word_errors(clip.text, text))
                texts.append(
                    {"condition": condition.name, "clip": clip.name, "way": way, "text": text}
                )
        rows.append(
            {
                "condition": condition.name,
                **{f"WER % {way}": wer_percent(of) for way, of in errors.items()},
                "suppressed for %": round(100 * used / len(clips)),
            }
        )
    await stt.aclose()
    notes = [f"{len(clips)} clips, {LEAD_S:.0f} s of noise before each ({stt.name})."]
    return Report("enhance", rows, notes, {"texts": texts})


async def _clips(config: Config, speech: Path | None) -> list[SpeechClip]:
    if speech is not None:
        return await asyncio.to_thread(recorded, speech)
    tts = cast("Tts", make("tts", config.tts))
    await tts.load()
    try:
        return await synthesized(tts)
    finally:
        await tts.aclose()


def conditions(talks: Sequence[Samples]) -> Iterator[Condition]:
    """Quiet; noises from loud to faint; rooms from dry to bare; both. talks: babble is of them."""
    yield Condition("quiet", lambda speech, seed: speech)
    for name, slope in (("white", 0.0), ("pink", 1.0)):
        for snr_db in (0, 5, 10, 20):
            yield Condition(f"{name} noise {snr_db} dB", _noisy(slope, snr_db))
    for snr_db in (5, 10):
        yield Condition(f"babble {snr_db} dB", _babbling(talks, snr_db))
    yield Condition("stereo, pink noise 5 dB in each", _stereo)
    for rt60_s in (0.3, 0.6, 0.9):
        yield Condition(f"room, RT60 {rt60_s} s", _in_room(rt60_s))
    yield Condition("room, RT60 0.6 s, and pink noise 10 dB", _in_noisy_room)


def _noisy(slope: float, snr_db: float) -> Heard:
    def heard(speech: Samples, seed: int) -> Samples:
        return _with(speech, coloured(_seconds(speech), slope, seed), snr_db)

    return heard


def _babbling(talks: Sequence[Samples], snr_db: float) -> Heard:
    def heard(speech: Samples, seed: int) -> Samples:
        others = [talks[(seed + step) % len(talks)] for step in (3, 5, 7, 11)]
        return _with(speech, babble(others, _seconds(speech), seed), snr_db)

    return heard


def _stereo(speech: Samples, seed: int) -> Samples:
    """Two microphones with a noise each, mixed as a stereo file is."""
    noise = coloured(_seconds(speech), 1.0, seed) + coloured(_seconds(speech), 1.0, seed + 1000)
    return _with(speech, noise / np.float32(2), 5)


def _in_room(rt60_s: float) -> Heard:
    def heard(speech: Samples, seed: int) -> Samples:
        return reverberated(speech, room_response(rt60_s, 0.0, seed))

    return heard


def _in_noisy_room(speech: Samples, seed: int) -> Samples:
    return _noisy(1.0, 10)(_in_room(0.6)(speech, seed), seed)


def _seconds(speech: Samples) -> float:
    return LEAD_S + len(speech) / RATE


def _with(speech: Samples, noise: Samples, snr_db: float) -> Samples:
    """The speech after `LEAD_S` of noise, which goes on. noise: RMS 1 is as loud as the speech."""
    mixed = noise * np.float32(10 ** ((SPEECH_DB - snr_db) / 20))
    mixed[-len(speech) :] += speech
    return np.asarray(np.clip(mixed, -1, 1), np.float32)


def cleaned(captured: Samples, way: str) -> tuple[Samples, float]:
    """What the recognizer gets, and for which share of it noise was suppressed."""
    if way == WAYS[0]:
        return captured, 0.0
    cleaner = WebRtcCleaner(
        RATE, echo=False, noise="always" if way == WAYS[1] else "steady", gain=False
    )
    block, nothing = RATE // 100, np.zeros(0, np.float32)
    whole = np.pad(captured, (0, -len(captured) % block)).reshape(-1, block)
    parts, used = [], 0
    for part in whole:
        parts.append(cleaner.clean(part, nothing, None))
        used += cleaner.suppresses
    return np.concatenate(parts), used / len(whole)
