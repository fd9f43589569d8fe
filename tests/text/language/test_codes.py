"""Languages by any of their codes."""

from __future__ import annotations

import pytest
from langcodes import tag_is_valid

from vivavoce.text.language.codes import language_of, match_language
from vivavoce.text.language.names import code_of, name_of, named_codes
from vivavoce.text.language.packs import pack_of

WHISPER = ["de", "en", "fa", "fr", "he", "id", "jw", "nn", "no", "ro", "tl", "yue", "zh"]


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("de", "de"), ("DE", "de"), ("de_AT", "de"), ("deu", "de"), ("ger", "de"),
        ("nb", "no"), ("nb-NO", "no"), ("nor", "no"), ("nn", "nn"), ("iw", "he"), ("iw-IL", "he"),
        ("in", "id"), ("jv", "jw"), ("jw", "jw"), ("fil", "tl"), ("tl", "tl"), ("cmn", "zh"),
        ("zh-Hant-TW", "zh"), ("zh_CN", "zh"), ("yue", "yue"), ("zh-yue", "yue"), ("prs", "fa"),
        ("mo", "ro"), (" fr ", "fr"),
    ],
)  # fmt: skip
def test_a_language_is_found_by_any_of_its_codes(code: str, known: str) -> None:
    assert match_language(code, WHISPER) == known


@pytest.mark.parametrize("code", [None, "", " ", "xx", "english", "ca", "auto", "*", "-", "é"])
def test_a_code_that_stands_for_none_of_them_finds_none(code: str | None) -> None:
    assert match_language(code, WHISPER) is None


def test_a_region_is_kept_where_it_is_known_and_left_off_where_not() -> None:
    assert match_language("en-GB", ["en-us", "en-gb"]) == "en-gb"
    assert match_language("en-NZ", ["en-us", "fr"]) == "en-us"
    assert match_language("nn", ["nb", "en"]) == "nb"
    assert match_language("de", ["de_DE"]) == "de_DE"


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("en_GB", "en"),
        ("iw", "he"),
        ("cmn-Hans", "zh"),
        (None, ""),
        ("", ""),
        ("English", "english"),
    ],
)
def test_a_language_goes_by_one_code(code: str | None, language: str) -> None:
    assert language_of(code) == language


@pytest.mark.parametrize("code", ["de", "de-AT", "DE_ch", "deu"])
def test_the_pack_of_a_language_is_found_by_any_of_its_codes(code: str) -> None:
    assert pack_of(code).code == "de"


@pytest.mark.parametrize("code", ["no", "nb", "nn", "nb-NO", "nor"])
def test_norwegian_is_found_by_each_of_its_codes(code: str) -> None:
    assert pack_of(code).name == "norsk bokmål"


@pytest.mark.parametrize("code", [None, "", "xx", "tlh", "no such language"])
def test_a_language_without_a_pack_gets_the_one_that_knows_no_language(code: str | None) -> None:
    assert pack_of(code).code == "und"
    assert pack_of(code).turns.backchannels == frozenset()


@pytest.mark.parametrize(
    ("code", "name"),
    [("de", "german"), ("nb-NO", "norwegian"), ("iw", "hebrew"), ("jv", "javanese"),
     ("pt-BR", "portuguese"), ("xx", "xx"), ("", "")],
)  # fmt: skip
def test_a_language_is_named_by_any_of_its_codes(code: str, name: str) -> None:
    assert name_of(code) == name


@pytest.mark.parametrize(
    ("name", "code"),
    [("German", "de"), (" norwegian ", "no"), ("de-AT", "de-AT"), ("auto", None), ("", None)],
)
def test_a_language_is_asked_for_by_name_or_by_code(name: str, code: str | None) -> None:
    assert code_of(name) == code


def test_every_code_that_has_a_name_stands_for_a_language() -> None:
    assert [code for code in named_codes() if not tag_is_valid(code)] == []
    assert all(code_of(name_of(code)) == code for code in named_codes())
