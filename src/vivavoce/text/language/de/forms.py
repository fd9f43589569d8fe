"""How German says numbers, dates, money and signs."""

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
from vivavoce.text.language.spelling import first_word, last_word

from .tables import ABBREVIATIONS, CURRENCIES, RATES, SIGNS, SIZES, UNITS

_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_CARDINALS: dict[Gender, str] = {
    "m": "spellout-cardinal-masculine",
    "f": "spellout-cardinal-feminine",
    "n": "spellout-cardinal-neuter",
}
_GENDER = Genders(
    words={
        **dict.fromkeys(
            words(
                "person frau stunde minute sekunde woche million milliarde tasse flasche dose"
                " stadt hand nacht zahl kraft wand maus kuh bank tür uhr nummer mutter schwester"
                " tochter butter mauer feder leiter regel insel gabel kugel tafel schulter klammer"
                " ziffer kammer"
            ),
            "f",
        ),
        **dict.fromkeys(
            words(
                "kind jahr mal haus auto buch bild wort land tier zimmer fenster messer wasser"
                " stück glas brot ei bier paar pfund prozent kilo gramm bett spiel ziel tor blatt"
                " dorf schiff problem system team"
            ),
            "n",
        ),
        **dict.fromkeys(words("name junge kunde kollege käse löwe affe buchstabe gedanke"), "m"),
    },
    ends=(
        ("chen", "n"), ("lein", "n"), ("ment", "n"), ("ung", "f"), ("heit", "f"), ("keit", "f"),
        ("schaft", "f"), ("ion", "f"), ("tät", "f"), ("ik", "f"), ("ei", "f"), ("enz", "f"),
        ("anz", "f"), ("ur", "f"), ("in", "f"), ("es", "n"), ("e", "f"),
    ),
)  # fmt: skip
_WEAK = words("der die das dieser diese dieses jeder jede jedes welcher welche welches")
_OBLIQUE = words(
    "am im vom zum zur beim ins ans den dem des diesen diesem dieses einem einen einer eines"
    " jedem jeden meinem meinen meiner deinem seinem seinen seiner ihrem ihren ihrer unserem"
    " unseren unserer bis ab seit nach vor mit von zu aus bei"
)
_PREPOSITIONS = words("in an auf mit von aus bei nach seit zu vor unter über neben")
_NTH_NOUNS = words(
    "jahrhundert jahrhunderts jahrtausend mal stock stockwerk etage platz klasse liga bundesliga"
    " auflage geburtstag lebensjahr kapitel semester quartal halbjahr halbzeit runde reihe rang"
    " versuch tag woche monat jahr weltkrieg weltkriegs advent spieltag person fall preis sohn"
    " tochter kind schritt teil band akt satz mai"
)


def _ordinal(value: int, form: str) -> str:
    """form: the ending after `-t`, as `n` in `dritten`."""
    rule = f"spellout-ordinal-{form}" if form else "spellout-ordinal"
    return spell_out(value, "de", rule)


def _form(before: str, noun: str) -> str:
    """The ending of an ordinal after these words."""
    words = [word.strip(",").lower() for word in before.split()[-2:]]
    last = words[-1] if words else ""
    if last in {"der", "dieser", "jeder"} and words[0] in _PREPOSITIONS:
        return "n"
    if last in _OBLIQUE:
        return "n"
    if last in _WEAK:
        return ""
    return {"m": "r", "f": "", "n": "s"}[_GENDER(noun.lower())]


def _nth(value: int, _end: str, before: str, after: str) -> str | None:
    """`3.` is an ordinal after an article or the like, or before a noun that is often counted."""
    if not after[:1].isspace():
        return None
    noun = first_word(after)
    last = last_word(before).lower()
    told = last in _WEAK | _OBLIQUE or last.endswith(("eine", "ein", "mein", "sein", "ihr"))
    if not noun[:1].isalpha() or not (told or noun.lower() in _NTH_NOUNS):
        return None
    return _ordinal(value, _form(before, noun))


def _date(day: int, month: int, year: int | None, before: str) -> str:
    said = _ordinal(day, _form(before, "monat"))
    if month:
        said += f" {_MONTHS.split()[month - 1]}"
    return f"{said} {spell_out(year, 'de', 'spellout-numbering-year')}" if year else said


def _clock(hour: int, minute: int, second: int | None) -> str:
    said = f"{spell_out(hour, 'de', _CARDINALS['m'])} Uhr"
    if minute or second:
        said += f" {spell_out(minute, 'de', 'spellout-numbering')}"
    if second:
        seconds = spell_out(second, "de", _CARDINALS["f"])
        said += f" und {seconds} {'Sekunde' if second == 1 else 'Sekunden'}"
    return said


def _fraction(whole: int | None, above: int, below: int) -> str:
    if (above, below) == (1, 2):
        return f"{spell_out(whole, 'de', _CARDINALS['n'])}einhalb" if whole else "ein halb"
    part = "halbe" if below == 2 else f"{_ordinal(below, '')}l"
    said = f"{spell_out(above, 'de', _CARDINALS['n'])} {part[0].upper()}{part[1:]}"
    return f"{spell_out(whole, 'de', 'spellout-numbering')} {said}" if whole else said


def _roman(value: int, before: str, after: str) -> str | None:
    """`Ludwig XIV.` is a king, `Kapitel IV` is counted."""
    if before.lower() in {"kapitel", "teil", "band", "akt", "weltkrieg", "stufe", "phase", "typ"}:
        return spell_out(value, "de", "spellout-numbering")
    names = (
        "ludwig wilhelm friedrich heinrich karl elisabeth georg napoleon benedikt paul pius otto"
    )
    if before.lower() in f"{names} johannes katharina margarethe franz leo peter".split():
        feminine = before.lower() in {"elisabeth", "katharina", "margarethe"}
        nth = _ordinal(value, "")
        return f"{'die' if feminine else 'der'} {nth[0].upper()}{nth[1:]}"
    return None


def _decade(value: int, end: str) -> str | None:
    if end != "er":
        return None
    rule = "spellout-numbering-year" if value > 100 else "spellout-numbering"
    return f"{spell_out(value, 'de', rule)}er"


def _per(noun: Noun) -> str:
    return f"pro {noun.one}"


FORMS = GrammarForms(
    Grammar(
        numbers=NumberWords(
            language="de",
            plain="spellout-numbering",
            years="spellout-numbering-year",
            cardinals=_CARDINALS,
            point="Komma",
            dot="Punkt",
            minus="minus",
            plus="plus",
            to="bis",
            ratio="zu",
            times="mal",
            by="mal",
            over="durch",
            power="hoch",
            raised=("Quadrat", "hoch drei"),
            ordinal_end=r"\.",
            ordinal=_nth,
            fraction=_fraction,
            gender=_GENDER,
            roman=_roman,
            decade=_decade,
            digits_after=True,
        ),
        times=TimeWords(
            months=tuple(_MONTHS.split()),
            month_names=month_numbers(_MONTHS, "jan feb - apr - - - aug sept/sep okt nov dez"),
            weekdays=pairs(
                "Mo: Montag\nDi: Dienstag\nMi: Mittwoch\nDo: Donnerstag\nFr: Freitag\nSa: Samstag\n"
                "So: Sonntag"
            ),
            date=_date,
            clock=_clock,
            clock_end="Uhr",
            clock_before=words("um gegen"),
        ),
        measures=MeasureWords(
            units=UNITS,
            rates=RATES,
            currencies=CURRENCIES,
            magnitudes=SIZES,
            percent="Prozent",
            per=_per,
        ),
        signs=SIGNS,
        abbreviations=ABBREVIATIONS,
        numbered=pairs(
            "fr.: Freitag\nso.: Sonntag\n"
            "nr.: Nummer\ns.: Seite\nbd.: Band\nkap.: Kapitel\nabb.: Abbildung\nabs.: Absatz\n"
            "art.: Artikel\nmax.: maximal\nmin.: mindestens"
        ),
        phones=(
            r"0[0-9]{2,5}[ /-][0-9]{3,}(?:[ -][0-9]{1,})*",
            r"\(0[0-9]{2,5}\) ?[0-9]{3,}(?:[ -][0-9]+)*",
        ),
    )
)
