"""The reply's echo goes and the user's voice stays; voices by espeak-ng, in a synthetic room."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from vivavoce.audio import Audio, Samples, dbfs
from vivavoce.devices.audio_processing import WebRtcCleaner
from vivavoce.engine.espeak.tts import EspeakNg, EspeakOptions
from vivavoce.engines import TtsOptions

RATE = 48_000
BLOCK = RATE // 100
REPLY = (
    "The sun is a star at the centre of the solar system. It is a hot ball of glowing gas, and "
    "nearly all of the light and warmth that life on the earth needs comes from there. "
    "Its age is about four and a half thousand million years."
)
QUESTION = "Wait a moment, please tell me more about the moon instead."
LEARNT_S = 3.0
"""By then the canceller knows the room."""


async def voice(text: str, name: str) -> Samples:
    """The text spoken, at -23 dBFS."""
    tts = EspeakNg(EspeakOptions(model=name))
    await tts.load()
    opened = await tts.open(TtsOptions())
    pieces = [piece.samples async for piece in opened.speak(text)]
    await tts.aclose()
    samples = Audio(np.concatenate(pieces), tts.rate).resampled(RATE).samples
    return level(samples, -23)


def level(samples: Samples, db: float) -> Samples:
    gain = 10 ** ((db - dbfs(samples)) / 20)
    return (samples * np.float32(gain)).astype(np.float32)


def echoed(played: Samples, delay_s: float, db: float = -6) -> Samples:
    """What a microphone hears of it: a direct path, and a room that rings for 60 ms."""
    rng = np.random.default_rng(0)
    ringing = rng.standard_normal(round(0.06 * RATE))
    ringing *= 0.05 * np.exp(-np.arange(len(ringing)) / (0.015 * RATE))
    ringing[0] += 1
    delay = round(delay_s * RATE)
    size = len(played) + len(ringing)
    spread = np.fft.irfft(np.fft.rfft(played, size) * np.fft.rfft(ringing, size), size)
    sound = np.concatenate([np.zeros(delay), spread])[: len(played)]
    noise = 10 ** (-75 / 20) * rng.standard_normal(len(played))
    return (level(sound.astype(np.float32), dbfs(played) + db) + noise).astype(np.float32)


def cleaned(
    captured: Samples, played: Samples, cleaner: WebRtcCleaner, delay_s: float | None = None
) -> Samples:
    blocks = [
        cleaner.clean(captured[at : at + BLOCK], played[at : at + BLOCK], delay_s)
        for at in range(0, len(captured) - BLOCK + 1, BLOCK)
    ]
    return np.concatenate(blocks)


def loudness(samples: Samples) -> Samples:
    """RMS of each 50 ms, in dB."""
    frames = samples[: len(samples) // 2400 * 2400].reshape(-1, 2400)
    power = np.mean(frames.astype(np.float64) ** 2, axis=1)
    decibels: Samples = (10 * np.log10(power + 1e-10)).astype(np.float32)
    return decibels


def after(samples: Samples, seconds: float) -> Samples:
    return samples[round(seconds * RATE) :]


@pytest.mark.parametrize("told", [True, False], ids=["delay told", "delay not told"])
@pytest.mark.parametrize("delay_s", [0.04, 0.1, 0.25])
async def test_an_echo_falls_by_40_db_once_the_room_is_known(delay_s: float, told: bool) -> None:
    played = await voice(REPLY, "en-us+rob")
    captured = echoed(played, delay_s)
    cleaner = WebRtcCleaner(RATE, noise="never", gain=False)
    left = cleaned(captured, played, cleaner, delay_s if told else None)
    first_second = dbfs(left[RATE // 2 : 3 * RATE // 2]) - dbfs(captured[RATE // 2 : 3 * RATE // 2])
    assert first_second < -15
    assert dbfs(after(left, LEARNT_S)) - dbfs(after(captured, LEARNT_S)) < -40


async def test_an_echo_as_loud_as_the_reply_falls_as_well() -> None:
    played = await voice(REPLY, "en-us+rob")
    captured = echoed(played, 0.1, db=0)
    left = cleaned(captured, played, WebRtcCleaner(RATE), 0.1)
    assert dbfs(after(left, LEARNT_S)) < -55


@pytest.mark.parametrize("delay_s", [0.04, 0.25])
async def test_a_voice_in_the_midst_of_the_echo_survives(delay_s: float) -> None:
    played = await voice(REPLY, "en-us+rob")
    near = await voice(QUESTION, "en-us+f3")
    start = round(5 * RATE)
    captured = echoed(played, delay_s)
    captured[start : start + len(near)] += near
    left = cleaned(captured, played, WebRtcCleaner(RATE, gain=False), delay_s)
    wanted = loudness(near)
    got = loudness(left[start : start + len(near)])
    loud = wanted > np.percentile(wanted, 40)
    assert np.median(got[loud] - wanted[loud]) > -6
    assert np.corrcoef(got, wanted)[0, 1] > 0.7
    assert dbfs(left[start - RATE : start]) < dbfs(left[start : start + len(near)]) - 40


async def test_a_voice_in_a_silent_room_passes_as_it_is() -> None:
    near = await voice(QUESTION, "en-us+f3")
    left = cleaned(near, np.zeros_like(near), WebRtcCleaner(RATE, gain=False), 0.1)
    assert dbfs(left) == pytest.approx(dbfs(near), abs=3)
    assert np.corrcoef(loudness(left)[:-1], loudness(near)[: len(loudness(left)) - 1])[0, 1] > 0.8


async def test_without_echo_cancellation_the_echo_stays() -> None:
    played = await voice(REPLY, "en-us+rob")
    captured = echoed(played, 0.1)
    left = cleaned(captured, played, WebRtcCleaner(RATE, echo=False, gain=False), 0.1)
    assert dbfs(after(left, LEARNT_S)) > dbfs(after(captured, LEARNT_S)) - 10


def test_noise_falls_by_10_db_and_stays_when_that_is_switched_off() -> None:
    rng = np.random.default_rng(1)
    noise = level(rng.standard_normal(6 * RATE).astype(np.float32), -45)
    silent = np.zeros_like(noise)
    with_it = cleaned(noise, silent, WebRtcCleaner(RATE, gain=False, noise="always"))
    without = cleaned(noise, silent, WebRtcCleaner(RATE, gain=False, noise="never"))
    assert dbfs(after(with_it, LEARNT_S)) < dbfs(after(noise, LEARNT_S)) - 10
    assert dbfs(after(without, LEARNT_S)) > dbfs(after(noise, LEARNT_S)) - 5


async def test_a_quiet_voice_is_raised_unless_that_is_switched_off() -> None:
    quiet = level(np.concatenate([await voice(QUESTION, "en-us+f3")] * 3), -45)
    silent = np.zeros_like(quiet)
    raised = cleaned(quiet, silent, WebRtcCleaner(RATE))
    kept = cleaned(quiet, silent, WebRtcCleaner(RATE, gain=False))
    assert dbfs(after(raised, LEARNT_S)) > dbfs(after(kept, LEARNT_S)) + 6


@pytest.mark.parametrize("rate", [16_000, 32_000, 44_100, 48_000])
def test_every_rate_that_devices_agree_on_is_taken(rate: int) -> None:
    cleaner = WebRtcCleaner(rate)
    block = np.zeros(rate // 100, np.float32)
    assert cleaner.clean(block, block, 0.05).shape == block.shape
    assert cleaner.clean(block, block, 0.05).dtype == np.float32


def test_what_is_past_full_scale_is_clipped_and_a_wild_delay_is_bounded() -> None:
    cleaner = WebRtcCleaner(RATE, noise="never", gain=False)
    loud = np.full(BLOCK, 2.0, np.float32)
    for delay_s in (-5.0, 0.0, 3600.0, None):
        left = cleaner.clean(loud, -loud, delay_s)
        assert np.isfinite(left).all()
        assert np.abs(left).max() <= 1.0


def test_a_missing_package_names_the_extra_and_how_to_do_without() -> None:
    code = (
        "import sys; sys.modules['livekit'] = None\n"
        "from vivavoce.devices.audio_processing import WebRtcCleaner\n"
        "from vivavoce.errors import EngineUnavailable\n"
        "try: WebRtcCleaner(16000)\n"
        "except EngineUnavailable as error: print(error)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'vivavoce[mic]'" in ran.stdout
    assert "--no-echo-cancellation" in ran.stdout


def test_the_package_is_imported_only_when_it_is_used() -> None:
    code = """
import sys, vivavoce.devices.audio_processing, vivavoce.devices.duplex
print('livekit' in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
