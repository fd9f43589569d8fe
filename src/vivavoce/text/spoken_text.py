"""The spans of a phrase as the one text that is told, or that is given to the voice; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vivavoce.engines import Pronunciation

from . import boundaries
from .normalizer import NormalizedSpan

_MARKS = "".join(boundaries.SENTENCE_MARKS | boundaries.CLAUSE_MARKS | boundaries.CLOSERS)


@dataclass(frozen=True, slots=True)
class ReplacedStretch:
    """A stretch of what the voice is given, and the words that are told for it."""

    start: int
    end: int
    told: str


@dataclass(frozen=True, slots=True)
class VoiceText:
    """What a voice is given for a phrase, and where that is not what is told."""

    text: str
    pronunciations: tuple[Pronunciation, ...] = ()
    replaced: tuple[ReplacedStretch, ...] = ()


def spoken_text(spans: Sequence[NormalizedSpan]) -> tuple[str, list[int]]:
    """What is told, and where each span ends in it, marks aside; 0: it says nothing."""
    said, ends = "", []
    for span in spans:
        if not span.spoken:
            ends.append(0)
            continue
        if said and _needs_space(said[-1], span.written, span.spoken[0]):
            said += " "
        ends.append(len(said) + len(bare(span.spoken)))
        said += span.spoken
    return said, ends


def voice_text(spans: Sequence[NormalizedSpan]) -> VoiceText:
    """What the voice is given."""
    if all(span.sound is None for span in spans):
        return VoiceText(spoken_text(spans)[0])
    said = ""
    sounds: list[Pronunciation] = []
    replaced: list[ReplacedStretch] = []
    word = ReplacedStretch(0, 0, "")
    is_replaced = False
    for span in spans:
        if not span.spoken:
            continue
        given = _given(span)
        spaced = bool(said) and _needs_space(said[-1], span.written, given[0])
        if spaced or (said and boundaries.is_unspaced(given[0])):
            replaced += [word] if is_replaced else []
            said += " " if spaced else ""
            word, is_replaced = ReplacedStretch(len(said), len(said), ""), False
        if span.sound and span.sound.ipa:
            end = len(said) + len(span.sound.text)
            sounds.append(Pronunciation(len(said), end, span.sound.ipa))
        said += given
        word = ReplacedStretch(word.start, len(said), word.told + span.spoken)
        is_replaced = is_replaced or span.sound is not None
    replaced += [word] if is_replaced else []
    return VoiceText(said, tuple(sounds), tuple(replaced))


def bare(text: str) -> str:
    """Without the marks at its end."""
    return text.rstrip(_MARKS) or text


def _given(span: NormalizedSpan) -> str:
    if span.sound is None:
        return span.spoken
    return span.sound.text + span.spoken[len(bare(span.spoken)) :]


def _needs_space(before: str, written: str, after: str) -> bool:
    """No space was written and none is needed: between Han or kana, and before marks."""
    if written[:1].isspace():
        return True
    if after in boundaries.SENTENCE_MARKS or after in boundaries.CLAUSE_MARKS:
        return False
    return not (
        boundaries.is_unspaced(after)
        or boundaries.is_unspaced(before)
        or before in boundaries.WIDE_MARKS
    )
