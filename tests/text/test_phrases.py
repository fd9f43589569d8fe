from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engines import Word
from vivavoce.text import boundaries
from vivavoce.text.phrases import NormalizedSpan, Phrase, Phraser, heard

FRAGMENTS = [
    "Hello", "the", " ", "  ", "\n", "\n\n", ".", ",", "?", "!", "...", "…", "—", "-", "*", "**",
    "_", "`", "```", "```python\n", "~~~", "#", "- ", "1. ", "|", "(", ")", "[", "](", "http://x.io",
    "3.14", "1,000", "$5", "10:30", "Dr.", "e.g.", "etc.", "p.m.", "U.S.", "😀", "中文", "。", "，",
    "「", "」", "สวัสดี", "ñ", "\"", "'", "”", "<br>", ":)", "A", "I", "1999", "½", "\u0301", "\x00",
]  # fmt: skip
TEXT = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=5)), max_size=30)
LANGUAGES = st.sampled_from([None, "en", "de", "zh", "th", "ja"])


def phrases(text: str, language: str | None = "en", first_words: int = 5) -> list[Phrase]:
    phraser = Phraser(language, first_words=first_words)
    return [*phraser.feed(text), *phraser.flush()]


def said(text: str, language: str | None = "en", first_words: int = 5) -> list[str]:
    return [phrase.spoken for phrase in phrases(text, language, first_words)]


def sentences(text: str, language: str | None = "en") -> list[str]:
    """The phrases as written, where there is no hurry to begin."""
    begun = "This is the long beginning of what is said here.\n"
    return [phrase.written.strip() for phrase in phrases(begun + text, language, 10)][1:]


# --- invariants ----------------------------------------------------------------------------------


@settings(deadline=None, max_examples=300)
@given(TEXT.map("".join), LANGUAGES, st.data())
def test_phrases_do_not_depend_on_chunks_and_hold_all_that_is_written(
    text: str, language: str | None, data: st.DataObject
) -> None:
    whole = phrases(text, language)
    assert "".join(phrase.written for phrase in whole) == text
    phraser, chunked = Phraser(language), list[Phrase]()
    rest = text
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        chunked += phraser.feed(rest[:size])
        rest = rest[size:]
    assert [*chunked, *phraser.flush()] == whole


@settings(deadline=None, max_examples=300)
@given(TEXT.map("".join), LANGUAGES)
def test_each_phrase_has_something_to_say_but_for_a_silent_end(
    text: str, language: str | None
) -> None:
    found = phrases(text, language)
    assert all(phrase.spoken for phrase in found[:-1])
    assert all(piece.written for phrase in found for piece in phrase.pieces)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["the", "house", "and", "of", "dr.", "5", "中", "か"]), max_size=150),
    st.sampled_from([" ", ""]),
    st.integers(1, 10),
    st.integers(10, 40),
)
def test_no_phrase_is_much_longer_than_it_may_be(
    words: list[str], space: str, first_words: int, most_words: int
) -> None:
    phraser = Phraser("en", first_words=first_words, most_words=most_words)
    found = [*phraser.feed(space.join(words)), *phraser.flush()]
    sizes = [sum(map(boundaries.weight, phrase.written.split())) for phrase in found]
    longest = max(most_words, 2 * first_words) + 4
    assert all(size <= longest for size in sizes), sizes
    assert all(len(phrase.written) <= 400 for phrase in found)


def test_text_without_any_break_is_cut_all_the_same() -> None:
    found = phrases("x" * 1000)
    assert max(len(phrase.written) for phrase in found) <= 160
    assert "".join(phrase.written for phrase in found) == "x" * 1000


def test_a_phraser_begins_anew_after_flush() -> None:
    phraser = Phraser("en")
    first = [*phraser.feed("```\nopen code"), *phraser.flush()]
    again = [*phraser.feed("One, two."), *phraser.flush()]
    assert [phrase.spoken for phrase in first] == ["code example.", ""]
    assert [phrase.spoken for phrase in again] == ["One,", "two."]


# --- latency -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("Really?", 1),
        ("Sure!", 1),
        ("Yes,", 1),
        ("好的。", 1),
        ("好的，", 1),
        ("I see. ", 0),
        ("I see. S", 1),
        ("I see.\n", 1),
        ("Paris.", 0),
        ("in the U.S. A", 0),
        ("in the U.S. Army ", 0),
        ("in the U.S. It ", 1),
        ("The cost is 3.", 0),
        ("“Really?", 0),
        ("https://x.io/?q", 0),
        ("one two three four five ", 1),
        ("one two three four five", 0),
    ],
)
def test_a_phrase_is_told_as_soon_as_its_end_is_sure(text: str, complete: int) -> None:
    assert len(Phraser("en").feed(text)) == complete


def test_the_first_phrase_is_short_and_later_ones_grow() -> None:
    text = "word " * 100
    sizes = [len(phrase.written.split()) for phrase in phrases(text)]
    assert sizes == [5, 20, 30, 30, 15]


def test_the_first_phrase_ends_where_a_speaker_might_pause() -> None:
    assert said("The sky is blue because of scattering.")[0] == "The sky is blue"
    assert said("I think that the answer is here.")[0] == "I think that the answer"
    assert said("Paris, the capital of France.")[0] == "Paris,"
    assert said("Well — let me see now.")[0] == "Well,"
    assert said("It takes 20 minutes to get there.")[0] == "It takes twenty minutes"


def test_a_word_and_its_article_or_unit_stay_together() -> None:
    for first in range(2, 8):
        start = phrases("We saw a cat near the old 5 km sign of Dr. Lee today ok", "en", first)[0]
        assert start.written.split()[-1] not in {"a", "the", "5", "of", "Dr."}


def test_a_long_sentence_is_cut_at_a_clause() -> None:
    begun = "A first sentence of eight words stands here.\n" * 2
    text = begun + "one " * 20 + "two, " + "three " * 12 + "four."
    ends = [phrase.written.split()[-1] for phrase in phrases(text, "en", 8)]
    assert ends == ["here.", "here.", "two,", "four."]


# --- sentence ends -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Pi is 3.14 and that is 1,000 times more.", "en"),
        ("Ask Dr. Smith, Mrs. Lee or Prof. Brown.", "en"),
        ("Some fruit, e.g. Apples or i.e. Pears.", "en"),
        ("See https://example.com/a.b?c=d. for more.", "en"),
        ("Mail jo.doe@example.com or call.", "en"),
        ("J. R. R. Tolkien and George W. Bush met.", "en"),
        ("The U.S. Army and Apple Inc. Shares rose.", "en"),
        ("It is 10:30 a.m. Monday there.", "en"),
        ("Wait... I think so.", "en"),
        ("See No. 5 and Fig. 3 on p. 7 now.", "en"),
        ("It was approx. five miles.", "en"),
        ("Python 3.11.2 runs at 192.168.1.1 now.", "en"),
        ("“Really?” she asked.", "en"),
        ("Use Node.js and file.py here.", "en"),
        ("I opened Yahoo! Finance today and watched Jeopardy! with her.", "en"),
        ("She reads Who? Weekly and eats at Yum! Brands.", "en"),
        ("My friend said Yahoo! is down again.", "en"),
        ("Ich habe Yahoo! gestern benutzt.", "de"),
        ("From 9 AM - 5 PM we are here.", "en"),
        ("So $x^2 + y^2 = 25. And$ holds.", "en"),
        ("We know \\(a. B\\) and \\[c. D\\] now.", "en"),
        ("Am 3. Oktober kam z.B. Herr Dr. Weber.", "de"),
        ("Le prix est de 3,14 euros, M. Dupont.", "fr"),
        ("El Sr. García vive en la Avda. Mayor.", "es"),
        ("Он живёт на ул. Ленина.", "ru"),
    ],
)
def test_what_belongs_together_is_never_split(text: str, language: str | None) -> None:
    assert sentences(text, language) == [text]


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("It rains. We stay! Do you? Yes.", "en", ["It rains.", "We stay!", "Do you?", "Yes."]),
        ("It is 5 p.m. We go.", "en", ["It is 5 p.m.", "We go."]),
        ("Cats, dogs, etc. They run.", "en", ["Cats, dogs, etc.", "They run."]),
        ("In the U.S. It is big.", "en", ["In the U.S.", "It is big."]),
        ("It was 1999. We met.", "en", ["It was 1999.", "We met."]),
        (
            "I saw Bob! He ran. So did Ann! The end.",
            "en",
            ["I saw Bob!", "He ran.", "So did Ann!", "The end."],
        ),
        ("Das ist ein Hund! Er bellt.", "de", ["Das ist ein Hund!", "Er bellt."]),
        ("No. I won't.", "en", ["No.", "I won't."]),
        ("He said “Go.” Then he left.", "en", ["He said “Go.”", "Then he left."]),
        ("**Done.** Next one.", "en", ["**Done.**", "Next one."]),
        ("Es war 1999. Wir kamen.", "de", ["Es war 1999.", "Wir kamen."]),
        ("这是一。这是二！好吗？", "zh", ["这是一。", "这是二！", "好吗？"]),
        ("「はい。」と言った。次。", "ja", ["「はい。」と言った。", "次。"]),
        ("नमस्ते दोस्त। कैसे हो?", "hi", ["नमस्ते दोस्त।", "कैसे हो?"]),
        ("مرحبا بك؟ نعم.", "ar", ["مرحبا بك؟", "نعم."]),
    ],
)
def test_sentences_end_where_they_do(text: str, language: str | None, wanted: list[str]) -> None:
    assert sentences(text, language) == wanted


def test_thai_is_cut_at_its_spaces() -> None:
    text = "สวัสดีครับผมชื่อสมชาย วันนี้อากาศดีมากจริงๆ คุณสบายดีไหม " * 4
    found = phrases(text, "th")
    assert found[0].written == "สวัสดีครับผมชื่อสมชาย"
    assert all(len(phrase.written) <= 150 for phrase in found)


# --- lines ---------------------------------------------------------------------------------------


def test_headings_and_list_items_are_sentences() -> None:
    text = "Here is a list:\n\n## Fruit\n- Apples\n- Pears and plums\n\n1. One\n2. Two"
    assert said(text) == [
        "Here is a list:",
        "Fruit.",
        "Apples.",
        "Pears and plums.",
        "one, One.",
        "two, Two.",
    ]


def test_a_table_is_said_cell_by_cell() -> None:
    text = "| Name | Age |\n|------|----:|\n| Bob | 5 |\n| Eve | 6 |\n\nDone."
    assert said(text) == ["Name, Age.", "Bob, five.", "Eve, six.", "Done."]


def test_a_wrapped_line_goes_on_in_the_next() -> None:
    text = (
        "This text was wrapped by an editor at some sixty characters\n"
        "Anna says, so a line break is no end of the sentence that\n"
        "is being read."
    )
    assert len(sentences(text)) == 1
    assert sentences("A poem has\nShort lines\n") == ["A poem has", "Short lines"]


def test_code_is_named_not_read() -> None:
    text = "Try this:\n```python\nprint('Hi. There!')\n\nx = 1\n```\nIt works."
    found = phrases(text)
    assert [phrase.spoken for phrase in found] == ["Try this:", "code example.", "It works."]
    assert found[1].written == "\n```python\n"
    assert found[2].pieces[0] == NormalizedSpan("print('Hi. There!')\n\nx = 1\n```\n", "")


def test_code_is_named_in_the_language_spoken_as_soon_as_it_begins() -> None:
    phraser = Phraser("de")
    assert [phrase.spoken for phrase in phraser.feed("~~~\n")] == ["Codebeispiel."]
    assert phraser.feed("a = `b`. C. D\n```\n") == []
    assert [phrase.spoken for phrase in phraser.feed("~~~\nGut! ")] == ["Gut!"]


def test_code_within_a_line_is_read() -> None:
    assert said("Run ```ls -l``` now.") == ["Run ls l now."]
    assert said("```x``` is code.") == ["x is code."]


def test_a_link_is_not_parted_from_its_address() -> None:
    text = "Go and see [the very long title of. Some page](https://x.io/a) now."
    assert said(text) == ["Go and see", "the very long title of. Some page now."]


def test_silent_text_goes_with_the_words_after_it() -> None:
    found = phrases("😀 Hi! 😀 So, go 😀")
    assert [phrase.written for phrase in found] == ["😀 Hi!", " 😀 So, go 😀"]
    assert found[0].pieces[0] == NormalizedSpan("😀", "")


def test_only_silent_text_gives_one_silent_phrase() -> None:
    assert [(phrase.written, phrase.spoken) for phrase in phrases(" 😀\n")] == [(" 😀\n", "")]
    assert [(phrase.written, phrase.spoken) for phrase in phrases("Go! 😀")][1:] == [(" 😀", "")]
    assert [phrase.written for phrase in phrases("Go 😀\n")] == ["Go 😀\n"]
    assert phrases("") == []


def test_the_end_of_a_reply_is_heard_as_an_end() -> None:
    assert said("Hello")[-1] == "Hello."
    assert said("你好", "zh")[-1] == "你好。"
    assert said("Is it,")[-1] == "Is it,"


# --- heard ---------------------------------------------------------------------------------------

PHRASE = Phrase(
    (
        NormalizedSpan("**It", "It"),
        NormalizedSpan(" costs", "costs"),
        NormalizedSpan(" $5.20**,", "five dollars and twenty cents,"),
        NormalizedSpan(" 😀", ""),
        NormalizedSpan(" ok?", "ok?"),
        NormalizedSpan(" 😀", ""),
    )
)
WORDS = [
    Word(text, i, i + 1)
    for i, text in enumerate("It costs five dollars and twenty cents, ok?".split())  # noqa: SIM905
]


def test_a_word_is_heard_when_its_end_has_been_played() -> None:
    def at(seconds: float) -> str:
        return heard(PHRASE, WORDS, seconds, None)

    assert at(0) == at(0.9) == ""
    assert at(1) == at(1.9) == "**It"
    assert at(2) == at(6.9) == "**It costs"
    assert at(7) == at(7.9) == "**It costs $5.20**,"
    assert at(8) == PHRASE.written


def test_only_the_words_known_so_far_are_heard() -> None:
    assert heard(PHRASE, WORDS[:3], 100, None) == "**It costs"
    assert heard(PHRASE, WORDS[:3], 100, 99) == PHRASE.written


def test_without_word_times_what_is_heard_grows_evenly() -> None:
    length = len(PHRASE.spoken)
    assert heard(PHRASE, [], 1.9 / length * 10, 10) == ""
    assert heard(PHRASE, [], 2.1 / length * 10, 10) == "**It"
    assert heard(PHRASE, [], 8.1 / length * 10, 10) == "**It costs"
    assert heard(PHRASE, [], 10, 10) == PHRASE.written


def test_without_word_times_and_length_a_common_pace_is_assumed() -> None:
    assert heard(PHRASE, [], 0, None) == ""
    assert heard(PHRASE, [], 1, None) == "**It costs"
    assert heard(PHRASE, [], 60, None) == PHRASE.written


def test_a_silent_phrase_is_heard_at_once() -> None:
    silent = Phrase((NormalizedSpan(" 😀", ""),))
    assert heard(silent, [], 0, 0.0) == heard(silent, [], 0, None) == " 😀"


def test_words_that_the_engine_spells_its_own_way_are_matched_in_order() -> None:
    words = [Word("it", 0, 1), Word("COSTS", 1, 2), Word("5", 2, 3), Word("dollars", 3, 4)]
    assert heard(PHRASE, words, 2, None) == "**It costs"
    assert heard(PHRASE, words, 4, None) == "**It costs"


@settings(deadline=None)
@given(TEXT.map("".join), st.booleans(), st.lists(st.floats(0, 20), min_size=2, max_size=6))
def test_what_was_heard_is_a_beginning_that_never_shrinks(
    text: str, timed: bool, moments: list[float]
) -> None:
    for phrase in phrases(text):
        spoken = phrase.spoken.split()
        words = [Word(word, i / 2, i / 2 + 0.4) for i, word in enumerate(spoken)] if timed else []
        total = len(spoken) / 2
        before = ""
        for moment in sorted(moments):
            now = heard(phrase, words, moment, total)
            assert phrase.written.startswith(now)
            assert now.startswith(before)
            before = now
        assert heard(phrase, words, total, total) == phrase.written
        if timed:
            assert heard(phrase, words, total, None) == phrase.written
