"""A recording without its noise, and with an even level, as far as WebRTC's processing goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import numpy as np

from vivavoce.audio import Samples
from vivavoce.devices.audio_processing import NoiseSuppression, WebRtcCleaner
from vivavoce.errors import EngineUnavailable
from vivavoce.server.errors import Problem


def enhancing_rate(rate: int) -> int:
    """Hz at which a recording of this rate is enhanced: WebRTC's processing knows few."""
    return next((known for known in (8_000, 16_000, 32_000) if rate <= known), 48_000)


async def cleaner(rate: int, *, noise: bool, gain: bool) -> WebRtcCleaner:
    """Raises Problem (501) where the package is not installed."""
    try:
        suppression: NoiseSuppression = "always" if noise else "never"
        return await asyncio.to_thread(
            WebRtcCleaner, rate, echo=False, noise=suppression, gain=gain
        )
    except EngineUnavailable as error:
        what = (
            "this server cannot enhance audio because it lacks WebRTC's audio processing; "
            "install it "
        )
        what += "with: pip install 'vivavoce[mic]'"
        raise Problem(what, status=501, code="not_installed") from error


async def enhanced(
    audio: AsyncIterator[Samples], webrtc: WebRtcCleaner
) -> AsyncGenerator[Samples, None]:
    """The same audio, enhanced, as long as it was. audio: at the cleaner's rate."""
    block = webrtc.rate // 100
    quiet = np.zeros(block, np.float32)
    rest: Samples = np.zeros(0, np.float32)

    def clean(samples: Samples) -> Samples:
        blocks = samples.reshape(-1, block)
        return np.concatenate([webrtc.clean(one, quiet, None) for one in blocks])

    async for chunk in audio:
        joined = np.concatenate([rest, chunk])
        whole = len(joined) - len(joined) % block
        rest = joined[whole:]
        if whole:
            yield await asyncio.to_thread(clean, joined[:whole])
    if len(rest):
        last = np.concatenate([rest, np.zeros(block - len(rest), np.float32)])
        yield (await asyncio.to_thread(clean, last))[: len(rest)]
