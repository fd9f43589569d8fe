"""Languages of which little is known so far; `check_language` lists what each lacks."""

from __future__ import annotations

from .pack import DefaultPhrases, LanguagePack, TurnWords, words

RU = LanguagePack(
    code="ru",
    name="русский",
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
PL = LanguagePack(code="pl", name="polski")
SV = LanguagePack(code="sv", name="svenska")
DA = LanguagePack(code="da", name="dansk")
NB = LanguagePack(code="nb", name="norsk bokmål")
CS = LanguagePack(code="cs", name="čeština")
TR = LanguagePack(code="tr", name="Türkçe")
