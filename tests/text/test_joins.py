"""Text that was written in pieces, as one text."""

from __future__ import annotations

import pytest

from vivavoce.text.joins import continued


@pytest.mark.parametrize(
    ("before", "more", "language", "joined"),
    [
        ("In short,", ", the period was so far", "en", "the period was so far"),
        ("It was cold.", "people stayed at home.", "en", "People stayed at home."),
        ("behind the church", "When his sister taught", "en", "when his sister taught"),
        ("and then", "I said no.", "en", "I said no."),
        ("and then", "I'm off.", "en", "I'm off."),
        ("and then", "Peter said no.", "en", "Peter said no."),
        ("I saw", "Mr. Brown", "en", "Mr. Brown"),
        ("It was cold.", "When it rained", "en", "When it rained"),
        ("He said “Go.”", "and went.", "en", "And went."),
        ("Well...", "and then", "en", "and then"),
        ("Ich glaube,", "Dass er kommt", "de", "dass er kommt"),
        ("Ich habe", "Sie gesehen", "de", "Sie gesehen"),
        ("il est", "Dans la maison", "fr", "dans la maison"),
        ("xyz", "Und so", None, "Und so"),
        ("", "The end.", "en", "The end."),
        ("   ", "the end.", "en", "the end."),
        ("It is over.", "", "en", ""),
        ("今日は。", "明日", "ja", "明日"),
    ],
)
def test_the_second_piece_goes_on_where_the_first_ends(
    before: str, more: str, language: str | None, joined: str
) -> None:
    assert continued(before, more, language) == joined


def test_after_a_pause_a_capital_stays() -> None:
    assert continued("so it is", "The next day", "en", in_a_breath=False) == "The next day"
    assert continued("so it is.", "the next day", "en", in_a_breath=False) == "The next day"
