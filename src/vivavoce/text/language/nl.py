"""Dutch."""

from __future__ import annotations

from .pack import DefaultPhrases, LanguagePack, TurnWords, words

_UNFINISHED = words("de het een en of maar omdat mijn jouw zijn haar ons onze hun elke ieder te")
_BOUND = words(
    "de het een mijn jouw zijn haar ons onze hun dit dat deze die van in op aan bij voor met naar"
    " uit over onder tot te en of maar omdat als is was heeft hebben wordt zeer niet ik je hij ze"
    " we"
)
_TURNS = TurnWords(
    hesitations=words("eh uh ehm uhm euh hm hmm tja"),
    unfinished=_UNFINISHED,
    leading=_BOUND | _UNFINISHED,
    backchannels=words(
        "ja jaja okay oké ok precies juist klopt goed prima mooi natuurlijk zeker duidelijk ik"
        " snap het begrijp inderdaad echt waar leuk fijn"
    ),
    respellings=(("o k", "ok"), ("ja ja", "jaja")),
    openers=words(
        "stop wacht wachten nee even een één momentje moment seconde minuutje alsjeblieft"
        " alstublieft sorry pardon excuseer hé hoi hallo luister eens maar wie wat eigenlijk"
    ),
    answers=words(
        "ja nee okay oké ok zeker dank je u wel bedankt dankjewel alsjeblieft alstublieft stop"
        " hallo hoi doei dag tot ziens goedemorgen goedemiddag goedenavond welterusten misschien"
        " later wacht help annuleer volgende nog een keer graag heel weet ik niet"
    ),
    digits=words("nul een één twee drie vier vijf zes zeven acht negen"),
    statement_starts=words(
        "ik wij we hij zij ze het dit dat deze die mijn onze ons zijn haar hun de een er als"
        " omdat dus en maar gisteren vandaag vorige"
    ),
    request_starts=(
        "ik wil", "ik zou graag", "ik heb nodig", "ik wou graag", "wij willen", "we willen",
        "we zouden graag", "wij zouden graag", "ik moet",
    ),
)  # fmt: skip

NL = LanguagePack(
    code="nl",
    name="Nederlands",
    turns=_TURNS,
    phrases=DefaultPhrases(
        greeting="Hallo! Hoe kan ik u helpen?",
        apology="Sorry, er ging iets mis. Probeer het nog eens.",
        tool_filler="Een moment, alstublieft.",
        idle_prompt="Bent u er nog?",
        code="codevoorbeeld",
    ),
)
