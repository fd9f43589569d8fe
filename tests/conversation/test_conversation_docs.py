"""The numbers that `docs/conversation.md` tells are those that the code goes by."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vivavoce.settings import TurnSettings
from vivavoce.turn_taking import interruption, speaker_level
from vivavoce.turn_taking.endpointing import patience
from vivavoce.turn_taking.fits import load_fit

PAGE = (Path(__file__).parents[2] / "docs/conversation.md").read_text("utf-8")
ENGLISH = load_fit("en").thresholds


def test_each_wait_in_the_table_is_the_one_that_is_waited() -> None:
    rows = re.findall(r"^\| ([\d.]+)(?: or more)? \| ([\d.]+) s", PAGE, re.MULTILINE)
    assert len(rows) == 6
    for over, wait in rows:
        assert patience(float(over), TurnSettings(), ENGLISH) == pytest.approx(
            float(wait), abs=0.005
        )
    assert rows[0] == (f"{ENGLISH.sure:g}", f"{TurnSettings().wait_min_s:g}")


@pytest.mark.parametrize("name", ["en", "neutral"])
def test_the_waits_are_the_same_in_all_languages(name: str) -> None:
    assert load_fit(name).thresholds == ENGLISH


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("No more than {} is believed", ENGLISH.doubtful),
        ("gets {} times as long as they paused", ENGLISH.own_pause),
        ("| {} s of voice | is ducked", TurnSettings().start_s),
        ("| {} s | is silent (`Paused`)", interruption.HOLD_S),
        ("| {} s, and each 0.09 s after", interruption.LOOK_S),
        ("else after {} s of silence", interruption.HELD_S),
        ("stands out of the room, {} dB above", speaker_level.ABOVE_USUAL_DB),
        ("no softer than {} dB below", speaker_level.BELOW_CALLER_DB),
        ("`session.turns.interrupt_db` ({} dBFS)", TurnSettings().interrupt_db),
    ],
)
def test_each_number_in_prose_is_the_code_s(sentence: str, number: float) -> None:
    assert sentence.format(f"{number:g}") in " ".join(PAGE.split())


def test_those_who_only_open_an_interruption_have_as_long_as_the_docs_say() -> None:
    (told,) = re.findall(r"such words they have ([\d.]+) s to go on", " ".join(PAGE.split()))
    wait = patience(1.0, TurnSettings(), ENGLISH, opening=True)
    assert wait == pytest.approx(float(told), abs=0.05)
