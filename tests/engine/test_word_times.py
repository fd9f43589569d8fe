from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engine.word_times import WordTimes, word_spans

RATE = 1000


@settings(deadline=None)
@given(st.text(alphabet="ab1 .,-—&中文か\n"))
def test_words_are_stretches_of_the_phrase_in_order(phrase: str) -> None:
    cursor = 0
    for span in word_spans(phrase):
        assert cursor <= span.start < span.end
        assert phrase[span.start : span.end] == span.text
        assert not any(map(str.isspace, span.text))
        cursor = span.end
    letters = "".join(filter(str.isalnum, phrase))
    assert "".join(filter(str.isalnum, "".join(s.text for s in word_spans(phrase)))) == letters


def test_marks_stay_with_the_word_they_touch_and_are_none_alone() -> None:
    texts = [span.text for span in word_spans("“Well,” he said — 50% & more ... 中文，好！")]
    assert texts == ["“Well,”", "he", "said", "50%", "&", "more", "中", "文，", "好！"]


@settings(deadline=None)
@given(
    st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(-3, 60), st.integers(0, 200)), max_size=12),
)
def test_each_word_is_told_once_in_order_whatever_the_marks(
    words: list[str], marks: list[tuple[int, int]]
) -> None:
    phrase = " ".join(words)
    times = WordTimes(phrase, RATE)
    told, sample = [], 0
    for position, step in marks:
        sample += step
        told += times.began(position, sample, heard_to=sample)
    told += times.ended(sample + 100)
    assert [word.text for word in told] == words
    for before, after in pairwise(told):
        assert before.start <= before.end <= after.start + 1e-9
    assert told[-1].end <= (sample + 100) / RATE


def test_a_word_without_a_mark_shares_the_time_of_the_one_before_it() -> None:
    times = WordTimes("out of it", RATE)
    assert times.began(0, 0, heard_to=0) == []
    shared = times.began(7, 500, heard_to=500)
    assert [(word.text, word.start, word.end) for word in shared] == [
        ("out", 0.0, 0.3),
        ("of", 0.3, 0.5),
    ]
    assert times.ended(900)[0].end == 0.9
