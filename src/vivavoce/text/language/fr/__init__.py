"""French."""

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
    "le la les l un une des de du d au aux à en dans sur sous pour par avec sans chez ce cet"
    " cette ces mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs et ou mais que qui"
    " est sont a ont très plus moins ne je tu il elle on nous vous ils elles"
)
_TURNS = TurnWords(
    hesitations=words("euh heu hum hmm ben bah"),
    backchannels=words(
        "oui ouais ok okay d'accord bien sûr voilà exact exactement tout à fait je vois ah bon"
        " c'est ça vrai vraiment super parfait très entendu compris mouais certes"
    ),
    respellings=(("o k", "ok"), ("d accord", "d'accord")),
    openers=words(
        "stop arrête arrêtez attends attendez non un une instant moment seconde minute s'il te"
        " vous plaît pardon excuse excusez moi excusez-moi désolé désolée hé eh bonjour allô"
        " écoute écoutez en fait mais qui quoi"
    ),
)  # fmt: skip
_BREAKS = BreakWords(
    never_last=words("st ste m mm mme mlle me p.ex c.-à-d av env p pp éd vol chap tél bd"),
    before_number=words("n art"),
    late=words("etc"),
    starters=words(
        "je tu il elle on nous vous ils elles ce c'est cela ça le la les l'on un une des mais et"
        " ou donc or ni car si dans en sur pour avec par quand que qui où oui non"
    ),
    bound=_BOUND,
    conjunctions=words(
        "et ou mais donc car parce puisque lorsque quand si que qui dont où avant après pendant"
        " pour avec sans dans sur"
    ),
    clinging=words("de du des d"),
)

_EXAMPLES = spoken_examples(
    """
    numbers: 1 234,5 → mille deux cent trente-quatre virgule cinq
    ordinals: le 2e étage → le deuxième étage
    fractions: ¾ → trois quarts
    dates: le 03/10/2024 → le trois octobre deux mille vingt-quatre
    times: à 14h30 → à quatorze heures trente
    telephones: 01 23 12 16 20 → zéro un, vingt-trois, douze, seize, vingt
    money: 12,50 € → douze euros cinquante
    units: -5 °C → moins cinq degrés Celsius
    signs: 2 + 2 = 4 → deux plus deux égale quatre
    ranges: 9-17 → neuf à dix-sept
    abbreviations: p. ex. M. Dupont → par exemple monsieur Dupont
    """
)

FR = LanguagePack(
    code="fr",
    name="français",
    turns=_TURNS,
    breaks=_BREAKS,
    addresses=AddressWords("point", "barre oblique", "arobase", "tiret", "tiret bas"),
    forms=FORMS,
    examples=_EXAMPLES,
    phrases=DefaultPhrases(
        greeting="Bonjour ! Comment puis-je vous aider ?",
        apology="Désolé, il y a eu un problème. Veuillez réessayer.",
        tool_filler="Un instant, s'il vous plaît.",
        idle_prompt="Vous êtes toujours là ?",
        code="exemple de code",
        question="Quelle est la capitale de la France ?",
    ),
)
