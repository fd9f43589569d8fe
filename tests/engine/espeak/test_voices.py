from __future__ import annotations

import pytest

from vivavoce.engine.espeak.library import VoiceFile
from vivavoce.engine.espeak.voices import VoiceBook
from vivavoce.errors import BadRequest


def file(path: str, *languages: tuple[str, int]) -> VoiceFile:
    return VoiceFile(path, path, languages, None)


BOOK = VoiceBook(
    [
        file("gmw/de", ("de", 5)),
        file("gmw/en", ("en-gb", 2), ("en", 2)),
        file("gmw/en-GB-scotland", ("en-gb-scotland", 5), ("en", 4)),
        file("gmw/en-US", ("en-us", 2), ("en", 3)),
        file("sit/cmn", ("cmn", 5), ("zh", 5)),
        file("sit/yue", ("yue", 5), ("zh", 8)),
        file("sit/yue-Latn-jyutping", ("yue", 5), ("zh", 8)),
        file("roa/pt", ("pt", 5), ("pt-pt", 5)),
        file("roa/pt-BR", ("pt-br", 5), ("pt", 6)),
    ],
    ["f3", "Alex"],
)


@pytest.mark.parametrize(
    ("voice", "language", "default", "chosen"),
    [
        (None, None, "en-us", "en-us"),
        (None, None, "en-us+f3", "en-us+f3"),
        (None, "en", "en-us", "en-us"),
        (None, "en-AU", "en-us", "en-us"),
        (None, "EN_us", "en-us", "en-us"),
        (None, "en-GB", "en-us", "en-gb"),
        (None, "en", "de", "en-gb"),
        (None, "zh", "en-us", "cmn"),
        (None, "zh-CN", "en-us", "cmn"),
        (None, "pt-BR", "en-us", "pt-br"),
        (None, "pt", "en-us", "pt"),
        (None, "de-AT", "en-us+f3", "de+f3"),
        ("de", "en", "en-us", "de"),
        ("f3", None, "en-us", "en-us+f3"),
        ("+alex", None, "de+f3", "de+alex"),
    ],
)
def test_a_voice_is_chosen_by_name_then_by_language(
    voice: str | None, language: str | None, default: str, chosen: str
) -> None:
    assert BOOK.choose(voice, language, default) == chosen


def test_a_voice_is_found_by_its_own_path_with_its_variant() -> None:
    assert BOOK.path("en-us") == "gmw/en-US"
    assert BOOK.path("EN_us+alex") == "gmw/en-US+Alex"
    assert BOOK.path("yue") == "sit/yue"
    assert BOOK.path("yue-latn-jyutping") == "sit/yue-Latn-jyutping"


@pytest.mark.parametrize(
    ("voice", "language", "message"),
    [
        ("en-uss", None, "unknown voice 'en-uss'; did you mean en-us"),
        ("de+f4", None, r"unknown variant 'f4'; did you mean f3\?"),
        ("", None, "unknown voice ''; `vivavoce voices` lists them"),
        (None, "dee", "unknown language 'dee'; did you mean de"),
    ],
)
def test_what_is_not_there_is_refused_with_the_nearest(
    voice: str | None, language: str | None, message: str
) -> None:
    with pytest.raises(BadRequest, match=message):
        BOOK.choose(voice, language, "en-us")


def test_the_default_comes_first_with_its_variants_and_each_voice_once() -> None:
    ids = [voice.id for voice in BOOK.listed("de+f3")]
    assert ids[:3] == ["de+f3", "de", "de+Alex"]
    assert len(ids) == len(set(ids)) == 9 + 2
