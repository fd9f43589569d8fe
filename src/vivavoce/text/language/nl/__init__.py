"""Dutch."""

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
    "de het een mijn jouw zijn haar ons onze hun dit dat deze die van in op aan bij voor met naar"
    " uit over onder tot te en of maar omdat als is was heeft hebben wordt zeer niet ik je hij ze"
    " we"
)
_TURNS = TurnWords(
    hesitations=words("eh uh ehm uhm euh hm hmm tja"),
    backchannels=words(
        "ja jaja okay oké ok precies juist klopt goed prima mooi natuurlijk zeker duidelijk ik"
        " snap het begrijp inderdaad echt waar leuk fijn"
    ),
    respellings=(("o k", "ok"), ("ja ja", "jaja")),
    openers=words(
        "stop wacht wachten nee even een één momentje moment seconde minuutje alsjeblieft"
        " alstublieft sorry pardon excuseer hé hoi hallo luister eens maar wie wat eigenlijk"
    ),
)  # fmt: skip
_BREAKS = BreakWords(
    never_last=words("st dhr mevr mw drs ir ing mr bijv bv d.w.z m.a.w o.a ca nr blz tel art"),
    late=words("enz etc"),
    starters=words(
        "ik jij je hij zij ze het we wij jullie dit dat de een maar en of als in op voor met van"
        " wanneer wat wie waar hoe ja nee"
    ),
    bound=_BOUND,
    conjunctions=words(
        "en of maar want omdat hoewel terwijl wanneer als dat die waar voor na met zonder in"
    ),
    clinging=words("van"),
)

_EXAMPLES = spoken_examples(
    """
    numbers: 1.234,5 → duizendtweehonderdvierendertig komma vijf
    ordinals: de 2e verdieping → de tweede verdieping
    fractions: 2½ → tweeënhalf
    dates: op 3-10-2024 → op drie oktober tweeduizendvierentwintig
    times: om 14.30 uur → om veertien uur dertig
    telephones: 020 123 4567 → nul twee nul, één twee drie, vier vijf zes zeven
    money: € 12,50 → twaalf euro vijftig
    units: -5 °C → min vijf graden Celsius
    signs: 2 + 2 = 4 → twee plus twee is vier
    ranges: 9-17 → negen tot zeventien
    abbreviations: bijv. dhr. Jansen → bijvoorbeeld de heer Jansen
    """
)

NL = LanguagePack(
    code="nl",
    name="Nederlands",
    turns=_TURNS,
    breaks=_BREAKS,
    addresses=AddressWords(
        "punt", "schuine streep", "apenstaartje", "streepje", "liggend streepje"
    ),
    forms=FORMS,
    examples=_EXAMPLES,
    phrases=DefaultPhrases(
        greeting="Hallo! Hoe kan ik u helpen?",
        apology="Sorry, er ging iets mis. Probeer het nog eens.",
        tool_filler="Een moment, alstublieft.",
        idle_prompt="Bent u er nog?",
        code="codevoorbeeld",
        question="Wat is de hoofdstad van Frankrijk?",
    ),
)
