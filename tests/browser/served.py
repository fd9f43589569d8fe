"""`vivavoce serve` in a process of its own, and a Chromium with a recording as its microphone."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


class ServeProcess:
    """A server that can be killed and started again at the same address."""

    def __init__(self, folder: Path, *, keys: tuple[str, ...] = ()) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/"
        self._log = folder / "serve.log"
        self._config = folder / "serve.yaml"
        listed = ", ".join(f'"{key}"' for key in keys)
        self._config.write_text(f"server:\n  host: 127.0.0.1\n  keys: [{listed}]\n")
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Run, and be ready."""
        command = [sys.executable, "-m", "vivavoce", "serve", "--no-proof"]
        command += ["--port", str(self.port), "--config", str(self._config)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1
            )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("Ready"):
                return
        self._end(signal.SIGKILL)
        pytest.fail(f"the server ended before it was ready: {self._log.read_text()[-2000:]}")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end."""
        self._end(signal.SIGTERM)

    def _end(self, by: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(by)
            self._process.communicate(timeout=30)
            self._process = None


@contextmanager
def serving(folder: Path, *, keys: tuple[str, ...] = ()) -> Iterator[ServeProcess]:
    """A server for as long as it is wanted."""
    server = ServeProcess(folder, keys=keys)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclass(slots=True)
class Visit:
    """An open page. complaints: what the page threw, and what the browser refused it."""

    page: Page
    server: ServeProcess
    complaints: list[str] = field(default_factory=list)


@contextmanager
def visiting(
    server: ServeProcess,
    *,
    recording: Path | None = None,
    microphone: bool = True,
    width: int = 1280,
    dark: bool = False,
) -> Iterator[Visit]:
    """The page in Chromium. recording: what its microphone hears, once, from when it is opened.

    microphone: whether the user lets the page use it.
    """
    with sync_playwright() as playwright:
        browser = _chromium(playwright, recording, microphone=microphone)
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        visit = Visit(context.new_page(), server)
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        visit.page.on(
            "console",
            lambda message: (
                visit.complaints.append(message.text)
                if "Content Security Policy" in message.text
                else None
            ),
        )
        visit.page.goto(server.url)
        try:
            yield visit
        finally:
            browser.close()


def _chromium(playwright: Playwright, recording: Path | None, *, microphone: bool) -> Browser:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no {NAMES[0]} on PATH; on Debian: apt-get install chromium")
    arguments = ["--no-sandbox", "--use-fake-device-for-media-stream"]
    if microphone:
        arguments.append("--use-fake-ui-for-media-stream")
    else:
        arguments.append("--deny-permission-prompts")
    if recording is not None:
        arguments.append(f"--use-file-for-fake-audio-capture={recording}%noloop")
    return playwright.chromium.launch(executable_path=found, args=arguments)
