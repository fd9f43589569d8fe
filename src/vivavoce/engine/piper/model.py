"""A Piper voice's files, phonemes and network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from piper import PiperVoice, SynthesisConfig
from piper.config import PhonemeType, PiperConfig
from piper.const import BOS, PAD
from piper.phonemize_espeak import ESPEAK_DATA_DIR

from vivavoce import models
from vivavoce.audio import Samples
from vivavoce.concurrency.model_thread import StopFlag, Stopped
from vivavoce.engine.durations import with_durations
from vivavoce.engine.espeak.library import short_path
from vivavoce.engine.interruptible import Interruptible
from vivavoce.engine.onnx import device_of, session
from vivavoce.errors import EngineError, EngineUnavailable, ModelError
from vivavoce.options import Compute


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence's audio. starts: in samples, for each phoneme; empty where it is not told."""

    samples: Samples
    starts: NDArray[np.int64]


class PiperModel:
    """A loaded voice. Its methods block; one thread at a time."""

    def __init__(self, model: str, compute: Compute) -> None:
        network, settings = _files(model)
        self.settings = _read_settings(settings)
        try:
            self._config = PiperConfig.from_dict(dict(self.settings))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{settings} is not a Piper voice configuration ({error!r}); pull the voice again"
            ) from error
        running = _session(network, compute)
        self.device = device_of(running, compute)
        self._session = Interruptible(running)
        self._voice = PiperVoice(
            session=self._session,
            config=self._config,
            espeak_data_dir=short_path(Path(ESPEAK_DATA_DIR)),
            download_dir=models.home() / "piper",
        )

    @property
    def rate(self) -> int:
        """Hz of the audio."""
        return self._config.sample_rate

    @property
    def speakers(self) -> Mapping[str, int]:
        """Numbers by name; empty where there is just one."""
        if self._config.num_speakers <= 1:
            return {}
        named = self._config.speaker_id_map
        return named or {str(number): number for number in range(self._config.num_speakers)}

    @property
    def default_speaker(self) -> int:
        """The number of the speaker to use unless another is asked for."""
        return self._config.default_speaker_id

    @property
    def length_scale(self) -> float:
        """How slow the voice is by itself; 2 takes twice as long as 1."""
        return self._config.length_scale

    @property
    def language(self) -> str:
        """A code such as `en-us`; empty when it is not told."""
        language = self.settings.get("language")
        code = language.get("code") if isinstance(language, dict) else None
        return str(code or self._config.espeak_voice).lower().replace("_", "-")

    def phonemes(self, text: str) -> list[list[str]]:
        """The phonemes of each sentence that has some."""
        try:
            sentences = self._voice.phonemize(text)
        except ImportError as error:
            raise EngineUnavailable(
                f"this Piper voice needs the package {error.name}; install it with pip"
            ) from error
        return [phonemes for phonemes in sentences if any(map(_is_sound, phonemes))]

    def speak(self, phonemes: list[str], how: SynthesisConfig, stop: StopFlag) -> Sentence:
        """One sentence. Raises Stopped within 20 ms when `stop` is set."""
        ids = self._voice.phonemes_to_ids(phonemes)
        try:
            with self._session.stopped_by(stop):
                audio, durations = self._voice.phoneme_ids_to_audio(
                    ids, how, include_alignments=True
                )
        except Exception as error:
            # ONNX Runtime raises a class of its own per status, most of them straight Exceptions.
            if stop.is_set():
                raise Stopped from None
            raise EngineError(f"the Piper voice failed: {error}") from error
        samples = np.atleast_1d(np.asarray(audio, np.float32))
        if durations is None or len(durations) != len(ids):
            return Sentence(samples, np.zeros(0, np.int64))
        return Sentence(samples, self._starts(phonemes, durations))

    def _starts(self, phonemes: list[str], durations: NDArray[np.int64]) -> NDArray[np.int64]:
        """From samples per id to where each phoneme starts; unknown ones take no time."""
        if self._config.phoneme_type not in {PhonemeType.ESPEAK, PhonemeType.TEXT}:
            return np.zeros(0, np.int64)
        known = self._config.phoneme_id_map
        pad = len(known[PAD])
        firsts, at = [], len(known[BOS]) + pad
        for phoneme in phonemes:
            firsts.append(at)
            at += len(known[phoneme]) + pad if phoneme in known else 0
        ends = np.concatenate([[0], np.cumsum(durations)])
        return np.asarray(ends[firsts], np.int64)


def _files(model: str) -> tuple[Path, Path]:
    """The network and its settings, fetched if need be."""
    built_in = not (set(model) & set("/\\:.") or Path(model).exists())
    place = models.fetch(f"piper-{model.removeprefix('piper-')}" if built_in else model)
    if place.is_dir():
        found = sorted(place.glob("*.onnx"))
        if len(found) != 1:
            raise ModelError(
                f"{place} contains {len(found)} .onnx files; give the path of the one to use"
            )
        place = found[0]
    settings = Path(f"{place}.json")
    if not settings.is_file() and model.startswith(("hf:", "http:", "https:")):
        settings = models.fetch(settings_ref(model))
    if not settings.is_file():
        raise ModelError(f"{settings} is missing; a Piper voice needs its .onnx file and that file")
    return place, settings


def settings_ref(model: str) -> str:
    """`hf:…/voice.onnx@main` has its settings at `hf:…/voice.onnx.json@main`."""
    model = model.partition("#")[0]
    start, end, rest = model.rpartition(".onnx")
    return f"{start}{end}.json{rest}"


def _read_settings(path: Path) -> Mapping[str, object]:
    try:
        settings = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {path}: {error}") from error
    if not isinstance(settings, dict):
        raise ModelError(f"{path} is not a Piper voice configuration; pull the voice again")
    return settings


def _session(path: Path, compute: Compute) -> ort.InferenceSession:
    try:
        edited = with_durations(path.read_bytes(), "Ceil")
    except ValueError as error:
        raise ModelError(
            f"ONNX Runtime cannot read the voice {path} ({error}); pull it again"
        ) from error
    return session(path, compute, edited=edited)


def _is_sound(phoneme: str) -> bool:
    return any(map(str.isalpha, phoneme))
