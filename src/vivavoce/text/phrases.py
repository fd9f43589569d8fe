"""From the tokens of a reply to phrases that can be spoken, and back to the text heard. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vivavoce.engines import Word
from vivavoce.text.language.packs import pack_of

from . import boundaries
from .boundaries import Boundary
from .given_readings import fixed_reading
from .marked_text import PLAIN, Delivery, Passage
from .normalizer import NormalizedSpan, pieces_by
from .phrase_splitter import PhraseSplitter, SpokenStretch
from .pronunciations import FixedReading, PronouncingDictionary
from .spoken_text import VoiceText, bare, spoken_text, voice_text

__all__ = ["NormalizedSpan", "Phrase", "Phraser", "heard"]

_CHARACTERS_A_SECOND = 14.0
"""The pace of speech that is assumed where neither word times nor the length are known."""
_NEARBY = 40
"""Characters within which a word that the engine tells is looked for in the phrase."""
_MAYBE_FENCE = re.compile(r"[^\S\n]{0,12}(`{0,3}|~{0,3}|(```|~~~)[^\n]*)")
_FENCE = re.compile(r"[^\S\n]{0,12}(```+[^`]*|~~~+.*)")


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is sent to TTS in one go.

    pause_s: it is no words but silence of this length. delivery: how it is spoken.
    """

    pieces: tuple[NormalizedSpan, ...]
    pause_s: float = 0.0
    delivery: Delivery = PLAIN

    @property
    def written(self) -> str:
        """The exact stretch of the reply that it stands for."""
        return "".join(piece.written for piece in self.pieces)

    @property
    def spoken(self) -> str:
        """What is said, in words."""
        return spoken_text(self.pieces)[0]

    @property
    def voiced(self) -> VoiceText:
        """What TTS is to say."""
        return voice_text(self.pieces)


class Phraser:
    """Cuts a reply into phrases while it is being written.

    language: a code such as `en`; its pack decides where sentences end and how numbers and signs
    are said. What no pack knows is left to the voice.
    first_words: about how long the first phrase may be, so that speech starts early. Later ones
    may be four times as long as all that was said before them, so that the voice never waits.
    most_words: about how long any phrase may be.
    dictionary: how some words are to sound.

    The phrases do not depend on how the text is chunked. Joined, their `written` is the text
    fed. Each has something to say, but for one: where the reply ends in what is not spoken (an
    emoji, a closing code fence), the last phrase that `flush` gives has an empty `spoken`.
    """

    def __init__(
        self,
        language: str | None = None,
        *,
        first_words: int = 5,
        most_words: int = 30,
        dictionary: PronouncingDictionary | None = None,
    ) -> None:
        self._pack = self._own_pack = pack_of(language)
        self._delivery = PLAIN
        self._line = self._fence = ""
        self._held = True
        self._dictionary = dictionary or None
        self._first_words = first_words
        self._most_words = most_words
        self._reset()

    def feed(self, text: str) -> list[Phrase]:
        """Take the next text and give the phrases that are complete now."""
        return [phrase for character in text for phrase in self._feed_character(character)]

    def flush(self) -> list[Phrase]:
        """The rest; the reply is over, and the next `feed` begins another."""
        if self._fence:
            self._silent.append(self._line)
            phrases = []
        else:
            held = self._line if self._held else ""
            phrases = [phrase for character in held for phrase in self._cut(character)]
            phrases += self._phrases(self._cutter.rest())
        if rest := self._quiet():
            before = phrases.pop().pieces if phrases else ()
            phrases.append(Phrase((*before, *rest), delivery=self._delivery))
        self._reset()
        return phrases

    def pause(self, seconds: float) -> list[Phrase]:
        """What was fed, as far as it is no phrase yet, and silence after it; none within code."""
        if self._fence:
            return []
        return [*self._break_off(), Phrase((), pause_s=seconds)]

    def deliver(self, delivery: Delivery) -> list[Phrase]:
        """What follows is spoken in this manner. Gives what was fed, as far as it is no phrase."""
        if delivery == self._delivery or self._fence:
            return []
        phrases = self._break_off()
        self._delivery = delivery
        pack = pack_of(delivery.language) if delivery.language else self._own_pack
        if pack is not self._pack:
            self._pack = pack
            self._begin_cutting()
        return phrases

    def feed_reading(self, passage: Passage) -> list[Phrase]:
        """Take text whose reading is given; within code it is none."""
        if self._fence:
            return self.feed(passage.text)
        held, self._line, self._held = self._line, "", False
        phrases = [phrase for character in held for phrase in self._cut(character)]
        start = self._fed
        self._fixed.append(fixed_reading(self._pack, passage, start))
        return phrases + [it for character in passage.text for it in self._cut(character)]

    def _reset(self) -> None:
        self._fed = self._passed = 0
        self._fixed: list[FixedReading] = []
        self._begin_cutting()
        self._silent: list[str] = []
        self._line = ""
        self._held = True
        self._fence = ""

    def _begin_cutting(self) -> None:
        self._cutter = PhraseSplitter(
            self._pack.breaks, self._first_words, self._most_words, self._dictionary
        )

    def _break_off(self) -> list[Phrase]:
        """What was fed, as far as it is no phrase yet; the text goes on."""
        held, self._line, self._held = self._line, "", False
        phrases = [phrase for character in held for phrase in self._cut(character)]
        return phrases + self._phrases(self._cutter.break_off())

    def _feed_character(self, character: str) -> Iterator[Phrase]:
        """A line that may be a code fence is held back until that is known."""
        if self._fence:
            self._take_code(character)
            return
        if not self._held:
            self._held = character == "\n"
            yield from self._cut(character)
            return
        line, self._line = self._line, self._line + character
        if character == "\n" and (match := _FENCE.fullmatch(line)):
            yield from self._phrases(self._cutter.rest())
            self._fence = match.group(1)[:3]
            yield from self._code_phrase()
        elif not _MAYBE_FENCE.fullmatch(self._line):
            line, self._line = self._line, ""
            self._held = character == "\n"
            for held in line:
                yield from self._cut(held)

    def _take_code(self, character: str) -> None:
        self._line += character
        if character == "\n":
            line, self._line = self._line, ""
            self._silent.append(line)
            bare = line.strip()
            if bare.startswith(self._fence) and not bare.strip(self._fence[0]):
                self._fence = ""

    def _code_phrase(self) -> Iterator[Phrase]:
        """Says that code follows, where there is a word for that in the language."""
        written, self._line = self._line, ""
        if self._pack.phrases.code:
            spoken = f"{self._pack.phrases.code}."
            yield Phrase((*self._quiet(), NormalizedSpan(written, spoken)))
        else:
            self._silent.append(written)

    def _cut(self, character: str) -> list[Phrase]:
        self._fed += 1
        return self._phrases(self._cutter.feed(character))

    def _phrases(self, stretches: list[SpokenStretch]) -> list[Phrase]:
        """A stretch with nothing to say goes with the one after it."""
        phrases = []
        for stretch in stretches:
            found = pieces_by(
                self._pack,
                stretch.text,
                line_start=stretch.line_start,
                dictionary=self._dictionary,
                fixed=self._fixed_in(stretch.text),
            )
            if not any(piece.spoken for piece in found):
                self._silent.append(stretch.text)
                continue
            if stretch.ending is Boundary.LINE:
                found = _end_line(found)
            phrases.append(Phrase((*self._quiet(), *found), delivery=self._delivery))
        return phrases

    def _fixed_in(self, stretch: str) -> list[FixedReading]:
        """The given readings in the next stretch; one that goes on after it is said at once."""
        start, self._passed = self._passed, self._passed + len(stretch)
        within: list[FixedReading] = []
        later: list[FixedReading] = []
        for it in self._fixed:
            if it.start < self._passed:
                end = min(it.end, self._passed) - start
                within.append(replace(it, start=it.start - start, end=end))
            if it.end > self._passed:
                later.append(
                    it if it.start >= self._passed else FixedReading(self._passed, it.end, "")
                )
        self._fixed = later
        return within

    def _quiet(self) -> list[NormalizedSpan]:
        silent, self._silent = "".join(self._silent), []
        return [NormalizedSpan(silent, "")] if silent else []


def heard(phrase: Phrase, words: Sequence[Word], seconds: float, total: float | None = None) -> str:
    """The part of a phrase, as written, that was played out in its first `seconds`.

    words: those of `phrase.spoken` that are known so far, in order; a word is heard when its
    end is. Without them, what was heard is taken to grow evenly over `total`, the length of
    the audio in seconds; without that too, at the pace of common speech.
    What is not spoken is heard with the word after it. Never shrinks as `seconds` grow; it is
    the whole from `total` on.
    """
    if total is not None and seconds >= total:
        return phrase.written
    spoken, ends = spoken_text(phrase.pieces)
    if words:
        reached: float = _reached(spoken, words, seconds)
    elif total:
        reached = len(spoken) * seconds / total
    else:
        reached = _CHARACTERS_A_SECOND * seconds
    last = max((end for end in ends if end), default=0)
    if reached >= last:
        return phrase.written
    count = max((i for i, end in enumerate(ends, 1) if end and end <= reached), default=0)
    return "".join(piece.written for piece in phrase.pieces[:count])


def _reached(spoken: str, words: Sequence[Word], seconds: float) -> int:
    """How many characters of `spoken` were heard, its marks aside."""
    cursor, spoken = 0, spoken.lower()
    for word in words:
        if word.end > seconds:
            break
        text = bare(word.text).lower()
        found = spoken.find(text, cursor, cursor + len(text) + _NEARBY)
        cursor = max(found, cursor) + len(text)
    return cursor


def _end_line(found: list[NormalizedSpan]) -> list[NormalizedSpan]:
    """The end of a line, or of the reply, is heard as a sentence's end, mark or not."""
    last = max(i for i, piece in enumerate(found) if piece.spoken)
    spoken = found[last].spoken
    if spoken[-1] in boundaries.SENTENCE_MARKS:
        return found
    spoken = spoken.rstrip("".join(boundaries.CLAUSE_MARKS))
    mark = "。" if boundaries.is_unspaced(spoken[-1]) else "."
    ended = replace(found[last], spoken=spoken + mark)
    return [*found[:last], ended, *found[last + 1 :]]
