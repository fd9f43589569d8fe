"""Calls with a real peer over the loopback: audio both ways, texts, and every way to end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.server.webrtc.peer import Peer, leaving_nothing, open_peer
from vivavoce.audio import Audio, Samples
from vivavoce.config.server_settings import LimitSettings, ServerSettings
from vivavoce.media.decode import read_audio
from vivavoce.server.webrtc import Patience, open_call

if TYPE_CHECKING:
    from vivavoce.server.webrtc.call import WebRtcCall

RATE = 48_000
LOCAL = ServerSettings(public_address="127.0.0.1")
SPEECH = Path(__file__).parents[4] / "shared" / "speech" / "faster-whisper" / "jfk.wav"


def tone(seconds: float, hz: float = 440.0, level: float = 0.3) -> Audio:
    times = np.arange(round(seconds * RATE)) / RATE
    return Audio((level * np.sin(2 * np.pi * hz * times)).astype(np.float32), RATE)


def sounding(samples: Samples, rate: int = RATE) -> Samples:
    """The stretches of 5 ms that can be heard; a busy machine may put pauses between them."""
    size = rate // 200
    blocks = samples[: len(samples) // size * size].reshape(-1, size)
    heard: Samples = blocks[np.abs(blocks).max(axis=1) > 0.1].reshape(-1)
    return heard


def pitch(samples: Samples, rate: int = RATE) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


def place_of(piece: Samples, whole: Samples) -> int:
    """Where it is most like this piece."""
    size = 1 << (len(whole) + len(piece)).bit_length()
    match = np.fft.irfft(np.fft.rfft(whole, size) * np.fft.rfft(piece, size).conj(), size)
    power = np.cumsum(np.pad(np.square(whole, dtype=np.float64), (1, 0)))
    power = power[len(piece) :] - power[: -len(piece)]
    return int(np.argmax(match[: len(power)] / np.sqrt(power + 0.01)))


@asynccontextmanager
async def connected(
    settings: ServerSettings = LOCAL,
    patience: Patience | None = None,
    *,
    label: str | None = "oai-events",
    codec: str | None = None,
) -> AsyncIterator[tuple[WebRtcCall, Peer]]:
    """A call and its peer, the data channel open; nothing is left of either."""
    async with (
        leaving_nothing(),
        open_peer(label=label, codec=codec) as peer,
        open_call(settings, patience) as call,
    ):
        await peer.accept(await call.answer(await peer.offer()))
        if label is not None:
            async with asyncio.timeout(10):
                await peer.opened.wait()
        yield call, peer


async def captured(call: WebRtcCall, peer: Peer, spoken: Audio) -> Samples:
    """What the call hears when the peer says this, to some silence after it."""
    pieces: list[Samples] = []
    peer.speak(spoken)
    quiet = 0
    async with asyncio.timeout(30), aclosing(call.audio()) as audio:
        async for piece in audio:
            assert piece.rate == RATE
            pieces.append(piece.samples)
            loud = np.abs(piece.samples).max() > 0.02
            quiet = 0 if loud else quiet + len(piece.samples)
            if len(sounding(np.concatenate(pieces))) and quiet > RATE // 2:
                break
    return np.concatenate(pieces)


@pytest.mark.parametrize("codec", [None, "PCMU"])
async def test_what_the_peer_says_arrives_whole_and_at_its_level(codec: str | None) -> None:
    async with connected(codec=codec) as (call, peer):
        heard = sounding(await captured(call, peer, tone(1.0)))
    assert len(heard) / RATE == pytest.approx(1.0, abs=0.02)
    assert pitch(heard) == pytest.approx(440, abs=2)
    assert Audio(heard, RATE).dbfs == pytest.approx(tone(1.0).dbfs, abs=1.0)


@pytest.mark.parametrize("codec", [None, "PCMU"])
async def test_what_is_written_is_heard_whole_and_at_its_level(codec: str | None) -> None:
    async with connected(codec=codec) as (call, peer):
        call.sink.write(tone(1.0).samples)
        await peer.hears(
            lambda: len(sounding(peer.recording.samples, peer.rate)) > 0.99 * peer.rate
        )
        until = peer.recording.seconds + 0.1
        await peer.hears(lambda: peer.recording.seconds > until)
        heard = sounding(peer.recording.samples, peer.rate)
    assert len(heard) / peer.rate == pytest.approx(1.0, abs=0.02)
    assert pitch(heard, peer.rate) == pytest.approx(440, abs=2)
    assert Audio(heard, peer.rate).dbfs == pytest.approx(tone(1.0).dbfs, abs=1.0)


async def test_a_recording_arrives_as_it_was_spoken() -> None:
    if not SPEECH.exists():
        pytest.skip("needs the shared recordings")
    speech = read_audio(SPEECH).resampled(16_000).cut(0, 3)
    async with connected() as (call, peer):
        heard = Audio(await captured(call, peer, speech), RATE).resampled(16_000).samples
    pieces = np.split(speech.samples, 6)
    places = [place_of(piece, heard) for piece in pieces]
    likeness = [
        np.corrcoef(heard[place : place + len(piece)], piece)[0, 1]
        for piece, place in zip(pieces, places, strict=True)
    ]
    assert np.median(likeness) > 0.9


async def test_packets_leave_in_real_time_and_rarely_in_silence() -> None:
    async with connected() as (call, peer):
        call.sink.write(tone(0.5).samples)
        await peer.hears(lambda: any(each.size <= 2 for each in peer.heard))
        marks = len(peer.heard)
        await peer.hears(lambda: len(peer.heard) >= marks + 3)
    pauses = [each.start for each in peer.heard[-3:]]
    assert np.diff(pauses) == pytest.approx(0.4, abs=0.001)
    begun = next(each for each in peer.heard if np.abs(each.samples).max() > 0.02)
    drift = [(each.at - begun.at) - (each.start - begun.start) for each in peer.heard[marks:]]
    assert abs(float(np.median(drift))) < 0.2


async def test_a_flush_tells_exactly_what_was_not_sent() -> None:
    async with connected() as (call, peer):
        call.sink.write(tone(2.0).samples)
        await peer.hears(lambda: len(sounding(peer.recording.samples)) > 0.3 * RATE)
        unsent = call.sink.flush()
        marks = len(peer.heard)
        await peer.hears(lambda: len(peer.heard) > marks + 4)
        heard = sounding(peer.recording.samples)
        assert unsent is not None
        assert len(heard) == pytest.approx(2.0 * RATE - unsent, abs=0.03 * RATE)
        assert call.sink.flush() == 0

        call.sink.write(tone(0.2, hz=880).samples)
        await peer.hears(lambda: bool(pitch(peer.heard[-1].samples) > 700))


async def test_texts_cross_both_ways_in_order_and_whole() -> None:
    large = json.dumps({"type": "session.update", "text": "ö" * 100_000}, ensure_ascii=False)
    async with connected() as (call, peer):
        for number in range(20):
            call.send(f"from the server {number}")
            peer.send(f"from the peer {number}")
        call.send(large)
        peer.send(large)
        assert [await peer.text() for _ in range(20)] == [f"from the server {n}" for n in range(20)]
        assert await peer.text() == large
        messages = call.messages()
        expected = [*(f"from the peer {number}" for number in range(20)), large]
        assert [await anext(messages) for _ in expected] == expected


async def test_texts_sent_before_the_channel_is_open_arrive_when_it_is() -> None:
    async with leaving_nothing(), open_peer() as peer, open_call(LOCAL) as call:
        call.send("first")
        answer = await call.answer(await peer.offer())
        call.send("second")
        await peer.accept(answer)
        assert [await peer.text(), await peer.text()] == ["first", "second"]


async def test_a_peer_without_a_data_channel_can_talk() -> None:
    async with connected(label=None) as (call, peer):
        call.send("nobody reads this")
        heard = sounding(await captured(call, peer, tone(0.3)))
        assert len(heard) / RATE == pytest.approx(0.3, abs=0.02)


async def test_a_call_ends_when_the_peer_hangs_up() -> None:
    async with connected() as (call, peer):
        await peer.connection.close()
        async with asyncio.timeout(10):
            await call.closed.wait()
            assert [text async for text in call.messages()] == []
            assert not [piece async for piece in call.audio() if piece.seconds > 1]
        call.send("into the void")
        assert call.reason.startswith("the peer")


async def test_the_peer_learns_that_the_server_hung_up() -> None:
    async with connected() as (call, peer):
        await call.aclose()
        await call.aclose()
        assert call.reason == "hung up"
        async with asyncio.timeout(10):
            await peer.gone.wait()


async def test_a_peer_that_vanishes_is_given_up() -> None:
    async with connected(patience=Patience(silent_s=0.5)) as (call, peer):
        peer.vanish()
        async with asyncio.timeout(10):
            await call.closed.wait()
        assert call.reason == "the peer sent nothing for 0.5 s"


async def test_a_peer_that_never_connects_is_given_up() -> None:
    patience = Patience(connect_s=0.2)
    async with leaving_nothing(), open_peer() as peer, open_call(LOCAL, patience) as call:
        await call.answer(await peer.offer())
        async with asyncio.timeout(10):
            await call.closed.wait()
        assert "no connection within 0.2 s" in call.reason
        assert [piece async for piece in call.audio()] == []


async def test_a_data_channel_that_never_opens_ends_the_call() -> None:
    async with connected(patience=Patience(channel_s=0.3), label="others") as (call, _):
        async with asyncio.timeout(10):
            await call.closed.wait()
        assert call.reason == "the peer opened no data channel within 0.3 s"


async def test_a_peer_with_another_key_than_it_offered_is_not_let_in() -> None:
    async with leaving_nothing(), open_peer() as peer, open_call(LOCAL) as call:
        offer = await peer.offer()
        kept = [line for line in offer.splitlines() if not line.startswith("a=fingerprint")]
        forged = f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}"
        offer = "\r\n".join([*kept[:3], forged, *kept[3:], ""])
        await peer.accept(await call.answer(offer))
        async with asyncio.timeout(10):
            await call.closed.wait()
        assert call.reason == "the connection failed"


async def test_calls_go_on_while_others_fail() -> None:
    async with connected() as (call, peer):
        async with connected() as (other, vanishing):
            vanishing.send(b"binary")
            async with asyncio.timeout(10):
                await other.closed.wait()
        call.send("still here")
        assert await peer.text() == "still here"


async def test_binary_data_ends_the_call() -> None:
    async with connected() as (call, peer):
        peer.send("fine")
        peer.send(b"\x00\x01")
        async with asyncio.timeout(10):
            await call.closed.wait()
        assert call.reason == "the peer sent binary data; send text"
        assert [text async for text in call.messages()] == ["fine"]


async def test_a_peer_that_sends_faster_than_is_read_is_hung_up_on() -> None:
    async with connected() as (call, peer):
        for _ in range(1_001):
            peer.send("{}")
        async with asyncio.timeout(20):
            await call.closed.wait()
        assert call.reason == "the peer sends messages faster than they can be handled"


async def test_a_peer_that_ignores_the_window_is_hung_up_on() -> None:
    async with connected() as (call, _):
        assert call._line is not None
        assert call._line.sctp is not None
        call._line.sctp._advertised_rwnd = -100_000
        async with asyncio.timeout(10):
            await call.closed.wait()
        assert call.reason == "the peer sends more than is allowed"


async def test_a_peer_that_does_not_read_is_hung_up_on_past_the_bound() -> None:
    settings = ServerSettings(public_address="127.0.0.1", limits=LimitSettings(unsent_mb=0.1))
    async with connected(settings) as (call, _):
        for _ in range(11):
            call.send("x" * 10_000)
        assert call.closed.is_set()
        assert "bytes unread" in call.reason


async def test_audio_that_nobody_takes_is_dropped_and_counted() -> None:
    async with connected() as (call, peer):
        peer.speak(tone(3.0))
        await peer.hears(lambda: call.dropped_s > 0.1)
        async with aclosing(call.audio()) as audio:
            assert (await anext(audio)).seconds > 0
    assert call.dropped_s < 2


async def test_a_cancelled_owner_leaves_nothing() -> None:
    begun = asyncio.Event()

    async def own() -> None:
        async with connected():
            begun.set()
            await asyncio.Event().wait()

    async with leaving_nothing():
        owner = asyncio.ensure_future(own())
        await begun.wait()
        owner.cancel()
        await asyncio.wait({owner})
        assert owner.cancelled()
