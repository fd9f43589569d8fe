"""Words to expect, as a bonus for tokens that spell them (shallow fusion); pure.

The bonus is lent while a word is spelled, and taken back where it is not spelled to its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SPACE = "▁".encode()

BONUS = 1.5
"""For each token of a word, in nats: more would put expected words where others are said."""

MOST_WORDS, LONGEST = 200, 64
"""So many words, of so many characters each, are minded; each costs a little at each token."""


class HotwordBias:
    """What expected words add to a token's score, by what is spelled of one so far.

    pieces: what each token says, with `▁` where a word begins. words: also phrases.
    """

    def __init__(self, pieces: Sequence[bytes], words: Sequence[str]) -> None:
        self._pieces = pieces
        self._tokens = {piece: token for token, piece in enumerate(pieces) if piece}
        spellings = (
            SPACE + spelling.encode().replace(b" ", SPACE)
            for word in words[:MOST_WORDS]
            if (plain := " ".join(word.split())[:LONGEST])
            for spelling in (plain, plain.lower(), plain[:1].upper() + plain[1:])
        )
        self._words = frozenset(spellings)
        self._found: dict[bytes, Mapping[int, float]] = {}

    def bonuses(self, spelled: bytes) -> Mapping[int, float]:
        """The bonus of each token that goes on with a word, or begins one."""
        if spelled not in self._found:
            rests = [
                word[len(start) :]
                for word in self._words
                for start in {spelled, b""}
                if word.startswith(start)
            ]
            self._found[spelled] = {
                token: BONUS
                for rest in rests
                for end in range(1, len(rest) + 1)
                if (token := self._tokens.get(rest[:end])) is not None and rest[:end] != SPACE
            }
        return self._found[spelled]

    def step(self, spelled: bytes, lent: float, token: int) -> tuple[bytes, float, float]:
        """What is spelled after the token, what is lent for it, and the change of the score.

        spelled, lent: before the token.
        """
        piece = self._pieces[token]
        longer = spelled + piece
        if piece and spelled and self._begins(longer):
            return longer, lent + BONUS, BONUS
        mark = piece[:1].isascii() and not piece[:1].isalnum()
        apart = mark or piece.startswith(SPACE)
        kept = apart and spelled in self._words
        change = 0.0 if kept else -lent
        if piece != SPACE and piece.startswith(SPACE) and self._begins(piece):
            return piece, BONUS, change + BONUS
        return b"", 0.0, change

    def _begins(self, spelled: bytes) -> bool:
        return any(word.startswith(spelled) for word in self._words)
