"""Conversations in a real browser, with the embedded engines and a recording as microphone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Recorded
from tests.browser.served import ServeProcess, serving, visiting

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SOON_MS = 30_000
SPEECH = Path(__file__).parents[3] / "shared/speech/faster-whisper/jfk.wav"
QUESTION = "What is the capital of France?"

_DRAWN = """
(row) => {
  const score = document.getElementById("score");
  const half = Math.floor(score.height / 2) - 4;
  const top = row === "reply" ? score.height - half : 0;
  const pixels = score.getContext("2d").getImageData(0, top, score.width, half).data;
  return pixels.some((value, place) => place % 4 === 3 && value > 0);
}
"""
"""Whether the score shows that this side was loud of late."""


def start(page: Page, way: str = "auto") -> None:
    page.locator(".devices summary").click()
    page.get_by_label("Connection").select_option(way)
    page.get_by_role("button", name="Start talking").click()


def state(page: Page, phase: str, timeout: int = SOON_MS) -> None:
    expect(page.locator("#stage")).to_have_attribute("data-phase", phase, timeout=timeout)


@pytest.mark.parametrize("way", ["webrtc", "websocket"])
def test_a_spoken_question_is_heard_answered_and_timed(
    server: ServeProcess, recorded: Recorded, way: str
) -> None:
    recording = recorded(1.5, QUESTION, 20.0)
    with visiting(server, recording=recording) as visit:
        page = visit.page
        start(page, way)
        state(page, "hearing")
        state(page, "speaking")
        assert page.evaluate(_DRAWN, "you")
        expect(page.locator("#entries .latest")).to_be_visible()
        state(page, "listening")
        expect(page.locator("#connection-note")).to_contain_text(f"over {way}", ignore_case=True)
        expect(page.locator("#entries .user .said").first).to_contain_text("capital")
        reply = page.locator("#entries .reply").first
        expect(reply.locator(".lit").first).to_have_text(str(reply.locator(".said").text_content()))
        expect(reply.locator(".aside")).to_contain_text("ms")
        assert page.evaluate(_DRAWN, "reply")
        expect(page.locator("#waterfall svg")).to_have_attribute(
            "aria-label", re.compile(r"Playout at \d+ ms")
        )
        expect(page.locator("#gaps button")).to_have_count(1)
        expect(page.locator("#turn-table tbody tr")).to_have_count(1)
        assert visit.complaints == []


@pytest.mark.parametrize("way", ["webrtc", "websocket"])
def test_words_are_there_while_a_person_still_speaks(server: ServeProcess, way: str) -> None:
    if not SPEECH.exists():
        pytest.skip(f"no recording at {SPEECH.name}")
    with visiting(server, recording=SPEECH) as visit:
        start(visit.page, way)
        words = "#stage[data-phase=hearing] ~ .halves #entries .user .said"
        expect(visit.page.locator(words).first).to_contain_text("fellow", timeout=SOON_MS)


@pytest.mark.parametrize("way", ["webrtc", "websocket"])
def test_speaking_interrupts_the_reply(server: ServeProcess, recorded: Recorded, way: str) -> None:
    with visiting(
        server, recording=recorded(3.5, "Stop it now. What is your name?", 20.0)
    ) as visit:
        page = visit.page
        start(page, way)
        state(page, "listening")
        count = ", ".join(f"tell me about the number {number}" for number in range(30))
        page.get_by_label("Write instead").fill(f"Please repeat after me: {count}")
        page.get_by_role("button", name="Send").click()
        state(page, "speaking")
        first = page.locator("#entries .reply").first
        expect(first.locator(".aside")).to_contain_text("interrupted", timeout=SOON_MS)
        expect(page.locator("#entries .user")).not_to_have_count(1, timeout=SOON_MS)
        expect(page.locator("#entries .reply")).not_to_have_count(1, timeout=SOON_MS)
        assert visit.complaints == []


@pytest.mark.parametrize("way", ["webrtc", "websocket"])
def test_what_is_written_is_answered_aloud_and_can_be_stopped(
    server: ServeProcess, way: str
) -> None:
    with visiting(server) as visit:
        page = visit.page
        start(page, way)
        state(page, "listening")
        page.get_by_role("button", name="Mute").click()
        expect(page.locator("#state")).to_have_text("Muted")
        page.get_by_label("Write instead").fill("Tell me a long story about a dog.")
        page.keyboard.press("Enter")
        expect(page.locator("#entries .user .said")).to_have_text(
            "Tell me a long story about a dog."
        )
        state(page, "speaking")
        page.keyboard.press("Escape")
        state(page, "listening")
        expect(page.locator("#entries .reply .aside")).to_contain_text("interrupted")
        page.get_by_role("button", name="End conversation").click()
        state(page, "off")


def test_a_refused_microphone_is_explained_and_writing_goes_on(server: ServeProcess) -> None:
    with visiting(server, microphone=False) as visit:
        page = visit.page
        start(page)
        expect(page.get_by_role("alert")).to_contain_text("does not let this page use the micro")
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        expect(page.locator("#state-hint")).to_contain_text("No microphone", timeout=SOON_MS)
        expect(page.get_by_role("button", name="Mute")).to_be_disabled()
        page.get_by_label("Write instead").fill("Hello.")
        page.keyboard.press("Enter")
        state(page, "speaking")


def test_a_missing_microphone_is_explained(server: ServeProcess) -> None:
    with visiting(server) as visit:
        visit.page.evaluate(
            """() => {
              const missing = () => Promise.reject(new DOMException("", "NotFoundError"));
              navigator.mediaDevices.getUserMedia = missing;
            }"""
        )
        start(visit.page)
        expect(visit.page.get_by_role("alert")).to_contain_text("No microphone was found")


def test_writing_begins_a_conversation_without_a_microphone(server: ServeProcess) -> None:
    with visiting(server) as visit:
        visit.page.get_by_label("Write instead").fill("Hello.")
        visit.page.keyboard.press("Enter")
        expect(visit.page.locator("#entries .user .said")).to_have_text("Hello.", timeout=SOON_MS)
        state(visit.page, "speaking")


@pytest.mark.parametrize("way", ["webrtc", "websocket"])
def test_a_server_that_goes_away_and_comes_back_is_found_again(
    tmp_path: Path, recorded: Recorded, way: str
) -> None:
    with serving(tmp_path) as server, visiting(server, recording=recorded(600.0, "ah")) as visit:
        page = visit.page
        start(page, way)
        state(page, "listening")
        server.kill()
        state(page, "reconnecting")
        expect(page.locator("#state-hint")).to_contain_text("Trying again")
        server.start()
        state(page, "listening", 60_000)
        expect(page.locator("#entries .note").last).to_contain_text("Connected again")
        page.get_by_label("Write instead").fill("Are you there?")
        page.keyboard.press("Enter")
        state(page, "speaking")


def test_a_server_with_keys_asks_for_one_and_keeps_it_for_the_tab(tmp_path: Path) -> None:
    with serving(tmp_path, keys=("the-right-key",)) as server, visiting(server) as visit:
        page = visit.page
        start(page, "websocket")
        dialog = page.get_by_role("dialog")
        for key in ("the-wrong-key", "the-right-key"):
            expect(dialog).to_be_visible(timeout=SOON_MS)
            dialog.get_by_label("API key").fill(key)
            dialog.get_by_role("button", name="Use this key").click()
        state(page, "listening")
        page.get_by_role("button", name="End conversation").click()
        page.reload()
        start(page, "webrtc")
        state(page, "listening")
        expect(dialog).to_be_hidden()
        page.goto(f"{server.url}#status")
        expect(page.locator("#engines tbody tr")).to_have_count(5, timeout=SOON_MS)


def test_dismissing_the_request_for_a_key_ends_the_attempt(tmp_path: Path) -> None:
    with serving(tmp_path, keys=("the-right-key",)) as server, visiting(server) as visit:
        start(visit.page)
        dialog = visit.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Cancel").click()
        state(visit.page, "off")
        expect(visit.page.get_by_role("alert")).to_contain_text("key")
