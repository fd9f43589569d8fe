"""How French says numbers, dates, money and signs."""

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

_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
_CARDINALS: dict[Gender, str] = {
    "m": "spellout-cardinal-masculine",
    "f": "spellout-cardinal-feminine",
}
_GENDER = Genders(
    words={
        **dict.fromkeys(
            words(
                "fois heure heures minute minutes seconde secondes semaine semaines année années"
                " journée personne personnes femme femmes fille filles page pages place places"
                " chambre chambres voiture voitures rue ville villes maison maisons table tables"
                " lettre lettres livre question questions pomme pommes tasse tasses tranche"
                " bouteille boîte feuille main nuit nuits vie voix eau partie parties pièce pièces"
                " étoile étoiles ligne lignes tonne tonnes part parts douzaine chose choses image"
                " images porte demi-heure cuillère"
            ),
            "f",
        ),
        **dict.fromkeys(words(
            "musée lycée trophée silence problème homme hommes livres côté été"
        ), "m"),
    },
    ends=(
        ("tion", "f"), ("tions", "f"), ("sion", "f"), ("sions", "f"), ("té", "f"), ("tés", "f"),
        ("ée", "f"), ("ées", "f"), ("ette", "f"), ("ettes", "f"), ("ance", "f"), ("ances", "f"),
        ("ence", "f"), ("ences", "f"), ("ure", "f"), ("ures", "f"), ("ie", "f"), ("ies", "f"),
        ("elle", "f"), ("elles", "f"), ("esse", "f"), ("aine", "f"), ("euse", "f"), ("trice", "f"),
        ("ière", "f"), ("ières", "f"),
    ),
)  # fmt: skip
_PARTS = {2: "demi", 3: "tiers", 4: "quart"}


def _cardinal(value: int, gender: Gender = "m") -> str:
    return spell_out(value, "fr", _CARDINALS[gender])


def _nth(value: int, end: str, _before: str, after: str) -> str | None:
    feminine = end in {"re", "ère", "nde", "de"} or (
        end in {"e", "ème", "eme"}
        and _GENDER((after.split() or [""])[0].strip(",.").lower()) == "f"
    )
    return spell_out(value, "fr", f"spellout-ordinal-{'feminine' if feminine else 'masculine'}")


def _date(day: int, month: int, year: int | None, _before: str) -> str:
    said = "premier" if day == 1 else _cardinal(day)
    if month:
        said += f" {_MONTHS.split()[month - 1]}"
    return f"{said} {_cardinal(year)}" if year else said


def _clock(hour: int, minute: int, second: int | None) -> str:
    said = f"{_cardinal(hour, 'f')} {'heure' if hour < 2 else 'heures'}"
    if minute or second:
        said += f" {_cardinal(minute, 'f')}"
    if second:
        said += f" et {_cardinal(second, 'f')} {'seconde' if second == 1 else 'secondes'}"
    return said


def _fraction(whole: int | None, above: int, below: int) -> str:
    if whole and (above, below) == (1, 2):
        return f"{_cardinal(whole)} et demi"
    if below in _PARTS:
        part = _PARTS[below] + ("s" if above > 1 and below != 3 else "")
    else:
        plural = "-plural" if above > 1 else ""
        part = spell_out(below, "fr", f"spellout-ordinal-masculine{plural}")
    said = f"{_cardinal(above)} {part}"
    return f"{_cardinal(whole)} et {said}" if whole else said


def _roman(value: int, before: str, after: str) -> str | None:
    """`Louis XIV`, `XIV siècle`, `chapitre IV`."""
    if after.lower().startswith("siècle"):
        return spell_out(value, "fr", "spellout-ordinal-masculine")
    if before.lower() in _KINGS:
        return "premier" if value == 1 else _cardinal(value)
    return _cardinal(value) if before.lower() in _NUMBERED else None


_KINGS = words(
    "louis henri charles philippe françois napoléon jean-paul benoît pie léon georges édouard"
    " guillaume frédéric nicolas"
)
_NUMBERED = words("chapitre tome acte partie phase niveau type volume livre article")


def _decade(_value: int, _end: str) -> str | None:
    return None


def _per(noun: Noun) -> str:
    return f"par {noun.one}"


FORMS = GrammarForms(
    Grammar(
        numbers=NumberWords(
            language="fr",
            plain="spellout-numbering",
            years="spellout-numbering",
            cardinals=_CARDINALS,
            point="virgule",
            dot="point",
            minus="moins",
            plus="plus",
            to="à",
            ratio="à",
            times="fois",
            by="sur",
            over="sur",
            power="puissance",
            raised=("au carré", "au cube"),
            ordinal_end="ers?|res?|ère|ème|eme|nde?|e",
            ordinal=_nth,
            fraction=_fraction,
            gender=_GENDER,
            roman=_roman,
            decade=_decade,
            of="de",
            one_below_two=True,
        ),
        times=TimeWords(
            months=tuple(_MONTHS.split()),
            month_names=month_numbers(_MONTHS, "janv févr - avr - - juil - sept oct nov déc"),
            weekdays=pairs(
                "lun: lundi\nmar: mardi\nmer: mercredi\njeu: jeudi\nven: vendredi\nsam: samedi\n"
                "dim: dimanche\nLun: lundi\nMar: mardi\nMer: mercredi\nJeu: jeudi\nVen: vendredi\n"
                "Sam: samedi\nDim: dimanche"
            ),
            date=_date,
            clock=_clock,
            clock_end="h|heures?",
            hour_gender="f",
        ),
        measures=MeasureWords(
            units=UNITS,
            rates=RATES,
            currencies=CURRENCIES,
            magnitudes=SIZES,
            percent="pour cent",
            per=_per,
        ),
        signs=SIGNS,
        abbreviations=ABBREVIATIONS,
        numbered=pairs(
            "n°: numéro\nn°s: numéros\nno: numéro\nnº: numéro\np.: page\npp.: pages\n"
            "art.: article\n"
            "fig.: figure"
        ),
        phones=(r"0[1-9](?:[ .-]?[0-9]{2}){4}",),
        phone_pairs=True,
    )
)
