"""Portuguese, as in Brazil where the two differ."""

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
    "o a os as um uma uns umas de do da dos das em no na nos nas ao à aos às por pelo pela para"
    " com sem sobre entre até meu minha teu tua seu sua este esta e ou mas que é são está muito"
    " mais não se"
)
_TURNS = TurnWords(
    hesitations=words("hum hã hm hmm ahn eh"),
    backchannels=words(
        "sim claro certo pois ok okay tá bom bem entendi entendo exato exatamente verdade isso"
        " perfeito ah legal beleza com certeza está aham"
    ),
    respellings=(("o k", "ok"),),
    openers=words(
        "pare para espera espere peraí não um uma momento momentinho minuto segundo por favor"
        " desculpa desculpe com licença ei oi olá escuta escute olha olhe mas quem quê só"
    ),
)  # fmt: skip
_BREAKS = BreakWords(
    never_last=words("sr sra srta dra d p.ex ex pág págs núm tel art cap av"),
    late=words("etc"),
    starters=words(
        "eu tu ele ela você nós eles elas isto isso este esta o a os as um uma mas e ou se em no"
        " na com por para quando que quem onde como sim não é há"
    ),
    bound=_BOUND,
    conjunctions=words(
        "e ou mas porque embora enquanto quando se que quem onde antes depois para com sem em"
    ),
    clinging=words("de do da dos das"),
)

_EXAMPLES = spoken_examples(
    """
    numbers: 1.234,5 → mil duzentos e trinta e quatro vírgula cinco
    ordinals: o 2º andar → o segundo andar
    fractions: ¾ → três quartos
    dates: em 03/10/2024 → em três de outubro de dois mil e vinte e quatro
    times: às 14h30 → às catorze e trinta
    telephones: 912 345 678 → nove um dois, três quatro cinco, seis sete oito
    money: R$ 12,50 → doze reais e cinquenta centavos
    units: -5 °C → menos cinco graus Celsius
    signs: 2 + 2 = 4 → dois mais dois é igual a quatro
    ranges: 9-17 → nove a dezessete
    abbreviations: p. ex. o Sr. Silva → por exemplo o senhor Silva
    """
)

PT = LanguagePack(
    code="pt",
    name="português",
    turns=_TURNS,
    breaks=_BREAKS,
    addresses=AddressWords("ponto", "barra", "arroba", "hífen", "sublinhado", "mais"),
    forms=FORMS,
    examples=_EXAMPLES,
    phrases=DefaultPhrases(
        greeting="Olá! Como posso ajudar?",
        apology="Desculpe, algo deu errado. Tente de novo, por favor.",
        tool_filler="Um momento, por favor.",
        idle_prompt="Você ainda está aí?",
        code="exemplo de código",
        question="Qual é a capital da França?",
    ),
)
