"""Phonemes cut into pieces, so that a network that speaks whole pieces is heard soon.

The first piece ends with the first clause. Each further one takes at least as long to say as the
one before it, so that it is ready in time, and joins are few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

LONGEST = 200
"""Phonemes in a piece. Kokoro knows 510, but hurries through more than some 300."""
_FIRST = 16
"""Phonemes in the first piece, at least: fewer sound clipped."""
_SHORTEST = 10
"""Phonemes left of a sentence that are not worth a piece of their own."""
_SENTENCE_ENDS = frozenset(".!?…")
_CLAUSE_ENDS = frozenset(",;:—")


def cut_all(sentences: Iterable[Sequence[str]], longest: int = LONGEST) -> Iterator[list[str]]:
    """The pieces of some sentences, one after the other."""
    wanted = _FIRST
    for sentence in sentences:
        begin = 0
        for end in ends(sentence, wanted, longest):
            while begin < end and sentence[begin] == " ":
                begin += 1
            yield list(sentence[begin:end])
            wanted = max(wanted, end - begin)
            begin = end


def ends(phonemes: Sequence[str], wanted: int = _FIRST, longest: int = LONGEST) -> list[int]:
    """Where pieces end, the last one at the end of all.

    wanted: phonemes in the first piece, at least, unless its sentence is shorter.
    """
    found: list[int] = []
    begin, space = 0, 0
    for at, phoneme in enumerate(phonemes):
        size = at + 1 - begin
        if size > longest:
            end = space if space > begin else at
            found.append(end)
            begin, size = end, at + 1 - end
        if phoneme == " ":
            space = at + 1
        elif _spaced(phonemes, at) and (
            phoneme in _SENTENCE_ENDS
            or (phoneme in _CLAUSE_ENDS and size >= wanted and _left(phonemes, at) >= _SHORTEST)
        ):
            found.append(at + 1)
            wanted, begin = max(wanted, size), at + 1
    if begin < len(phonemes) and any(map(str.isalpha, phonemes[begin:])):
        found.append(len(phonemes))
    elif found:
        found[-1] = len(phonemes)
    else:
        found = [len(phonemes)]
    return found


def _spaced(phonemes: Sequence[str], at: int) -> bool:
    return at + 1 == len(phonemes) or phonemes[at + 1] == " "


def _left(phonemes: Sequence[str], at: int) -> int:
    """How many phonemes come after this one in its sentence."""
    for count, later in enumerate(range(at + 1, len(phonemes))):
        if phonemes[later] in _SENTENCE_ENDS or count == _SHORTEST:
            return count
    return len(phonemes) - at - 1
