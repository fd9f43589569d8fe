from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.text.stable_prefix import StablePrefix

WORDS = st.lists(
    st.sampled_from(["and", "so", "my", "fellow", "Americans", "ask", "not", "what"]), max_size=12
)
HYPOTHESES = st.lists(WORDS, max_size=12)


def shown_for(*texts: str) -> tuple[StablePrefix, str]:
    stable = StablePrefix()
    shown: tuple[str, ...] = ()
    for text in texts:
        shown = stable.update(text.split())
    return stable, " ".join(shown)


@settings(deadline=None)
@given(HYPOTHESES)
def test_stable_words_are_never_taken_back(hypotheses: list[list[str]]) -> None:
    stable = StablePrefix()
    before: tuple[str, ...] = ()
    for hypothesis in hypotheses:
        shown = stable.update(hypothesis)
        assert shown[: len(before)] == before
        assert shown[: len(stable.words)] == stable.words
        assert stable.words[: len(before)] == before
        before = stable.words


@settings(deadline=None)
@given(WORDS, st.lists(st.integers(0, 12), max_size=8))
def test_a_transcript_that_only_grows_is_shown_as_it_is(text: list[str], ends: list[int]) -> None:
    stable, before = StablePrefix(), 0
    for end in sorted(ends):
        assert stable.update(text[:end]) == tuple(text[:end])
        assert len(stable.words) == max(0, min(before, len(text)) - 1)
        before = end


@settings(deadline=None)
@given(HYPOTHESES, WORDS, WORDS)
def test_what_is_settled_stands_whatever_follows(
    hypotheses: list[list[str]], words: list[str], later: list[str]
) -> None:
    stable = StablePrefix()
    for hypothesis in hypotheses:
        stable.update(hypothesis)
    settled = stable.settle(words)
    both = min(len(settled), len(stable.words))
    assert settled[:both] == stable.words[:both]
    assert stable.update((*settled, *later))[: len(settled)] == settled


def test_a_word_is_stable_when_the_word_after_it_is_agreed_on_too() -> None:
    stable, shown = shown_for("and so my fell", "and so my fellow")
    assert stable.words == ("and", "so")
    assert shown == "and so my fellow"


def test_one_hypothesis_makes_nothing_stable() -> None:
    stable, _ = shown_for("and so my fellow Americans")
    assert stable.words == ()


def test_a_contradiction_is_shown_from_where_it_goes_on() -> None:
    _, shown = shown_for(
        "my fellow America ask", "my fellow America ask", "my fellow Americans ask not"
    )
    assert shown == "my fellow America ask not"


def test_a_word_that_was_heard_too_much_does_not_swallow_the_next() -> None:
    _, shown = shown_for("a b b c d", "a b b c d", "a b c d e f")
    assert shown == "a b b c d e f"


def test_words_before_a_cut_settle_as_they_were_shown() -> None:
    stable, _ = shown_for("a b c d e f", "a b c d e f")
    assert stable.settle(["a", "b", "X"]) == ("a", "b", "c")
    assert stable.settle(["a", "b", "c", "d", "e", "g", "h"]) == ("a", "b", "c", "d", "e", "g", "h")
