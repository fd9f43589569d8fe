"""A dictionary of how words are to sound."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engines import Pronunciation
from vivavoce.errors import BadRequest
from vivavoce.text.phrases import Phrase, Phraser
from vivavoce.text.pronunciations import PronouncingDictionary, dictionary_of

WORDS = {"nginx": "engine x", "New York": "noo yawk", "New York City": "the city", "GIF": "/dʒɪf/"}


def phrases(text: str, entries: dict[str, str], language: str = "en") -> list[Phrase]:
    phraser = Phraser(language, first_words=3, dictionary=PronouncingDictionary(entries))
    return [*phraser.feed(text), *phraser.flush()]


def voiced(text: str, entries: dict[str, str] = WORDS, language: str = "en") -> str:
    return " ".join(phrase.voiced.text for phrase in phrases(text, entries, language))


def told(text: str, entries: dict[str, str] = WORDS) -> str:
    return " ".join(phrase.spoken for phrase in phrases(text, entries))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Use nginx.", "Use engine x."),
        ("Use NGINX, not nginxes.", "Use engine x, not nginxes."),
        ("**nginx** (nginx)", "engine x, engine x."),
        ("Is nginx's log nginx-based?", "Is engine x's log engine x based?"),
        ("See [nginx](https://example.com).", "See engine x."),
        ("# nginx", "engine x."),
        ("so $x^2$ is nginx", "so x squared is engine x."),
    ],
)
def test_a_word_is_said_as_the_dictionary_says(text: str, said: str) -> None:
    assert voiced(text) == said


def test_what_is_told_is_the_word_as_it_was_written() -> None:
    assert told("Use NGINX, please.") == "Use NGINX, please."
    assert "".join(it.written for it in phrases("Use nginx now.", WORDS)) == "Use nginx now."


def test_the_longest_word_is_taken_and_no_phrase_parts_it() -> None:
    assert voiced("Welcome to New York City now.") == "Welcome to the city now."
    assert voiced("I am in New  York today.") == "I am in noo yawk today."
    assert voiced("That is new. York is old.") == "That is new. York is old."


def test_a_word_in_its_own_case_goes_before_one_in_any_case() -> None:
    entries = {"us": "uss", "US": "you ess"}
    assert voiced("US and us.", entries) == "you ess and uss."
    assert voiced("NASA nasa", {"NASA": "nassa"}) == "nassa nassa."


def test_what_is_said_for_a_word_is_not_looked_up_again() -> None:
    entries = {"ping": "pong", "pong": "ping", "loop": "loop loop"}
    assert voiced("ping pong loop.", entries) == "pong ping loop loop."


def test_words_with_signs_and_of_scripts_without_spaces_are_found() -> None:
    assert voiced("C++ and .NET!", {"C++": "see plus plus", ".NET": "dot net"}) == (
        "see plus plus and dot net!"
    )
    assert voiced("我用東京塔。", {"東京": "とうきょう"}, "ja") == "我用とうきょう塔。"


def test_sounds_in_ipa_go_with_the_words_as_usual() -> None:
    [phrase] = phrases("GIF or GIF's.", WORDS)
    assert phrase.voiced.text == "GIF or GIF's."
    assert phrase.voiced.pronunciations == (
        Pronunciation(0, 3, "dʒɪf"),
        Pronunciation(7, 12, "dʒɪfs"),
    )


@pytest.mark.parametrize(
    ("word", "said", "message"),
    [
        ("", "x", "pronunciations: '': name a word"),
        ("nginx", " ", "pronunciations: 'nginx': say how it sounds"),
        ("nginx", "/", "pronunciations: 'nginx': say how it sounds"),
        ("nginx", "/x", "'/x' is no IPA; write it as"),
        ("nginx", "/3nd/", "'/3nd/' is no IPA"),
        ("nginx", "a\nb", "characters that cannot be printed"),
        ("x" * 201, "x", "the word has 201 characters; 200 are allowed"),
        ("x", "x" * 201, "what is said for it has 201 characters; 200 are allowed"),
    ],
)
def test_an_entry_that_makes_no_sense_is_named(word: str, said: str, message: str) -> None:
    with pytest.raises(BadRequest) as error:
        PronouncingDictionary({word: said})
    assert message in str(error.value)


def test_a_thousand_entries_are_allowed_and_no_more() -> None:
    entries = {f"w{i}": "x" for i in range(1_001)}
    with pytest.raises(BadRequest, match="1,001 entries; 1,000 are allowed"):
        PronouncingDictionary(entries)
    del entries["w0"]
    assert voiced("w1 w0", entries) == "x w0."


def test_the_later_of_two_dictionaries_says_how_a_word_sounds() -> None:
    found = dictionary_of({"a1": "one", "b1": "two"}, None, {"b1": "three"})
    assert [it.sound.text for it in found.find("a1 b1") if it.sound] == ["one", "three"]


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from([None, "en", "de", "ja"]), st.integers(1, 7))
def test_a_dictionary_changes_nothing_of_what_is_written_however_it_is_chunked(
    text: str, language: str | None, size: int
) -> None:
    entries = {"a": "b", "b": "a", "b c": "/x/", "1": "one", ".": "dot", "中": "zh"}
    phraser = Phraser(language, dictionary=PronouncingDictionary(entries))
    whole = [*phraser.feed(text), *phraser.flush()]
    assert "".join(phrase.written for phrase in whole) == text
    chunked: list[Phrase] = []
    for start in range(0, len(text), size):
        chunked += phraser.feed(text[start : start + size])
    assert [*chunked, *phraser.flush()] == whole
