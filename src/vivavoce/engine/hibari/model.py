"""A Hibari voice's files, its phonemes and its network."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from vivavoce import models
from vivavoce.audio import Samples
from vivavoce.engine.english.phonemizer import EnglishPhonemizer
from vivavoce.engine.onnx import device_of, first_run, model_file, session
from vivavoce.engine.subgraph import subgraph
from vivavoce.engines import Pronunciation
from vivavoce.errors import EngineError, ModelError
from vivavoce.options import Compute

from .utterances import PhonemeText, utterances
from .vocoder import HOP, Spectra, Vocoder

STEP = 600
"""Samples; the network rounds durations to steps of 25 ms, which are two frames."""
_AROUND = 27
"""Frames at either side that have an influence on a frame: nine convolutions of seven each."""
_STEPS, _FEATURES = "/Round_output_0", "/Concat_43_output_0"
_SPECTRA = ("lh", "theta", "ln", "lr", "phi")
_SIZES = (32, 96)
"""Frames of the first pieces; more at once are faster in all, fewer are there sooner."""
_MOST_FRAMES = 256


@dataclass(frozen=True, slots=True, eq=False)
class Prosody:
    """How an utterance is going to be said.

    features: (channels, frames), from which the spectra are computed. pitch: (frames,) in Hz.
    starts: in samples, of each of its phonemes, and where the last one ends.
    """

    features: NDArray[np.float32]
    pitch: NDArray[np.float32]
    starts: NDArray[np.int64]


class HibariModel:
    """A loaded voice. Its methods block; one thread at a time.

    Raises ModelError for files that are missing, damaged or no such voice.
    """

    def __init__(self, model: str, compute: Compute) -> None:
        folder = models.fetch(model)
        path = model_file(folder, "hibari.onnx")
        self._ids = _alphabet(path.parent / "vocab.json")
        self._prosody, self._decoder = _sessions(path, compute)
        self.device = device_of(self._decoder, compute)
        self._phonemizer = EnglishPhonemizer(path.parent)
        with first_run(path):
            list(self.samples(self.prosody(PhonemeText("wˈʌn."), 1.0), 0))

    def utterances(
        self, phrase: str, pronunciations: Sequence[Pronunciation] = ()
    ) -> list[PhonemeText]:
        """What to say for a phrase, in parts."""
        return utterances(phrase, self._phonemizer, pronunciations)

    def prosody(self, utterance: PhonemeText, speed: float) -> Prosody:
        """How to say an utterance. Raises EngineError when the network fails."""
        known = [(i, self._ids[c]) for i, c in enumerate(utterance.phonemes) if c in self._ids]
        ids = np.asarray([[0, *(number for _, number in known), 0]], np.int64)
        feeds = {"ids": ids, "speed": np.asarray([speed], np.float32)}
        features, pitch, steps = _run(self._prosody, feeds)
        ends = np.cumsum(steps.reshape(-1).astype(np.int64)) * STEP
        starts = np.full(len(utterance.phonemes) + 1, ends[-2], np.int64)
        for order, (index, _) in reversed(list(enumerate(known))):
            starts[: index + 1] = ends[order]
        return Prosody(features[0], pitch[0], starts)

    def samples(self, prosody: Prosody, begin: int) -> Iterator[Samples]:
        """The audio from a frame of 300 samples on to the end of the last phoneme, piece by piece.

        Raises EngineError when the network fails.
        """
        frames = int(prosody.starts[-1]) // HOP
        vocoder = Vocoder(prosody.pitch[begin:frames])
        for size in itertools.chain(_SIZES, itertools.repeat(_MOST_FRAMES)):
            end = min(begin + size, frames)
            if end == begin:
                return
            first = max(begin - _AROUND, 0)
            features = prosody.features[None, :, first : end + _AROUND]
            spectra = _run(self._decoder, {_FEATURES: np.ascontiguousarray(features)})
            yield vocoder.feed(
                Spectra(*(each[0, :, begin - first : end - first] for each in spectra))
            )
            begin = end

    def close(self) -> None:
        """Close the word lists."""
        self._phonemizer.close()


def _alphabet(path: Path) -> dict[str, int]:
    try:
        loaded = json.loads(path.read_text("utf-8"))
        return {str(sign): int(number) for sign, number in loaded.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"cannot read {path} ({error}); pull the model again") from error


def _run(running: ort.InferenceSession, feeds: Mapping[str, object]) -> list[NDArray[np.float32]]:
    try:
        outputs: list[NDArray[np.float32]] = running.run(None, feeds)
    except Exception as error:
        # ONNX Runtime raises a class of its own per status, most of them straight Exceptions.
        raise EngineError(f"the voice failed: {error}") from error
    return outputs


def _sessions(path: Path, compute: Compute) -> tuple[ort.InferenceSession, ort.InferenceSession]:
    """What says how to speak, all of an utterance at once, and what speaks, frame by frame."""
    whole = path.read_bytes()
    try:
        prosody = subgraph(whole, (_FEATURES, "f0", _STEPS))
        decoder = subgraph(whole, _SPECTRA, (_FEATURES, 3))
    except ValueError as error:
        raise ModelError(
            f"{path} is damaged, or is no Hibari voice ({error}); pull it again"
        ) from error
    return session(path, compute, edited=prosody), session(path, compute, edited=decoder)
