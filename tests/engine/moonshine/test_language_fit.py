"""How probable the model's language is."""

from __future__ import annotations

import pytest

from vivavoce.engine.moonshine.language_fit import LanguageFit, fit_of


def test_a_language_is_the_less_probable_the_more_the_words_surprise_in_a_second() -> None:
    fit = LanguageFit(middle=3.0, slope=2.0)
    assert fit.probability(-3.0) == 0.5
    assert fit.probability(-1.0) == pytest.approx(0.982, abs=0.001)
    assert fit.probability(-6.0) == pytest.approx(0.0025, abs=0.0001)


def test_the_embedded_model_has_a_fit_and_others_have_none() -> None:
    fit = fit_of("tiny-en")
    assert fit is not None
    assert 2.5 < fit.middle < 4.5
    assert fit_of("base-en") is None
