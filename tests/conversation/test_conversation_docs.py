"""The numbers that `docs/conversation.md` tells are those that the code goes by."""

from __future__ import annotations

from pathlib import Path

import pytest

from vivavoce.conversation.turn_silences import SOUND_AFTER_S
from vivavoce.settings import TurnSettings
from vivavoce.turn_taking import interruption, speaker_level
from vivavoce.turn_taking.fits import load_fit

PAGE = (Path(__file__).parents[2] / "docs/conversation.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["en", "neutral"])
def test_the_prices_are_those_of_each_fit(name: str) -> None:
    prices = load_fit(name).prices_s
    told = f"(`low` {prices.low:g} s, `medium` and `auto` {prices.medium:g} s, "
    told += f"`high` {prices.high:g} s)"
    assert told in " ".join(PAGE.split())


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("When the silence has lasted for {} s, the turn detector", SOUND_AFTER_S),
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
