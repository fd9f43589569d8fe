"""Whisper's weights: where they come from, and what is asked of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import faster_whisper
import numpy as np
from faster_whisper.tokenizer import Tokenizer

from vivavoce import models
from vivavoce.engines import SttOptions
from vivavoce.errors import BadConfig, EngineUnavailable, ModelError, UnknownModel
from vivavoce.hints import nearest
from vivavoce.options import Compute

log = logging.getLogger(__name__)

RATE = 16_000
WARMER = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Temperatures to fall back to."""

_ALIASES = {
    "large": "whisper-large-v3",
    "turbo": "whisper-large-v3-turbo",
    "distil-small.en": "hf:Systran/faster-distil-whisper-small.en",
    "distil-medium.en": "hf:Systran/faster-distil-whisper-medium.en",
    "distil-large-v2": "hf:Systran/faster-distil-whisper-large-v2",
    "distil-large-v3.5": "hf:distil-whisper/distil-large-v3.5-ct2",
}
_FILES = ("model.bin", "config.json", "tokenizer.json")
_PROMPT_TOKENS, _HOTWORD_TOKENS = 160, 60
"""Whisper has 448 places for the prompt and the reply, and a window of speech needs up to 224."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be made of some audio.

    language: a code, or None to find out. temperatures: the first, and those to fall back to.
    """

    language: str | None
    translate: bool
    words: bool
    beam_size: int
    temperatures: tuple[float, ...]
    prompt: str
    hotwords: str


def task_of(options: SttOptions, beam_size: int, fallbacks: Iterable[float]) -> Task:
    """The task that the options describe."""
    first = options.temperature
    return Task(
        language=options.language,
        translate=options.translate,
        words=options.words,
        beam_size=beam_size,
        temperatures=(first, *(warmer for warmer in fallbacks if warmer > first)),
        prompt=options.prompt.strip(),
        hotwords=", ".join(options.hotwords),
    )


def find(model: str) -> Path:
    """The folder of the weights. model: a size, a folder, `ORG/REPO`, or what `fetch` takes.

    Raises ModelError when there is none, or it holds no CTranslate2 Whisper model.
    """
    built_in = {
        name.removeprefix("whisper-"): name for name in models.MODELS if name.startswith("whisper-")
    }
    if Path(model).exists() or model.startswith(("hf:", "https:", "whisper-")):
        ref = model
    elif model in (known := built_in | _ALIASES):
        ref = known[model]
    elif model.count("/") == 1:
        ref = f"hf:{model}"
    else:
        raise UnknownModel(
            f"whisper: unknown model {model!r}; {nearest(model, known)}, or a folder"
        )
    folder = models.fetch(ref)
    for file in _FILES:
        if not (folder / file).is_file():
            raise ModelError(
                f"whisper: {folder} has no {file}, so it is not a Whisper model for CTranslate2; "
                "convert one with ct2-transformers-converter --copy_files tokenizer.json "
                "preprocessor_config.json"
            )
    return folder


class WhisperWeights:
    """The weights in a folder, and what they can do. Decoding is safe from several threads."""

    def __init__(self, folder: Path, compute: Compute, *, compute_type: str, workers: int) -> None:
        """Raises BadConfig for a type that is none, EngineUnavailable for a device that this
        machine lacks, ModelError for broken files.
        """
        self.device = placed(compute.device)
        self._tokenizers: dict[tuple[str, str], Tokenizer] = {}
        try:
            self.model = self._read(folder, compute, compute_type, workers)
        except ModelError as error:
            if compute.device != "auto" or self.device == "cpu":
                raise
            log.warning("whisper computes on the CPU, for %s failed: %s", self.device, error)
            self.device = "cpu"
            self.model = self._read(folder, compute, compute_type, workers)

    def _read(
        self, folder: Path, compute: Compute, compute_type: str, workers: int
    ) -> faster_whisper.WhisperModel:
        kind, _, number = self.device.partition(":")
        _check(kind, compute_type)
        try:
            model = faster_whisper.WhisperModel(
                str(folder),
                device=kind,
                device_index=int(number or 0),
                compute_type=compute_type,
                cpu_threads=compute.threads or 1,
                num_workers=workers,
            )
            _warm(model)
        except Exception as error:
            # The tokenizer's reader raises plain Exceptions; a GPU's libraries are first used here.
            raise ModelError(
                f"whisper: cannot use the model in {folder} on {self.device} ({error}); remove and"
                " pull it again, or set device: cpu"
            ) from error
        return model

    @property
    def languages(self) -> Sequence[str]:
        """The codes that it knows."""
        return tuple(self.model.supported_languages)

    def tokenizer(self, language: str, *, translate: bool) -> Tokenizer:
        """The tokens of a task in a language, one of `languages`."""
        task = "translate" if translate else "transcribe"
        key = (language, task)
        if key not in self._tokenizers:
            self._tokenizers[key] = Tokenizer(
                self.model.hf_tokenizer, self.model.model.is_multilingual, task, language
            )
        return self._tokenizers[key]

    def prompt(self, text: str) -> str:
        """The end of the text, as much as there is place for."""
        return self._cut(text, slice(-_PROMPT_TOKENS, None))

    def hotwords(self, text: str) -> str:
        """The beginning of the text, as much as there is place for."""
        return self._cut(text, slice(_HOTWORD_TOKENS))

    def _cut(self, text: str, part: slice) -> str:
        tokenizer = self.model.hf_tokenizer
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        return str(tokenizer.decode(ids[part])).strip(" \ufffd")


def placed(device: str) -> str:
    """What Whisper computes on that is to be on `device`: `cpu` or `cuda:0`.

    `auto` is a CUDA device where there is one. Raises EngineUnavailable for one that is not here.
    """
    kind, _, number = device.partition(":")
    gpus = ctranslate2.get_cuda_device_count()
    if kind == "cpu" or (kind == "auto" and not gpus):
        return "cpu"
    if kind == "mps" or int(number or 0) >= gpus:
        have = f"{gpus} CUDA devices" if gpus else "no CUDA device"
        raise EngineUnavailable(
            f"whisper: {device} is not here, for this machine has {have}; set device: cpu"
        )
    return f"cuda:{number or 0}"


def _warm(model: faster_whisper.WhisperModel) -> None:
    """Run once, over as little as possible."""
    segments, _ = model.transcribe(
        np.zeros(RATE, np.float32), language="en", beam_size=1, temperature=0.0, max_new_tokens=1
    )
    list(segments)


def _check(device: str, compute_type: str) -> None:
    types = sorted({"auto", "default", *ctranslate2.get_supported_compute_types(device)})
    if compute_type not in types:
        raise BadConfig(
            f"whisper: no compute_type {compute_type!r} on {device}; {nearest(compute_type, types)}"
        )
