"""How Italian says numbers, dates, money and signs."""

from __future__ import annotations

from vivavoce.text.language.grammar import (
    Gender,
    Genders,
    Grammar,
    MeasureWords,
    Noun,
    NumberWords,
    TimeWords,
    month_numbers,
    pairs,
    words,
)
from vivavoce.text.language.grammar_forms import GrammarForms
from vivavoce.text.language.rbnf import spell_out

from .tables import ABBREVIATIONS, CURRENCIES, RATES, SIGNS, SIZES, UNITS

_MONTHS = (
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"
)
_CARDINALS: dict[Gender, str] = {
    "m": "spellout-cardinal-masculine",
    "f": "spellout-cardinal-feminine",
}
_GENDER = Genders(
    words={
        **dict.fromkeys(words(
            "problema programma tema sistema clima pianeta poeta cinema euro"
        ), "m"),
        **dict.fromkeys(
            words(
                "mano mani notte notti parte parti classe classi chiave chiavi luce luci moglie"
                " foto moto auto lezione lezioni"
            ),
            "f",
        ),
    },
    ends=(("a", "f"), ("zione", "f"), ("sione", "f"), ("tà", "f"), ("tù", "f")),
)  # fmt: skip
_KINGS = words(
    "luigi enrico carlo vittorio umberto elisabetta giorgio edoardo paolo benedetto pio napoleone"
    " leone giovanni"
)
_NUMBERED = words("capitolo tomo atto fase livello tipo volume titolo")


def _cardinal(value: int, gender: Gender | None = None) -> str:
    return spell_out(value, "it", _CARDINALS[gender] if gender else "spellout-numbering")


def _nth(value: int, gender: Gender, *, many: bool = False) -> str:
    form = f"{'feminine' if gender == 'f' else 'masculine'}{'-plural' if many else ''}"
    return spell_out(value, "it", f"spellout-ordinal-{form}")


def _ordinal(value: int, end: str, _before: str, _after: str) -> str | None:
    return _nth(value, "f" if end in {"ª", "a"} else "m")


def _date(day: int, month: int, year: int | None, _before: str) -> str:
    said = "primo" if day == 1 else _cardinal(day)
    if month:
        said += f" {_MONTHS.split()[month - 1]}"
    return f"{said} {_cardinal(year)}" if year else said


def _clock(hour: int, minute: int, second: int | None) -> str:
    said = _cardinal(hour, "f")
    if minute or second:
        said += f" e {_cardinal(minute)}"
    if second:
        said += f" e {_cardinal(second, 'm')} {'secondo' if second == 1 else 'secondi'}"
    return said


def _fraction(whole: int | None, above: int, below: int) -> str:
    if below == 2:
        said = "mezzo" if whole and above == 1 else f"{_cardinal(above, 'm')} mezz{'oi'[above > 1]}"
    else:
        said = f"{_cardinal(above, 'm')} {_nth(below, 'm', many=above > 1)}"
    return f"{_cardinal(whole)} e {said}" if whole else said


def _roman(value: int, before: str, after: str) -> str | None:
    """`Luigi XIV`, `XXI secolo`, `capitolo IV`."""
    if before.lower() in _KINGS:
        return _nth(value, "f" if before.lower() == "elisabetta" else "m")
    if after.lower().startswith("secolo") or before.lower() == "secolo":
        return _nth(value, "m")
    return _cardinal(value) if before.lower() in _NUMBERED else None


def _decade(_value: int, _end: str) -> str | None:
    return None


def _per(noun: Noun) -> str:
    if noun.one in {"persona", "notte", "testa"}:
        return f"a {noun.one}"
    if noun.one[0] in "aeioué" or noun.one.startswith("ora"):
        return f"all'{noun.one}"
    return f"{'alla' if noun.gender == 'f' else 'al'} {noun.one}"


FORMS = GrammarForms(
    Grammar(
        numbers=NumberWords(
            language="it",
            plain="spellout-numbering",
            years="spellout-numbering",
            cardinals=_CARDINALS,
            point="virgola",
            dot="punto",
            minus="meno",
            plus="più",
            to="a",
            ratio="a",
            times="volte",
            by="per",
            over="su",
            power="elevato a",
            raised=("al quadrato", "al cubo"),
            ordinal_end="[º°ª]",
            ordinal=_ordinal,
            fraction=_fraction,
            gender=_GENDER,
            roman=_roman,
            decade=_decade,
            of="di",
        ),
        times=TimeWords(
            months=tuple(_MONTHS.split()),
            month_names=month_numbers(
                _MONTHS, "gen feb mar apr mag giu lug ago set/sett ott nov dic"
            ),
            weekdays=pairs(
                "lun: lunedì\nmar: martedì\nmer: mercoledì\ngio: giovedì\nven: venerdì\n"
                "sab: sabato\n"
                "dom: domenica\nLun: lunedì\nMar: martedì\nMer: mercoledì\nGio: giovedì\n"
                "Ven: venerdì\nSab: sabato\nDom: domenica"
            ),
            date=_date,
            clock=_clock,
            clock_end="h",
            clock_before=words("ore alle dalle all'"),
            hour_gender="f",
        ),
        measures=MeasureWords(
            units=UNITS,
            rates=RATES,
            currencies=CURRENCIES,
            magnitudes=SIZES,
            percent="per cento",
            per=_per,
            cents="e",
            cents_named=True,
        ),
        signs=SIGNS,
        abbreviations=ABBREVIATIONS,
        numbered=pairs(
            "n.: numero\nnº: numero\nn°: numero\np.: pagina\npp.: pagine\nart.: articolo\n"
            "fig.: figura"
        ),
        phones=(
            r"3[0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{3,4}(?![0-9.,])",
            r"0[0-9]{1,3}[ /-][0-9]{5,8}",
            r"0[0-9]{1,3} [0-9]{3,4} [0-9]{3,4}",
        ),
    )
)
