"""Transcribe, Speak and Status in a real browser, with the embedded engines."""

from __future__ import annotations

import json
import re
import wave
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from tests.browser.conftest import Recorded
from tests.browser.served import ServeProcess, serving, visiting
from vivavoce.media.decode import read_audio

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SOON_MS = 30_000
SENTENCE = "Dinner will be ready at seven o'clock."


def saved(page: Page, button: str) -> Download:
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    return download.value


def test_a_recording_becomes_words_to_click_and_files(
    server: ServeProcess, recorded: Recorded
) -> None:
    recording = recorded(0.5, SENTENCE, 1.2, "Please do not be late.", 0.5)
    with visiting(server) as visit:
        page = visit.page
        page.get_by_role("link", name="Transcribe").click()
        page.locator("#file").set_input_files(recording)
        words = page.locator("#transcript button")
        expect(words.last).to_contain_text("late", timeout=SOON_MS)
        words.last.click()
        player = page.locator("#recording")
        expect(words.last).to_have_attribute("aria-current", "true")
        assert player.evaluate("(player) => player.currentTime") > 3.0
        words.first.focus()
        page.keyboard.press("ArrowRight")
        expect(words.nth(1)).to_be_focused()
        page.keyboard.press("Enter")
        expect(words.nth(1)).to_have_attribute("aria-current", "true")
        text = saved(page, "Text").path().read_text()
        assert "late" in text
        assert "seven" in text
        srt = saved(page, "SRT")
        assert srt.suggested_filename.endswith(".srt")
        clock = r"\d\d:\d\d:\d\d,\d{3}"
        cues = re.findall(f"({clock}) --> ({clock})\n", srt.path().read_text())
        assert cues
        assert all(start <= end for start, end in cues)
        assert saved(page, "VTT").path().read_text().startswith("WEBVTT\n\n00:00:0")
        assert json.loads(saved(page, "JSON").path().read_text())["segments"]
        assert visit.complaints == []


def test_words_are_placed_where_the_recording_is_loud(server: ServeProcess) -> None:
    with visiting(server) as visit:
        words = visit.page.evaluate(
            """async () => {
              const { withWords } = await import("./web/js/estimate.js");
              const loud = Array.from({ length: 300 }, (_, at) => (at < 50 || at >= 250 ? 1 : 0));
              return withWords({ start: 0, end: 6, text: "aaa bbb" }, loud).words;
            }"""
        )
        first, second = words
        assert (first["start"], second["start"]) == (0, 5)
        assert first["end"] <= 1.0
        assert second["end"] == 6


def test_what_is_no_recording_is_refused_in_words(server: ServeProcess, tmp_path: Path) -> None:
    (tmp_path / "notes.wav").write_bytes(b"nothing to hear")
    with visiting(server) as visit:
        page = visit.page
        page.goto(f"{server.url}#transcribe")
        page.locator("#file").set_input_files(tmp_path / "notes.wav")
        expect(page.get_by_role("alert")).to_contain_text("notes.wav", timeout=SOON_MS)
        expect(page.locator("#transcribe-progress")).to_be_hidden()


def test_a_text_is_spoken_and_kept(server: ServeProcess) -> None:
    with visiting(server) as visit:
        page = visit.page
        page.get_by_role("link", name="Speak").click()
        expect(page.locator("#voice option")).not_to_have_count(1, timeout=SOON_MS)
        german = page.locator("#voice optgroup[label=German] option").first
        page.get_by_label("Voice The server").select_option(german.get_attribute("value"))
        page.get_by_label("Text").fill(SENTENCE)
        page.get_by_label("Speed").fill("1.5")
        page.get_by_role("button", name="Speak").click()
        expect(page.locator("#speak-state")).to_contain_text("First sound after", timeout=SOON_MS)
        expect(page.locator("#speech")).to_be_visible(timeout=SOON_MS)
        with wave.open(str(saved(page, "WAV").path())) as file:
            assert file.getframerate() == 24_000
            seconds = file.getnframes() / 24_000
        assert 1.0 < seconds < 4.0
        mp3 = read_audio(saved(page, "MP3").path())
        assert len(mp3.samples) / mp3.rate == pytest.approx(seconds, abs=0.2)
        assert visit.complaints == []


def test_a_voice_says_a_few_words_of_its_language(server: ServeProcess) -> None:
    with visiting(server) as visit:
        page = visit.page
        page.goto(f"{server.url}#speak")
        expect(page.locator("#voice option")).not_to_have_count(1, timeout=SOON_MS)
        german = page.locator("#voice optgroup[label=German] option").first
        voice = german.get_attribute("value")
        page.get_by_label("Voice The server").select_option(voice)
        with page.expect_response("**/v1/audio/speech") as answered:
            page.get_by_role("button", name="Hear this voice").click()
        asked = json.loads(answered.value.request.post_data or "")
        assert asked["voice"] == voice
        assert asked["input"].startswith("Deutsch. ")
        assert any(day in asked["input"] for day in ("tag,", "woch,"))
        assert answered.value.ok
        expect(page.locator("#speak-state")).to_contain_text("First sound after", timeout=SOON_MS)
        stop = page.get_by_role("button", name="Stop", exact=True)
        expect(stop).to_be_disabled(timeout=SOON_MS)
        expect(page.locator("#speech-card")).to_be_hidden()
        assert visit.complaints == []


def test_speaking_can_be_stopped(server: ServeProcess) -> None:
    with visiting(server) as visit:
        page = visit.page
        page.goto(f"{server.url}#speak")
        page.get_by_label("Text").fill(SENTENCE * 50)
        page.get_by_role("button", name="Speak").click()
        expect(page.locator("#speak-state")).to_contain_text("First sound after", timeout=SOON_MS)
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.locator("#speak-state")).to_have_text("Stopped.")
        expect(page.get_by_role("button", name="Stop", exact=True)).to_be_disabled()


def test_the_status_lists_engines_and_the_load(server: ServeProcess) -> None:
    with visiting(server) as visit:
        page = visit.page
        page.get_by_role("link", name="Status").click()
        expect(page.locator("#server-state")).to_have_text("Ready")
        expect(page.locator("#engines tbody tr")).to_have_count(5)
        expect(page.locator("#tiles dt")).to_contain_text(["Sessions now", "Turns", "Median gap"])
        expect(page.locator("#charts figure")).to_have_count(4)
        assert visit.complaints == []


def test_the_status_says_when_the_server_is_gone(tmp_path: Path) -> None:
    with serving(tmp_path) as server, visiting(server) as visit:
        visit.page.goto(f"{server.url}#status")
        expect(visit.page.locator("#server-state")).to_have_text("Ready")
        server.kill()
        state = visit.page.locator("#server-state")
        expect(state).to_contain_text("does not respond", timeout=SOON_MS)
