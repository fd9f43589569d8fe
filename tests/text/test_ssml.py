"""SSML as passages and pauses, and what is wrong with it."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.errors import BadRequest
from vivavoce.text.marked_text import Alias, Delivery, Passage, Phonemes, SayAs
from vivavoce.text.pauses import Pause
from vivavoce.text.ssml import marked_text, parse_ssml


def inner(body: str) -> list[Passage | Pause]:
    return list(parse_ssml(f"<speak>{body}</speak>"))


def delivery(attributes: str) -> Delivery:
    [passage] = inner(f"<prosody {attributes}>a</prosody>")
    assert isinstance(passage, Passage)
    return passage.delivery


@pytest.mark.parametrize(
    ("text", "input_type", "is_ssml"),
    [
        ("<speak>Hi</speak>", "auto", True),
        ('  <?xml version="1.0"?> <speak version="1.0">Hi</speak>', "auto", True),
        ("<speaker>Hi", "auto", False),
        ("1 < 2 <speak>", "auto", False),
        ("<speak>Hi</speak>", "text", False),
        ("Hi <break/> there", "ssml", True),
    ],
)
def test_a_text_is_ssml_when_it_begins_so_or_is_said_to_be(
    text: str, input_type: str, is_ssml: bool
) -> None:
    found = marked_text(text, input_type)  # type: ignore[arg-type]
    assert (found == text) is not is_ssml


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [
        ('time="500ms"', 0.5), ('time="1.5s"', 1.5), ('time="99s"', 10.0), ("", 0.5),
        ('strength="x-weak"', 0.1), ('strength="x-strong"', 1.25),
    ],
)  # fmt: skip
def test_a_break_is_a_pause(attributes: str, seconds: float) -> None:
    assert inner(f"<break {attributes}/>") == [Pause(seconds)]


def test_a_break_of_no_strength_or_time_is_none() -> None:
    assert inner('<break strength="none"/><break time="0s"/>') == []


@pytest.mark.parametrize(
    ("attributes", "wanted"),
    [
        ('rate="slow"', Delivery(rate=0.75)), ('rate="120%"', Delivery(rate=1.2)),
        ('rate="-50%"', Delivery(rate=0.5)), ('rate="2"', Delivery(rate=2.0)),
        ('rate="9"', Delivery(rate=4.0)), ('pitch="+12st"', Delivery(pitch=2.0)),
        ('pitch="+10%"', Delivery(pitch=1.1)), ('pitch="200Hz"', Delivery()),
        ('volume="+6dB"', Delivery(gain_db=6.0)), ('volume="silent"', Delivery(gain_db=-math.inf)),
        ('volume="100"', Delivery()), ('volume="+99dB"', Delivery(gain_db=12.0)),
    ],
)  # fmt: skip
def test_prosody_is_a_manner(attributes: str, wanted: Delivery) -> None:
    found = delivery(attributes)
    assert (found.rate, found.pitch) == pytest.approx((wanted.rate, wanted.pitch))
    assert found.gain_db == pytest.approx(wanted.gain_db)


def test_a_manner_within_another_adds_to_it_and_ends_with_its_tag() -> None:
    parts = inner('a <prosody rate="50%">b <prosody rate="50%">c</prosody></prosody> d')
    assert [part.delivery.rate for part in parts if isinstance(part, Passage)] == [1, 0.5, 0.25, 1]


def test_readings_are_told_with_their_text() -> None:
    assert inner('<sub alias="World">W</sub>') == [Passage("W", reading=Alias("World"))]
    assert inner('<say-as interpret-as="date" format="MDY">1/2/2024</say-as>') == [
        Passage("1/2/2024", reading=SayAs("date", "mdy"))
    ]
    assert inner('<phoneme alphabet="ipa" ph="ˈa">x</phoneme>') == [
        Passage("x", reading=Phonemes("ˈa"))
    ]
    [said] = inner("<phoneme alphabet='x-sampa' ph='p@\"kA:n'>pecan</phoneme>")
    assert said == Passage("pecan", reading=Phonemes("pəˈkɑːn"))


def test_what_nobody_knows_is_passed_over_and_its_text_spoken() -> None:
    parts = inner('a <mark name="x"/><foo:bar>b</foo:bar><metadata>c</metadata>'
                  '<say-as interpret-as="currency">$5</say-as>')  # fmt: skip
    assert "".join(part.text for part in parts if isinstance(part, Passage)) == "a b$5"


def test_a_mark_after_a_passage_belongs_to_it() -> None:
    first, mark, rest = inner("<emphasis>Stop</emphasis>. Go")
    assert isinstance(first, Passage)
    assert mark == Passage(".", first.delivery)
    assert rest == Passage(" Go")


def test_line_breaks_in_a_document_are_spaces() -> None:
    assert inner("a\n   b") == [Passage("a b")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<speak>a & b</speak>", "line 1, column 11: not well-formed"),
        ("<speak>&nbsp;</speak>", "write `&` as `&amp;`"),
        ("<speak>a", "the document ends before every tag is closed"),
        ("<speak><p>a</s></speak>", "this closes another tag than the last one that is open"),
        ("<speak><break time='x'/></speak>", "time='x' of <break>: give a time such as `500ms`"),
        ("<speak><break strength='x'/></speak>", "strength='x' of <break>: give one of none"),
        ("<speak><prosody rate='x'>a</prosody></speak>", "rate='x' of <prosody>: give `120%`"),
        ("<speak><prosody pitch='x'>a</prosody></speak>", "pitch='x' of <prosody>"),
        ("<speak><prosody volume='x'>a</prosody></speak>", "volume='x' of <prosody>"),
        ("<speak><emphasis level='x'>a</emphasis></speak>", "level='x' of <emphasis>"),
        ("<speak><sub>a</sub></speak>", "<sub> needs `alias`"),
        ("<speak><say-as>a</say-as></speak>", "<say-as> needs `interpret-as`"),
        ("<speak><phoneme ph='a'/></speak>", "<phoneme> is empty"),
        ("<speak><phoneme ph='1'>a</phoneme></speak>", "ph='1' of <phoneme>"),
        ("<speak><phoneme alphabet='x' ph='a'>a</phoneme></speak>", "alphabet='x' of <phoneme>"),
        ("<speak>" + "<p>" * 40, "<p> is nested over 32 deep"),
        ("<!DOCTYPE s [<!ENTITY a 'b'>]><speak>&a;</speak>", "leave out <!DOCTYPE"),
    ],
)
def test_broken_ssml_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(BadRequest) as error:
        parse_ssml(text)
    assert message in str(error.value)


@given(st.text(alphabet="<>/&;ab =\"'speak!-[]", max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with suppress(BadRequest):
        parts = marked_text(text, "ssml")
        assert all(isinstance(part, Passage | Pause) for part in parts)
