"""The files of fitted numbers, and whom they serve."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import vivavoce.turn_taking
from vivavoce.engines import Engines
from vivavoce.errors import BadRequest
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, ScriptedVad
from vivavoce.turn_taking.fits import fit_names, fits_for, load_fit

FILES = sorted((Path(vivavoce.turn_taking.__file__).parent / "data").glob("*.toml"))


def engines(stt: str, llm: str, turn: str) -> Engines:
    made = Engines(ScriptedVad(), ScriptedTurn(), ScriptedStt(), ScriptedLlm(), ScriptedTts())
    for engine, name in ((made.stt, stt), (made.llm, llm), (made.turn, turn)):
        engine.name = name  # type: ignore[misc]
    return made


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_says_how_it_was_made_and_can_be_read(path: Path) -> None:
    made = tomllib.loads(path.read_text("utf-8"))["made"]
    assert {"command", "fitted_on", "tested_on", "with"} <= set(made)
    assert load_fit(path.stem).name == path.stem


def test_the_embedded_engines_have_a_fit_in_english_and_none_in_french() -> None:
    fits = fits_for(engines("moonshine:tiny", "llama-cpp:small", "smart-turn"))
    assert fits.of("en").weights is not None
    assert fits.of("en-GB").name == "en"
    for language in ("fr", "zh-Hant", None, ""):
        assert fits.of(language).name == "neutral"
        assert fits.of(language).weights is None


def test_an_engine_that_nothing_was_fitted_to_goes_by_sound_alone() -> None:
    fits = fits_for(engines("moonshine:tiny", "homemade", "smart-turn"))
    assert fits.of("en").weights is None


def test_a_fit_can_be_chosen_by_name() -> None:
    unknown = engines("a", "b", "c")
    assert fits_for(unknown, "en").of("en").weights is not None
    embedded = engines("moonshine:tiny", "llama-cpp:small", "smart-turn")
    assert fits_for(embedded, "neutral").of("en").weights is None


def test_a_name_that_is_none_is_told_with_those_there_are() -> None:
    assert fit_names() == ["en", "neutral"]
    with pytest.raises(BadRequest, match=r"there is no fit 'english'.*en, neutral"):
        fits_for(engines("a", "b", "c"), "english")
