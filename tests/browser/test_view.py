"""The page's model of a session, run where it is used: in the browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.browser.served import ServeProcess, Visit, visiting
from vivavoce.engines import ToolCall, Transcript
from vivavoce.events import (
    Event,
    Failed,
    Heard,
    Paused,
    ReplyEnded,
    ReplyStarted,
    Resumed,
    SpeechStarted,
    SpeechStopped,
    Spoke,
    ToolCalled,
    ToolReturned,
    TurnDropped,
    TurnTimes,
    Wrote,
    as_dict,
)

pytestmark = pytest.mark.slow

_PLAY = """
async (events) => {
  const { emptyView, lit, opened, phaseOf, take } = await import("./web/js/view.js");
  let view = opened(emptyView());
  const phases = [phaseOf(view)];
  for (const event of events) {
    view = take(view, event);
    phases.push(phaseOf(view));
  }
  const shown = (entry) => (entry.kind === "reply" ? { ...entry, ...lit(entry) } : entry);
  const entries = view.entries.map(shown);
  return { phases, entries, turns: view.turns };
}
"""


@pytest.fixture(scope="module")
def visit(server: ServeProcess) -> Iterator[Visit]:
    with visiting(server) as open_page:
        yield open_page


def play(visit: Visit, events: Sequence[Event]) -> Any:
    return visit.page.evaluate(_PLAY, [as_dict(event) for event in events])


def test_a_turn_goes_from_listening_to_the_answer_and_back(visit: Visit) -> None:
    times = TurnTimes(stt=0.1, first_token=0.2, first_audio=0.25, turn_over=0.3, playout=0.31)
    seen = play(
        visit,
        [
            SpeechStarted(1, 0.5),
            Heard(1, Transcript("what time", stable=1), final=False),
            SpeechStopped(1, 1.0),
            Heard(1, Transcript("What time is it?"), final=True),
            ReplyStarted(1, draft=False),
            Wrote(1, "Half past two."),
            Spoke(1, "Half past"),
            Spoke(1, " two."),
            ReplyEnded(1, "Half past two.", "done", times),
        ],
    )
    assert seen["phases"] == [
        *["listening", "hearing", "hearing", "thinking", "thinking", "thinking"],
        *["speaking", "speaking", "speaking", "listening"],
    ]
    user, reply = seen["entries"]
    assert (user["sure"], user["unsure"], user["final"]) == ("What time is it?", "", True)
    assert (reply["lit"], reply["rest"], reply["why"]) == ("Half past two.", "", "done")
    assert [turn["times"]["playout"] for turn in seen["turns"]] == [0.31]


def test_partial_words_that_may_change_are_kept_apart(visit: Visit) -> None:
    heard = Heard(1, Transcript("what time is", stable=2), final=False)
    (entry,) = play(visit, [SpeechStarted(1, 0.5), heard])["entries"]
    assert (entry["sure"], entry["unsure"]) == ("what time", "is")


def test_the_words_being_heard_are_told_from_those_before_and_after(visit: Visit) -> None:
    said: list[Event] = [Wrote(1, "One  two\nthree four"), Spoke(1, "One"), Spoke(1, " two three")]
    (reply,) = play(visit, [ReplyStarted(1, draft=True), *said])["entries"]
    assert (reply["lit"], reply["latest"], reply["rest"]) == ("One  ", "two\nthree", " four")


def test_what_was_heard_stands_where_it_is_not_what_was_written(visit: Visit) -> None:
    said: list[Event] = [Wrote(1, "It costs $5."), Spoke(1, "It costs five")]
    (reply,) = play(visit, [ReplyStarted(1, draft=False), *said])["entries"]
    assert (reply["lit"], reply["rest"]) == ("It costs five", "")


def test_a_barge_in_pauses_and_leaves_the_words_heard(visit: Visit) -> None:
    seen = play(
        visit,
        [
            ReplyStarted(1, draft=False),
            Wrote(1, "One two three."),
            SpeechStarted(2, 1.0),
            Paused(1, 1.0),
            ReplyEnded(1, "One two", "interrupted", None),
        ],
    )
    assert seen["phases"][-3:] == ["speaking", "paused", "hearing"]
    assert (seen["entries"][0]["lit"], seen["entries"][0]["rest"]) == ("One two", " three.")


def test_a_cough_leaves_no_line_and_the_reply_goes_on(visit: Visit) -> None:
    seen = play(
        visit,
        [
            ReplyStarted(1, draft=False),
            Wrote(1, "One two three."),
            SpeechStarted(2, 1.0),
            Paused(1, 1.0),
            Heard(2, Transcript("hm"), final=False),
            TurnDropped(2, "noise"),
            Resumed(1, 1.5),
        ],
    )
    assert seen["phases"][-1] == "speaking"
    assert [entry["kind"] for entry in seen["entries"]] == ["reply"]


def test_tools_and_failures_are_listed(visit: Visit) -> None:
    call = ToolCall("a", "clock", "{}")
    seen = play(
        visit,
        [
            ToolCalled(1, call),
            ToolReturned(1, call, "14:30", failed=False),
            Failed("tts", "espeak-ng", "no voice", "said nothing"),
        ],
    )
    tool, note = seen["entries"]
    assert (tool["name"], tool["result"]) == ("clock", "14:30")
    assert note["text"] == "tts espeak-ng failed: no voice (said nothing)"


def test_events_that_it_does_not_know_change_nothing(visit: Visit) -> None:
    seen = visit.page.evaluate(_PLAY, [{"event": "Invented", "turn": 3}, {"type": "odd"}])
    assert seen["phases"] == ["listening"] * 3


def test_long_conversations_are_kept_within_bounds(visit: Visit) -> None:
    turns = [Heard(turn, Transcript("hello"), final=True) for turn in range(400)]
    assert len(play(visit, turns)["entries"]) == 300


def test_stages_begin_where_what_they_wait_for_ended(visit: Visit) -> None:
    stages = visit.page.evaluate(
        'async (times) => (await import("./web/js/view.js")).stages(times)',
        TurnTimes(stt=-0.1, first_token=0.2, turn_over=0.4, playout=0.41, draft=True).as_dict(),
    )
    assert [(stage["name"], stage["from"], stage["to"]) for stage in stages] == [
        ("Transcript", 0, 0),
        ("First word", 0, 0.2),
        ("Turn over", 0, 0.4),
        ("Playout", 0.4, 0.41),
    ]


_TURNS = st.integers(0, 3)
_TEXTS = st.text("ab \n.", max_size=8)
_EVENTS = st.one_of(
    st.builds(SpeechStarted, _TURNS, st.just(0.0)),
    st.builds(SpeechStopped, _TURNS, st.just(0.0)),
    st.builds(Heard, _TURNS, st.builds(Transcript, _TEXTS), st.booleans()),
    st.builds(TurnDropped, _TURNS, st.just("noise")),
    st.builds(ReplyStarted, _TURNS, st.booleans()),
    st.builds(Wrote, _TURNS, _TEXTS),
    st.builds(Spoke, _TURNS, _TEXTS),
    st.builds(Paused, _TURNS, st.just(0.0)),
    st.builds(Resumed, _TURNS, st.just(0.0)),
    st.builds(ReplyEnded, _TURNS, _TEXTS, st.just("interrupted"), st.none()),
)


@settings(deadline=None, max_examples=200)
@given(events=st.lists(_EVENTS, max_size=30))
def test_any_order_of_events_can_be_shown(visit: Visit, events: list[Event]) -> None:
    seen = play(visit, events)
    keys = [entry["key"] for entry in seen["entries"]]
    assert len(set(keys)) == len(keys)
    assert set(seen["phases"]) <= {"listening", "hearing", "thinking", "speaking", "paused"}
    for entry in seen["entries"]:
        if entry["kind"] == "reply" and "".join(entry["heard"].split()):
            shown = entry["lit"] + entry["latest"]
            assert "".join(shown.split()) == "".join(entry["heard"].split())
