"""German."""

from __future__ import annotations

from vivavoce.text.language.pack import (
    AddressWords,
    BreakWords,
    DefaultPhrases,
    LanguagePack,
    TurnWords,
    spoken_examples,
    words,
)

from .forms import FORMS

_BOUND = words(
    "der die das den dem des ein eine einen einem einer eines kein keine mein meine dein seine"
    " ihr ihre unser zu zum zur im in an am auf aus bei beim für von vom mit nach über unter und"
    " oder aber dass daß wenn weil als wie ist sind war waren hat haben wird werden sehr nicht ich"
    " du er sie es wir"
)
_TURNS = TurnWords(
    hesitations=words("äh ähm öh öhm hm hmm naja"),
    backchannels=words(
        "ja jaja genau klar gut okay ok stimmt richtig aha ach so soso verstehe alles sicher"
        " schön super toll prima eben natürlich echt wirklich interessant jawohl jo"
    ),
    respellings=(("o k", "ok"), ("ja ja", "jaja"), ("so so", "soso")),
    openers=words(
        "stopp stop halt warte warten sie nein nee moment mal einen eine sekunde bitte"
        " entschuldigung entschuldige entschuldigen sorry hey hallo hör hören zu aber okay wer was"
        " kurz doch"
    ),
)  # fmt: skip
_BREAKS = BreakWords(
    never_last=words(
        "st hr fr frl dipl ing z.b d.h u.a z.t u.u s.o s.u ca bzw vgl evtl ggf inkl exkl zzgl nr"
        " bspw sog geb gest abs art bd str tel mio mrd jh"
    ),
    before_number=words("s kap bd"),
    late=words("usw etc u.s.w a.m"),
    starters=words(
        "ich du er sie es wir ihr das der die ein eine dies diese dieser dieses da hier dort wenn"
        " aber und oder so auch dann nun jedoch weil während nach vor als ja nein bitte man in im"
        " am an auf für von mit bei zu was wer wie wo warum"
    ),
    ordinal_dot=True,
    noun_capitals=True,
    bound=_BOUND,
    conjunctions=words(
        "und oder aber denn sondern weil obwohl während wenn dass daß ob bevor nachdem damit als"
        " wie wo mit ohne für von aus nach bei durch"
    ),
    clinging=words("des der prozent uhr"),
)

_EXAMPLES = spoken_examples(
    """
    numbers: 1.234,5 → eintausendzweihundertvierunddreißig Komma fünf
    ordinals: der 3. Platz → der dritte Platz
    fractions: 2½ → zweieinhalb
    dates: am 3.10.2024 → am dritten Oktober zweitausendvierundzwanzig
    times: um 14:30 Uhr → um vierzehn Uhr dreißig
    telephones: 030 123456 → null drei null, eins zwei drei vier fünf sechs
    money: 12,50 € → zwölf Euro fünfzig
    units: -5 °C → minus fünf Grad Celsius
    signs: 2 + 2 = 4 → zwei plus zwei gleich vier
    ranges: 9-17 → neun bis siebzehn
    abbreviations: z. B. Hr. Weber → zum Beispiel Herr Weber
    """
)

DE = LanguagePack(
    code="de",
    name="Deutsch",
    turns=_TURNS,
    breaks=_BREAKS,
    addresses=AddressWords("Punkt", "Schrägstrich", "at", "Minus", "Unterstrich"),
    forms=FORMS,
    examples=_EXAMPLES,
    phrases=DefaultPhrases(
        greeting="Hallo! Wie kann ich Ihnen helfen?",
        apology="Entschuldigung, da ist etwas schiefgegangen. Bitte versuchen Sie es noch einmal.",
        tool_filler="Einen Moment, bitte.",
        idle_prompt="Sind Sie noch da?",
        code="Codebeispiel",
        question="Was ist die Hauptstadt von Frankreich?",
    ),
)
