"""Words to expect, as a bonus in the search for the likeliest tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from vivavoce.engine.moonshine.beam import Array, Beam, DecoderCache, TokensRead
from vivavoce.engine.moonshine.hotwords import HotwordBias

PIECES = ["", "", "", "▁", "▁call", "▁ku", "▁cu", "be", "rn", "etes", "▁Ku", "."]
BYTES = [piece.encode() for piece in PIECES]
END, CALL, KU, CU, BE, RN, ETES, DOT = 2, 4, 5, 6, 7, 8, 9, 11


def told(bias: HotwordBias, tokens: Sequence[int]) -> list[float]:
    """What each token changes the score by."""
    spelled, lent, changes = b"", 0.0, []
    for token in tokens:
        spelled, lent, change = bias.step(spelled, lent, token)
        changes.append(change)
    return changes


def test_a_word_that_is_spelled_to_its_end_keeps_its_bonus() -> None:
    bias = HotwordBias(BYTES, ["kube"])
    assert told(bias, [CALL, KU, BE, DOT]) == [0.0, 1.5, 1.5, 0.0]
    assert told(bias, [KU, BE, END]) == [1.5, 1.5, 0.0]
    assert told(bias, [KU, BE, KU, BE]) == [1.5, 1.5, 1.5, 1.5]


def test_a_word_that_is_left_gives_its_bonus_back() -> None:
    bias = HotwordBias(BYTES, ["kube", "kubernetes"])
    assert told(bias, [KU, BE, RN, CALL]) == [1.5, 1.5, 1.5, -4.5]
    assert told(HotwordBias(BYTES, ["kube"]), [KU, BE, RN]) == [1.5, 1.5, -3.0]
    assert told(HotwordBias(BYTES, ["kube"]), [KU, END]) == [1.5, -1.5]


def test_words_of_phrases_and_both_cases_are_expected() -> None:
    assert set(HotwordBias(BYTES, ["call kube"]).bonuses(b"")) == {CALL}
    assert set(HotwordBias(BYTES, ["kube"]).bonuses(b"")) == {KU, PIECES.index("▁Ku")}
    assert set(HotwordBias(BYTES, ["kube"]).bonuses("▁ku".encode())) == {
        KU, PIECES.index("▁Ku"), BE,
    }  # fmt: skip
    assert HotwordBias(BYTES, ["", "  ", "xyz"]).bonuses(b"") == {}


def test_no_more_words_are_minded_than_the_search_can_bear() -> None:
    words = [f"word{number}" for number in range(200)]
    assert HotwordBias(BYTES, [*words, "kube"]).bonuses(b"") == {}


HEARD = {0: {CU: 1.0, KU: 0.0}, CU: {BE: 9.0}, KU: {BE: 9.0}, BE: {END: 9.0}}


class Doubtful:
    """A model that hears `cube` a little better than `kube`."""

    def read(
        self, rows: Sequence[Sequence[int]], after: Sequence[DecoderCache[None]] = ()
    ) -> TokensRead[None]:
        logits: Array = np.full((len(rows), len(rows[0]), len(PIECES)), -9.0, np.float32)
        for row, tokens in enumerate(rows):
            for at, token in enumerate(tokens):
                for follower, logit in HEARD.get(token, {}).items():
                    logits[row, at, follower] = logit
        return TokensRead(logits, None)


@pytest.mark.parametrize(
    ("words", "heard"), [((), [CU, BE]), (("kube",), [KU, BE]), (("kubernetes",), [CU, BE])]
)
def test_an_expected_word_is_found_where_it_is_nearly_as_likely(
    words: tuple[str, ...], heard: list[int]
) -> None:
    search = Beam(
        Doubtful(),
        begin=0,
        end=END,
        starts_word=lambda token: PIECES[token].startswith("▁"),
        width=4,
        limit=8,
        bias=HotwordBias(BYTES, words) if words else None,
    )
    best = search.search()[0]
    assert list(best.ids) == heard
    assert max(best.scores) <= 0.0
