"""A dictionary of how words are to sound: by another spelling, or by IPA between slashes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from vivavoce.errors import BadRequest

from .boundaries import is_unspaced, joins

MOST_ENTRIES = 1_000
MOST_CHARACTERS = 200
"""Of a word, and of what is said for it."""
_UNSPACED = "\u0e00-\u0e7f\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+|[^\w\s]|_")
_GENITIVE = re.compile(r"['’]s(?!\w)", re.IGNORECASE)
_NOT_IPA = re.compile(r"[^\w\s.,'ˈˌːˑ‿|‖↗↘ʼ\u0300-\u036f\u02b0-\u02ff-]|[0-9_]")
_SIBILANTS = tuple("szʃʒ")
_VOICELESS = tuple("ptkfθ")


@dataclass(frozen=True, slots=True)
class WordSound:
    """How a stretch of text sounds, where the voice would not read it so.

    text: given to the voice instead. ipa: its sounds, for a voice that can make them.
    """

    text: str
    ipa: str | None = None


@dataclass(frozen=True, slots=True)
class FixedReading:
    """A stretch of a text whose reading is given. start, end: in characters.

    spoken: what the listener is told was said.
    """

    start: int
    end: int
    spoken: str
    sound: WordSound | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """parts: the word, cut at its spaces; small: the same in small letters."""

    parts: tuple[str, ...]
    small: tuple[str, ...]
    length: int
    said: str
    is_ipa: bool


class PronouncingDictionary:
    """Finds the words of a dictionary in text: whole words, the longest first.

    entries: what is said, by the word. A word is looked for as it is written, then in any case.
    What is said for a word is not looked up again.
    Raises BadRequest, which names the entry, for one that makes no sense.
    """

    def __init__(self, entries: Mapping[str, str]) -> None:
        if len(entries) > MOST_ENTRIES:
            raise BadRequest(
                f"pronunciations: {len(entries):,} entries; {MOST_ENTRIES:,} are allowed"
            )
        self._by_first: defaultdict[str, list[_Entry]] = defaultdict(list)
        for word, said in entries.items():
            entry = _entry(word, said)
            first = _TOKEN.search(entry.small[0])
            assert first is not None
            self._by_first[first.group()].append(entry)
        self._has_spaces = any(
            len(it.parts) > 1 for found in self._by_first.values() for it in found
        )

    def __bool__(self) -> bool:
        return bool(self._by_first)

    def find(self, text: str) -> list[FixedReading]:
        """The dictionary's words in the text, in order."""
        found: list[FixedReading] = []
        if not self._by_first:
            return found
        at = 0
        for token in _TOKEN.finditer(text):
            if token.start() >= at and (match := self._at(text, token)):
                entry, at = match
                found.append(_reading(text, token.start(), at, entry))
                at = found[-1].end
        return found

    def parts(self, text: str, place: int) -> bool:
        """Whether an entry may begin before this place and end after it.

        text: as far as it is known; an entry that may yet be completed counts.
        """
        if not self._has_spaces:
            return False
        for token in _TOKEN.finditer(text, max(0, place - MOST_CHARACTERS), place):
            for entry in self._by_first.get(token.group().lower(), ()):
                end = _end(text, token.start(), entry.small, entry.small)
                if len(entry.parts) > 1 and (end is None or end > place):
                    return True
        return False

    def _at(self, text: str, token: re.Match[str]) -> tuple[_Entry, int] | None:
        """The best entry that begins at a token, and where it ends."""
        best: tuple[int, bool, _Entry, int] | None = None
        for entry in self._by_first.get(token.group().lower(), ()):
            end = _end(text, token.start(), entry.small, entry.small)
            if not end or not _whole(text, end):
                continue
            exact = bool(_end(text, token.start(), entry.parts, entry.small))
            if best is None or (entry.length, exact) > best[:2]:
                best = (entry.length, exact, entry, end)
        return best and best[2:]


@lru_cache(maxsize=64)
def _dictionary(entries: tuple[tuple[str, str], ...]) -> PronouncingDictionary:
    return PronouncingDictionary(dict(entries))


def dictionary_of(*dictionaries: Mapping[str, str] | None) -> PronouncingDictionary:
    """One of all of these; where two have a word, the later says how it sounds.

    Raises BadRequest, which names the entry, for one that makes no sense.
    """
    merged = {word: said for each in dictionaries if each for word, said in each.items()}
    return _dictionary(tuple(merged.items()))


def merged_readings(
    fixed: Iterable[FixedReading], looked_up: Iterable[FixedReading]
) -> Iterator[FixedReading]:
    """Both; those looked up only where nothing is fixed."""
    kept = list(fixed)
    yield from kept
    for reading in looked_up:
        if all(reading.end <= it.start or it.end <= reading.start for it in kept):
            yield reading


def ipa_of(written: str) -> str | None:
    """What stands between slashes; None where it is no IPA."""
    ipa = written.strip()
    return ipa if ipa and any(map(str.isalpha, ipa)) and not _NOT_IPA.search(ipa) else None


def _entry(word: str, said: str) -> _Entry:
    name, parts, said = f"pronunciations: {word!r}", tuple(word.split()), said.strip()
    if not parts or not _TOKEN.search(parts[0]):
        raise BadRequest(f"{name}: name a word")
    for what, text in (("the word", word), ("what is said for it", said)):
        if len(text) > MOST_CHARACTERS:
            raise BadRequest(
                f"{name[:80]}: {what} has {len(text)} characters; {MOST_CHARACTERS} are allowed"
            )
    if not any(map(str.isalnum, said)):
        raise BadRequest(f"{name}: say how it sounds, such as `engine x` or `/ˈɛndʒɪn ɛks/`")
    is_ipa = said.startswith("/")
    if is_ipa:
        ipa = ipa_of(said[1:-1]) if said.endswith("/") else None
        if ipa is None:
            raise BadRequest(f"{name}: {said!r} is no IPA; write it as `/ˈɛndʒɪn ɛks/`")
        said = ipa
    elif not said.isprintable():
        raise BadRequest(f"{name}: what is said for it has characters that cannot be printed")
    small = tuple(part.lower() for part in parts)
    return _Entry(parts, small, len(" ".join(parts)), said, is_ipa)


def _reading(text: str, start: int, end: int, entry: _Entry) -> FixedReading:
    said = entry.said
    if genitive := _GENITIVE.match(text, end):
        end = genitive.end()
        said += _voiced_s(said) if entry.is_ipa else "'s"
    told = " ".join(text[start:end].split())
    sound = WordSound(told, said) if entry.is_ipa else WordSound(said)
    return FixedReading(start, end, told, sound)


def _voiced_s(ipa: str) -> str:
    if ipa.endswith(_SIBILANTS):
        return "ɪz"
    return "s" if ipa.endswith(_VOICELESS) else "z"


def _end(text: str, at: int, parts: tuple[str, ...], small: tuple[str, ...]) -> int | None:
    """Where the parts end that begin here; 0: they do not; None: the text ends within them."""
    any_case = parts is small
    for i, part in enumerate(parts):
        if i:
            start = at
            while at < len(text) and text[at].isspace():
                at += 1
            if at == len(text):
                return None
            if at == start:
                return 0
        written = text[at : at + len(part)]
        if (written.lower() if any_case else written) != part:
            runs_out = at + len(written) == len(text) and part.startswith(written.lower())
            return None if any_case and runs_out else 0
        at += len(part)
    return at


def _whole(text: str, end: int) -> bool:
    """Whether a word that ends here goes no further."""
    last, after = text[end - 1], text[end : end + 1]
    if not after:
        return True
    if joins(after):
        return False
    if is_unspaced(last) or is_unspaced(after) or not last.isalnum() or _is_thai(last):
        return True
    return not after.isalnum()


def _is_thai(character: str) -> bool:
    return "\u0e00" <= character <= "\u0e7f"
