"""What a caller's steps sound like, and where their speech truly begins and ends."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bench.scorecard.conftest import Write
from vivavoce.audio import dbfs, to_pcm16
from vivavoce.bench.scorecard.phone import LockstepClock
from vivavoce.bench.scorecard.run import calls_to, plans_of
from vivavoce.bench.scorecard.scenario import Scenario
from vivavoce.bench.scorecard.target import Talk
from vivavoce.bench.scorecard.voices import CallerClip, Cast, NoRecordings, parts_of
from vivavoce.testing import ScriptedTts, say
from vivavoce.testing.signals import RATE


def folder(tmp_path: Path) -> Path:
    """Recordings: a voice with a text, and a noise without."""
    for name, seconds in (("voice.wav", 1.0), ("noise.wav", 0.5)):
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(to_pcm16(say(seconds).samples))
    line = {"path": "voice.wav", "lang": "en", "text": "one two"}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(line) + "\n")
    return tmp_path


async def clip_of(scenario: Scenario, recordings: Path | None = None) -> CallerClip:
    (plan,) = await plans_of(scenario, Cast(ScriptedTts(), recordings))
    assert plan.clips[0] is not None
    return plan.clips[0]


async def test_pauses_are_as_long_as_written(scenario: Write) -> None:
    clip = await clip_of(scenario("script:\n  - say: [one two, 0.8, three]\n    speed: 1.0\n"))
    (first, second) = clip.parts
    assert clip.text == "one two three"
    assert first == pytest.approx((0.0, 0.5), abs=0.02)
    assert second[0] - first[1] == pytest.approx(0.8)
    assert second[1] == pytest.approx(len(clip.samples) / RATE)
    assert not clip.samples[round(0.55 * RATE) : round(1.25 * RATE)].any()


async def test_a_voice_that_is_not_there_is_another(scenario: Write) -> None:
    text = "voices: [nobody, other]\nscript:\n  - say: one\n    voice: nobody either\n"
    (plan,) = await plans_of(scenario(text), Cast(ScriptedTts()))
    assert plan.label == "1, other #1"


async def test_a_room_leaves_the_true_end_where_it_was(scenario: Write) -> None:
    dry = await clip_of(scenario("script:\n  - say: one two\n"))
    wet = await clip_of(scenario("room: {rt60_s: 0.5}\nscript:\n  - say: one two\n"))
    assert wet.parts == dry.parts
    assert len(wet.samples) > len(dry.samples) + 0.4 * RATE


async def test_recordings_are_spoken_with_their_text(scenario: Write, tmp_path: Path) -> None:
    clip = await clip_of(scenario("script:\n  - recording: voice.wav\n"), folder(tmp_path))
    assert clip.text == "one two"
    assert clip.parts[0][1] == pytest.approx(1.0, abs=0.02)
    assert dbfs(clip.samples) == pytest.approx(-26.0, abs=0.5)


async def test_recorded_noise_and_rooms_are_used(scenario: Write, tmp_path: Path) -> None:
    text = (
        "noise: {recording: noise.wav, snr_db: 10}\nroom: {recording: noise.wav}\n"
        "script:\n  - say: one\n"
    )
    (plan,) = await plans_of(scenario(text), Cast(ScriptedTts(), folder(tmp_path)))
    assert plan.noise is not None
    assert dbfs(plan.noise) == pytest.approx(0.0, abs=0.01)
    assert plan.clips[0] is not None
    assert len(plan.clips[0].samples) > 0.4 * RATE


@pytest.mark.parametrize(
    "text",
    [
        "script:\n  - recording: gone.wav\n",
        "script:\n  - recording: noise.wav\n",
        "noise: {recording: gone.wav, snr_db: 3}\nscript:\n  - listen_s: 1\n",
    ],
)
async def test_a_recording_that_is_missing_is_told(
    scenario: Write, tmp_path: Path, text: str
) -> None:
    with pytest.raises(NoRecordings, match=r"has no .*wav"):
        await plans_of(scenario(text), Cast(ScriptedTts(), folder(tmp_path)))


class _Nobody:
    """Is never called."""

    name = "nobody"

    async def call(self, phone: object, instructions: str | None, talk: Talk) -> None:
        raise AssertionError


async def test_without_recordings_the_scenario_is_left_out_and_that_is_told(
    scenario: Write,
) -> None:
    told: list[str] = []
    recorded = scenario("script:\n  - recording: voice.wav\n")
    cast = Cast(ScriptedTts())
    assert await calls_to(_Nobody(), cast, [recorded], clock=LockstepClock, tell=told.append) == []
    assert "left out: the recording voice.wav needs a folder: --speech FOLDER" in told[0]


@pytest.mark.parametrize("setting", ["{snr_db: 3}", "{kind: pink, recording: a.wav, snr_db: 3}"])
def test_noise_is_computed_or_recorded(scenario: Write, setting: str) -> None:
    with pytest.raises(Exception, match=r"case\.yaml:3: noise: needs kind or recording"):
        scenario(f"noise: {setting}\nscript:\n  - listen_s: 1\n")


@given(st.lists(st.sampled_from(["one", "two", "three"]), min_size=1, max_size=9))
@settings(deadline=None)
def test_a_pause_in_the_middle_loses_no_word(words: list[str]) -> None:
    parts = parts_of(" ".join(words), 1.5)
    assert " ".join(part for part in parts if isinstance(part, str)).split() == words
    assert parts.count(1.5) == (len(words) > 1)
