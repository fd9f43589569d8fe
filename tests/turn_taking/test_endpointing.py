"""From probabilities to edges and decisions."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engines import Transcript
from vivavoce.settings import TurnSettings
from vivavoce.text.language.en import EN
from vivavoce.text.language.packs import pack_of
from vivavoce.turn_taking.endpointing import (
    by_sound,
    by_words,
    looks_unfinished,
    opens,
    patience,
)
from vivavoce.turn_taking.fits import load_fit
from vivavoce.turn_taking.vad_edges import Edge, SpeechEdges

FRAME_S = 0.02
EN_FIT = load_fit("en")
TURNS = TurnSettings(start_s=0.06, pause_s=0.06, stop_threshold=0.35)


def over_by_sound(
    sound: float, ends: float | None, heard: Transcript, language: str | None = "en"
) -> float:
    return by_sound(sound, ends, heard, pack_of(language).turns, EN_FIT).over


def over_by_words(
    ends: float | None, heard: Transcript, language: str | None = "en"
) -> float | None:
    judged = by_words(ends, heard, pack_of(language).turns, EN_FIT)
    return None if judged is None else judged.over


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


@given(st.floats(0, 1), st.floats(0, 1))
@settings(deadline=None)
def test_the_surer_that_the_turn_is_over_the_shorter_the_wait(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert patience(high, TURNS, EN_FIT.thresholds) <= patience(low, TURNS, EN_FIT.thresholds)
    assert TURNS.wait_min_s <= patience(high, TURNS, EN_FIT.thresholds) <= TURNS.wait_max_s


def test_eagerness_shortens_a_doubtful_wait_and_leaves_the_sure_ones() -> None:
    waits = {
        eagerness: [
            patience(p, TurnSettings(eagerness=eagerness), EN_FIT.thresholds)
            for p in (0.0, 0.5, 1.0)
        ]
        for eagerness in ("low", "medium", "high")
    }
    assert waits["high"][1] < waits["medium"][1] < waits["low"][1]
    assert waits["high"][0] == waits["low"][0]
    assert waits["high"][2] == waits["low"][2]


def test_without_a_word_from_the_model_the_sound_decides() -> None:
    assert over_by_sound(0.7, None, Transcript("and then")) == 0.7


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
@settings(deadline=None)
def test_the_likelier_the_end_by_words_or_sound_the_surer(
    one: float, other: float, rest: float
) -> None:
    low, high = sorted((one, other))
    text = Transcript("what is the capital of France")
    assert over_by_sound(low, rest, text) <= over_by_sound(high, rest, text)
    assert over_by_sound(rest, low, text) <= over_by_sound(rest, high, text)
    assert 0 <= over_by_sound(one, other, text) <= 1


def test_few_words_are_likelier_the_first_of_more_but_for_whole_answers() -> None:
    more, question = Transcript("What is"), Transcript("What is the capital of France?")
    assert over_by_sound(0.5, 0.3, more) < over_by_sound(0.5, 0.3, question)
    assert over_by_sound(0.5, 0.3, Transcript("Yes, please.")) > over_by_sound(0.5, 0.3, more)


@pytest.mark.parametrize(
    "text", ["I went to the", "and, um", "my name is and", "Can you tell me, eh?"]
)
def test_words_that_end_nothing_are_known(text: str) -> None:
    assert looks_unfinished(text, EN.turns)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Ich hätte gern einen"),
        ("de", "Also, ähm"),
        ("fr", "Je voudrais un"),
        ("es", "Quiero hablar con la"),
        ("it", "Vorrei una"),
        ("pt", "Eu queria uma"),
        ("nl", "Ik wil graag een"),
    ],
)
def test_each_language_has_its_own_words_that_end_nothing(language: str, text: str) -> None:
    assert looks_unfinished(text, pack_of(language).turns)
    assert not looks_unfinished(text, pack_of("en").turns)
    assert not looks_unfinished(text, pack_of(None).turns)


@pytest.mark.parametrize("text", ["", "Where is it?", "I am here."])
def test_other_words_may_end_an_utterance(text: str) -> None:
    assert not looks_unfinished(text, EN.turns)


def test_what_was_hardly_understood_tells_little_of_its_end() -> None:
    heard = [Transcript("we are chosen sir", confidence=sure) for sure in (1.0, 0.6, 0.3)]
    likely = [over_by_sound(0.5, 0.9, transcript) for transcript in heard]
    unlikely = [over_by_sound(0.5, 0.0, transcript) for transcript in heard]
    assert likely == sorted(likely, reverse=True)
    assert unlikely == sorted(unlikely)
    assert likely[-1] == unlikely[-1]


@pytest.mark.parametrize(
    "text",
    [
        "My neighbour has a parrot.",
        "I went to the market. It was closed on that day.",
        "My number is five, five, two",
        "The code is B.",
        "Where a dupe and wind,",
    ],
)
def test_what_often_goes_on_is_given_time_however_whole_it_is(text: str) -> None:
    for over in (
        over_by_words(1.0, Transcript(text)),
        over_by_sound(1.0, 1.0, Transcript(text)),
    ):
        assert over is not None
        assert patience(over, TURNS, EN_FIT.thresholds) > 0.7


@pytest.mark.parametrize(
    "text", ["I would like to book a table.", "It is late. What time is it?", "Turn off the light."]
)
def test_requests_and_questions_are_answered_at_once(text: str) -> None:
    over = over_by_words(1.0, Transcript(text))
    assert over is not None
    assert patience(over, TURNS, EN_FIT.thresholds) == TURNS.wait_min_s


def test_the_sound_alone_makes_no_unlikely_end_a_likely_one() -> None:
    text, low = Transcript("How old is her?"), 0.02
    words = over_by_words(low, text)
    assert words is not None
    assert words < over_by_sound(0.98, low, text) < 0.5


@pytest.mark.parametrize(
    ("language", "word"), [("en", "the"), ("en-GB", "from"), ("de", "und"), ("fr", "et")]
)
def test_a_last_word_that_may_be_one_that_ends_nothing_makes_the_end_doubtful(
    language: str, word: str
) -> None:
    def over(*rivals: tuple[str, float]) -> float:
        heard = Transcript("Who painted them in red?", rivals=rivals)
        return over_by_words(0.6, heard, language) or 0.0

    assert over((word, 0.4)) < over((word, 0.1)) < over()
    assert over(("house", 0.4)) == over()


def test_nothing_is_known_by_words_without_a_model_that_tells() -> None:
    assert over_by_words(None, Transcript("What time is it?")) is None


@pytest.mark.parametrize(
    "text", ["Stop.", "No, no!", "Hold on a second.", "Excuse me,", "Wait, what?"]
)
def test_some_words_only_open_an_interruption(text: str) -> None:
    assert opens(text, EN.turns)
    assert patience(1.0, TURNS, EN_FIT.thresholds, opening=True) > 1.0


@pytest.mark.parametrize("text", ["", "Stop the music.", "No, I meant the other one.", "Paris."])
def test_others_say_what_is_wanted(text: str) -> None:
    assert not opens(text, EN.turns)


@given(st.floats(0, 1), st.floats(0, 5), st.floats(0, 5))
@settings(deadline=None)
def test_a_user_who_pauses_long_is_given_longer_when_in_doubt(
    over: float, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert (
        patience(over, TURNS, EN_FIT.thresholds)
        <= patience(over, TURNS, EN_FIT.thresholds, low)
        <= patience(over, TURNS, EN_FIT.thresholds, high)
    )
    assert patience(over, TURNS, EN_FIT.thresholds, high) <= TURNS.wait_max_s
    if over >= 0.72:
        assert patience(over, TURNS, EN_FIT.thresholds, high) == TURNS.wait_min_s
