"""What `vivavoce bench endings` makes of ends of turns, and of pauses in them."""

from __future__ import annotations

import pytest

from vivavoce.bench.endings import ANSWERS, SENTENCES, Ending, area, material, row
from vivavoce.bench.scorecard.scenario import load
from vivavoce.engines import Transcript
from vivavoce.settings import TurnSettings

SETTINGS = TurnSettings()
QUESTION = Transcript("What time does the shop open?")
PART = Transcript("What time does")


def test_the_area_is_how_often_a_whole_one_is_above_a_broken_one() -> None:
    assert area([0.9, 0.8], [0.1, 0.2]) == 1
    assert area([0.1, 0.2], [0.9, 0.8]) == 0
    assert area([0.9, 0.1], [0.5, 0.1]) == pytest.approx(0.625)


def test_each_sentence_is_said_whole_and_broken_off_in_its_middle_by_the_same_voices() -> None:
    ends = material()
    whole = [(text, voice) for kind, text, voice in ends if kind == "whole"]
    broken = [(text, voice) for kind, text, voice in ends if kind == "broken"]
    assert len(whole) == len(broken) == 3 * len(SENTENCES)
    for (sentence, voice), (part, same) in zip(whole, broken, strict=True):
        assert sentence.startswith(part)
        assert voice == same
    assert len(ends) - len(whole) - len(broken) == 4 * len(ANSWERS)


def test_no_scenario_says_any_of_the_sentences() -> None:
    scripts = "\n".join(
        str(scenario.texts) + str(scenario.script)
        for which in ("tuning", "reported")
        for scenario in load([which])
    )
    assert not [sentence for sentence in SENTENCES if sentence in scripts]


def test_a_sure_end_is_answered_at_once_and_an_unlikely_one_survives_pauses() -> None:
    sure = Ending("whole", 0.9, 0.99, QUESTION)
    late = Ending("whole", 0.0, 0.01, QUESTION)
    open_end = Ending("broken", 0.0, 0.01, PART)
    short = Ending("short", 0.9, 0.99, Transcript("Yes, please."))
    figures = row("as heard", [sure, late, open_end, short], SETTINGS)
    assert sure.wait_s(SETTINGS) < 0.4 < late.wait_s(SETTINGS)
    assert figures["short"] == round(1000 * short.wait_s(SETTINGS))
    assert figures["cut at 0.5 s"] == 0
    assert figures["area, words"] == 1


@pytest.mark.parametrize("ends", [0.001, 0.9])
def test_what_the_detector_hears_counts_whatever_the_words_say(ends: float) -> None:
    waits = [Ending("whole", ends, sound, QUESTION).wait_s(SETTINGS) for sound in (0.0, 1.0)]
    assert waits[0] > waits[1]
