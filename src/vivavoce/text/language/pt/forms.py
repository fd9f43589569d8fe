"""How Portuguese says numbers, dates, money and signs."""

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

_MONTHS = "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"
_CARDINALS: dict[Gender, str] = {
    "m": "spellout-cardinal-masculine",
    "f": "spellout-cardinal-feminine",
}
_GENDER = Genders(
    words={
        **dict.fromkeys(
            words(
                "dia dias problema problemas programa programas tema temas sistema sistemas mapa"
                " mapas idioma idiomas planeta planetas quilograma poema poemas"
            ),
            "m",
        ),
        **dict.fromkeys(
            words(
                "vez vezes mulher mulheres noite noites tarde tardes parte partes classe classes"
                " mão mãos foto fotos chave chaves flor flores luz luzes imagem imagens viagem"
                " viagens série séries gente frase frases"
            ),
            "f",
        ),
    },
    ends=(
        ("a", "f"), ("as", "f"), ("ção", "f"), ("ções", "f"), ("são", "f"), ("sões", "f"),
        ("dade", "f"), ("dades", "f"), ("agem", "f"), ("agens", "f"),
    ),
)  # fmt: skip
_PARTS = {
    2: "meio", 3: "terço", 4: "quarto", 5: "quinto", 6: "sexto", 7: "sétimo", 8: "oitavo",
    9: "nono", 10: "décimo",
}  # fmt: skip
_KINGS = words(
    "luís luis pedro joão carlos afonso fernando isabel henrique jorge eduardo paulo bento pio"
    " napoleão manuel"
)
_NUMBERED = words("século capítulo tomo ato fase nível tipo volume título guerra parte")


def _cardinal(value: int, gender: Gender | None = None) -> str:
    return spell_out(value, "pt", _CARDINALS[gender] if gender else "spellout-numbering")


def _ordinal(value: int, end: str, _before: str, _after: str) -> str | None:
    gender = "feminine" if end.strip(".") in {"ª", "a"} else "masculine"
    return spell_out(value, "pt", f"spellout-ordinal-{gender}")


def _date(day: int, month: int, year: int | None, _before: str) -> str:
    said = "primeiro" if day == 1 else _cardinal(day)
    if month:
        said += f" de {_MONTHS.split()[month - 1]}"
    return f"{said} de {_cardinal(year)}" if year else said


def _clock(hour: int, minute: int, second: int | None) -> str:
    said = _cardinal(hour, "f")
    if minute or second:
        said += f" e {_cardinal(minute)}"
    else:
        said += " hora" if hour == 1 else " horas"
    if second:
        said += f" e {_cardinal(second, 'm')} {'segundo' if second == 1 else 'segundos'}"
    return said


def _fraction(whole: int | None, above: int, below: int) -> str:
    if whole and (above, below) == (1, 2):
        return f"{_cardinal(whole)} e meio"
    if below not in _PARTS:
        said = f"{_cardinal(above)} {_cardinal(below)} avos"
    else:
        said = f"{_cardinal(above, 'm')} {_PARTS[below]}{'s' if above > 1 else ''}"
    return f"{_cardinal(whole)} e {said}" if whole else said


def _roman(value: int, before: str, _after: str) -> str | None:
    """`Pedro II` is segundo, `Luís XIV` is catorze, `século XXI` is counted."""
    if before.lower() in _KINGS:
        if value > 10:
            return _cardinal(value)
        gender = "feminine" if before.lower() == "isabel" else "masculine"
        return spell_out(value, "pt", f"spellout-ordinal-{gender}")
    return _cardinal(value) if before.lower() in _NUMBERED else None


def _decade(_value: int, _end: str) -> str | None:
    return None


def _per(noun: Noun) -> str:
    return f"por {noun.one}"


FORMS = GrammarForms(
    Grammar(
        numbers=NumberWords(
            language="pt",
            plain="spellout-numbering",
            years="spellout-numbering",
            cardinals=_CARDINALS,
            point="vírgula",
            dot="ponto",
            minus="menos",
            plus="mais",
            to="a",
            ratio="a",
            times="vezes",
            by="por",
            over="por",
            power="elevado a",
            raised=("ao quadrado", "ao cubo"),
            ordinal_end=r"\.?[ºª°]",
            ordinal=_ordinal,
            fraction=_fraction,
            gender=_GENDER,
            roman=_roman,
            decade=_decade,
            of="de",
            one_below_two=True,
        ),
        times=TimeWords(
            months=tuple(_MONTHS.split()),
            month_names=month_numbers(_MONTHS, "jan fev mar abr mai jun jul ago set out nov dez"),
            weekdays=pairs(
                "seg: segunda\nter: terça\nqua: quarta\nqui: quinta\nsex: sexta\nsáb: sábado\n"
                "dom: domingo\nSeg: segunda\nTer: terça\nQua: quarta\nQui: quinta\nSex: sexta\n"
                "Sáb: sábado\nDom: domingo"
            ),
            date=_date,
            clock=_clock,
            clock_end="h|horas?",
            hour_gender="f",
        ),
        measures=MeasureWords(
            units=UNITS,
            rates=RATES,
            currencies=CURRENCIES,
            magnitudes=SIZES,
            percent="por cento",
            per=_per,
            cents="e",
            cents_named=True,
        ),
        signs=SIGNS,
        abbreviations=ABBREVIATIONS,
        numbered=pairs(
            "n.º: número\nnº: número\nn°: número\nnúm.: número\np.: página\npp.: páginas\n"
            "art.: artigo\nfig.: figura"
        ),
        phones=(
            r"\([0-9]{2}\) ?9?[0-9]{4}[ -]?[0-9]{4}",
            r"9?[0-9]{4}-[0-9]{4}",
            r"[29][0-9]{2} [0-9]{3} [0-9]{3}",
        ),
    )
)
