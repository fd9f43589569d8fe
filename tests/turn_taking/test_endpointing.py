"""From probabilities to edges and decisions."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engines import Transcript
from vivavoce.settings import Eagerness, TurnSettings
from vivavoce.text.language.en import EN
from vivavoce.turn_taking.endpointing import judge, opens, patience, sound_matters
from vivavoce.turn_taking.evidence import Evidence
from vivavoce.turn_taking.fits import Fit, load_fit, parse_fit
from vivavoce.turn_taking.vad_edges import Edge, SpeechEdges

FRAME_S = 0.02
FIT = parse_fit(
    "test",
    """
[prices_s]
low = 8
medium = 4
high = 1

[[regressions]]
bias = 0.5
silence = 1.0
signals = { sound = 1.0, ends = 0.5, paused = -0.5 }

[[regressions]]
bias = 0.0
silence = 1.0
signals = { sound = 0.5 }

[[regressions]]
bias = -1.0
silence = 1.0
""",
)
TURNS = TurnSettings(start_s=0.06, pause_s=0.06, stop_threshold=0.35)


def edges_of(probabilities: list[float]) -> list[Edge]:
    edges = SpeechEdges(FRAME_S)
    found = [edges.feed(probability, TURNS) for probability in probabilities]
    return [edge for edge in found if edge is not None]


def test_an_edge_is_dated_where_the_voice_changed_not_where_it_was_noticed() -> None:
    start, pause = edges_of([0.0] * 5 + [1.0] * 10 + [0.0] * 5)
    assert (start.kind, pause.kind) == ("start", "pause")
    assert start.at == pytest.approx(0.10)
    assert pause.at == pytest.approx(0.30)


def test_a_click_is_no_speech() -> None:
    assert edges_of([0.0, 1.0, 1.0, 0.0] * 10) == []


def test_a_short_dip_is_no_pause() -> None:
    assert [edge.kind for edge in edges_of([1.0] * 10 + [0.0, 0.0] + [1.0] * 10)] == ["start"]


def test_between_the_thresholds_speech_goes_on_but_does_not_begin() -> None:
    assert edges_of([0.4] * 20) == []
    assert [edge.kind for edge in edges_of([1.0] * 5 + [0.4] * 20)] == ["start"]


def test_the_voice_after_a_pause_resumes_and_after_the_turn_starts() -> None:
    edges = SpeechEdges(FRAME_S)
    kinds = []
    for i, probability in enumerate([1.0] * 5 + [0.0] * 5 + [1.0] * 5 + [0.0] * 5 + [1.0] * 5):
        if i == 20:
            edges.end_utterance()
        edge = edges.feed(probability, TURNS)
        kinds += [edge.kind] if edge else []
    assert kinds == ["start", "pause", "resume", "pause", "start"]


@given(st.lists(st.floats(0, 1), max_size=200))
@settings(deadline=None)
def test_edges_alternate_and_never_go_back_in_time(probabilities: list[float]) -> None:
    edges = edges_of(probabilities)
    assert [edge.kind for edge in edges[:1]] in ([], ["start"])
    for before, after in pairwise(edges):
        assert (after.kind == "pause") == (before.kind != "pause")
        assert after.at > before.at


SAID = Transcript("what is the capital of france")
PROBABILITIES = st.none() | st.floats(0, 1)
KNOWN = st.builds(
    Evidence,
    st.sampled_from([None, SAID, Transcript("um", confidence=0.3, rivals=(("the", 0.4),))]),
    PROBABILITIES,
    PROBABILITIES,
    st.floats(0, 60),
    st.floats(0, 10),
)
FITS = st.sampled_from([FIT, load_fit("en"), load_fit("neutral")])
EAGERNESS: list[Eagerness] = ["low", "medium", "high"]


@given(KNOWN, FITS, st.integers(0, 2))
@settings(deadline=None)
def test_whatever_is_known_the_wait_is_within_its_bounds(
    known: Evidence, fit: Fit, cut_offs: int
) -> None:
    wait = patience(known, fit, TURNS, cut_offs=cut_offs)
    assert TURNS.wait_min_s <= wait <= TURNS.wait_max_s
    assert 0 <= judge(known, wait, fit).over <= 1


@given(KNOWN, FITS, st.floats(0.05, 5), st.floats(0.05, 5))
@settings(deadline=None)
def test_the_longer_the_silence_the_likelier_the_end(
    known: Evidence, fit: Fit, one: float, other: float
) -> None:
    short, long = sorted((one, other))
    assert judge(known, short, fit).over <= judge(known, long, fit).over + 1e-12


@given(KNOWN, FITS)
@settings(deadline=None)
def test_the_eager_wait_less_and_who_was_cut_off_is_given_more(known: Evidence, fit: Fit) -> None:
    waits = [patience(known, fit, TurnSettings(eagerness=each)) for each in EAGERNESS]
    assert waits == sorted(waits, reverse=True)
    again = [patience(known, fit, TURNS, cut_offs=number) for number in (0, 1, 2)]
    assert again == sorted(again)


def test_the_wait_is_the_one_that_costs_least() -> None:
    known = Evidence(SAID, sound=0.6, spoken_s=2.0)
    over, waits = judge(known, 0.2, FIT).over, [0.01 * n for n in range(15, 301)]

    def cost(wait_s: float) -> float:
        """A cut costs 4 s; what is left of the holds after so long falls as the odds rise."""
        odds = [judge(known, t, FIT).over / (1 - judge(known, t, FIT).over) for t in (0.2, wait_s)]
        return (1 - over) * odds[0] / odds[1] * 4.0 + over * wait_s

    assert patience(known, FIT, TurnSettings()) == pytest.approx(min(waits, key=cost), abs=0.01)


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(["en", "neutral"]))
@settings(deadline=None)
def test_the_likelier_the_detector_makes_an_end_the_sooner_it_is_one(
    one: float, other: float, name: str
) -> None:
    low, high = sorted((one, other))
    waits = [
        patience(Evidence(SAID, 0.3, sound, 2.0), load_fit(name), TURNS) for sound in (low, high)
    ]
    assert waits[0] >= waits[1]


def test_what_is_not_known_does_not_count() -> None:
    assert {s.name for s in judge(Evidence(), 0.5, FIT).signals} == {"bias", "silence"}
    words = judge(Evidence(SAID, 0.5), 0.5, FIT)
    assert {s.name for s in words.signals} == {"bias", "silence"}
    sound = judge(Evidence(SAID, None, 0.5), 0.5, FIT)
    assert {s.name for s in sound.signals} == {"bias", "silence", "sound"}
    both = judge(Evidence(SAID, 0.5, 0.5), 0.5, FIT)
    assert {s.name for s in both.signals} == {"bias", "silence", "sound", "ends", "paused"}


def test_what_was_hardly_understood_tells_nothing_of_its_end() -> None:
    def told(confidence: float) -> float:
        heard = Transcript("the lupin leaked off", confidence=confidence)
        full, none = (judge(Evidence(heard, ends, 0.5), 0.2, FIT).over for ends in (1.0, 0.0))
        return full - none

    assert told(0.9) > told(0.5) > told(0.3) == 0.0


def test_the_detector_is_not_asked_where_it_can_change_nothing() -> None:
    assert sound_matters(Evidence(SAID, 0.5), FIT, TURNS)
    assert not sound_matters(Evidence(SAID, 0.5), FIT, TurnSettings(wait_min_s=1, wait_max_s=1))
    silence_only = parse_fit(
        "s", "[prices_s]\nlow=3\nmedium=2\nhigh=1\n[[regressions]]\nbias=0\nsilence=1\n"
    )
    assert not sound_matters(Evidence(SAID, 0.5), silence_only, TURNS)


@pytest.mark.parametrize(
    "text", ["Stop.", "No, no!", "Hold on a second.", "Excuse me,", "Wait, what?"]
)
def test_some_words_only_open_an_interruption(text: str) -> None:
    assert opens(text, EN.turns)


@pytest.mark.parametrize("text", ["", "Stop the music.", "No, I meant the other one.", "Paris."])
def test_others_say_what_is_wanted(text: str) -> None:
    assert not opens(text, EN.turns)
