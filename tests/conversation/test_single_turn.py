"""One spoken turn, kept in a folder and run again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vivavoce.audio import Audio
from vivavoce.conversation.explanation import explained
from vivavoce.conversation.replay import replay
from vivavoce.conversation.session import Engines
from vivavoce.conversation.single_turn import answer
from vivavoce.errors import BadAudio, BadRequest, EngineError
from vivavoce.media.decode import read_audio
from vivavoce.settings import SessionSettings
from vivavoce.testing import (
    ScriptedLlm,
    ScriptedStt,
    ScriptedTts,
    ScriptedTurn,
    ScriptedVad,
    hush,
    say,
)


def engines(said: str | Exception = "what time is it", reply: str = "It is noon.") -> Engines:
    return Engines(
        ScriptedVad(), ScriptedTurn(), ScriptedStt(said), ScriptedLlm(reply), ScriptedTts()
    )


async def test_a_question_is_answered_in_text_and_sound() -> None:
    turn = await answer(engines(), say(1.0))
    assert (turn.heard.text, turn.text) == ("what time is it", "It is noon.")
    assert turn.audio.seconds == pytest.approx(0.75)


async def test_a_question_in_real_time_has_a_latency_breakdown() -> None:
    turn = await answer(engines(), say(0.5), real_time=True)
    assert turn.times is not None
    assert turn.times.playout is not None
    assert turn.times.turn_over is not None
    assert turn.times.playout >= turn.times.turn_over


async def test_silence_is_no_question() -> None:
    with pytest.raises(BadAudio, match="found no speech"):
        await answer(engines(), hush(2.0))


async def test_sound_without_words_is_no_question() -> None:
    with pytest.raises(BadAudio, match="recognized no words"):
        await answer(engines(""), say(1.0))


async def test_an_engine_that_fails_says_so() -> None:
    with pytest.raises(EngineError, match="deaf"):
        await answer(engines(EngineError("deaf")), say(1.0))


async def test_a_session_is_kept_whole_and_runs_again_with_the_same_result(tmp_path: Path) -> None:
    folder = tmp_path / "call"
    turn = await answer(engines(), say(1.0), record=folder)
    output = read_audio(folder / "output.wav")
    assert output.seconds >= turn.audio.seconds + 1.0, "the reply is where it was played"
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    times = [event["t"] for event in events]
    assert times == sorted(times)
    assert {"SpeechStarted", "Heard", "Spoke", "ReplyEnded"} <= {e["event"] for e in events}

    again = await replay(folder, engines(), SessionSettings())
    assert again.changes == []
    assert again.after == ["user: what time is it", "reply (done): It is noon."]


async def test_a_replay_explains_each_silence(tmp_path: Path) -> None:
    await answer(engines(), say(1.0), record=tmp_path / "call")
    again = await replay(tmp_path / "call", engines(), SessionSettings())
    assert again.changes == [], "explanations are no change"
    (silence,) = again.silences
    assert silence.outcome == "ended"
    assert silence.wait_s is not None
    assert silence.lasted_s == pytest.approx(silence.wait_s, abs=0.04)
    assert f"(the silence lasted for the wait); wait {silence.wait_s:.2f} s" in explained(silence)
    assert "it sounds over 1 → +" in explained(silence)


async def test_a_replay_says_what_changed(tmp_path: Path) -> None:
    await answer(engines(), say(1.0), record=tmp_path / "call")
    again = await replay(tmp_path / "call", engines(reply="It is late."), SessionSettings())
    assert "-reply (done): It is noon." in again.changes
    assert "+reply (done): It is late." in again.changes


async def test_a_folder_that_holds_a_recording_is_not_overwritten(tmp_path: Path) -> None:
    await answer(engines(), say(1.0), record=tmp_path / "call")
    before = (tmp_path / "call" / "events.jsonl").read_text()
    with pytest.raises(BadRequest, match="choose another folder"):
        await answer(engines(), say(1.0), record=tmp_path / "call")
    assert (tmp_path / "call" / "events.jsonl").read_text() == before


@pytest.mark.parametrize("content", [None, "not json", '{"engines": 3}'])
async def test_a_folder_without_a_recording_says_how_to_make_one(
    tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "events.jsonl").write_text("")
        (tmp_path / "session.json").write_text(content)
    with pytest.raises(BadRequest, match="--record"):
        await replay(tmp_path, engines(), SessionSettings())


async def test_a_question_of_any_rate_will_do() -> None:
    question = say(1.0, rate=44_100)
    turn = await answer(engines(), Audio(question.samples, 44_100))
    assert turn.heard.text == "what time is it"
