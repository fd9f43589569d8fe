from __future__ import annotations

import pytest

from vivavoce.engine.english.stress import stressed


@pytest.mark.parametrize(
    ("phonemes", "level", "expected"),
    [
        ("tˈAbᵊl", None, "tˈAbᵊl"),
        ("ˌʌndəɹstˈænd", -2, "ʌndəɹstænd"),
        ("ˌʌndəɹstˈænd", -1, "ʌndəɹstˌænd"),
        ("tˈAbᵊl", -0.5, "tˌAbᵊl"),
        ("tˈAbᵊl", 0, "tˌAbᵊl"),
        ("ðə", 0.5, "ðˌə"),
        ("tˌAbᵊl", 1, "tˈAbᵊl"),
        ("ðæt", 2, "ðˈæt"),
        ("tˈAbᵊl", 2, "tˈAbᵊl"),
        ("mst", 2, "mst"),
    ],
)
def test_stress_is_taken_away_lowered_or_raised(
    phonemes: str, level: float | None, expected: str
) -> None:
    assert stressed(phonemes, level) == expected
