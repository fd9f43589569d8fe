"""IPA as espeak-ng's own phoneme names, as far as a voice has the sounds."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vivavoce.engines import Pronunciation

from .library import EspeakLibrary

_NAMES: Mapping[str, str] = {
    "p": "p", "b": "b", "t": "t", "d": "d", "k": "k", "ɡ": "g", "f": "f", "v": "v", "θ": "T s",
    "ð": "D z", "s": "s", "z": "z", "ʃ": "S s", "ʒ": "Z S", "h": "h", "ɦ": "h", "tʃ": "tS",
    "dʒ": "dZ tS", "ts": "ts", "pf": "pf", "m": "m", "n": "n", "ŋ": "N n", "l": "l", "ɫ": "l",
    "ɹ": "r", "r": "r R *", "ɾ": "* t# r", "ʁ": "R Q r", "ʀ": "R r", "w": "w v", "j": "j",
    "x": "x C k", "χ": "x k", "ç": "C x", "ɣ": "Q g", "β": "B b", "ɲ": "n^ n", "ʎ": "l^ l",
    "ʔ": "?", "ɕ": "S", "ʑ": "Z", "ʋ": "v", "ʂ": "S", "a": "a aa A A:", "aː": "a: A: aa a",
    "æ": "a aa E", "ɑ": "A: A a", "ɑː": "A: a: a", "ɒ": "0 A: O", "ɔ": "O O: 0 o",
    "ɔː": "O: O o:", "ʌ": "V a", "ə": "@", "ɐ": "a# V @ a", "ɜ": "3: W @", "ɜː": "3: W @",
    "ɝ": "3: 3 @", "ɝː": "3: 3 @", "ɚ": "3 @", "ɛ": "E e", "ɛː": "E: E e:", "e": "e E eI e:",
    "eː": "e: e eI E", "ɪ": "I i", "i": "i i: I", "iː": "i: i I", "ɨ": "y I i",
    "o": "o o: oU O", "oː": "o: o oU O", "ʊ": "U u", "u": "u u: U", "uː": "u: u U",
    "ʉ": "u: u y", "y": "y y: u i", "yː": "y: y u: i:", "ʏ": "y Y I", "ø": "Y Y: W 3:",
    "øː": "Y: Y W 3:", "œ": "W Y 3:", "ɑ̃": "A~ O", "ɛ̃": "E~ a", "ɔ̃": "O~ o~ O",
    "œ̃": "W~ E~", "ã": "A~ a", "õ": "o~ O~ o", "eɪ": "eI", "aɪ": "aI", "ɔɪ": "OI OY",
    "aʊ": "aU", "oʊ": "oU @U o:", "əʊ": "@U oU", "ɪə": "i@ I@", "eə": "e@", "ɛə": "e@",
    "ʊə": "U@", "ɔʏ": "OY OI", "ɔø": "OY OI",
}  # fmt: skip
"""Names to try for each sound, the nearest first."""
_VOWELS = frozenset("aæɑɒɔʌəɐɜɝɚɛeɪiɨoʊuʉyʏøœ")
_STRESS: Mapping[str, str] = {"ˈ": "'", "'": "'", "ˌ": ","}
_SILENT = frozenset(".‿|‖ˑːʰʲʷ,-↗↘͡\u032f\u0329\u0361\u031a\u032a\u02de")
_LONGEST = 3


@dataclass(frozen=True, slots=True)
class MarkedPhrase:
    """A phrase as the library takes it, with phonemes in it.

    places: ends of stretches in `text` and in the phrase, in order; see `position`.
    """

    text: str
    places: tuple[tuple[int, int, int], ...]

    def position(self, at: int) -> int:
        """Where in the phrase is what stands here in `text`."""
        shift = 0
        for start, end, began in self.places:
            if at < start:
                break
            if at < end:
                return began
            shift = end - began
        return at - shift


class PhonemeBook:
    """Knows the sounds of each voice. Used on the library's thread."""

    def __init__(self, espeak: EspeakLibrary) -> None:
        self._espeak = espeak
        self._names: dict[tuple[str, str], str | None] = {}

    def mark(self, phrase: str, sounds: Sequence[Pronunciation], voice: str) -> MarkedPhrase | None:
        """The phrase with the phonemes of those words that the voice can make; None: of none."""
        text, at = "", 0
        places: list[tuple[int, int, int]] = []
        for sound in sounds:
            names = self.names(sound.ipa, voice)
            if names is None:
                continue
            text += _plain(phrase[at : sound.start])
            start = len(text)
            text += f"[[{names}]]"
            places.append((start, len(text), sound.start))
            at = sound.end
        if not places:
            return None
        return MarkedPhrase(text + _plain(phrase[at:]), _shifted(places, sounds))

    def names(self, ipa: str, voice: str) -> str | None:
        """The library's names of these sounds; None where the voice lacks one."""
        parts: list[str] = []
        stress = ""
        text = unicodedata.normalize("NFD", ipa).replace("g", "ɡ").replace("c\u0327", "ç")
        text = text.replace("\u0361", "")
        at = 0
        while at < len(text):
            if text[at].isspace():
                parts.append(" ")
                at += 1
            elif text[at] in _STRESS:
                stress = _STRESS[text[at]]
                at += 1
            elif text[at] in _SILENT:
                at += 1
            else:
                found = self._longest(text, at, voice)
                if found is None:
                    return None
                name, length = found
                is_vowel = text[at] in _VOWELS
                parts.append(f"{stress if is_vowel else ''}{name}|")
                stress = "" if is_vowel else stress
                at += length
        return "".join(parts).replace("| ", " ").strip("| ") or None

    def _longest(self, text: str, at: int, voice: str) -> tuple[str, int] | None:
        for length in range(_LONGEST, 0, -1):
            symbol = text[at : at + length]
            if len(symbol) == length and (name := self._name(symbol, voice)):
                return name, length
        return None

    def _name(self, symbol: str, voice: str) -> str | None:
        """The voice's name of one sound: the one that it writes so itself, or else the nearest."""
        key = (voice, symbol)
        if key not in self._names:
            candidates = _DECOMPOSED.get(symbol, "").split()
            written = {name: self._espeak.phonemes(name, voice) for name in candidates}
            exact = [name for name, ipa in written.items() if ipa == symbol]
            known = [name for name, ipa in written.items() if ipa]
            self._names[key] = next(iter((*exact, *known)), None)
        return self._names[key]


_DECOMPOSED = {unicodedata.normalize("NFD", symbol): names for symbol, names in _NAMES.items()} | {
    "ç": _NAMES["ç"]
}


def _plain(text: str) -> str:
    """Text that the library takes for nothing else."""
    return text.replace("[[", "  ")


def _shifted(
    places: Sequence[tuple[int, int, int]], sounds: Sequence[Pronunciation]
) -> tuple[tuple[int, int, int], ...]:
    """The places, each followed by one of no length where the phrase goes on."""
    ends = {sound.start: sound.end for sound in sounds}
    return tuple(
        place
        for start, end, began in places
        for place in ((start, end, began), (end, end, ends[began]))
    )
