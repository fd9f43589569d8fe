"""Text that is told to be characters, a number, a date …, in the words of a language."""

from __future__ import annotations

import pytest

from vivavoce.text.language.packs import pack_of
from vivavoce.text.marked_text import SayAs, SayAsKind
from vivavoce.text.say_as import read_as


@pytest.mark.parametrize(
    ("language", "kind", "text", "said"),
    [
        ("en", "characters", "a1.b", "A one dot B"),
        ("en", "characters", "R&D", "R and D"),
        ("de", "characters", "ß-x", "ß Minus X"),
        ("en", "cardinal", "2024", "two thousand twenty-four"),
        ("en", "cardinal", "1,234", "one thousand two hundred thirty-four"),
        ("en", "cardinal", "about 5", "about five"),
        ("de", "cardinal", "1.234", "eintausendzweihundertvierunddreißig"),
        ("en", "ordinal", "3", "third"),
        ("en", "ordinal", "22nd", "twenty-second"),
        ("de", "ordinal", "3.", "dritte"),
        ("fr", "ordinal", "3", "troisième"),
        ("es", "ordinal", "3", "tercero"),
        ("en", "digits", "407", "four zero seven"),
        ("en", "telephone", "+1 555-0123", "plus one, five five five, zero one two three"),
        ("en", "date", "2024-03-05", "March fifth, twenty twenty-four"),
        ("en", "time", "2:30pm", "two thirty PM"),
        ("sw", "digits", "42", "4 2"),
        ("sw", "ordinal", "3", "3"),
    ],
)
def test_each_kind_is_read_in_the_language_s_own_words(
    language: str, kind: SayAsKind, text: str, said: str
) -> None:
    assert read_as(pack_of(language), text, SayAs(kind)) == said


@pytest.mark.parametrize(
    ("language", "order", "text", "said"),
    [
        ("en", "mdy", "3/5/2024", "March fifth, twenty twenty-four"),
        ("en", "dmy", "3/5/2024", "May third, twenty twenty-four"),
        ("en", "ymd", "24.5.3", "May third, twenty twenty-four"),
        ("de", "mdy", "3/5/2024", "fünfter März zweitausendvierundzwanzig"),
    ],
)
def test_the_parts_of_a_date_are_in_the_order_told(
    language: str, order: str, text: str, said: str
) -> None:
    assert read_as(pack_of(language), text, SayAs("date", order)) == said
