"""The check of language packs: what is missing is told, and what is wrong is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from vivavoce.testing import check_language
from vivavoce.text.language.grammar import words
from vivavoce.text.language.pack import (
    AddressWords,
    BreakWords,
    DefaultPhrases,
    LanguagePack,
    SpokenExample,
    TurnWords,
)
from vivavoce.text.language.packs import pack_codes, pack_of
from vivavoce.text.language.und import UND

WHOLE = ["de", "en", "es", "fr", "it", "nl", "pt"]
PARTIAL = ["cs", "da", "ja", "ko", "nb", "pl", "ru", "sv", "tr", "zh"]
SMALL = LanguagePack("xh", "isiXhosa")


@dataclass(frozen=True)
class Fixed:
    """Says numbers as told."""

    said: str
    longer: int = 1

    def number(self, text: str, at: int) -> tuple[str, int] | None:
        return (self.said, at + self.longer) if text[at].isdigit() else None

    def sign(self, text: str, at: int) -> str | None:
        return None

    def abbreviation(self, word: str, before: str, after: str) -> str | None:
        return None

    def word(self, word: str) -> str:
        return word

    def item(self, number: int) -> str:
        return self.said


@pytest.mark.parametrize("code", WHOLE)
def test_seven_languages_lack_nothing(code: str) -> None:
    assert check_language(pack_of(code)) == []


@pytest.mark.parametrize("code", PARTIAL)
def test_the_other_packs_say_what_they_lack(code: str) -> None:
    lacking = check_language(pack_of(code))
    assert {"addresses", "phrases.greeting", "forms.dates", "turns.openers"} <= set(lacking)
    assert "name" not in lacking


def test_every_pack_that_is_installed_is_checked_and_goes_by_its_code() -> None:
    assert pack_codes() == sorted(WHOLE + PARTIAL)
    assert [pack_of(code).code for code in pack_codes()] == pack_codes()


def test_the_neutral_pack_knows_boundaries_only() -> None:
    lacking = check_language(UND)
    assert "name" in lacking
    assert "breaks.never_last" not in lacking
    assert {
        f"forms.{it}"
        for it in (
            "numbers", "ordinals", "fractions", "dates", "times", "telephones", "money", "units",
            "signs", "ranges", "abbreviations",
        )
    } <= set(lacking)  # fmt: skip


def test_what_a_pack_has_is_not_listed() -> None:
    pack = replace(SMALL, phrases=DefaultPhrases(greeting="Molo!"), turns=TurnWords(words("hm")))
    lacking = check_language(pack)
    assert "phrases.greeting" not in lacking
    assert "phrases.apology" in lacking
    assert "turns.hesitations" not in lacking


def test_a_pack_without_examples_is_not_believed_to_know_forms() -> None:
    de = pack_of("de")
    dates = [it for it in de.examples if it.kind == "dates"]
    assert check_language(replace(de, examples=tuple(dates))) == [
        "forms.numbers", "forms.ordinals", "forms.fractions", "forms.times", "forms.telephones",
        "forms.money", "forms.units", "forms.signs", "forms.ranges", "forms.abbreviations",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        (TurnWords(hesitations=words("Um")), "small letters"),
        (TurnWords(backchannels=words("uh-huh")), "'-', which is taken off"),
        (TurnWords(openers=words("stop!")), "'!', which is taken off"),
        (TurnWords(openers=frozenset({"thank you"})), "without spaces"),
        (TurnWords(openers=frozenset({""})), "without spaces"),
        (TurnWords(respellings=(("ok", "ok"),)), "stands for itself"),
        (TurnWords(respellings=(("o  k", "ok"),)), "without spaces"),
    ],
)
def test_words_that_no_transcript_matches_are_refused(turns: TurnWords, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_language(replace(SMALL, turns=turns))


@pytest.mark.parametrize(
    ("breaks", "told"),
    [
        (BreakWords(never_last=words("dr.")), "last full stop off"),
        (BreakWords(late=words("Inc")), "small letters"),
        (BreakWords(never_last=words("st"), late=words("st")), "cannot both be"),
    ],
)
def test_boundaries_that_no_text_matches_are_refused(breaks: BreakWords, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_language(replace(SMALL, breaks=breaks))


@pytest.mark.parametrize(
    ("phrases", "told"),
    [
        (DefaultPhrases(greeting="Hallo"), "as a sentence"),
        (DefaultPhrases(greeting=" Hallo!"), "spaces around it"),
        (DefaultPhrases(code="Code."), "last mark off"),
        (DefaultPhrases(apology="Bitte in 5 min. noch einmal."), "would be said as"),
        (DefaultPhrases(apology="Bitte z. B. morgen."), "would be said as"),
    ],
)
def test_phrases_are_said_as_they_are_written(phrases: DefaultPhrases, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_language(replace(pack_of("de"), phrases=phrases))


@pytest.mark.parametrize("dot", ["", ".", "2"])
def test_signs_of_addresses_are_said_in_words(dot: str) -> None:
    addresses = AddressWords(dot, "slash", "at", "dash", "underscore")
    with pytest.raises(AssertionError, match=r"addresses\.dot"):
        check_language(replace(SMALL, addresses=addresses))


@pytest.mark.parametrize(
    ("forms", "told"),
    [
        (Fixed("one"), "leaves .* in digits"),
        (Fixed("4"), "leaves .* in digits"),
        (Fixed("", longer=1), "not said at all"),
        (Fixed("one", longer=100), "ends at 100"),
        (Fixed("one", longer=0), "ends at 0"),
    ],
)
def test_forms_that_leave_digits_or_lose_text_are_refused(forms: Fixed, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_language(replace(SMALL, forms=forms))


class Frail(Fixed):
    """Knows no long numbers."""

    def number(self, text: str, at: int) -> tuple[str, int] | None:
        raise OverflowError(text)


def test_a_form_that_fails_is_refused_with_what_it_failed_at() -> None:
    with pytest.raises(AssertionError, match=r"forms\.number\('0', 0\) raises OverflowError"):
        check_language(replace(SMALL, forms=Frail("one")))


def test_examples_are_held_to() -> None:
    wrong = SpokenExample("times", "um 14:30 Uhr", "um halb drei")
    with pytest.raises(AssertionError, match="is said as 'um vierzehn Uhr dreißig', not"):
        check_language(replace(pack_of("de"), examples=(wrong,)))
    with pytest.raises(AssertionError, match="no `forms`"):
        check_language(replace(SMALL, examples=(wrong,)))


@pytest.mark.parametrize(("code", "told"), [("XH", "small"), ("iw", "standard form is he")])
def test_a_pack_goes_by_the_usual_code(code: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_language(replace(SMALL, code=code))
