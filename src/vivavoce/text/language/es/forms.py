"""How Spanish says numbers, dates, money and signs."""

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

_MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
_CARDINALS: dict[Gender, str] = {
    "m": "spellout-cardinal-masculine",
    "f": "spellout-cardinal-feminine",
}
_GENDER = Genders(
    words={
        **dict.fromkeys(
            words(
                "día días mapa mapas problema problemas programa programas tema temas sistema"
                " sistemas idioma idiomas planeta planetas kilograma clima poema poemas euro"
            ),
            "m",
        ),
        **dict.fromkeys(
            words(
                "mujer mujeres vez veces noche noches tarde tardes clase clases calle calles mano"
                " manos foto fotos parte partes llave llaves flor flores luz luces sal imagen"
                " imágenes moto serie series gente frase frases"
            ),
            "f",
        ),
    },
    ends=(
        ("a", "f"), ("as", "f"), ("ción", "f"), ("ciones", "f"), ("sión", "f"), ("siones", "f"),
        ("dad", "f"), ("dades", "f"), ("tad", "f"), ("tades", "f"), ("tud", "f"),
    ),
)  # fmt: skip
_PARTS = {
    2: "medio", 3: "tercio", 4: "cuarto", 5: "quinto", 6: "sexto", 7: "séptimo", 8: "octavo",
    9: "noveno", 10: "décimo",
}  # fmt: skip
_KINGS = words(
    "luis felipe carlos alfonso fernando juan isabel enrique jorge eduardo pablo benedicto pío"
    " napoleón guillermo"
)
_NUMBERED = words("siglo capítulo tomo acto parte fase nivel tipo volumen título guerra")


def _cardinal(value: int, gender: Gender | None = None) -> str:
    rule = _CARDINALS[gender] if gender else "spellout-numbering"
    return spell_out(value, "es", rule)


def _ordinal(value: int, end: str, _before: str, after: str) -> str | None:
    if end.rstrip(".") in {"ª", "a", "ra", "ta", "da", "va"} or end == ".ª":
        return spell_out(value, "es", "spellout-ordinal-feminine")
    short = after[:1].isspace() and after.lstrip()[:1].isalpha()
    form = "masculine-adjective" if short else "masculine"
    return spell_out(value, "es", f"spellout-ordinal-{form}")


def _date(day: int, month: int, year: int | None, _before: str) -> str:
    said = _cardinal(day)
    if month:
        said += f" de {_MONTHS.split()[month - 1]}"
    return f"{said} de {_cardinal(year)}" if year else said


def _clock(hour: int, minute: int, second: int | None) -> str:
    said = _cardinal(hour, "f")
    if minute in {15, 30} and 1 <= hour <= 12 and not second:
        return f"{said} y {'cuarto' if minute == 15 else 'media'}"
    if minute or second:
        said += (
            f" y {_cardinal(minute)}" if 1 <= hour <= 12 or minute < 10 else f" {_cardinal(minute)}"
        )
    elif hour == 0 or hour > 12:
        said += " horas"
    if second:
        said += f" con {_cardinal(second, 'm')} {'segundo' if second == 1 else 'segundos'}"
    return said


def _fraction(whole: int | None, above: int, below: int) -> str:
    if whole and (above, below) == (1, 2):
        return f"{_cardinal(whole)} y medio"
    if below not in _PARTS:
        said = f"{_cardinal(above)} partido por {_cardinal(below)}"
    else:
        said = f"{_cardinal(above, 'm')} {_PARTS[below]}{'s' if above > 1 else ''}"
    return f"{_cardinal(whole)} y {said}" if whole else said


def _roman(value: int, before: str, _after: str) -> str | None:
    """`Felipe VI` is sexto, `Luis XIV` is catorce, `siglo XXI` is counted."""
    if before.lower() in _KINGS:
        if value > 10:
            return _cardinal(value)
        feminine = before.lower() == "isabel"
        return spell_out(value, "es", f"spellout-ordinal-{'feminine' if feminine else 'masculine'}")
    return _cardinal(value) if before.lower() in _NUMBERED else None


def _decade(_value: int, _end: str) -> str | None:
    return None


def _per(noun: Noun) -> str:
    if noun.one in {"mes", "año", "día"}:
        return f"al {noun.one}"
    return f"a la {noun.one}" if noun.one == "semana" else f"por {noun.one}"


FORMS = GrammarForms(
    Grammar(
        numbers=NumberWords(
            language="es",
            plain="spellout-numbering",
            years="spellout-numbering",
            cardinals=_CARDINALS,
            point="coma",
            dot="punto",
            minus="menos",
            plus="más",
            to="a",
            ratio="a",
            times="veces",
            by="por",
            over="sobre",
            power="elevado a",
            raised=("al cuadrado", "al cubo"),
            ordinal_end=r"\.?[ºª°]|er|ro|ra|do|da|to|ta|mo|vo|va",
            ordinal=_ordinal,
            fraction=_fraction,
            gender=_GENDER,
            roman=_roman,
            decade=_decade,
            of="de",
        ),
        times=TimeWords(
            months=tuple(_MONTHS.split()),
            month_names=month_numbers(
                _MONTHS, "ene feb mar abr may jun jul ago sept/sep oct nov dic"
            ),
            weekdays=pairs(
                "lun: lunes\nmar: martes\nmié: miércoles\njue: jueves\nvie: viernes\nsáb: sábado\n"
                "dom: domingo\nLun: lunes\nMar: martes\nMié: miércoles\nJue: jueves\nVie: viernes\n"
                "Sáb: sábado\nDom: domingo\nL: lunes\nV: viernes\nS: sábado\nD: domingo"
            ),
            date=_date,
            clock=_clock,
            clock_end=r"h\.?|hs|hrs",
            clock_before=words("las la"),
            hour_gender="f",
        ),
        measures=MeasureWords(
            units=UNITS,
            rates=RATES,
            currencies=CURRENCIES,
            magnitudes=SIZES,
            percent="por ciento",
            per=_per,
            cents="con",
            cents_named=True,
        ),
        signs=SIGNS,
        abbreviations=ABBREVIATIONS,
        numbered=pairs(
            "n.º: número\nnº: número\nn°: número\nnúm.: número\np.: página\npp.: páginas\n"
            "art.: artículo\nfig.: figura"
        ),
        phones=(r"[6789][0-9]{2} [0-9]{3} [0-9]{3}", r"[6789][0-9]{2}(?: [0-9]{2}){3}"),
    )
)
