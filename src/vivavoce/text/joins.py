"""Text that was written in pieces, each as if it were the first, as one text; pure."""

from __future__ import annotations

from vivavoce.text.language.pack import BreakWords
from vivavoce.text.language.packs import pack_of

from .boundaries import CLAUSE_MARKS, CLOSERS, SENTENCE_MARKS

_CLOSING = "".join(CLOSERS)
_MARKS = "".join(SENTENCE_MARKS | CLAUSE_MARKS)


def continued(before: str, more: str, language: str | None, *, in_a_breath: bool = True) -> str:
    """The text `more` as it goes on after the text `before`.

    Marks that it begins with are left out. After the end of a sentence it begins with a capital,
    and within one a word that is no name does not. in_a_breath: there is no pause between the two;
    after one, a capital may begin a sentence whose mark is missing.
    """
    if not before.strip():
        return more
    more = more.lstrip(_MARKS + " ") if more[:1] in _MARKS else more
    first, space, rest = more.partition(" ")
    ended = before.rstrip().rstrip(_CLOSING)[-1:] in SENTENCE_MARKS
    if ended and not before.rstrip().endswith(("...", "…")):
        return first[:1].upper() + first[1:] + space + rest
    if in_a_breath and _no_name(first, pack_of(language).breaks):
        return first[:1].lower() + first[1:] + space + rest
    return more


def _no_name(word: str, breaks: BreakWords) -> bool:
    bare = word.strip(_MARKS + _CLOSING).lower()
    if bare == "i" or bare.startswith("i'") or bare in breaks.never_last:
        return False
    if breaks.noun_capitals:
        return bare in breaks.conjunctions
    return bare in breaks.bound or bare in breaks.conjunctions
