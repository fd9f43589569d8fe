"""The neutral pack: what holds in every language, and nothing that holds in one."""

from __future__ import annotations

from .pack import BreakWords, LanguagePack, words

UND = LanguagePack(
    code="und",
    name="",
    breaks=BreakWords(
        never_last=words("dr prof e.g i.e vs cf op"),
        before_number=words("no p pp nr art"),
        bound=words("dr prof st"),
        ordinal_dot=True,
    ),
)
