"""Spanish."""

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
    "el la los las un una unos unas lo al del de a en con por para sin sobre entre hasta desde mi"
    " mis tu tus su sus nuestro nuestra este esta estos estas ese esa y e o u pero que es son está"
    " están ha han muy más no se"
)
_TURNS = TurnWords(
    hesitations=words("eh em hmm mmm ehm pues"),
    backchannels=words(
        "sí si claro vale bueno ya ajá aha bien ok okay cierto exacto exactamente entiendo"
        " entendido perfecto por supuesto de acuerdo verdad correcto genial muy ah"
    ),
    respellings=(("o k", "ok"),),
    openers=words(
        "para pare alto espera espere no un una momento momentito segundo minuto por favor perdón"
        " perdona perdone disculpa disculpe oye oiga hola escucha escuche pero quién qué mira mire"
    ),
)  # fmt: skip
_BREAKS = BreakWords(
    never_last=words(
        "ee sr sra srta srs dra d dña ud uds p.ej ej pág págs núm tel art cap avda av"
    ),
    late=words("etc ee.uu a.m p.m"),
    starters=words(
        "yo tú él ella usted nosotros ellos ellas esto eso este esta el la los las un una pero y"
        " o si en con por para cuando que quien donde cómo qué sí no es hay"
    ),
    bound=_BOUND,
    conjunctions=words(
        "y e o u pero sino porque aunque mientras cuando si que quien donde antes después para"
        " con sin en desde hasta"
    ),
    clinging=words("de del"),
)

_EXAMPLES = spoken_examples(
    """
    numbers: 1.234,5 → mil doscientos treinta y cuatro coma cinco
    ordinals: el 2.º piso → el segundo piso
    fractions: ¾ → tres cuartos
    dates: el 03/10/2024 → el tres de octubre de dos mil veinticuatro
    times: a las 14:30 → a las catorce treinta
    telephones: 612 345 678 → seis uno dos, tres cuatro cinco, seis siete ocho
    money: 12,50 € → doce euros con cincuenta céntimos
    units: -5 °C → menos cinco grados Celsius
    signs: 2 + 2 = 4 → dos más dos es igual a cuatro
    ranges: 9-17 → nueve a diecisiete
    abbreviations: p. ej. el Sr. López → por ejemplo el señor López
    """
)

ES = LanguagePack(
    code="es",
    name="español",
    turns=_TURNS,
    breaks=_BREAKS,
    addresses=AddressWords("punto", "barra", "arroba", "guion", "guion bajo", "más"),
    forms=FORMS,
    examples=_EXAMPLES,
    phrases=DefaultPhrases(
        greeting="¡Hola! ¿En qué puedo ayudarle?",
        apology="Lo siento, algo ha salido mal. Inténtelo de nuevo, por favor.",
        tool_filler="Un momento, por favor.",
        idle_prompt="¿Sigue ahí?",
        code="ejemplo de código",
        question="¿Cuál es la capital de Francia?",
    ),
)
