from __future__ import annotations

import pytest

from vivavoce.engine.english.ipa import from_ipa


@pytest.mark.parametrize(
    ("ipa", "expected"),
    [
        ("həˈloʊ", "həˈlO"),
        ("ˈtʃɔɪs", "ˈʧYs"),
        ("dʒeɪn", "ʤAn"),
        ("ˈbɝd", "ˈbɜɹd"),
        ("ɡriːn", "ɡɹin"),
        ("ˈwɔːtɚ", "ˈwɔtəɹ"),
        ("t͡ʃaɪ", "ʧI"),
        ("'red", "ˈɹɛd"),
        ("hibˈɑɹi", "hibˈɑɹi"),
        ("", ""),
    ],
)
def test_dictionary_ipa_becomes_misakis_alphabet(ipa: str, expected: str) -> None:
    assert from_ipa(ipa) == expected
