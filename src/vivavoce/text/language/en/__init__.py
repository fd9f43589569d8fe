"""English."""

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
    "a an the this that these those my your his her its our their some any no every each either"
    " neither which what whose of to in on at by for from with without into onto upon over under"
    " about between among through during against toward towards than as and or but nor so if"
    " because is are was were be been being am has have had do does did will would shall should"
    " can could may might must not very too quite more most less least such mr mrs ms it's that's"
    " there's i'm i'd i'll i've you're we're they're i he she we they you it who"
)
_TURNS = TurnWords(
    hesitations=words("um uhm uh er erm eh hmm"),
    backchannels=words(
        "yeah yes yep yup ya okay ok right sure alright fine cool great nice good wow really"
        " indeed exactly true absolutely totally i see i'm of course got it that's understood aha"
    ),
    respellings=(("all right", "alright"), ("i c", "i see"), ("o k", "ok"), ("uh huh", "uhhuh")),
    openers=words(
        "stop wait no hold on hang a one just second sec moment minute please excuse me sorry hey"
        " hi hello listen actually but okay who what"
    ),
)  # fmt: skip
_BREAKS = BreakWords(
    never_last=words(
        "st mt ph.d mr mrs ms messrs mx rev fr hon gen col maj capt cmdr lt sgt cpl gov sen rep"
        " pres supt approx viz esp incl ave fig figs vol ch sec eq eqs ref refs"
    ),
    before_number=words("jan feb aug sept sep oct nov dec nos vol ch pt"),
    late=words("etc inc ltd co corp bros jr sr esq dept est ed al m.a b.a a.m p.m u.s u.k e.u"),
    starters=words(
        "i it it's its he he's she she's we we're they they're you you're your my our their his"
        " her this that that's these those the a an there there's here here's what when where why"
        " how who which if in on at for from to with but and or so also then now however because"
        " while after before as once since yes no not let let's please do does did is are was can"
        " could would should some many most all each every one another"
    ),
    bound=_BOUND,
    conjunctions=words(
        "and but or nor so yet because although though while whereas since unless until when"
        " where which who whom whose that if whether before after then as like such including with"
        " without during through between among for from in on at by into over under about"
    ),
    clinging=words("of o'clock percent am pm a.m p.m"),
)

_EXAMPLES = spoken_examples(
    """
    numbers: 1,234.5 people → one thousand two hundred thirty-four point five people
    ordinals: the 3rd floor → the third floor
    fractions: ¾ of it → three quarters of it
    dates: on March 3, 2024 → on March third, twenty twenty-four
    times: at 2:30 PM → at two thirty PM
    telephones: 555-123-4567 → five five five, one two three, four five six seven
    money: $12.50 → twelve dollars and fifty cents
    units: 5 km → five kilometers
    signs: 2 + 2 = 4 → two plus two equals four
    ranges: 9-17 people → nine to seventeen people
    abbreviations: e.g. Dr. Smith → for example Doctor Smith
    """
)

EN = LanguagePack(
    code="en",
    name="English",
    turns=_TURNS,
    breaks=_BREAKS,
    addresses=AddressWords("dot", "slash", "at", "dash", "underscore"),
    forms=FORMS,
    examples=_EXAMPLES,
    phrases=DefaultPhrases(
        greeting="Hello! How can I help you?",
        apology="Sorry, something went wrong. Please try again.",
        tool_filler="One moment.",
        idle_prompt="Are you still there?",
        code="code example",
        question="What is the capital of France?",
    ),
)
