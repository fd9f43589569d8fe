from __future__ import annotations

import pytest

from vivavoce.engine.english.ipa import from_ipa


@pytest.mark.parametrize(
    ("ipa", "expected"),
    [
        ("həˈloʊ", "həlˈO"),
        ("ˈtʃɔɪs", "ʧˈYs"),
        ("dʒeɪn", "ʤAn"),
        ("ˈbɝd", "bˈɜɹd"),
        ("ɡriːn", "ɡɹin"),
        ("ˈwɔːtɚ", "wˈɔtəɹ"),
        ("t͡ʃaɪ", "ʧI"),
        ("'red", "ɹˈɛd"),
        ("hibˈɑɹi", "hibˈɑɹi"),
        ("", None),
        ("ǃkʼa", None),
        ("noː", "nO"),
    ],
)
def test_dictionary_ipa_becomes_misakis_alphabet(ipa: str, expected: str | None) -> None:
    assert from_ipa(ipa) == expected
