"""Italian."""

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
    "il lo la i gli le l un uno una di a da in con su per tra fra del dello della dei degli delle"
    " al allo alla ai agli alle nel nello nella sul sulla dal dalla mio mia tuo tua suo sua questo"
    " questa e ed o ma che è sono ha hanno molto più non si"
)
_TURNS = TurnWords(
    hesitations=words("ehm eh uhm mmm hmm beh boh"),
    backchannels=words(
        "sì si certo va bene ok okay esatto esattamente giusto vero capito capisco già ecco"
        " d'accordo perfetto ah davvero ovvio bello"
    ),
    respellings=(("o k", "ok"), ("vabbè", "va bene"), ("d accordo", "d'accordo")),
    openers=words(
        "ferma fermati fermo basta aspetta aspetti no un una attimo attimino momento secondo"
        " minuto per favore scusa scusi scusami mi senti senta ehi ciao pronto ascolta ascolti ma"
        " chi cosa"
    ),
)  # fmt: skip
_BREAKS = BreakWords(
    never_last=words(
        "sig sigg sig.ra sig.na dott dott.ssa ing avv arch geom p.es es pag pagg art cap tel"
    ),
    late=words("ecc"),
    starters=words(
        "io tu lui lei noi voi loro questo questa il lo la i gli le un una ma e o se in con per"
        " quando che chi dove come sì no è ci"
    ),
    bound=_BOUND,
    conjunctions=words(
        "e ed o ma però perché anche mentre quando se che chi dove prima dopo per con senza in"
    ),
    clinging=words("di del della dei delle degli"),
)

_EXAMPLES = spoken_examples(
    """
    numbers: 1.234,5 → milleduecentotrentaquattro virgola cinque
    ordinals: il 2º piano → il secondo piano
    fractions: ¾ → tre quarti
    dates: il 3/10/2024 → il tre ottobre duemilaventiquattro
    times: alle 14:30 → alle quattordici e trenta
    telephones: 02 1234567 → zero due, uno due tre quattro cinque sei sette
    money: 12,50 € → dodici euro e cinquanta centesimi
    units: -5 °C → meno cinque gradi Celsius
    signs: 2 + 2 = 4 → due più due è uguale a quattro
    ranges: 9-17 → nove a diciassette
    abbreviations: p. es. il sig. Rossi → per esempio il signor Rossi
    """
)

IT = LanguagePack(
    code="it",
    name="italiano",
    turns=_TURNS,
    breaks=_BREAKS,
    addresses=AddressWords("punto", "barra", "chiocciola", "trattino", "trattino basso", "più"),
    forms=FORMS,
    examples=_EXAMPLES,
    phrases=DefaultPhrases(
        greeting="Ciao! Come posso aiutarla?",
        apology="Mi dispiace, qualcosa è andato storto. Riprovi, per favore.",
        tool_filler="Un momento, per favore.",
        idle_prompt="È ancora lì?",
        code="esempio di codice",
        question="Qual è la capitale della Francia?",
    ),
)
