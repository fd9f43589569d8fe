"""Names of languages and their codes; pure."""

from __future__ import annotations

import re

from .codes import asked_language, match_language

_NAMES = """
    afrikaans:af albanian:sq amharic:am arabic:ar armenian:hy assamese:as azerbaijani:az
    bashkir:ba basque:eu belarusian:be bengali:bn bosnian:bs breton:br bulgarian:bg
    cantonese:yue catalan:ca chinese:zh croatian:hr czech:cs danish:da dutch:nl english:en
    estonian:et faroese:fo finnish:fi french:fr galician:gl georgian:ka german:de greek:el
    gujarati:gu hausa:ha hawaiian:haw hebrew:he hindi:hi hungarian:hu icelandic:is
    indonesian:id italian:it japanese:ja javanese:jw kannada:kn kazakh:kk khmer:km korean:ko
    lao:lo latin:la latvian:lv lingala:ln lithuanian:lt luxembourgish:lb macedonian:mk
    malagasy:mg malay:ms malayalam:ml maltese:mt maori:mi marathi:mr mongolian:mn myanmar:my
    nepali:ne norwegian:no nynorsk:nn occitan:oc pashto:ps persian:fa polish:pl portuguese:pt
    punjabi:pa romanian:ro russian:ru sanskrit:sa serbian:sr shona:sn sindhi:sd sinhala:si
    slovak:sk slovenian:sl somali:so spanish:es sundanese:su swahili:sw swedish:sv tagalog:tl
    tajik:tg tamil:ta tatar:tt telugu:te thai:th tibetan:bo turkish:tr turkmen:tk ukrainian:uk
    urdu:ur uzbek:uz vietnamese:vi welsh:cy yiddish:yi yoruba:yo
"""
_CODES: dict[str, str] = dict(re.findall(r"(\w+):(\w+)", _NAMES))
_NAMES_OF: dict[str, str] = {code: name for name, code in _CODES.items()}


def name_of(code: str) -> str:
    """The name of a language by any of its codes, as Whisper and OpenAI's `verbose_json` have it:
    `norwegian` for `nb`. What has none is given back.
    """
    return _NAMES_OF.get(match_language(code, _NAMES_OF) or "", code)


def code_of(name: str) -> str | None:
    """The code of a language by such a name, or by a code, which is given back as it is.

    None where there is none, or where to find out (`auto`).
    """
    return asked_language(_CODES.get(name.strip().lower(), name))


def named_codes() -> list[str]:
    """Codes of the languages that have such a name."""
    return sorted(_NAMES_OF)
