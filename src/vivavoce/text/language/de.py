"""German."""

from __future__ import annotations

from .pack import DefaultPhrases, LanguagePack, TurnWords, words

_UNFINISHED = words(
    "der die das den dem des ein eine einen einem einer und oder aber weil dass mein meine meinen"
    " dein deine unser unsere zum zur ins"
)
_BOUND = words(
    "der die das den dem des ein eine einen einem einer eines kein keine mein meine dein seine"
    " ihr ihre unser zu zum zur im in an am auf aus bei beim für von vom mit nach über unter und"
    " oder aber dass daß wenn weil als wie ist sind war waren hat haben wird werden sehr nicht ich"
    " du er sie es wir"
)
_TURNS = TurnWords(
    hesitations=words("äh ähm öh öhm hm hmm naja"),
    unfinished=_UNFINISHED,
    leading=_BOUND | _UNFINISHED,
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
    answers=words(
        "ja nein nee doch okay ok klar sicher danke schön vielen dank bitte stopp stop hallo"
        " tschüss tschüs wiedersehen auf guten morgen tag abend gute nacht vielleicht später warte"
        " hilfe abbrechen weiter nochmal noch mal sehr gerne gern genau richtig weiß nicht"
    ),
    digits=words("null eins zwei zwo drei vier fünf sechs sieben acht neun"),
    statement_starts=words(
        "ich wir er sie es man mein meine unser unsere sein seine ihr ihre der die das dieser"
        " diese dieses ein eine da dort wenn weil also und aber gestern heute morgen letzte"
        " letzten"
    ),
    request_starts=(
        "ich will", "ich möchte", "ich brauche", "ich hätte gern", "ich würde gern",
        "wir wollen", "wir möchten", "wir brauchen", "wir hätten gern", "wir würden gern",
    ),
)  # fmt: skip

DE = LanguagePack(
    code="de",
    name="Deutsch",
    turns=_TURNS,
    phrases=DefaultPhrases(
        greeting="Hallo! Wie kann ich Ihnen helfen?",
        apology="Entschuldigung, da ist etwas schiefgegangen. Bitte versuchen Sie es noch einmal.",
        tool_filler="Einen Moment, bitte.",
        idle_prompt="Sind Sie noch da?",
        code="Codebeispiel",
    ),
)
