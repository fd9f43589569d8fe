"""Abbreviations with a full stop that ends no sentence, by language; `*` is every language.

Words are lower case, without their last full stop, separated by spaces.
"""

from __future__ import annotations

NEVER_LAST: dict[str, str] = {
    "*": "dr prof e.g i.e vs cf st mt ph.d op",
    "en": "mr mrs ms messrs mx rev fr hon gen col maj capt cmdr lt sgt cpl gov sen rep pres supt"
    " approx viz esp incl ave fig figs vol ch sec eq eqs ref refs",
    "de": "hr fr frl dipl ing z.b d.h u.a z.t u.u s.o s.u ca bzw vgl evtl ggf inkl exkl zzgl nr"
    " bspw sog geb gest abs art bd str tel mio mrd jh",
    "fr": "m mm mme mlle me p.ex c.-à-d av env p pp éd vol chap tél bd",
    "es": "sr sra srta srs dra d dña ud uds p.ej ej pág págs núm tel art cap avda av",
    "it": "sig sigg sig.ra sig.na dott dott.ssa ing avv arch geom p.es es pag pagg art cap tel",
    "pt": "sr sra srta dra d p.ex ex pág págs núm tel art cap av",
    "nl": "dhr mevr mw drs ir ing mr bijv bv d.w.z m.a.w o.a ca nr blz tel art",
    "ru": "г гг ул д им т.е т.к т.н см стр рис ок тыс млн млрд руб проф акад",
    "pl": "np tzn tj m.in mgr inż prof ul al nr str tzw ok godz tys mln mld",
    "sv": "t.ex d.v.s bl.a s.k ca nr kl tel resp inkl",
    "da": "f.eks dvs bl.a ca nr kl tlf inkl",
    "nb": "f.eks dvs bl.a ca nr kl tlf inkl",
    "cs": "např tj tzv mj č str ul tel mgr ing mudr judr",
    "tr": "örn bkz sn av doç yrd sok cad no tel",
}
"""Something always follows."""

BEFORE_NUMBER: dict[str, str] = {
    "*": "no p pp nr art",
    "en": "jan feb aug sept sep oct nov dec nos vol ch pt",
    "de": "s kap bd",
    "fr": "n art",
}
"""An abbreviation when a number follows; else a word like any other: `No. 5` but `No. I won't`."""

LATE: dict[str, str] = {
    "en": "etc inc ltd co corp bros jr sr esq dept est ed al m.a b.a a.m p.m u.s u.k e.u",
    "de": "usw etc u.s.w a.m",
    "fr": "etc",
    "es": "etc ee.uu a.m p.m",
    "it": "ecc",
    "pt": "etc",
    "nl": "enz etc",
    "ru": "др пр т.д т.п",
    "pl": "itd itp",
    "sv": "osv m.m",
    "da": "osv mv",
    "nb": "osv mv",
    "cs": "atd apod",
    "tr": "vb vs",
}
"""May end a sentence; the word that follows tells."""

STARTERS: dict[str, str] = {
    "en": "i it it's its he he's she she's we we're they they're you you're your my our their his"
    " her this that that's these those the a an there there's here here's what when where why how"
    " who which if in on at for from to with but and or so also then now however because while"
    " after before as once since yes no not let let's please do does did is are was can could"
    " would should some many most all each every one another",
    "de": "ich du er sie es wir ihr das der die ein eine dies diese dieser dieses da hier dort"
    " wenn aber und oder so auch dann nun jedoch weil während nach vor als ja nein bitte man"
    " in im am an auf für von mit bei zu was wer wie wo warum",
    "fr": "je tu il elle on nous vous ils elles ce c'est cela ça le la les l'on un une des mais et"
    " ou donc or ni car si dans en sur pour avec par quand que qui où oui non",
    "es": "yo tú él ella usted nosotros ellos ellas esto eso este esta el la los las un una pero y"
    " o si en con por para cuando que quien donde cómo qué sí no es hay",
    "it": "io tu lui lei noi voi loro questo questa il lo la i gli le un una ma e o se in con per"
    " quando che chi dove come sì no è ci",
    "pt": "eu tu ele ela você nós eles elas isto isso este esta o a os as um uma mas e ou se em no"
    " na com por para quando que quem onde como sim não é há",
    "nl": "ik jij je hij zij ze het we wij jullie dit dat de een maar en of als in op voor met van"
    " wanneer wat wie waar hoe ja nee",
}
"""Words that begin a sentence more often than they go on from an abbreviation as a name."""

ORDINAL_DOT = frozenset(
    "de da nb nn no fi cs sk sl hr sr bs hu et lv tr is lb fo eu ka".split()  # noqa: SIM905
)
"""Languages that write `3.` for third."""
