"""When packets leave, and what of a reply is in them; no network."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import Samples
from vivavoce.server.webrtc.codecs import FRAME, RATE, decoder, encoder
from vivavoce.server.webrtc.loudspeaker import PeerLoudspeaker

FADE = RATE // 200


class Plain:
    """Keeps frames as they are. pause: as Opus has it, or None as G.711."""

    def __init__(self, pause: bytes | None = b"pause") -> None:
        self.pause = pause
        self.frames: list[Samples] = []

    def encode(self, frame: Samples) -> bytes:
        self.frames.append(frame)
        return b"sound"


def started(plain: Plain) -> PeerLoudspeaker:
    loudspeaker = PeerLoudspeaker()
    loudspeaker.start(RATE, plain)
    return loudspeaker


async def packets(loudspeaker: PeerLoudspeaker, count: int) -> list[tuple[bytes, int]]:
    """The next ones, without waiting for their time: payloads and timestamps."""
    taken = []
    for _ in range(count):
        loudspeaker._due -= 0.05
        packet = await loudspeaker.recv()
        assert packet.pts is not None
        taken.append((bytes(packet), packet.pts))
        loudspeaker._due += 0.05
    return taken


@settings(deadline=None, max_examples=50)
@given(writes=st.lists(st.integers(1, 3000), max_size=8), frames=st.integers(0, 10))
def test_every_sample_is_sent_or_counted_by_the_flush(writes: list[int], frames: int) -> None:
    async def run() -> None:
        plain = Plain(pause=None)
        loudspeaker = started(plain)
        rng = np.random.default_rng(sum(writes))
        samples = rng.uniform(0.1, 1, sum(writes)).astype(np.float32)
        start = 0
        for count in writes:
            loudspeaker.write(samples[start : start + count])
            start += count
        await packets(loudspeaker, frames)
        unsent = loudspeaker.flush()
        await packets(loudspeaker, 2)
        sent = np.concatenate(plain.frames)
        heard = np.flatnonzero(sent)
        left = len(samples) - unsent
        assert len(heard) == left
        whole = max(0, left - FADE)
        np.testing.assert_array_equal(sent[:whole], samples[:whole])

    asyncio.run(run())


async def test_a_reply_leaves_at_once_after_a_silence() -> None:
    plain = Plain()
    loudspeaker = started(plain)
    assert [payload for payload, _ in await packets(loudspeaker, 12)][-1] == b"pause"
    waiting = asyncio.ensure_future(loudspeaker.recv())
    await asyncio.wait({waiting}, timeout=0)
    assert not waiting.done()
    loudspeaker.write(np.full(FRAME, 0.5, np.float32))
    assert bytes(await waiting) == b"sound"
    np.testing.assert_array_equal(plain.frames[-1], np.full(FRAME, 0.5, np.float32))


async def test_a_pause_counts_in_the_timestamps() -> None:
    loudspeaker = started(Plain())
    stamps = [stamp for _, stamp in await packets(loudspeaker, 10)]
    assert np.diff(stamps).tolist() == [FRAME] * 9
    loudspeaker._due -= 1.0
    pause = await loudspeaker.recv()
    assert pause.pts == stamps[-1] + 20 * FRAME


async def test_after_a_stall_nothing_leaves_in_a_burst() -> None:
    loudspeaker = started(Plain())
    loudspeaker.write(np.full(20 * FRAME, 0.5, np.float32))
    first = (await loudspeaker.recv()).pts
    loudspeaker._due -= 0.3
    second = (await loudspeaker.recv()).pts
    assert first is not None
    assert second is not None
    assert second - first == pytest.approx(0.3 * RATE, abs=0.03 * RATE)
    third = asyncio.ensure_future(loudspeaker.recv())
    await asyncio.wait({third}, timeout=0)
    assert not third.done()
    assert (await third).pts == second + FRAME


async def test_a_codec_without_pauses_sends_its_silence() -> None:
    payloads = [payload for payload, _ in await packets(started(Plain(pause=None)), 30)]
    assert payloads == [b"sound"] * 30


def test_a_loudspeaker_that_nobody_hears_keeps_ten_seconds() -> None:
    loudspeaker = PeerLoudspeaker()
    second = np.ones(RATE, np.float32)
    for _ in range(12):
        loudspeaker.write(second)
    assert loudspeaker.dropped_s == pytest.approx(2)
    assert loudspeaker.flush() == 10 * RATE - FADE


@pytest.mark.parametrize("name", ["opus", "pcmu", "pcma"])
def test_codecs_keep_sound_and_level(name: str) -> None:
    out, back = encoder(name), decoder(name)
    tone = (0.3 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)
    frames = [tone[start : start + FRAME] for start in range(0, RATE, FRAME)]
    heard = np.concatenate([back.decode(out.encode(frame)) for frame in frames])
    middle = heard[RATE // 4 : RATE // 2]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.05)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * 4 == pytest.approx(440, abs=4)
    assert spectrum[100:120].max() > 0.9 * spectrum.max()


def test_a_broken_packet_is_no_sound_and_no_failure() -> None:
    back = decoder("opus")
    assert len(back.decode(b"\xff\xff\xff")) == 0
    assert len(back.conceal()) == FRAME


@pytest.mark.parametrize(
    ("packet", "ticks"),
    [
        (b"", 960), (b"\x78", 960), (b"\x79", 1920), (b"\x7a", 1920), (b"\x7b\x03", 2880),
        (b"\x60", 480), (b"\x00", 480), (b"\x18", 2880), (b"\x80", 120), (b"\xf8", 960),
        (b"\x7b", 960), (b"\x7b\x00", 960),
    ],
)  # fmt: skip
def test_an_opus_packet_tells_how_long_it_is(packet: bytes, ticks: int) -> None:
    assert decoder("opus").ticks(packet) == ticks
