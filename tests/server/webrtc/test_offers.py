"""Offers that are none, offers of browsers, and the ports that answers name."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from contextlib import suppress

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.server.webrtc.peer import leaving_nothing, open_peer
from vivavoce.config.server_settings import ServerSettings
from vivavoce.errors import BadConfig, BadRequest
from vivavoce.server.errors import Problem
from vivavoce.server.webrtc import open_call
from vivavoce.server.webrtc.description import read_offer

LOCAL = ServerSettings(public_address="127.0.0.1")

DIGEST = ":".join(["19", "E2", "1C", "3B"] * 8)
KEYS = f"""a=ice-ufrag:4ZcD
a=ice-pwd:2/1muCWoOi3uLifh0NuRHlig
a=ice-options:trickle
a=fingerprint:sha-256 {DIGEST}
a=setup:actpass
"""

CHROME = f"""v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1 2
a=extmap-allow-mixed
a=msid-semantic: WMS 7dcf
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1467250027 1 udp 2122260223 5a6b7c8d-1111-4222-8333-4444.local 46243 typ host
a=candidate:435653019 1 tcp 1845501695 192.0.2.17 9 typ host tcptype active
{KEYS}a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=sendrecv
a=msid:7dcf 5a1b
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:3570614608 cname:4TOk42mSjXCkVIa6
m=video 9 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
{KEYS}a=mid:1
a=recvonly
a=rtcp-mux
a=rtpmap:96 VP8/90000
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
{KEYS}a=mid:2
a=sctp-port:5000
a=max-message-size:262144
""".replace("\n", "\r\n")


async def answered(offer: str, settings: ServerSettings = LOCAL) -> str:
    async with open_call(settings) as call:
        return await call.answer(offer)


async def test_a_browser_gets_opus_and_texts_over_one_transport_and_no_video() -> None:
    async with leaving_nothing():
        answer = SessionDescription.parse(await answered(CHROME))
    audio, video, texts = answer.media
    assert [codec.name for codec in audio.rtp.codecs] == ["opus"]
    assert audio.rtp.codecs[0].payloadType == 111
    assert audio.rtp.codecs[0].parameters["usedtx"] == "1"
    assert audio.direction == "sendrecv"
    assert video.port == 0
    assert texts.port == audio.port
    assert texts.sctpCapabilities is not None
    assert answer.group[0].items == ["0", "2"]
    assert audio.dtls is not None
    assert audio.dtls.role == "client"
    assert [candidate.ip for candidate in audio.ice_candidates] == ["127.0.0.1"]
    assert audio.ice_candidates_complete


def test_names_that_hide_addresses_are_not_waited_for() -> None:
    assert read_offer(CHROME).candidates == []


@pytest.mark.parametrize(
    ("wanted", "answered_as"),
    [("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")],
)
async def test_the_answer_takes_the_direction_that_was_offered(
    wanted: str, answered_as: str
) -> None:
    answer = await answered(CHROME.replace("a=sendrecv", f"a={wanted}"))
    assert SessionDescription.parse(answer).media[0].direction == answered_as


async def test_a_peer_without_opus_gets_the_telephones_codec() -> None:
    offer = CHROME.replace("opus/48000", "other/48000")
    codec = SessionDescription.parse(await answered(offer)).media[0].rtp.codecs[0]
    assert (codec.name, codec.payloadType) == ("PCMU", 0)


def without(line: str) -> str:
    return "".join(f"{each}\r\n" for each in CHROME.splitlines() if not each.startswith(line))


@pytest.mark.parametrize(
    ("offer", "message"),
    [
        ("", "the offer is not SDP"),
        ('{"sdp": "v=0"}', "the offer is not SDP"),
        ("v=0\r\nm=nonsense\r\n", "not valid SDP"),
        ("v=zero", "not valid SDP"),
        ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", "the offer has no audio"),
        (CHROME[:400], "the offer has no a=ice-ufrag"),
        (without("a=ice-ufrag"), "the offer has no a=ice-ufrag"),
        (without("a=fingerprint"), "the offer has no a=fingerprint"),
        (without("a=setup"), "the offer has no a=fingerprint and a=setup"),
        (CHROME.replace("sha-256", "md5"), "no a=fingerprint in the offer is supported"),
        (without("a=rtcp-mux"), "the offer has no a=rtcp-mux"),
        (without("a=group:BUNDLE"), "must share a transport"),
        (without("a=mid"), "has no a=mid"),
        (
            without("a=rtpmap").replace("111 63 9 0 8", "9").replace("a=fmtp", "a=x"),
            "none of the offered codecs",
        ),
        (CHROME + "a=x\r\n" * 50_000, "characters, over the limit of 200,000"),
    ],
)
async def test_an_offer_that_cannot_be_met_says_why(offer: str, message: str) -> None:
    async with leaving_nothing():
        with pytest.raises(BadRequest, match=message):
            await answered(offer)


@settings(deadline=None)
@given(
    cuts=st.lists(st.tuples(st.integers(0, len(CHROME)), st.integers(0, 30)), max_size=4),
    junk=st.text(max_size=20),
)
def test_damaged_offers_are_understood_or_refused(cuts: list[tuple[int, int]], junk: str) -> None:
    offer = CHROME
    for at, length in cuts:
        offer = offer[:at] + junk + offer[at + length :]
    with suppress(BadRequest):
        assert read_offer(offer).audio.kind == "audio"


async def test_after_a_refused_offer_a_right_one_is_answered_but_only_once() -> None:
    async with open_call(LOCAL) as call:
        with pytest.raises(BadRequest):
            await call.answer("nonsense")
        assert (await call.answer(CHROME)).startswith("v=0")
        with pytest.raises(BadRequest, match="already been answered"):
            await call.answer(CHROME)


# --- ports and addresses -----------------------------------------------------------------------


def free_ports(count: int) -> range:
    """Neighbouring UDP ports that nobody has."""
    for _ in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            first = probe.getsockname()[1]
        ports = range(first, first + count)
        if ports[-1] > 65535:
            continue
        held = []
        try:
            for port in ports:
                held.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                held[-1].bind(("127.0.0.1", port))
        except OSError:
            continue
        finally:
            for each in held:
                each.close()
        return ports
    pytest.fail("no free neighbouring ports")


def ports_of(answer: str) -> set[int]:
    return {each.port for each in SessionDescription.parse(answer).media[0].ice_candidates}


async def test_calls_keep_to_the_ports_and_say_when_all_are_taken() -> None:
    ports = free_ports(2)
    settings = ServerSettings(public_address="127.0.0.1", ice_ports=f"{ports[0]}-{ports[-1]}")
    async with leaving_nothing():
        async with open_call(settings) as one, open_call(settings) as two:
            taken = ports_of(await one.answer(CHROME)) | ports_of(await two.answer(CHROME))
            assert taken == set(ports)
            with pytest.raises(Problem, match="no free UDP port for the call") as caught:
                await answered(CHROME, settings)
            assert caught.value.status == 503
            assert caught.value.retry_after
        assert ports_of(await answered(CHROME, settings)) <= set(ports)


async def test_a_call_works_on_a_port_of_the_range() -> None:
    ports = free_ports(3)
    settings = ServerSettings(public_address="127.0.0.1", ice_ports=f"{ports[0]}-{ports[-1]}")
    async with leaving_nothing(), open_peer() as peer, open_call(settings) as call:
        answer = await call.answer(await peer.offer())
        assert ports_of(answer) <= set(ports)
        await peer.accept(answer)
        call.send("hello")
        assert await peer.text() == "hello"


async def test_behind_nat_the_public_address_comes_first() -> None:
    async with leaving_nothing():
        answer = await answered(CHROME, ServerSettings(public_address="203.0.113.7"))
    candidates = SessionDescription.parse(answer).media[0].ice_candidates
    assert candidates[0].ip == "203.0.113.7"
    assert len({candidate.port for candidate in candidates}) == 1
    assert candidates[0].priority > max((each.priority for each in candidates[1:]), default=0)


async def test_a_call_behind_nat_is_reached_by_whatever_address() -> None:
    settings = ServerSettings(public_address="203.0.113.7")
    async with leaving_nothing(), open_peer() as peer, open_call(settings) as call:
        answer = await call.answer(await peer.offer())
        await peer.accept(answer.replace("203.0.113.7", "127.0.0.1"))  # as a router does
        call.send("hello")
        assert await peer.text() == "hello"


async def test_without_a_public_address_the_machines_own_are_told() -> None:
    async with leaving_nothing():
        answer = SessionDescription.parse(await answered(CHROME, ServerSettings()))
    assert answer.media[0].ice_candidates


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ServerSettings(ice_ports="many"), "'many' is not a port range"),
        (ServerSettings(ice_ports="40100-40000"), "is not a port range"),
        (ServerSettings(ice_ports="80-90"), "within 1024 to 65535"),
        (ServerSettings(ice_ports="1-99999"), "is not a port range"),
        (ServerSettings(public_address="example.org"), "'example.org' is not an IP address"),
    ],
)
async def test_settings_that_make_no_sense_say_so(settings: ServerSettings, message: str) -> None:
    with pytest.raises(BadConfig, match=message):
        await answered(CHROME, settings)


async def test_a_failure_of_the_caller_comes_out_as_it_is() -> None:
    async def fail() -> None:
        async with open_call(LOCAL) as call:
            await call.answer(CHROME)
            raise ZeroDivisionError

    async with leaving_nothing():
        with pytest.raises(ZeroDivisionError):
            await fail()


# --- imports -----------------------------------------------------------------------------------


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def test_aiortc_is_imported_by_the_first_call_and_without_a_warning() -> None:
    code = (
        "import asyncio, json, sys\n"
        "from vivavoce.server.webrtc import open_call\n"
        "from vivavoce.config.server_settings import ServerSettings\n"
        "before = 'aiortc' in sys.modules\n"
        "async def call():\n"
        "    async with open_call(ServerSettings()):\n"
        "        return 'aiortc' in sys.modules\n"
        "print(json.dumps([before, asyncio.run(call())]))\n"
    )
    assert json.loads(await asyncio.to_thread(run, code)) == [False, True]


async def test_without_aiortc_the_error_says_what_to_install() -> None:
    code = (
        "import asyncio, sys\n"
        "sys.modules['aiortc'] = None\n"
        "from vivavoce.errors import EngineUnavailable\n"
        "from vivavoce.server.webrtc import open_call\n"
        "from vivavoce.config.server_settings import ServerSettings\n"
        "async def call():\n"
        "    async with open_call(ServerSettings()):\n"
        "        pass\n"
        "try:\n"
        "    asyncio.run(call())\n"
        "except EngineUnavailable as error:\n"
        "    print(error)\n"
    )
    assert "pip install 'vivavoce[server]'" in await asyncio.to_thread(run, code)
