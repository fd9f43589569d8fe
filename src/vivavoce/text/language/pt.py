"""Portuguese, as in Brazil where the two differ."""

from __future__ import annotations

from .pack import DefaultPhrases, LanguagePack, TurnWords, words

_UNFINISHED = words(
    "o a os as um uma uns umas e ou mas porque meu minha meus minhas seu sua nosso nossa de do da"
    " dos das no na que ao à"
)
_BOUND = words(
    "o a os as um uma uns umas de do da dos das em no na nos nas ao à aos às por pelo pela para"
    " com sem sobre entre até meu minha teu tua seu sua este esta e ou mas que é são está muito"
    " mais não se"
)
_TURNS = TurnWords(
    hesitations=words("hum hã hm hmm ahn eh"),
    unfinished=_UNFINISHED,
    leading=_BOUND | _UNFINISHED,
    backchannels=words(
        "sim claro certo pois ok okay tá bom bem entendi entendo exato exatamente verdade isso"
        " perfeito ah legal beleza com certeza está aham"
    ),
    respellings=(("o k", "ok"),),
    openers=words(
        "pare para espera espere peraí não um uma momento momentinho minuto segundo por favor"
        " desculpa desculpe com licença ei oi olá escuta escute olha olhe mas quem quê só"
    ),
    answers=words(
        "sim não ok okay claro obrigado obrigada muito por favor pare para oi olá tchau adeus até"
        " logo amanhã bom dia boa tarde noite talvez mais tarde espera ajuda cancela cancelar"
        " próximo de novo tá bom certo não sei"
    ),
    digits=words("zero um dois três quatro cinco seis sete oito nove"),
    statement_starts=words(
        "eu nós ele ela eles elas a é meu minha nosso nossa seu sua o os as este esta isso esse"
        " essa um uma há se porque então e mas ontem hoje tenho estou"
    ),
    request_starts=(
        "eu quero", "eu preciso", "eu gostaria", "quero", "queria", "preciso", "gostaria",
        "queremos", "precisamos", "gostaríamos", "eu queria",
    ),
)  # fmt: skip

PT = LanguagePack(
    code="pt",
    name="português",
    turns=_TURNS,
    phrases=DefaultPhrases(
        greeting="Olá! Como posso ajudar?",
        apology="Desculpe, algo deu errado. Tente de novo, por favor.",
        tool_filler="Um momento, por favor.",
        idle_prompt="Você ainda está aí?",
        code="exemplo de código",
    ),
)
