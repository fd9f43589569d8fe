from __future__ import annotations

import numpy as np
import pytest

from vivavoce.audio import Audio, Samples
from vivavoce.engine.webrtc import FRAMES_MS, WebRtcOptions, WebRtcVad
from vivavoce.errors import BadConfig
from vivavoce.options import build
from vivavoce.testing.check_vad import check_vad


def voice(seconds: float) -> Samples:
    """A buzz with a voice's pitch and syllables, loud enough for any detector."""
    time = np.arange(round(16_000 * seconds)) / 16_000
    buzz = sum(np.sin(2 * np.pi * 140 * n * time) / n for n in range(1, 24))
    return np.asarray(0.3 * buzz * np.sin(2 * np.pi * 2 * time), np.float32)


@pytest.mark.parametrize("frame_ms", FRAMES_MS)
@pytest.mark.parametrize("aggressiveness", range(4))
async def test_webrtc_keeps_the_contract(frame_ms: int, aggressiveness: int) -> None:
    vad = WebRtcVad(WebRtcOptions(aggressiveness=aggressiveness, frame_ms=frame_ms))
    await check_vad(vad, Audio(voice(1.5), 16_000))
    await vad.aclose()


async def test_smoothing_averages_the_last_decisions() -> None:
    await check_vad(WebRtcVad(WebRtcOptions(smooth=4)), Audio(voice(1.5), 16_000))
    sharp = WebRtcVad().open().feed(voice(1.5))
    smooth = WebRtcVad(WebRtcOptions(smooth=4)).open().feed(voice(1.5))
    assert set(sharp) <= {0.0, 1.0}
    for at in range(3, len(sharp)):
        assert smooth[at] == pytest.approx(sum(sharp[at - 3 : at + 1]) / 4)


async def test_what_is_past_full_scale_does_not_wrap_around() -> None:
    loud = np.full(480, 1.5, np.float32)
    assert WebRtcVad().open().feed(loud) == WebRtcVad().open().feed(np.clip(loud, -1, 1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"aggressiveness": 4}, "aggressiveness: it should be less than or equal to 3, not 4"),
        ({"frame_ms": 25}, "frame_ms: it should be 10, 20 or 30, not 25"),
        ({"smooth": 0}, "smooth: it should be greater than or equal to 1, not 0"),
    ],
)
def test_a_wrong_option_says_what_is_right(options: dict[str, int], message: str) -> None:
    with pytest.raises(BadConfig, match=message):
        build(WebRtcOptions, options)
