"""How a word is likely said that no list has, by a small network that reads its letters."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import numpy as np

from vivavoce.engine.onnx import session
from vivavoce.errors import ModelError
from vivavoce.options import Compute

_PART = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


class UnknownWords:
    """Says words from their spelling. Raises ModelError for files that are missing or damaged."""

    def __init__(self, folder: Path) -> None:
        try:
            told = json.loads((folder / "oov.json").read_text("utf-8"))
            self._letters = {letter: i for i, letter in enumerate(told["in"], 1)}
            self._sounds = dict(enumerate(told["out"], 1))
            self._longest = int(told["maxlen"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"cannot read {folder / 'oov.json'} ({error!r}); pull the model again"
            ) from error
        self._session = session(folder / "oov.onnx", Compute("cpu"))

    def phonemes(self, word: str) -> str:
        """The phonemes of a word, part by part; empty where no letter is known."""
        return " ".join(filter(None, map(self._part, _PART.findall(word))))

    def _part(self, word: str) -> str:
        letters = [self._letters[c] for c in word if c in self._letters]
        if not letters:  # of another form, such as full width
            plain = unicodedata.normalize("NFKD", word)
            letters = [self._letters[c] for c in plain if c in self._letters]
        said = []
        for start in range(0, len(letters), self._longest):
            part = np.asarray([letters[start : start + self._longest]], np.int64)
            out = self._session.run(None, {"chars": part})[0][0].tolist()
            changes = [now for before, now in zip([0, *out], out, strict=False) if now != before]
            said += [self._sounds[sound] for sound in changes if sound]
        return "".join(said)
