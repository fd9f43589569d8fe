"""What every language pack must keep to."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import get_args

from vivavoce.text.boundaries import SENTENCE_MARKS
from vivavoce.text.language.codes import language_of
from vivavoce.text.language.grammar import SpokenForms
from vivavoce.text.language.pack import (
    AddressWords,
    BreakWords,
    DefaultPhrases,
    FormKind,
    LanguagePack,
    TurnWords,
)
from vivavoce.text.normalizer import pieces_by
from vivavoce.text.phrases import Phrase

_MAY_BE_EMPTY = {"turns.respellings", "breaks.before_number"}
"""What some languages have none of."""
_HYPHENS_OFF = {"backchannels", "respellings", "digits"}
"""Turn words that are looked for in a transcript without its hyphens."""
_IN_ANY_LANGUAGE = (
    "0", "7", "21", "100", "1999", "1000000", "-5", "0.5", "1,234.5", "007",
    "1/2", "½", "2024-01-15", "2024-01-15T10:30:00Z", "9:05", "14:30", "00:00", "9-17", "9–17",
    "50 %", "50%", "5 €", "€5", "$12.50", "3 km", "-5 °C", "2 + 2 = 4", "2+2", "x²", "3x4",
    "v1.2.3", "+49 30 123456", "1234567890123456789", "(7)", "7.", "7, 8", "item 7 of 21",
)  # fmt: skip
"""Numbers and the like that a reply may hold in whatever language it is."""
_ODD = (
    "€", "%%", "°", "-", "²", "99:99", "32.13.2024", "0/0", "1/0", "5 €/", "½½", "1.2.3.4.5",
    "IIII", "+1", "0,5", "1.234,5", "1e5", "①", "₹1,50,000",
)  # fmt: skip


def check_language(pack: LanguagePack) -> list[str]:
    """What a language pack lacks, such as `phrases.greeting` or `forms.dates`; [] if nothing.

    What is lacking is left out or left to the voice, and is no fault. Raises AssertionError, saying
    what to mend, for what the pack has and no text would match, or would be said otherwise. The
    pack need not be installed.
    """
    _check_code(pack)
    _check_turns(pack.turns)
    _check_breaks(pack.breaks)
    _check_phrases(pack)
    if pack.addresses is not None:
        _check_addresses(pack.addresses)
    if pack.forms is not None:
        _check_forms(pack, pack.forms)
    assert pack.forms is not None or not pack.examples, "there are examples, but no `forms`"
    _check_examples(pack)
    return list(_lacking(pack))


def _check_code(pack: LanguagePack) -> None:
    code = pack.code
    language = code.partition("-")[0]
    small = code.lower().strip() or "en"
    assert code == small, f"code {code!r}: write it in small letters, as in {small}"
    assert language_of(code) == language, f"code {code!r}: its standard form is {language_of(code)}"
    assert code == "und" or pack.name.strip(), f"{code}: `name` is empty; how is it called there?"


def _check_turns(turns: TurnWords) -> None:
    for name, listed in _listed(turns):
        for word in listed:
            _check_word(f"turns.{name}", word, "'" if name in _HYPHENS_OFF else "'-")
    for other, usual in turns.respellings:
        assert other != usual, f"turns.respellings: {other!r} stands for itself"


def _check_breaks(breaks: BreakWords) -> None:
    for name, listed in _listed(breaks):
        for word in listed:
            _check_word(f"breaks.{name}", word, "'.-")
            assert not word.endswith("."), f"breaks.{name}: {word!r}: leave the last full stop off"
    both = sorted(breaks.never_last & breaks.late)
    assert not both, f"{both} cannot both be in breaks.never_last and in breaks.late"


def _listed(part: TurnWords | BreakWords) -> Iterator[tuple[str, list[str]]]:
    """The words of each field; of what is several words, each."""
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(value, frozenset):
            yield field.name, sorted(value)
        elif isinstance(value, tuple):
            texts = (text for it in value for text in ([it] if isinstance(it, str) else it))
            yield field.name, [word for text in texts for word in text.split(" ")]


def _check_word(where: str, word: str, marks: str) -> None:
    """Transcripts and texts are compared word by word, in small letters and without marks."""
    assert [word] == word.split(), f"{where}: {word!r}: one word, without spaces"
    assert word == word.lower(), f"{where}: {word!r}: write it in small letters"
    odd = [it for it in word if unicodedata.category(it)[0] in "PSC" and it not in marks]
    assert not odd, f"{where}: {word!r} has {odd[0]!r}, which is taken off words"


def _check_phrases(pack: LanguagePack) -> None:
    for field in fields(DefaultPhrases):
        phrase: str = getattr(pack.phrases, field.name)
        if not phrase:
            continue
        where = f"phrases.{field.name}"
        assert phrase == phrase.strip(), f"{where}: {phrase!r} has spaces around it"
        ends = phrase[-1] in SENTENCE_MARKS
        if field.name == "code":
            assert not ends, f"{where}: {phrase!r}: leave the last mark off"
        else:
            assert ends, f"{where}: {phrase!r}: end it as a sentence"
        said = _said(pack, phrase)
        assert _letters(said) == _letters(phrase), f"{where}: {phrase!r} would be said as {said!r}"


def _check_addresses(addresses: AddressWords) -> None:
    for field in fields(AddressWords):
        said: str = getattr(addresses, field.name)
        letters = said.replace(" ", "").replace("-", "").replace("'", "")
        words = letters and not any(unicodedata.category(it)[0] in "PSCN" for it in letters)
        assert words, f"addresses.{field.name}: {said!r}: say it in words"


def _check_forms(pack: LanguagePack, forms: SpokenForms) -> None:
    texts = (*_IN_ANY_LANGUAGE, *_ODD, *(it.written for it in pack.examples))
    for text in texts:
        _check_ends(forms, text)
    for text in texts:
        written = "".join(piece.written for piece in pieces_by(pack, text))
        assert written == text, f"forms: of {text!r}, {written!r} is left"
    for text in _IN_ANY_LANGUAGE:
        _check_said(f"forms: {text!r}", _said(pack, text))
    _check_said("forms.item(3)", forms.item(3))


def _check_ends(forms: SpokenForms, text: str) -> None:
    for at in range(len(text)):
        try:
            found = forms.number(text, at)
        except Exception as error:
            raise AssertionError(f"forms.number({text!r}, {at}) raises {error!r}") from error
        if found:
            end = found[1]
            assert at < end <= len(text), f"forms.number({text!r}, {at}) ends at {end}"


def _check_examples(pack: LanguagePack) -> None:
    for example in pack.examples:
        where = f"forms.{example.kind}: {example.written!r}"
        assert example.kind in get_args(FormKind), f"{example.kind!r} is no kind of example"
        assert example.written != example.spoken, f"{where} is said as it is written"
        said = _said(pack, example.written)
        _check_said(where, said)
        assert said == example.spoken, f"{where} is said as {said!r}, not {example.spoken!r}"


def _check_said(where: str, said: str) -> None:
    left = "".join(it for it in said if it.isdecimal())
    assert not left, f"{where} is said as {said!r}, which leaves {left} in digits"
    assert _letters(said), f"{where} is not said at all"


def _said(pack: LanguagePack, text: str) -> str:
    return Phrase(tuple(pieces_by(pack, text))).spoken


def _letters(text: str) -> str:
    return "".join(it for it in text if it.isalnum())


def _lacking(pack: LanguagePack) -> Iterator[str]:
    if not pack.name:
        yield "name"
    yield from _empty("turns", pack.turns)
    yield from _empty("breaks", pack.breaks)
    yield from _empty("phrases", pack.phrases)
    if pack.addresses is None:
        yield "addresses"
    known: Iterable[str] = {example.kind for example in pack.examples}
    yield from (f"forms.{kind}" for kind in get_args(FormKind) if kind not in known)


def _empty(name: str, part: TurnWords | BreakWords | DefaultPhrases) -> Iterator[str]:
    for field in fields(part):
        value = getattr(part, field.name)
        whole = f"{name}.{field.name}"
        if not value and not isinstance(value, bool) and whole not in _MAY_BE_EMPTY:
            yield whole
