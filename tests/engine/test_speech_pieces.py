from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.engine.speech_pieces import cut_all


def cut(*sentences: str, longest: int = 200) -> list[str]:
    return ["".join(piece) for piece in cut_all(map(list, sentences), longest)]


def test_the_first_piece_ends_with_the_first_clause_that_is_long_enough() -> None:
    assert cut("aaa, aaaa aaaa aaaa aaaa, bbbb bbbb bbbb bbbb bbbb.") == [
        "aaa, aaaa aaaa aaaa aaaa,",
        "bbbb bbbb bbbb bbbb bbbb.",
    ]


def test_later_pieces_are_no_shorter_than_the_first() -> None:
    long = "aaaa aaaa aaaa aaaa aaaa,"
    assert cut(f"{long} bbbb bbbb, cccc cccc cccc cccc, dddd dddd dddd.") == [
        long,
        "bbbb bbbb, cccc cccc cccc cccc,",
        "dddd dddd dddd.",
    ]


def test_a_few_sounds_that_are_left_stay_with_their_clause() -> None:
    assert cut("aaaa aaaa aaaa aaaa aaaa, too.") == ["aaaa aaaa aaaa aaaa aaaa, too."]


def test_sentences_are_pieces_of_their_own() -> None:
    assert cut("aaa.", "bb? cc") == ["aaa.", "bb?", "cc"]


def test_marks_without_a_space_cut_nothing() -> None:
    assert cut("aaaaaaaaaaaaaaaaaaaaaaa,bbbbbbbbbbbbbbbbbbb.") == [
        "aaaaaaaaaaaaaaaaaaaaaaa,bbbbbbbbbbbbbbbbbbb."
    ]


@given(st.text("ab .,?", min_size=1), st.integers(5, 40))
def test_nothing_is_lost_and_no_piece_is_too_long(text: str, longest: int) -> None:
    pieces = cut(text, longest=longest)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    assert all(len(piece.rstrip(" .,?")) <= longest for piece in pieces)
