"""The OpenAI Agents SDK for JavaScript, as released, in Chromium by WebRTC."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.async_api import Page, async_playwright

from tests.clients.conftest import QUESTION, ROOT, Serving
from tests.server.conftest import Served
from vivavoce.audio import Audio
from vivavoce.engines import ToolCall
from vivavoce.media.decode import read_audio, write_audio
from vivavoce.testing import ScriptedLlm
from vivavoce.transcripts.word_errors import word_errors

pytestmark = pytest.mark.slow

KEY = "secret-key-of-some-length"
BUNDLE = ROOT / ".venv-clients" / "web" / "package" / "dist" / "bundle"
LONG = " ".join(f"word{number}" for number in range(60)) + "."
PAGE = Path(__file__).with_name("agents_page.html")


@asynccontextmanager
async def talking(
    app: str, server: Served, *, recording: Path | None = None, tool: bool = False, url: str = ""
) -> AsyncIterator[Page]:
    """The page, connected by a client secret that its own server has asked for."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        pytest.skip("no chromium on PATH; on Debian: apt-get install chromium")
    arguments = ["--no-sandbox", "--use-fake-device-for-media-stream"]
    arguments += ["--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required"]
    if recording is not None:
        arguments.append(f"--use-file-for-fake-audio-capture={recording}%noloop")
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}) as http:
        answer = await http.post(f"{server.url}/v1/realtime/client_secrets", json={})
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=arguments)
        page = await browser.new_page()
        page.on("pageerror", lambda error: print("page:", error))
        page.on("console", lambda message: print("console:", message.text))
        await page.goto(app)
        await page.wait_for_function("window.ready")
        url = url or f"{server.url}/v1/realtime/calls"
        await page.evaluate(
            "([url, key, tool]) => begin(url, key, tool)", [url, answer.json()["value"], tool]
        )
        try:
            yield page
        finally:
            await browser.close()


async def seen(page: Page, name: str) -> object:
    return await page.evaluate(f"seen.{name}")


class _Files(SimpleHTTPRequestHandler):
    """Says nothing of what it serves."""

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Nothing."""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[str]:
    """Where a web page is that uses the SDK: its origin is not Vivavoce's."""
    if not BUNDLE.exists():
        pytest.skip("@openai/agents-realtime is not there; `make test-clients` fetches it")
    folder = shutil.copytree(BUNDLE, tmp_path / "app")
    shutil.copy(PAGE, folder / "index.html")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=folder)) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


def settings(app: str) -> dict[str, object]:
    return {"keys": [KEY], "origins": [app]}


@pytest.fixture
def silence(tmp_path: Path) -> Path:
    """A microphone into which nobody speaks."""
    return write(tmp_path / "silence.wav", Audio.silence(30.0, 48_000))


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    """A microphone into which somebody asks a question, two seconds after it is opened."""
    question = read_audio(QUESTION)
    samples = np.pad(question.samples, (2 * question.rate, 20 * question.rate))
    return write(tmp_path / "question.wav", Audio(samples, question.rate))


def write(path: Path, audio: Audio) -> Path:
    write_audio(audio, path)
    return path


async def test_a_tool_runs_and_its_result_is_answered_with(
    serving: Serving, app: str, silence: Path
) -> None:
    llm = ScriptedLlm(ToolCall("call_1", "time_in", '{"city": "Rome"}'), "Noon in Rome.")
    async with (
        serving(settings(app), llm=llm) as server,
        talking(app, server, recording=silence, tool=True) as page,
    ):
        await page.evaluate("session.sendMessage('What time is it in Rome?')")
        await page.wait_for_function("seen.stops === 1")
        assert await seen(page, "asked") == ["Rome"]
        assert await seen(page, "errors") == []
        assert await seen(page, "history") == [
            ["user", "What time is it in Rome?"],
            ["assistant", "Noon in Rome."],
        ]
        assert await page.evaluate("energy()") > 1e-3


async def test_interrupting_stops_the_sound_and_only_what_was_heard_is_remembered(
    serving: Serving, app: str, silence: Path
) -> None:
    llm = ScriptedLlm(LONG, "As you wish.")
    async with (
        serving(settings(app), llm=llm) as server,
        talking(app, server, recording=silence) as page,
    ):
        await page.evaluate("session.sendMessage('talk on')")
        async with asyncio.timeout(30):
            while await page.evaluate("energy()") < 0.25:
                pass
        await page.evaluate("session.interrupt()")
        await page.wait_for_function("seen.stops === 1")
        await page.evaluate("session.sendMessage('say goodbye')")
        await page.wait_for_function("seen.stops === 2")
        assert await seen(page, "errors") == []
        assert (await page.evaluate("seen.history.at(-1)")) == ["assistant", "As you wish."]
    (heard,) = [message.content for message in llm.prompts[-1] if message.role == "assistant"]
    assert LONG.startswith(heard)
    assert 5 <= len(heard.split()) <= 14


async def test_the_embedded_engines_understand_and_answer(
    real: Serving, app: str, spoken: Path
) -> None:
    async with real(settings(app)) as server, talking(app, server, recording=spoken) as page:
        await page.wait_for_function("seen.stops === 1", timeout=60_000)
        assert await seen(page, "errors") == []
        user, assistant = await page.evaluate("seen.history")
        assert word_errors("What is the capital of France?", user[1]).rate < 0.25
        assert assistant[1]
        assert await page.evaluate("energy()") > 1e-3


async def test_by_websocket_it_comes_in_with_its_secret_too(
    serving: Serving, app: str, silence: Path
) -> None:
    async with serving(settings(app), llm=ScriptedLlm("It is noon now.")) as server:
        url = f"{server.ws_url}/v1/realtime?model=gpt-realtime"
        async with talking(app, server, recording=silence, url=url) as page:
            await page.evaluate("session.sendMessage('What time is it?')")
            await page.wait_for_function("seen.history.at(-1)?.[1] === 'It is noon now.'")
            assert await seen(page, "errors") == []
            assert await seen(page, "bytes") == pytest.approx(48_000, abs=2_400)
