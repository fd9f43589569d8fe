"""A call from a real Chromium; its microphone is a recording, its ear an analyser node."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.async_api import Page, async_playwright

from tests.server.webrtc.peer import leaving_nothing
from vivavoce.audio import Audio, Samples
from vivavoce.config.server_settings import ServerSettings
from vivavoce.media.decode import write_audio
from vivavoce.server.webrtc import open_call

if TYPE_CHECKING:
    from vivavoce.server.webrtc.call import WebRtcCall

RATE = 48_000
SITE = "https://page.test/"
PAGE = """<!doctype html><script>
async function connect() {
  const microphone = await navigator.mediaDevices.getUserMedia({audio: {
    echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
  window.pc = new RTCPeerConnection();
  pc.addTrack(microphone.getTracks()[0], microphone);
  pc.ontrack = ({streams}) => {
    const context = new AudioContext();
    window.ear = context.createAnalyser();
    ear.fftSize = 8192;
    const element = new Audio();  // Chromium gives a remote stream no sound without one
    element.srcObject = streams[0];
    element.muted = true;
    context.createMediaStreamSource(streams[0]).connect(ear);
  };
  const channel = pc.createDataChannel("oai-events");
  const text = new Promise((resolve) => { channel.onmessage = ({data}) => resolve(data); });
  await pc.setLocalDescription();
  const sdp = await answered(pc.localDescription.sdp);
  await pc.setRemoteDescription({type: "answer", sdp});
  const came = await text;
  channel.send("heard: " + came);
}
async function pitch() {
  const levels = new Float32Array(ear.frequencyBinCount);
  for (;;) {
    ear.getFloatFrequencyData(levels);
    const most = levels.reduce((best, level, at) => level > levels[best] ? at : best, 0);
    if (levels[most] > -40) return most * ear.context.sampleRate / ear.fftSize;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
</script>"""


def tone(seconds: float, hz: float) -> Samples:
    times = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * hz * times)).astype(np.float32)


@asynccontextmanager
async def chromium(microphone: Path) -> AsyncIterator[Page]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no chromium on PATH; on Debian: apt-get install chromium")
    arguments = [
        "--no-sandbox",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}",
        "--autoplay-policy=no-user-gesture-required",
    ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=arguments)
        page = await browser.new_page()
        await page.route(
            SITE, lambda route: route.fulfill(body=PAGE, content_type="text/html; charset=utf-8")
        )
        await page.goto(SITE)
        yield page
        await browser.close()


async def first_sound(call: WebRtcCall, seconds: float) -> Samples:
    """So much of what the call hears, from the first sound on."""
    heard: list[Samples] = []
    async with asyncio.timeout(20), aclosing(call.audio()) as audio:
        async for piece in audio:
            if heard or np.abs(piece.samples).max() > 0.1:
                heard.append(piece.samples)
            if len(heard) * 0.02 >= seconds:
                break
    return np.concatenate(heard)


async def test_chromium_talks_listens_and_exchanges_texts(tmp_path: Path) -> None:
    write_audio(Audio(tone(2.0, 660), RATE), tmp_path / "microphone.wav")
    async with (
        chromium(tmp_path / "microphone.wav") as page,
        leaving_nothing(),
        open_call(ServerSettings()) as call,
    ):
        await page.expose_function("answered", call.answer)
        call.send("hello")
        await page.evaluate("connect()")
        assert await anext(call.messages()) == "heard: hello"

        heard = await first_sound(call, 0.5)
        spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
        assert np.argmax(spectrum) * RATE / len(heard) == pytest.approx(660, abs=5)
        assert Audio(heard, RATE).dbfs == pytest.approx(-13.5, abs=2)

        call.sink.write(tone(3.0, 440))
        assert await page.evaluate("pitch()") == pytest.approx(440, abs=10)

        await page.evaluate("pc.close()")
        async with asyncio.timeout(10):
            await call.closed.wait()
        assert call.reason.startswith("the peer")
