"""Recordings of people: a folder's manifest, and each clip with its own room around it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from vivavoce.audio import Audio, Samples
from vivavoce.audio.levels import quietest_window
from vivavoce.errors import BadRequest
from vivavoce.media.decode import read_audio

RATE = 16_000
LEAD_S, TAIL_S = 0.5, 4.0
"""So much room there is before and after a clip; the latter is longer than any wait."""

MANIFEST = "manifest.jsonl"
_SUFFIXES = frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a"})
_FRAME = RATE // 100
_ROOM_S, _FADE_S = (0.3, 0.12, 0.04), 0.02
_BELOW_VOICE = 10 ** (-35 / 10)
"""Of a clip without a silence the quietest moment is voice: its tone is made so quiet at most."""


class ManifestLine(BaseModel):
    """A line of a manifest."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    path: str
    source: str = ""
    lang: str = "und"
    kind: str = ""
    speaker: str = ""
    human: bool | None = None
    text: str | None = None
    punctuated: bool | None = None
    turn_complete: bool | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """One clip. complete: it ends where the utterance ends; None: it is cut out of longer talk.

    text: what is said, where that is known; punctuated: with marks at the ends of sentences.
    """

    file: Path
    name: str
    source: str
    language: str
    kind: str
    speaker: str
    human: bool | None
    text: str | None
    punctuated: bool
    complete: bool | None

    def read(self) -> Audio:
        """Its audio, 16 kHz, mono, with its own room before and after."""
        return with_room(read_audio(self.file).resampled(RATE))


def recordings(folders: Sequence[Path]) -> list[Recording]:
    """All clips of these folders, in the order of their manifests; without one, by name.

    Raises BadRequest for a folder without recordings, and for a manifest that cannot be read.
    """
    found = [each for folder in folders for each in _in_folder(folder)]
    if not found:
        raise BadRequest(f"there are no recordings in {', '.join(map(str, folders))}")
    return found


def with_room(audio: Audio) -> Audio:
    """The same with its own room tone around it: half a second before, `TAIL_S` after.

    The tone is the quietest 0.3 s, mirrored again and again; silence would tell a detector that
    the clip was cut there.
    """
    tone = _tone(audio.samples)
    return Audio(
        _joined(_joined(_room(tone, LEAD_S), audio.samples), _room(tone, TAIL_S)), audio.rate
    )


def _in_folder(folder: Path) -> Iterator[Recording]:
    manifest = folder / MANIFEST
    if not manifest.is_file():
        files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES)
        for file in files:
            line = ManifestLine(path=str(file.relative_to(folder)))
            yield _recording(folder, line)
        return
    for number, text in enumerate(manifest.read_text(encoding="utf-8").splitlines(), 1):
        if not text.strip():
            continue
        try:
            data = json.loads(text)
            if isinstance(data, dict) and "language" in data:
                data.setdefault("lang", data["language"])
            line = ManifestLine.model_validate(data)
        except (ValueError, ValidationError) as error:
            raise BadRequest(f"{manifest}, line {number}: {error}") from error
        if (folder / line.path).is_file():
            yield _recording(folder, line)


def _recording(folder: Path, line: ManifestLine) -> Recording:
    source = line.source or Path(line.path).parts[0]
    return Recording(
        folder / line.path,
        line.path,
        source,
        line.lang,
        line.kind,
        _talker(line),
        line.human,
        line.text,
        bool(line.punctuated),
        line.turn_complete,
    )


def _talker(line: ManifestLine) -> str:
    """Whose voice it is; where that is not known (`crowd:?`), nobody's else."""
    known = line.speaker and not line.speaker.endswith("?")
    return line.speaker if known else f"{line.speaker}{line.path}"


def _tone(samples: Samples) -> Samples:
    """The longest of the stretches that is about as quiet as the quietest."""
    whole = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    powers = np.maximum(np.mean(np.square(whole, dtype=np.float64), axis=1), 1e-12)
    lengths = [n for n in (round(s * RATE) // _FRAME for s in _ROOM_S) if n <= len(powers)]
    if not lengths:
        return np.zeros(_FRAME, np.float32)
    found = [(quietest_window(powers, length), length) for length in lengths]
    levels = [float(powers[start : start + length].mean()) for start, length in found]
    chosen = next(i for i, level in enumerate(levels) if level <= 4 * levels[-1])
    start, length = found[chosen]
    tone = samples[start * _FRAME : (start + length) * _FRAME]
    voice = float(np.quantile(powers, 0.9))
    is_room = not chosen and levels[chosen] < 0.1 * voice
    lower = 1.0 if is_room else min(1.0, float(np.sqrt(_BELOW_VOICE * voice / levels[chosen])))
    return (tone * lower).astype(np.float32)


def _room(tone: Samples, seconds: float) -> Samples:
    there_and_back = np.concatenate([tone, tone[::-1]])
    times = -(-round(seconds * RATE) // len(there_and_back))
    return np.tile(there_and_back, times)[: round(seconds * RATE)]


def _joined(first: Samples, second: Samples) -> Samples:
    """One after the other, faded into each other over 20 ms."""
    length = min(round(_FADE_S * RATE), len(first), len(second))
    up = np.linspace(0, 1, length, dtype=np.float32)
    seam = first[len(first) - length :] * (1 - up) + second[:length] * up
    return np.concatenate([first[: len(first) - length], seam, second[length:]])
