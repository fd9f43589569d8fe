"""Kokoro's files and its network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from vivavoce import models
from vivavoce.audio import Samples, clean
from vivavoce.concurrency.model_thread import StopFlag, Stopped
from vivavoce.engine.durations import with_durations
from vivavoce.engine.english.phonemizer import EnglishPhonemizer
from vivavoce.engine.interruptible import Interruptible
from vivavoce.engine.onnx import device_of, session
from vivavoce.errors import EngineError, ModelError
from vivavoce.options import Compute

from .alphabet import IDS
from .reading import PhonemePiece, read_english, read_espeak
from .voices import VoiceLanguage, VoicePack

RATE = 24_000
STEP = 600
"""Samples; the network's durations are in steps of 25 ms."""
LATE = round(0.035 * RATE)
"""Samples by which the network tells phonemes later than they are heard, in the median of 63 words
that begin after a pause or at the start."""
MOST = 510
"""Phonemes that the network takes at once, without the two silent ones around them."""
_INPUTS = ({"tokens", "style", "speed"}, {"input_ids", "style", "speed"})


@dataclass(frozen=True, slots=True, eq=False)
class KokoroAudio:
    """samples: at 24 kHz. starts: in samples, of each phoneme; empty where it is not told."""

    samples: Samples
    starts: NDArray[np.int64]


class KokoroModel:
    """A loaded model. Its methods block; one thread at a time.

    Raises ModelError for files that are missing, damaged or no such model.
    """

    def __init__(self, model: str, compute: Compute) -> None:
        path = _network(models.fetch(_known(model)))
        folder = path.parent.parent if path.parent.name == "onnx" else path.parent
        self.voices = VoicePack(folder)
        running = _session(path, compute)
        self.device = device_of(running, compute)
        self._session = Interruptible(running)
        self._ids, self._speed = _inputs(running, path)
        self._english: EnglishPhonemizer | None = None
        self._asked_english = False

    def pieces(self, phrase: str, language: VoiceLanguage) -> list[PhonemePiece]:
        """What to say for a phrase, piece by piece."""
        if language.code == "en-us" and not self._asked_english:
            self._english, self._asked_english = _english(), True
        if language.code == "en-us" and self._english is not None:
            return read_english(phrase, self._english)
        return read_espeak(phrase, language.code)

    def speak(
        self, phonemes: Sequence[str], voice: str, speed: float, stop: StopFlag
    ) -> KokoroAudio:
        """One piece; of one that is too long, its beginning.

        Raises Stopped within 20 ms when `stop` is set, EngineError when the network fails.
        """
        known = [(at, IDS[sign]) for at, sign in enumerate(phonemes) if sign in IDS][:MOST]
        ids = np.asarray([[0, *(number for _, number in known), 0]], np.int64)
        feeds = {
            self._ids: ids,
            "style": self.voices.style(voice, len(known)),
            "speed": np.asarray([speed], self._speed),
        }
        try:
            with self._session.stopped_by(stop):
                audio, *told = self._session.run(None, feeds)
        except Exception as error:
            # ONNX Runtime raises a class of its own per status, most of them straight Exceptions.
            if stop.is_set():
                raise Stopped from None
            raise EngineError(f"kokoro: the voice failed: {error}") from error
        samples = np.clip(clean(np.asarray(audio, np.float32).reshape(-1)), -1, 1)
        steps = np.asarray(told[-1], np.float64).reshape(-1) if told else np.zeros(0)
        if len(steps) != ids.shape[1] or not steps.sum():
            return KokoroAudio(samples, np.zeros(0, np.int64))
        ends = np.cumsum(steps) * STEP
        starts = np.full(len(phonemes) + 1, int(ends[-2]), np.int64)
        for order, (at, _) in reversed(list(enumerate(known))):
            starts[: at + 1] = int(ends[order])
        return KokoroAudio(samples, np.maximum(starts - LATE, 0))

    def close(self) -> None:
        """Close the word lists."""
        if self._english is not None:
            self._english.close()


def _known(model: str) -> str:
    own = f"kokoro-{model.removeprefix('kokoro-')}"
    return own if models.find(own) else model


def _english() -> EnglishPhonemizer | None:
    """None where the word lists cannot be had; espeak-ng reads English then."""
    try:
        return EnglishPhonemizer(models.fetch("hibari"))
    except ModelError:
        return None


def _network(place: Path) -> Path:
    if place.is_file():
        return place
    found = sorted([*place.glob("*.onnx"), *place.glob("onnx/*.onnx")])
    if len(found) != 1:
        raise ModelError(
            f"{place} contains {len(found)} .onnx files; give the path of the one to use"
        )
    return found[0]


def _session(path: Path, compute: Compute) -> ort.InferenceSession:
    try:
        edited = with_durations(path.read_bytes(), "Round")
    except (OSError, ValueError) as error:
        raise ModelError(
            f"ONNX Runtime cannot read the voice {path} ({error}); pull it again"
        ) from error
    return session(path, compute, edited=edited)


def _inputs(running: ort.InferenceSession, path: Path) -> tuple[str, type[np.generic]]:
    """What it calls its phonemes, and the type of its speed."""
    inputs = {each.name: str(each.type) for each in running.get_inputs()}
    if set(inputs) not in _INPUTS:
        raise ModelError(
            f"{path} is no Kokoro voice: it takes {', '.join(sorted(inputs))}; choose another"
        )
    (ids,) = set(inputs) - {"style", "speed"}
    return ids, np.float32 if "float" in inputs["speed"] else np.int32
