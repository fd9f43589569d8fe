"""Little words that tell where a clause may be cut, by language; `*` is every language."""

from __future__ import annotations

BOUND: dict[str, str] = {
    "*": "dr prof st",
    "en": "a an the this that these those my your his her its our their some any no every each"
    " either neither which what whose of to in on at by for from with without into onto upon over"
    " under about between among through during against toward towards than as and or but nor so"
    " if because is are was were be been being am has have had do does did will would shall should"
    " can could may might must not very too quite more most less least such mr mrs ms it's that's"
    " there's i'm i'd i'll i've you're we're they're i he she we they you it who",
    "de": "der die das den dem des ein eine einen einem einer eines kein keine mein meine dein"
    " seine ihr ihre unser zu zum zur im in an am auf aus bei beim für von vom mit nach über unter"
    " und oder aber dass daß wenn weil als wie ist sind war waren hat haben wird werden sehr nicht"
    " ich du er sie es wir",
    "fr": "le la les l un une des du de d au aux à en dans sur sous pour par avec sans chez ce cet"
    " cette ces mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs et ou mais que qui"
    " est sont a ont très plus moins ne je tu il elle on nous vous ils elles",
    "es": "el la los las un una unos unas lo al del de a en con por para sin sobre entre hasta"
    " desde mi mis tu tus su sus nuestro nuestra este esta estos estas ese esa y e o u pero que"
    " es son está están ha han muy más no se",
    "it": "il lo la i gli le l un uno una di a da in con su per tra fra del dello della dei degli"
    " delle al allo alla ai agli alle nel nello nella sul sulla dal dalla mio mia tuo tua suo sua"
    " questo questa e ed o ma che è sono ha hanno molto più non si",
    "pt": "o a os as um uma uns umas de do da dos das em no na nos nas ao à aos às por pelo pela"
    " para com sem sobre entre até meu minha teu tua seu sua este esta e ou mas que é são está"
    " muito mais não se",
    "nl": "de het een mijn jouw zijn haar ons onze hun dit dat deze die van in op aan bij voor met"
    " naar uit over onder tot te en of maar omdat als is was heeft hebben wordt zeer niet ik je hij"
    " ze we",
}
"""Words that belong to the one that follows."""

CONJUNCTIONS: dict[str, str] = {
    "en": "and but or nor so yet because although though while whereas since unless until when"
    " where which who whom whose that if whether before after then as like such including with"
    " without during through between among for from in on at by into over under about",
    "de": "und oder aber denn sondern weil obwohl während wenn dass daß ob bevor nachdem damit als"
    " wie wo mit ohne für von aus nach bei durch",
    "fr": "et ou mais donc car parce puisque lorsque quand si que qui dont où avant après pendant"
    " pour avec sans dans sur",
    "es": "y e o u pero sino porque aunque mientras cuando si que quien donde antes después para"
    " con sin en desde hasta",
    "it": "e ed o ma però perché anche mentre quando se che chi dove prima dopo per con senza in",
    "pt": "e ou mas porque embora enquanto quando se que quem onde antes depois para com sem em",
    "nl": "en of maar want omdat hoewel terwijl wanneer als dat die waar voor na met zonder in",
}
"""Words that often begin a new part of the sentence."""

CLINGING: dict[str, str] = {
    "en": "of o'clock percent am pm a.m p.m",
    "de": "des der prozent uhr",
    "es": "de del",
    "fr": "de du des d",
    "it": "di del della dei delle degli",
    "nl": "van",
    "pt": "de do da dos das",
}
"""Words that belong to the one before."""
