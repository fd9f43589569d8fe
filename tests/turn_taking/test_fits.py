"""The files of fitted numbers, and whom they serve."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

import vivavoce.turn_taking
from vivavoce.errors import BadRequest
from vivavoce.turn_taking.fits import fit_names, fits_for, load_fit, parse_fit

FILES = sorted((Path(vivavoce.turn_taking.__file__).parent / "data").glob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_says_how_it_was_made_and_can_be_read(path: Path) -> None:
    made = tomllib.loads(path.read_text("utf-8"))["made"]
    assert {"command", "fitted_on", "tested_on", "with"} <= set(made)
    assert all(made.values())
    assert load_fit(path.stem).name == path.stem


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_knows_what_to_do_where_no_engine_tells_anything(path: Path) -> None:
    names = set(load_fit(path.stem).regressions[-1].signals)
    assert names <= {"spoken", "long", "paused"}


def test_english_reads_the_words_and_other_languages_do_not() -> None:
    fits = fits_for()
    assert fits.of("en").reads("ends")
    assert fits.of("en-GB").name == "en"
    for language in ("fr", "zh-Hant", None, ""):
        assert fits.of(language).name == "neutral"
        assert not fits.of(language).reads("ends")
        assert fits.of(language).reads("sound")


def test_what_the_engines_can_tell_chooses_the_weights() -> None:
    fit = load_fit("en")
    spoken = {"spoken", "long", "paused"}
    words = spoken | {"words"}

    def used(known: set[str]) -> set[str]:
        return set(fit.weights(known).signals)

    assert "ends" in used(words | {"ends", "sound"})
    assert "sound" in used(words | {"sound"})
    assert "ends" not in used(words | {"sound"})
    assert "sound" not in used(words | {"ends"})
    assert used(spoken) <= spoken


def test_a_fit_can_be_chosen_by_name() -> None:
    assert fits_for("en").of("en").name == "en"
    assert fits_for("neutral").of("en").name == "neutral"


def test_a_name_that_is_none_is_told_with_those_there_are() -> None:
    assert fit_names() == ["en", "neutral"]
    with pytest.raises(BadRequest, match=r"there is no fit 'english'.*en, neutral"):
        fits_for("english")


@pytest.mark.parametrize(
    "change", [("low = 8", "low = 0"), ("silence = 1.0", "silnce = 1.0"), ("sound", "smell")]
)
def test_a_file_with_a_mistake_is_refused(change: tuple[str, str]) -> None:
    text = "[prices_s]\nlow = 8\nmedium = 4\nhigh = 1\n[[regressions]]\nbias = 0\nsilence = 1.0\n"
    text += "signals = { sound = 1.0 }\n"
    assert parse_fit("right", text).regressions[0].signals == {"sound": 1.0}
    with pytest.raises(ValidationError):
        parse_fit("wrong", text.replace(*change))
