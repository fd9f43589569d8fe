"""Every voice that is here: how good it sounds, how well it is understood, and how fast it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from statistics import median
from typing import cast

import numpy as np

from vivavoce import models
from vivavoce.audio import Audio, Samples
from vivavoce.engines import Stt, Tts, TtsOptions
from vivavoce.errors import BadRequest, VivavoceError, describe
from vivavoce.lab.quality import SpeechQuality, dnsmos
from vivavoce.models import MODELS
from vivavoce.registry import EngineSpec, create, is_local, names
from vivavoce.text.phrases import Phraser
from vivavoce.transcripts.word_errors import WordErrors, word_errors

from .report import Figure, Report
from .transcribe import transcribed_whole, wer_percent

SENTENCES = (
    "The birch canoe slid on the smooth planks.",
    "Glue the sheet to the dark blue background.",
    "It's easy to tell the depth of a well.",
    "These days a chicken leg is a rare dish.",
    "Rice is often served in round bowls.",
    "The juice of lemons makes fine punch.",
    "The box was thrown beside the parked truck.",
    "The hogs were fed chopped corn and garbage.",
    "Four hours of steady work faced us.",
    "A large size in stockings is hard to sell.",
)
"""List 1 of the Harvard sentences (IEEE, 1969)."""
_EARS = (EngineSpec("whisper", "base"), EngineSpec("moonshine", "tiny-en"))
"""Who reads the sentences back: the first whose weights are here."""


@dataclass(slots=True)
class _Measured:
    """What one voice did. first_s, work_s: to the first audio, and for all, by sentence."""

    engine: str
    voice: str
    first_s: list[float] = field(default_factory=list)
    work_s: list[float] = field(default_factory=list)
    spoken_s: list[float] = field(default_factory=list)
    quality: list[SpeechQuality] = field(default_factory=list)
    errors: list[WordErrors] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def row(self) -> dict[str, Figure]:
        """As the table has it."""
        return {
            "engine": self.engine,
            "voice": self.voice,
            "overall": _median(it.overall for it in self.quality),
            "signal": _median(it.signal for it in self.quality),
            "background": _median(it.background for it in self.quality),
            "P.808": _median(it.p808 for it in self.quality),
            "WER %": wer_percent(self.errors),
            "first audio ms": round(1000 * median(self.first_s), 1),
            "× real time": round(sum(self.spoken_s) / sum(self.work_s), 1),
        }


async def bench_voices(engines: Sequence[str], voices: Sequence[str]) -> Report:
    """The sentences by each voice.

    engines: `NAME` or `NAME:MODEL`; none means all whose packages and weights are here.
    voices: of those engines that have them; none means each engine's own.
    Raises BadRequest for an engine or a voice that is not there.
    """
    specs = [EngineSpec.parse(each) for each in engines] or voices_here()
    stt = await _ears()
    measured: list[_Measured] = []
    notes = [f"{len(SENTENCES)} Harvard sentences; medians of DNSMOS; read back by {stt.name}."]
    left = set(voices)
    try:
        for spec in specs:
            try:
                found = await _measure(spec, voices, stt)
            except BadRequest:
                raise
            except VivavoceError as error:
                notes.append(f"{spec} is left out: {describe(error)}")
                continue
            left -= {each.voice for each in found}
            measured += found
    finally:
        await stt.aclose()
    if left:
        raise BadRequest(
            f"no engine has the voice {min(left)!r}; `vivavoce voices` lists what there is"
        )
    texts = {f"{it.engine} {it.voice}": it.heard for it in measured}
    return Report("voices", [it.row() for it in measured], notes, {"heard": texts})


def voices_here() -> list[EngineSpec]:
    """The engines on this machine that can speak now, one for each of their models."""
    pulled = [it.name for it in models.installed() if it.model and it.model.kind == "tts"]
    found: list[EngineSpec] = []
    for name in names("tts"):
        if not is_local("tts", name):
            continue
        own = [it for it in MODELS if it == name or it.startswith(f"{name}-")]
        if not own:
            found.append(EngineSpec(name))
        for model in pulled:
            if model == name:
                found.append(EngineSpec(name))
            elif model.startswith(f"{name}-"):
                found.append(EngineSpec(name, model.removeprefix(f"{name}-")))
    return found


async def _ears() -> Stt:
    here = {it.name for it in models.installed()}
    spec = next((it for it in _EARS if f"{it.name}-{it.model}" in here), _EARS[-1])
    stt = cast("Stt", create("stt", spec))
    await stt.load()
    return stt


async def _measure(spec: EngineSpec, voices: Sequence[str], stt: Stt) -> list[_Measured]:
    tts = cast("Tts", create("tts", spec))
    try:
        await tts.load()
        known = [voice.id for voice in tts.voices]
        wanted = [voice for voice in voices if voice in known] if voices else known[:1]
        return [await _voice(tts, spec, voice, stt) for voice in wanted]
    finally:
        await tts.aclose()


async def _voice(tts: Tts, spec: EngineSpec, voice: str, stt: Stt) -> _Measured:
    measured = _Measured(str(spec), voice)
    await _speak(tts, voice, SENTENCES[0])  # what is loaded at the first call is not counted
    for sentence in SENTENCES:
        begun = time.perf_counter()
        pieces, first_s = await _speak(tts, voice, sentence)
        measured.work_s.append(time.perf_counter() - begun)
        measured.first_s.append(first_s)
        audio = Audio(np.concatenate([np.zeros(0, np.float32), *pieces]), tts.rate)
        measured.spoken_s.append(audio.seconds)
        measured.quality.append(await asyncio.to_thread(dnsmos, audio))
        heard = await transcribed_whole(stt, audio.resampled(stt.rate))
        measured.heard.append(heard)
        measured.errors.append(word_errors(sentence, heard))
    return measured


async def _speak(tts: Tts, voice: str, sentence: str) -> tuple[list[Samples], float]:
    """A sentence's audio, and how long the first piece of it took."""
    phraser = Phraser("en", first_words=30)
    phrases = [*phraser.feed(sentence), *phraser.flush()]
    pieces: list[Samples] = []
    begun, first_s = time.perf_counter(), 0.0
    async with aclosing(await tts.open(TtsOptions(voice))) as stream:
        for phrase in phrases:
            async with aclosing(stream.speak(phrase.spoken)) as speech:
                async for piece in speech:
                    first_s = first_s or time.perf_counter() - begun
                    pieces.append(piece.samples)
    return pieces, first_s


def _median(values: Iterable[float]) -> float:
    return round(median(values), 2)
