"""Turn-taking on recordings: what is a pause or an end, what rules make of them, and fits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from vivavoce.audio import Audio
from vivavoce.bench.people.fit_file import fit_file
from vivavoce.bench.people.fitting import (
    LANGUAGE_SIGNALS,
    examples_of,
    fit,
    fit_report,
    is_kept_for_tests,
)
from vivavoce.bench.people.listening import Ears, listen
from vivavoce.bench.people.measure import curve, eot_terms, measure, row
from vivavoce.bench.people.recordings import Recording, recordings, with_room
from vivavoce.bench.people.rules import detector_alone, fixed, from_file, ours
from vivavoce.bench.people.silences import Silence, ends_sentence, silences_of
from vivavoce.bench.people.traces import SilenceTrace, Trace, append_trace, read_traces
from vivavoce.errors import BadRequest
from vivavoce.settings import TurnSettings
from vivavoce.testing import ScriptedStt, ScriptedTurn, ScriptedVad, hush, say
from vivavoce.turn_taking.fits import fits_for, parse_fit


def clip(name: str, speaker: str = "a", *, complete: bool | None = True) -> Recording:
    return Recording(
        Path(name), name, "made", "en", "question", speaker, True, None, False, complete
    )


def known(since: float, until: float | None, sound: float, text: str = "so it is") -> SilenceTrace:
    return SilenceTrace(
        since=since, until=until, start=0.2, text=text, language="en", confidence=0.9,
        rivals=(), ends=0.3, sounds=(sound,),
    )  # fmt: skip


def trace(name: str, pause_s: float, *, hold: float = 0.1, end: float = 0.9) -> Trace:
    """Voice from 0.5 to 1.5 s, a pause, and a second of voice; then 4 s of room."""
    again = 1.5 + pause_s
    return Trace(
        name=name,
        seconds=again + 5.2,
        voices=((0.5, 1.5), (again, again + 1.0)),
        silences=(known(1.5, again, hold), known(again + 1.0, None, end)),
    )


def people(number: int) -> list[Silence]:
    """Each talker pauses once and ends; the detector can tell, most of the time."""
    random = np.random.default_rng(1)
    clips = [clip(f"{n}.wav", f"talker {n}") for n in range(number)]
    traces = {
        one.name: trace(
            one.name,
            float(random.uniform(0.3, 0.9)),
            hold=float(random.uniform(0.0, 0.5)),
            end=float(random.uniform(0.4, 1.0)),
        )
        for one in clips
    }
    return silences_of(clips, traces)


def test_a_clip_has_its_own_room_around_it() -> None:
    random = np.random.default_rng(0)
    tone = (0.001 * random.standard_normal(8_000)).astype(np.float32)
    voice = (0.3 * random.standard_normal(16_000)).astype(np.float32)
    padded = with_room(Audio(np.concatenate([voice, tone]), 16_000))
    assert padded.seconds == pytest.approx(0.5 + 1.5 + 4.0, abs=0.1)
    tail = padded.samples[-48_000:]
    assert np.sqrt(np.mean(tail**2)) == pytest.approx(0.001, rel=0.2)


def test_of_a_clip_without_a_silence_the_room_is_far_softer_than_the_voice() -> None:
    voice = (0.3 * np.random.default_rng(0).standard_normal(16_000)).astype(np.float32)
    tail = with_room(Audio(voice, 16_000)).samples[-48_000:]
    assert 0 < np.abs(tail).max() < 0.05


def test_a_manifest_says_who_speaks_and_a_crowd_is_many(tmp_path: Path) -> None:
    lines: list[dict[str, object]] = [
        {"path": "a.wav", "source": "s", "lang": "de", "speaker": "x", "turn_complete": True},
        {"path": "b.wav", "source": "s", "speaker": "crowd:?"},
        {"path": "c.wav", "source": "s", "speaker": "crowd:?"},
        {"path": "missing.wav"},
    ]
    (tmp_path / "manifest.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    for name in "abc":
        (tmp_path / f"{name}.wav").write_bytes(b"")
    first, second, third = recordings([tmp_path])
    assert (first.language, first.speaker, first.complete) == ("de", "x", True)
    assert second.complete is None
    assert second.speaker != third.speaker


def test_a_folder_without_a_manifest_is_its_recordings(tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("")
    assert [one.name for one in recordings([tmp_path])] == ["call.wav"]


def test_a_folder_without_recordings_and_a_broken_manifest_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="no recordings"):
        recordings([tmp_path])
    (tmp_path / "manifest.jsonl").write_text('{"path": "a.wav"}\n{"path": 5}\n')
    with pytest.raises(BadRequest, match=r"line 2"):
        recordings([tmp_path])


def test_a_pause_is_a_hold_and_the_last_silence_an_end() -> None:
    hold, end = silences_of([clip("a")], {"a": trace("a", 0.7)})
    assert hold.role == "hold"
    assert hold.lasts_s == pytest.approx(0.7)
    assert (end.role, end.lasts_s) == ("end", None)
    assert hold.paused_s == 0.0
    assert end.paused_s == pytest.approx(0.7)
    assert end.spoken_s == pytest.approx(2.7)


@pytest.mark.parametrize("complete", [None, False])
def test_a_recording_that_breaks_off_has_no_end(complete: bool | None) -> None:
    _, last = silences_of([clip("a", complete=complete)], {"a": trace("a", 0.7)})
    assert last.role == "unknown"


def test_the_end_of_a_sentence_is_none_of_the_turn_and_no_hold_within_one() -> None:
    text = "It is late. Where do we go from here?"
    assert ends_sentence(text, "it is late")
    assert not ends_sentence(text, "it is late where do we")
    assert not ends_sentence(text, "it is late where do we go from here"), "that is the end"
    assert not ends_sentence(text, "")


def test_rules_are_told_what_they_cut_and_how_long_they_wait() -> None:
    silences = people(10)
    eager, patient = measure(silences, fixed(0.2)), measure(silences, fixed(1.0))
    assert (eager.cut, patient.cut) == (1.0, 0.0)
    assert eager.wait_s == pytest.approx(0.2)
    assert patient.wait_s == pytest.approx(1.0)
    told = row("fixed", patient)
    assert (told["holds"], told["ends"], told["cut %"], told["wait"]) == (10, 10, 0.0, 1.0)
    alone = measure(silences, detector_alone())
    assert alone.cut == 0.0


def test_the_curve_falls_as_cuts_get_dearer_and_gives_the_terms_of_eot_bench() -> None:
    silences, fits = people(20), fits_for()
    prices = (0.5, 2.0, 8.0, 32.0)
    points = curve(silences, lambda price: ours(fits, TurnSettings(), price), prices)
    assert [point.cut for point in points] == sorted((p.cut for p in points), reverse=True)
    assert [point.wait_s for point in points] == sorted(point.wait_s for point in points)
    told = eot_terms(curve(silences, fixed, (0.2, 0.4, 0.8, 1.0)))
    assert told["delay at 5 % cut"] == 1.0
    assert told["cut % at 300 ms"] is not None


def test_a_rule_may_be_a_python_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def wait_s(silence):\n    return 0.4\n")
    assert measure(people(3), from_file(tmp_path / "mine.py")).wait_s == pytest.approx(0.4)
    (tmp_path / "none.py").write_text("")
    with pytest.raises(BadRequest, match="no function wait_s"):
        from_file(tmp_path / "none.py")
    (tmp_path / "odd.py").write_text("def wait_s(silence):\n    return -1\n")
    with pytest.raises(BadRequest, match="return seconds from 0 on"):
        measure(people(1), from_file(tmp_path / "odd.py"))


def test_a_fit_learns_what_tells_ends_from_pauses_and_its_file_says_the_same() -> None:
    pytest.importorskip("sklearn")
    found = fit("made", examples_of(people(40)), LANGUAGE_SIGNALS)
    assert found.regressions[0].signals["sound"] > 0
    again = parse_fit("made", fit_file(found, {"command": 'a "b"', "with": "c"}))
    assert again.regressions[0].signals.keys() == found.regressions[0].signals.keys()
    assert again.regressions[0].bias == pytest.approx(found.regressions[0].bias, abs=1e-3)
    assert again.prices_s == found.prices_s


def test_nobody_is_fitted_who_is_reported(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    silences = people(40)
    kept = {s.recording.speaker for s in silences if is_kept_for_tests(s.recording.speaker)}
    assert 10 < len(kept) < 30
    (report,) = fit_report(silences, tmp_path)
    assert f"tested on {len(kept)} others" in report.notes[0]
    assert report.rows[0]["left out"] == "nothing"
    assert {path.name for path in tmp_path.iterdir()} == {"en.toml", "neutral.toml"}


async def test_a_recording_is_heard_as_a_session_hears_it(tmp_path: Path) -> None:
    vad, stt, turn = ScriptedVad(), ScriptedStt("one two three four"), ScriptedTurn(0.3, 0.8)
    audio = np.concatenate([part.samples for part in (hush(0.5), say(0.5), hush(0.4), say(0.5))])
    whole = Audio(np.concatenate([audio, hush(4.0).samples]), 16_000)
    found = await listen("made.wav", whole, Ears(vad, stt, turn, None, ""))
    hold, end = found.silences
    assert hold.since == pytest.approx(1.0, abs=0.05)
    assert hold.until == pytest.approx(1.4, abs=0.05)
    assert (hold.sounds, end.sounds) == ((0.3,), (0.8,))
    assert (hold.text, end.text) == ("one two", "one two three four")
    assert hold.ends is None
    assert stt.open_streams == 0
    append_trace(tmp_path / "traces.jsonl", found)
    with (tmp_path / "traces.jsonl").open("a") as file:
        file.write('{"name": "half')
    assert read_traces(tmp_path / "traces.jsonl") == {"made.wav": found}
