from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.text.normalizer import pieces
from vivavoce.text.phrases import Phrase

WRITTEN = [
    "**b**", "_", "[a](b)", "http://x.io", "a@b.co", "$5", "3.14", "10:30", "5 km", "%", "😀", "中",
    "。", "\n", "-", "1.", "|", "#", "`", "(", ")", "<br>", "Dr.", "II", "1/2", "~5", "...",
]  # fmt: skip


def said(text: str, language: str | None = "en") -> str:
    return Phrase(tuple(pieces(text, language))).spoken


def check(table: dict[str, str], language: str | None = "en") -> None:
    assert {written: said(written, language) for written in table} == table


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.one_of(st.text(max_size=6), st.sampled_from(WRITTEN)), max_size=20).map(" ".join),
    st.sampled_from([None, "en", "de", "zh"]),
)
def test_what_is_written_is_kept_whole_and_said_in_one_line(text: str, language: str) -> None:
    found = pieces(text, language)
    assert "".join(piece.written for piece in found) == text
    for piece in found:
        assert piece.written
        assert piece.spoken == piece.spoken.strip()
        assert "\n" not in piece.spoken


def test_a_piece_is_a_word_as_written_with_what_is_said_for_it() -> None:
    assert [
        (piece.written, piece.spoken) for piece in pieces("It costs **$5.20**, ok - 😀!", "en")
    ] == [
        ("It", "It"),
        (" costs", "costs"),
        (" **$5.20**,", "five dollars and twenty cents,"),
        (" ok", "ok!"),
        (" -", ""),
        (" 😀!", ""),
    ]


def test_numbers() -> None:
    check(
        {
            "0": "zero",
            "12": "twelve",
            "1,234,567": "one million two hundred thirty-four thousand five hundred sixty-seven",
            "1000000 people": "one million people",
            "3.14": "three point one four",
            "0.05": "zero point zero five",
            ".5": "zero point five",
            "-5 or −5": "minus five or minus five",
            "+5": "plus five",
            "007": "zero zero seven",
            "1234567890123456": (
                "one two three four five six seven eight nine zero one two three four five six"
            ),
            "1.5 million": "one point five million",
            "3x": "three times",
            "1920x1080": "one thousand nine hundred twenty by one thousand eighty",
            "#5 of ~100": "number five of about one hundred",
            "5-year-old": "five year-old",
            "COVID-19, GPT-4, 3D, mp3, 1080p": "COVID-19, GPT-4, 3D, mp3, 1080p",
            "version 3.11.2": "version three dot eleven dot two",
        }
    )


def test_ordinals_fractions_and_ranges() -> None:
    check(
        {
            "the 1st, 2nd, 12th and 21st": "the first, second, twelfth and twenty-first",
            "1/2 cup": "one half cup",
            "3/4": "three quarters",
            "2 1/2": "two and one half",
            "1½": "one and a half",
            "½": "one half",
            "2/3": "two thirds",
            "24/7": "twenty-four seven",
            "3-5": "three to five",
            "pages 10–20": "pages ten to twenty",
            "1939–1945": "nineteen thirty-nine to nineteen forty-five",
            "7 - 2 = 5": "seven minus two equals five",
            "50-50": "fifty fifty",
        }
    )


def test_years_where_a_year_is_meant() -> None:
    check(
        {
            "in 1999": "in nineteen ninety-nine",
            "In 2005, it": "In two thousand five, it",
            "since 2010": "since twenty ten",
            "born in 1905.": "born in nineteen oh five.",
            "the 1990s and '80s": "the nineteen nineties and eighties",
            "for 1500 people": "for one thousand five hundred people",
            "1,999": "one thousand nine hundred ninety-nine",
        }
    )


def test_money_and_percent() -> None:
    check(
        {
            "$5.20": "five dollars and twenty cents",
            "$1": "one dollar",
            "$0.99": "ninety-nine cents",
            "£1.01": "one pound and one penny",
            "€1,000.50": "one thousand euros and fifty cents",
            "5€ or 5 €": "five euros or five euros",
            "$3 million": "three million dollars",
            "$1.5M": "one point five million dollars",
            "$20k": "twenty thousand dollars",
            "$5-10": "five to ten dollars",
            "-$5": "minus five dollars",
            "¥500": "five hundred yen",
            "5%": "five percent",
            "3.5 %": "three point five percent",
            "10-20%": "ten to twenty percent",
        }
    )


def test_times_and_dates() -> None:
    check(
        {
            "10:30": "ten thirty",
            "9:05 p.m.": "nine oh five PM.",
            "10:00": "ten o'clock",
            "10:00 AM": "ten AM",
            "14:00": "fourteen hundred",
            "12:30:15": "twelve thirty and fifteen seconds",
            "at 5 p.m. sharp": "at five PM sharp",
            "5-6pm": "five to six PM",
            "10:30-11:15": "ten thirty to eleven fifteen",
            "2026-11-21": "November twenty-first, twenty twenty-six",
            "11/21/2026": "November twenty-first, twenty twenty-six",
            "21/11/2026": "November twenty-first, twenty twenty-six",
            "Nov. 5, 1999": "November fifth, nineteen ninety-nine",
            "on May 3rd": "on May third",
            "the 5 November": "the fifth of November",
            "June 2021": "June twenty twenty-one",
        }
    )


def test_phone_numbers_digit_by_digit() -> None:
    number = "five five five, one two three, four five six seven"
    check(
        {
            "555-123-4567": number,
            "(555) 123-4567": number,
            "555.123.4567": number,
            "+1 555 123 4567": f"plus one, {number}",
            "555-1234": "five five five, one two three four",
            "Call 911!": "Call nine one one!",
        }
    )


def test_units() -> None:
    check(
        {
            "5 km": "five kilometers",
            "1 km": "one kilometer",
            "20 °C": "twenty degrees Celsius",
            "72°F": "seventy-two degrees Fahrenheit",
            "-5°": "minus five degrees",
            "60 mph": "sixty miles per hour",
            "100 km/h": "one hundred kilometers per hour",
            "16GB": "sixteen gigabytes",
            "3-5 km": "three to five kilometers",
            "5'11\" tall": "five foot eleven tall",
            "10 m²": "ten square meters",
            "2.5 kg": "two point five kilograms",
        }
    )


def test_abbreviations() -> None:
    check(
        {
            "Dr. Smith": "Doctor Smith",
            "Mr. and Mrs. Lee": "Mister and Missus Lee",
            "St. John lives on Main St.": "Saint John lives on Main Street.",
            "fruit, e.g. apples": "fruit, for example apples",
            "i.e., so": "that is, so",
            "cats, dogs, etc.": "cats, dogs, et cetera.",
            "A vs. B": "A versus B",
            "No. 5": "number five",
            "No. I won't.": "No. I won't.",
            "the U.S. Army": "the US Army",
            "J. R. R. Tolkien": "J R R Tolkien",
            "World War II": "World War two",
            "Henry VIII": "Henry the eighth",
            "w/ milk w/o sugar": "with milk without sugar",
        }
    )


def test_signs() -> None:
    check(
        {
            "salt & pepper": "salt and pepper",
            "R&D": "R and D",
            "2 + 2 = 4": "two plus two equals four",
            "2+2=4": "two plus two equals four",
            "2*3": "two times three",
            "3 × 4": "three times four",
            "x^2": "x squared",
            "10^6": "ten to the power of six",
            "3 < 5": "three is less than five",
            "and/or": "and or",
            "he/she": "he slash she",
            "C++ and C#": "C plus plus and C sharp",
            "@user #tag": "at user hashtag tag",
            "Node.js": "Node dot js",
            "user_name": "user name",
            "A → B": "A to B",
        }
    )


def test_addresses() -> None:
    check(
        {
            "https://example.com/docs": "example dot com slash docs",
            "See https://www.example.com/docs/?q=1&x=2.": "See example dot com slash docs.",
            "(www.example.org)": "example dot org",
            "example.com, too": "example dot com, too",
            "<https://example.com>": "example dot com",
            "https://example.com/a/very/long/path/that/nobody/wants/to/hear": "example dot com",
            "john.doe@example.com!": "john dot doe at example dot com!",
        }
    )
    check({"Siehe https://example.de/x.": "Siehe example Punkt de Schrägstrich x."}, "de")
    check({"見て https://example.jp/x": "見て example.jp"}, "ja")


def test_markdown_leaves_its_text() -> None:
    check(
        {
            "**Bold**, *italic* and ***both***.": "Bold, italic and both.",
            "__init__ and _it_": "init and it",
            "~~gone~~": "gone",
            "`code_here()`": "code here",
            "# Heading": "Heading",
            "> quoted": "quoted",
            "- item": "item",
            "* item\n* other": "item other",
            "1. item": "one, item",
            "2) item": "two, item",
            "- [x] done": "done",
            "| a | b |": "a, b,",
            "|---|:-:|": "",
            "---": "",
            "[the docs](https://x.com/y)": "the docs",
            "**[the docs](https://x.com/y)**.": "the docs.",
            "![a cat](cat.png)": "a cat",
            "a fact[1] and[^2]": "a fact and",
            "line<br>": "line",
            "<b>bold</b>": "bold",
        }
    )


def test_emoji_and_emoticons_are_not_said() -> None:
    check(
        {
            "Great! 😀": "Great!",
            "Great😀!": "Great!",
            "👨‍👩‍👧 family": "family",
            "ok 👍🏽 then": "ok then",
            "Hi :) there ;-) <3": "Hi there",
            "🇫🇷": "",
            "1️⃣ first": "one first",
        }
    )


def test_marks_are_heard_as_pauses() -> None:
    check(
        {
            "What?!": "What?",
            "Hey!!!": "Hey!",
            "well...": "well...",
            "wait...what": "wait... what",
            "yes — no": "yes, no",
            "yes—no": "yes, no",
            "yes - no": "yes, no",
            "Paris (the capital) is": "Paris, the capital, is",
            "“Quoted,” she said": "Quoted, she said",
            "don’t": "don't",
            "word(s)": "words",
        }
    )


def test_what_has_nothing_to_say_is_silent() -> None:
    for text in ("", "   ", "\n\n", "...", "—", "***", "()", "“”", "====", "😀 😀"):
        assert said(text) == "", text


@pytest.mark.parametrize("language", ["ru", "und", "xx", None])
def test_languages_without_a_pack_leave_numbers_to_the_voice(language: str | None) -> None:
    check({"**3,5 km** – 10:30 & 5 %": "3,5 km, 10:30 & 5 %"}, language)


def test_text_in_another_script_is_not_read_as_english() -> None:
    check(
        {"我有3个苹果，你呢？": "我有3个苹果，你呢？", "У меня 3 яблока": "У меня 3 яблока"}, None
    )


def test_latex_and_entities_are_said_and_not_spelled() -> None:
    check(
        {
            r"The answer is \(\frac{3}{4}\).": "The answer is three quarters.",
            "So $x^2 + y^2 = 25$ holds.": "So x squared plus y squared equals twenty-five holds.",
            r"$$a \times b \leq 10$$": "a times b is at most ten",
            r"\boxed{42}": "forty-two",
            r"\sqrt{2} and \[E = mc^2\]": "the square root of two and E equals mc squared",
            r"$10^{-3}$": "ten to the power of minus three",
            r"\textbf{Note}: 5\% of \$20": "Note: five percent of twenty dollars",
            r"$\frac{a}{b}$": "a divided by b",
            r"$\frac{-b}{2}$": "minus b divided by two",
            "$y=-b$": "y equals minus b",
            "So $f(-x)$ is even": "So f minus x is even",
            "It is $a - b$ now": "It is a minus b now",
            r"$\int_0^1 x$": "integral zero to one x",
            r"$\sum_{i=1}^{n} i$": "sum i equals one to n i",
            "$e^{x+1}$": "e to the power of x plus one",
            "It costs $5 - about $2 less": "It costs five dollars, about two dollars less",
            "Tom &amp; Jerry&#39;s&nbsp;show": "Tom and Jerry's show",
            "&lt;b&gt; &eacute;t&eacute;": "été",
            "It costs $5 or $10.": "It costs five dollars or ten dollars.",
            r"Look in C:\Users for it.": "Look in C: backslash Users for it.",
            "AT&T; R&D": "AT and T; R and D",
        }
    )
    check({r"\(\frac{3}{4}\) und $x^2$": "drei Viertel und x Quadrat"}, "de")
    check({r"$3 \times 10^8$ m": "trois fois dix puissance huit m"}, "fr")


def test_a_formula_is_one_piece_as_written() -> None:
    assert [(piece.written, piece.spoken) for piece in pieces("So $x^2 = 4$, ok", "en")] == [
        ("So", "So"),
        (" $x^2 = 4$,", "x squared equals four,"),
        (" ok", "ok"),
    ]


def test_rates_ranges_and_stamps() -> None:
    check(
        {
            "$10/month or $99.50/yr": (
                "ten dollars per month or ninety-nine dollars and fifty cents per year"
            ),
            "60 miles/hour": "sixty miles per hour",
            "€5/kg": "five euros per kilogram",
            "Mon-Fri, 9am-5pm": "Monday to Friday, nine AM to five PM",
            "10am–noon": "ten AM to noon",
            "2024/10/01 and 2024.10.01": (
                "October first, twenty twenty-four and October first, twenty twenty-four"
            ),
            "2024-01-15T10:30:00Z": "January fifteenth, twenty twenty-four, ten thirty",
            "$.99": "ninety-nine cents",
            "₹1,50,000": "one hundred fifty thousand rupees",
            "120/80": "one hundred twenty over eighty",
            "7/4": "seven quarters",
            "in 1950 homes": "in one thousand nine hundred fifty homes",
            "in 1950, homes": "in nineteen fifty, homes",
            "he/she": "he slash she",
        }
    )


def test_a_mark_within_a_name_is_no_pause() -> None:
    check(
        {
            "I use Yahoo! Mail daily.": "I use Yahoo Mail daily.",
            "They said Yahoo! is down.": "They said Yahoo is down.",
            "I saw Bob! He ran.": "I saw Bob! He ran.",
            "Great! Let us go.": "Great! Let us go.",
        }
    )
