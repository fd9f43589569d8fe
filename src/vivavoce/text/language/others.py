"""Languages of which little is known so far; `check_language` lists what each lacks."""

from __future__ import annotations

from .pack import BreakWords, DefaultPhrases, LanguagePack, TurnWords, words

RU = LanguagePack(
    code="ru",
    name="русский",
    breaks=BreakWords(
        never_last=words("г гг ул д им т.е т.к т.н см стр рис ок тыс млн млрд руб проф акад"),
        late=words("др пр т.д т.п"),
    ),
    turns=TurnWords(
        hesitations=words("э эм мм ну"),
        backchannels=words("да ага угу хорошо понятно ясно точно конечно ладно"),
    ),
    phrases=DefaultPhrases(code="пример кода"),
)
JA = LanguagePack(
    code="ja",
    name="日本語",
    turns=TurnWords(
        hesitations=words("えーと ええと あの えっと"), backchannels=words("はい うん ええ そう")
    ),
    phrases=DefaultPhrases(code="コード例"),
)
KO = LanguagePack(
    code="ko",
    name="한국어",
    turns=TurnWords(hesitations=words("어 음"), backchannels=words("네 응 예")),
    phrases=DefaultPhrases(code="코드 예제"),
)
ZH = LanguagePack(
    code="zh",
    name="中文",
    turns=TurnWords(hesitations=words("呃 嗯"), backchannels=words("嗯 对 好 是")),
    phrases=DefaultPhrases(code="代码示例"),
)
PL = LanguagePack(
    code="pl",
    name="polski",
    breaks=BreakWords(
        never_last=words("np tzn tj m.in mgr inż prof ul al nr str tzw ok godz tys mln mld"),
        late=words("itd itp"),
    ),
)
SV = LanguagePack(
    code="sv",
    name="svenska",
    breaks=BreakWords(
        never_last=words("t.ex d.v.s bl.a s.k ca nr kl tel resp inkl"),
        late=words("osv m.m"),
    ),
)
DA = LanguagePack(
    code="da",
    name="dansk",
    breaks=BreakWords(
        never_last=words("f.eks dvs bl.a ca nr kl tlf inkl"),
        late=words("osv mv"),
        ordinal_dot=True,
    ),
)
NB = LanguagePack(
    code="nb",
    name="norsk bokmål",
    breaks=BreakWords(
        never_last=words("f.eks dvs bl.a ca nr kl tlf inkl"),
        late=words("osv mv"),
        ordinal_dot=True,
    ),
)
CS = LanguagePack(
    code="cs",
    name="čeština",
    breaks=BreakWords(
        never_last=words("např tj tzv mj č str ul tel mgr ing mudr judr"),
        late=words("atd apod"),
        ordinal_dot=True,
    ),
)
TR = LanguagePack(
    code="tr",
    name="Türkçe",
    breaks=BreakWords(
        never_last=words("örn bkz sn av doç yrd sok cad no tel"),
        late=words("vb vs"),
        ordinal_dot=True,
    ),
)
