"""What a person would say for text as it is written.

Markdown, links and emoji are handled in every language; numbers, dates, money, units, signs and
abbreviations are spelled out by the language's pack, and left to the voice where it has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vivavoce.text.language.pack import LanguagePack
from vivavoce.text.language.packs import pack_of

from . import boundaries, formulas, markdown
from .pronunciations import FixedReading, PronouncingDictionary, WordSound, merged_readings

_MARKS = "".join(sorted(boundaries.SENTENCE_MARKS | boundaries.CLAUSE_MARKS))
_END_CLASS = f"[{re.escape(_MARKS + ''.join(sorted(boundaries.CLOSERS)))}|{markdown.EMOJI}]"
_TAIL = re.compile(f"{_END_CLASS}*")
_TAIL_OF_TOKEN = re.compile(f"{_END_CLASS}*$")
_STOP_KEPT = re.compile(f"(?:(?![.]){_END_CLASS})*$")
_LEAD = re.compile(f"(?:[\"“”„‟«»‹›'‘’‚(\\[{{「『（【《*_`{markdown.EMOJI}]|~~)+")
_TOKEN = re.compile(r"(?:(?!\.\.\.)[^\s—…|])+")
_SIGNS_SAID = frozenset("&%+=@€$£¥°")
_BROKEN_LINK = re.compile(r"\]\(.*")
_MARKED_UP = re.compile(r"\\|\$|&[#A-Za-z]")
_NOTE = re.compile(r"\[\^?[0-9]{1,3}\]?$")
_BRACKETS = re.compile(r"[\[\](){}\"“”„«»<>]")
_QUESTIONS = ("?", "？", "؟", "!", "！")


@dataclass(frozen=True, slots=True)
class NormalizedSpan:
    """A part of a reply, and how it is said.

    written: an exact stretch of the reply as written, whitespace included; usually one word.
    spoken: what is said for it; may be several words, or nothing.
    sound: what the voice is given instead; the marks at the end of `spoken` come after it.
    """

    written: str
    spoken: str
    sound: WordSound | None = None


def pieces(
    text: str, language: str | None = None, *, line_start: bool = True
) -> list[NormalizedSpan]:
    """The text, piece by piece; their `written`, joined, is the text.

    language: a code; what no pack knows is left to the voice, as is everything where it is None.
    line_start: whether the text begins where a line does.
    """
    return pieces_by(pack_of(language), text, line_start=line_start)


def pieces_by(
    pack: LanguagePack,
    text: str,
    *,
    line_start: bool = True,
    dictionary: PronouncingDictionary | None = None,
    fixed: Sequence[FixedReading] = (),
) -> list[NormalizedSpan]:
    """The same, by a pack that need not be installed.

    dictionary: how some words sound. fixed: stretches whose reading is given; with them, the text
    has no formulas.
    """
    if fixed or not _MARKED_UP.search(text):
        return _read(text, pack, line_start, dictionary, fixed)
    plain, ends = formulas.plain(text)
    return _placed(text, _read(plain, pack, line_start, dictionary), ends)


def _read(
    text: str,
    pack: LanguagePack,
    line_start: bool,
    dictionary: PronouncingDictionary | None,
    fixed: Sequence[FixedReading] = (),
) -> list[NormalizedSpan]:
    reading = _NumberReading(text, pack, line_start=line_start)
    reading.fix(merged_readings(fixed, dictionary.find(text)) if dictionary else fixed)
    while reading.at < len(text):
        reading.step()
    return reading.found


def _placed(
    text: str, found: list[NormalizedSpan], ends: list[tuple[int, int]]
) -> list[NormalizedSpan]:
    """The pieces of the plain text as pieces of the original; a formula is one piece."""
    placed, said, at, start = [], list[NormalizedSpan](), 0, 0
    for i, piece in enumerate(found, 1):
        at += len(piece.written)
        said += [piece] if piece.spoken else []
        end = len(text) if i == len(found) else formulas.source_end(at, ends)
        if end is not None and end > start:
            placed.append(_joined(text[start:end], said))
            said, start = [], end
    if start < len(text):
        placed.append(_joined(text[start:], said))
    return placed


def _joined(written: str, spans: Sequence[NormalizedSpan]) -> NormalizedSpan:
    """What these say, as one span."""
    spoken = " ".join(span.spoken for span in spans if span.spoken)
    if all(span.sound is None for span in spans):
        return NormalizedSpan(written, spoken)
    if len(spans) == 1:
        return NormalizedSpan(written, spoken, spans[0].sound)
    given = [span.sound.text if span.sound else span.spoken for span in spans if span.spoken]
    return NormalizedSpan(written, spoken, WordSound(" ".join(given).rstrip(_MARKS)))


class _NumberReading:
    """One text on its way through the rules."""

    def __init__(self, text: str, pack: LanguagePack, *, line_start: bool) -> None:
        self.text = text
        self.at = 0
        self.found: list[NormalizedSpan] = []
        self._pack = pack
        self._forms = pack.forms
        self._line_start = line_start
        self._in_brackets = False
        self._fixed: dict[int, FixedReading] = {}
        self._sound: WordSound | None = None

    def fix(self, readings: Iterable[FixedReading]) -> None:
        """Take these readings for what is given."""
        self._fixed = {reading.start: reading for reading in readings}

    def step(self) -> None:
        """Read one piece."""
        core = self.at
        while core < len(self.text) and self.text[core].isspace():
            self._line_start = self._line_start or self.text[core] == "\n"
            core += 1
        if core == len(self.text):
            self._add(core, "")
        elif core in self._fixed or not (self._line_start and self._line_mark(core)):
            self._line_start = False
            if core in self._fixed or not self._wall(core):
                said, end = self._say(core)
                self._add_with_tail(end, said)

    def _say(self, core: int) -> tuple[str, int]:
        """What is said for the word at `core`, and where it ends, the marks after it aside."""
        for rule in (self._given, self._special, self._number, self._abbreviation):
            if found := rule(core):
                return found
        lead = _LEAD.match(self.text, core)
        if lead is None:
            return self._word(core)
        if not _TOKEN.match(self.text, lead.end()):
            return "", lead.end()
        if "(" in lead.group():
            self._pause()
            self._in_brackets = True
        core = lead.end()
        for rule in (self._given, self._special, self._number, self._abbreviation):
            if found := rule(core):
                return found
        return self._word(core)

    def _add_with_tail(self, end: int, said: str) -> None:
        """A piece with the marks that follow it."""
        tail = _TAIL.match(self.text, end)
        assert tail is not None
        mark = _mark(tail.group())
        over = not any(map(str.isalnum, self.text[tail.end() :]))
        if not mark and over and self.text[:end].endswith("."):
            mark = "."
        if ")" in tail.group() and self._in_brackets:
            self._in_brackets = False
            mark = mark or ("" if over else ",")
        if mark in _QUESTIONS and self._within_name(end, tail.end()):
            said, mark = said.rstrip(_MARKS), ""
        if said:
            said = said.rstrip(_MARKS) + mark if mark else said
        elif mark:
            self._pause(mark)
        self._add(tail.end(), said)

    def _within_name(self, end: int, tail_end: int) -> bool:
        """Whether a mark belongs to a name that the sentence goes on after, as in `Yahoo! Mail`."""
        word, after = self.text[self.at : end].strip(), self.text[tail_end:].lstrip()
        within = bool(self.found) and self.found[-1].spoken[-1:] not in boundaries.SENTENCE_MARKS
        named = word[:1].isupper() and word[1:2].islower()
        return within and named and boundaries.in_name(after, self._pack.breaks)

    def _add(self, end: int, said: str) -> None:
        self.found.append(NormalizedSpan(self.text[self.at : end], said, self._sound))
        self.at, self._sound = end, None

    def _pause(self, mark: str = ",") -> None:
        """What was said last ends with a mark."""
        for i in range(len(self.found) - 1, -1, -1):
            spoken = self.found[i].spoken
            if spoken:
                if spoken[-1] not in boundaries.SENTENCE_MARKS:
                    marked = spoken.rstrip(_MARKS) + mark
                    self.found[i] = replace(self.found[i], spoken=marked)
                return

    def _line_mark(self, core: int) -> bool:
        """Read what shapes a line, such as a bullet."""
        if mark := markdown.LINE_START.match(self.text, core):
            self._line_start = mark.group() != "|"
            self._add(mark.end(), "")
            return True
        if mark := markdown.NUMBERED.match(self.text, core):
            self._line_start = False
            number = mark.group(1)
            said = self._forms.item(int(number)) if self._forms else number
            self._add(mark.end(), f"{said},")
            return True
        return False

    def _wall(self, core: int) -> bool:
        """Read what stands between two cells, or a dash between two words: a pause."""
        token = self.text[core:].split(maxsplit=1)[0]
        if token not in {"|", "-", "--", "–", "—"}:
            return False
        end = core + len(token)
        if self._forms and self._forms.abbreviation(token, self.text[:core], self.text[end:]):
            return False
        self._pause()
        self._add(core + len(token), "")
        return True

    def _given(self, at: int) -> tuple[str, int] | None:
        """A stretch whose reading is given."""
        reading = self._fixed.get(at)
        if reading is None:
            return None
        sound = reading.sound
        if sound and sound.ipa:
            # A voice that makes no sounds from IPA reads the text, so it gets the usual words.
            plain = _joined("", pieces_by(self._pack, sound.text, line_start=False))
            sound = WordSound(plain.spoken.rstrip(_MARKS) or sound.text, sound.ipa)
        self._sound = sound
        return reading.spoken, reading.end

    def _special(self, at: int) -> tuple[str, int] | None:
        """A link, an address, a tag, an emoticon …"""
        if match := markdown.LINK.match(self.text, at):
            start, end = match.span(1)
            given = [
                replace(it, start=it.start - start, end=it.end - start)
                for it in self._fixed.values()
                if start <= it.start and it.end <= end
            ]
            inner = pieces_by(self._pack, match.group(1), line_start=False, fixed=given)
            joined = _joined(match.group(), inner)
            self._sound = joined.sound
            return joined.spoken, match.end()
        for silent in (markdown.NOTE, markdown.TAG, markdown.EMOTICON):
            if match := silent.match(self.text, at):
                return "", match.end()
        if match := markdown.EMAIL.match(self.text, at):
            return markdown.say_email(
                match.group(1), match.group(2), self._pack.addresses
            ), match.end()
        if match := markdown.URL.match(self.text, at):
            group = "full" if match["full"] else "bare"
            address = match[group].rstrip(".,;:!?)]}*_~…")
            end = match.start(group) + len(address)
            end += self.text[end : end + 1] == ">"
            return markdown.say_url(address, self._pack.addresses), end
        return None

    def _number(self, at: int) -> tuple[str, int] | None:
        if self._forms is None:
            return None
        if sign := self._forms.sign(self.text, at):
            return sign, at + 1
        return self._forms.number(self.text, at)

    def _abbreviation(self, at: int) -> tuple[str, int] | None:
        match = _TOKEN.match(self.text, at)
        if match is None or self._forms is None:
            return None
        whole = _STOP_KEPT.sub("", match.group())
        for word in dict.fromkeys((match.group(), whole, whole.removesuffix("."))):
            end = at + len(word)
            said = self._forms.abbreviation(word, self.text[:at], self.text[end:])
            if said is not None:
                return said, end
        return None

    def _word(self, at: int) -> tuple[str, int]:
        """Any other word, up to the next space."""
        if boundaries.is_unspaced(self.text[at]):
            return self.text[at], at + 1
        match = _TOKEN.match(self.text, at)
        if match is None:
            return "", at
        token = match.group()
        parts = (
            i for i, c in enumerate(token) if boundaries.is_unspaced(c) or at + i in self._fixed
        )
        token = token[: next(parts, None)]
        bare = _TAIL_OF_TOKEN.sub("", token)
        said = _plain(bare)
        if self._forms:
            said = self._forms.word(said)
        if not any(map(str.isalnum, said)) and (self._forms or said not in _SIGNS_SAID):
            said = ""
        return said, at + len(bare)


def _plain(word: str) -> str:
    """A word without Markdown, emoji and brackets."""
    word = markdown.TAG.sub(" ", _NOTE.sub("", _BROKEN_LINK.sub("", word)))
    word = markdown.without_emoji(word)
    word = word.replace("(s", "s") if word.endswith("(s") else word
    word = _BRACKETS.sub(" ", re.sub(r"[*`]|~~", "", word)).replace("’", "'")
    return " ".join(word.replace("_", " ").split()).strip("-–' ")


def _mark(tail: str) -> str:
    """The one mark that stands for all of these."""
    marks = [character for character in tail if character in _MARKS]
    for mark in _QUESTIONS:
        if mark in marks:
            return mark
    if "..." in tail or "…" in tail:
        return "..."
    if marks:
        ends = [mark for mark in marks if mark in boundaries.SENTENCE_MARKS]
        return (ends or marks)[-1].replace("—", ",")
    return "," if "|" in tail else ""
