"""Kokoro's voices: their files, their names, and blends of them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vivavoce.engines import Voice
from vivavoce.errors import BadRequest, ModelError
from vivavoce.hints import nearest

STYLE = 256
"""Numbers that a voice is, for one length of text."""

Style = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VoiceLanguage:
    """A language that voices speak.

    code: espeak-ng's too. best: the voice to take for it. read: whether its text can be turned into
    phonemes here: espeak-ng does not write Japanese and Chinese as the model knows them.
    """

    code: str
    name: str
    best: str
    script: str = "LATIN"
    read: bool = True


LANGUAGES = {
    "a": VoiceLanguage("en-us", "American English", "af_heart"),
    "b": VoiceLanguage("en-gb", "British English", "bf_emma"),
    "e": VoiceLanguage("es", "Spanish", "ef_dora"),
    "f": VoiceLanguage("fr-fr", "French", "ff_siwis"),
    "h": VoiceLanguage("hi", "Hindi", "hf_alpha", "DEVANAGARI"),
    "i": VoiceLanguage("it", "Italian", "if_sara"),
    "j": VoiceLanguage("ja", "Japanese", "jf_alpha", read=False),
    "p": VoiceLanguage("pt-br", "Brazilian Portuguese", "pf_dora"),
    "z": VoiceLanguage("cmn", "Mandarin Chinese", "zf_xiaobei", read=False),
}
"""By the first letter of a voice's name."""

_PART = re.compile(r"\s*([A-Za-z][\w-]*)\s*(?:\*\s*([0-9.]+))?\s*")


def language_of_voice(name: str) -> VoiceLanguage:
    """What the voice of this name, or the first one of a blend, speaks; else American English."""
    found = re.match(r"\s*([a-z])[fm]_", name)
    return LANGUAGES.get(found[1] if found else "a", LANGUAGES["a"])


class VoicePack:
    """The voices of a model, each an array (rows, 256): which row depends on a text's length.

    Raises ModelError for files that are missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._files = {path.stem: path for path in sorted((folder / "voices").glob("*.bin"))}
        self._read: dict[str, Style] = {}
        if not self._files:
            self._read = _from_archive(folder)

    @property
    def names(self) -> list[str]:
        """All there are."""
        return sorted({*self._files, *self._read})

    def listed(self, default: str) -> list[Voice]:
        """Those that can be spoken with, the default first."""
        readable = [name for name in self.names if language_of_voice(name).read]
        names = sorted(readable, key=lambda name: name != default)
        if default not in names:
            names.insert(0, default)
        return [_voice(name) for name in names]

    def style(self, wanted: str, phonemes: int) -> Style:
        """(1, 256): the voice or the blend for a text of so many phonemes."""
        whole = np.zeros(STYLE, np.float32)
        for name, weight in self.blend(wanted).items():
            rows = self._rows(name)
            whole += np.float32(weight) * rows[min(phonemes, len(rows) - 1)]
        return whole[None]

    def blend(self, wanted: str) -> Mapping[str, float]:
        """How much of each voice `af_heart*0.6+bf_emma*0.4` has; together they are 1.

        Raises BadRequest for voices that are not there, and for what is no blend.
        """
        weights: dict[str, float] = {}
        for part in wanted.split("+"):
            found = _PART.fullmatch(part)
            weight = _weight(found[2]) if found else None
            if found is None or weight is None:
                raise BadRequest(
                    f"kokoro: {wanted!r} is no voice; name one, or a blend such as "
                    "af_heart*0.6+bf_emma*0.4"
                )
            if found[1] not in self._files and found[1] not in self._read:
                raise BadRequest(f"kokoro: no voice {found[1]!r}; {nearest(found[1], self.names)}")
            weights[found[1]] = weights.get(found[1], 0.0) + weight
        total = sum(weights.values())
        return {name: weight / total for name, weight in weights.items()}

    def _rows(self, name: str) -> Style:
        if name not in self._read:
            self._read[name] = _from_file(self._files[name])
        return self._read[name]


def _weight(text: str | None) -> float | None:
    """None for what is no number above 0."""
    try:
        weight = 1.0 if text is None else float(text)
    except ValueError:
        return None
    return weight if 0 < weight < 1e6 else None


def _voice(name: str) -> Voice:
    language = language_of_voice(name)
    codes = {"cmn": ("zh",), "fr-fr": ("fr-fr", "fr"), "pt-br": ("pt-br", "pt")}
    gender = {"f": "female", "m": "male"}.get(name[1:2]) if name[2:3] == "_" else None
    readable = name if "+" in name or "*" in name else name.rpartition("_")[2].title()
    spoken = codes.get(language.code, (language.code,))
    return Voice(name, f"{readable}, {language.name}", spoken, gender)


def _from_file(path: Path) -> Style:
    data = path.read_bytes()
    if not data or len(data) % (4 * STYLE):
        raise ModelError(f"{path} is damaged; remove the model and pull it again")
    return np.frombuffer(data, "<f4").reshape(-1, STYLE).astype(np.float32)


def _from_archive(folder: Path) -> dict[str, Style]:
    """From one NumPy archive, as KittenTTS (`voices.npz`) and kokoro-onnx (`voices-*.bin`) have."""
    found = next((p for pattern in ("*.npz", "voices*.bin") for p in folder.glob(pattern)), None)
    if found is None:
        raise ModelError(
            f"{folder} has no voices; put them into voices/NAME.bin or voices.npz, or pull the "
            "model again"
        )
    try:
        with np.load(found, allow_pickle=False) as archive:
            return {
                str(name): np.asarray(archive[name], np.float32).reshape(-1, STYLE)
                for name in archive.files
            }
    except (OSError, ValueError, zipfile.BadZipFile, AttributeError) as error:
        raise ModelError(
            f"{found} is damaged ({error}); remove the model and pull it again"
        ) from error
