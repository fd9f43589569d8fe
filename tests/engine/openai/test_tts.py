"""Voices behind a real HTTP server that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from itertools import pairwise

import numpy as np
import pytest

from vivavoce.engine.openai.tts import OpenAiTts, OpenAiTtsOptions
from vivavoce.engines import Speech, TtsOptions, Voice
from vivavoce.errors import BadRequest, EngineError, EngineTimeout
from vivavoce.options import build
from vivavoce.testing.check_tts import check_tts
from vivavoce.testing.scripted_server import ReceivedRequest, ScriptedResponse, ScriptedServer, Step

RAMP = np.arange(-300, 300, dtype="<i2")
PCM = RAMP.tobytes()


def sound(*body: Step) -> ScriptedResponse:
    return ScriptedResponse(body, kind="audio/pcm")


@asynccontextmanager
async def loaded(
    server: ScriptedServer, *, voice: str = "alloy", next_timeout: float = 10
) -> AsyncGenerator[OpenAiTts, None]:
    tts = OpenAiTts(
        build(
            OpenAiTtsOptions,
            {
                "model": "m",
                "voice": voice,
                "base_url": server.url,
                "backoff": 0.001,
                "next_timeout": next_timeout,
            },
        )
    )
    await tts.load()
    try:
        yield tts
    finally:
        await tts.aclose()


async def spoken(tts: OpenAiTts, phrase: str = "Hi.", options: TtsOptions | None = None) -> bytes:
    voice = await tts.open(options or TtsOptions())
    pieces: list[Speech] = [it async for it in voice.speak(phrase)]
    samples = np.concatenate([np.zeros(0, np.float32), *(piece.samples for piece in pieces)])
    return (samples * 32768).astype("<i2").tobytes()


@pytest.mark.parametrize("cuts", [(0,), (1,), (1, 2, 5), (7, 300, 301)])
async def test_sound_comes_whole_however_it_is_cut(cuts: tuple[int, ...]) -> None:
    places = [0, *cuts, len(PCM)]
    body = [PCM[a:b] for a, b in pairwise(places) if a < b]
    with ScriptedServer(sound(*body)) as server:
        async with loaded(server) as tts:
            assert await spoken(tts) == PCM
        assert server.posts[0].path == "/v1/audio/speech"
        assert server.posts[0].json == {
            "model": "m", "input": "Hi.", "voice": "alloy", "response_format": "pcm",
        }  # fmt: skip


def buzz(request: ReceivedRequest) -> ScriptedResponse:
    """Twenty samples a letter, at twice the speed ten, in pieces of odd length."""
    asked = request.json
    assert isinstance(asked, dict)
    length = round(20 * len(asked["input"]) / asked.get("speed", 1))
    pcm = np.resize(RAMP * 50, length).tobytes()
    return sound(pcm[:13], pcm[13:])


async def test_the_contract_is_kept() -> None:
    voices = ScriptedResponse.of({"voices": ["alloy", "nova"]})
    always = [("/v1/models", ScriptedResponse()), ("/v1/audio/voices", voices)]
    with ScriptedServer(respond=buzz, always=always) as server:
        async with loaded(server) as tts:
            await check_tts(tts)


async def test_the_first_sound_comes_before_the_last_is_made() -> None:
    with ScriptedServer(sound(PCM[:101], "stall")) as server:
        async with loaded(server) as tts:
            voice = await tts.open(TtsOptions())
            async with aclosing(voice.speak("Hi.")) as pieces:
                assert len((await anext(pieces)).samples) == 50
            assert server.gone.wait(30)


async def test_half_a_sample_at_the_end_is_dropped() -> None:
    with ScriptedServer(sound(PCM + b"\1")) as server:
        async with loaded(server) as tts:
            assert await spoken(tts) == PCM


async def test_voice_and_speed_are_passed_on() -> None:
    with ScriptedServer(sound(PCM)) as server:
        async with loaded(server) as tts:
            await spoken(tts, options=TtsOptions(voice="nova", speed=1.5))
        asked = server.posts[0].json
    assert isinstance(asked, dict)
    assert (asked["voice"], asked["speed"]) == ("nova", 1.5)


async def test_voices_are_those_that_the_server_lists_the_default_first() -> None:
    listed = ScriptedResponse.of(
        {"voices": ["af_bella", {"id": "am_adam", "name": "Adam"}, "bf_emma"]}
    )
    always = [("/v1/models", ScriptedResponse()), ("/v1/audio/voices", listed)]
    with ScriptedServer(sound(PCM), always=always) as server:
        async with loaded(server, voice="am_adam") as tts:
            assert [voice.id for voice in tts.voices] == ["am_adam", "af_bella", "bf_emma"]
            with pytest.raises(BadRequest, match="no voice 'af_bela'; did you mean 'af_bella'"):
                await spoken(tts, options=TtsOptions(voice="af_bela"))
            assert await spoken(tts, options=TtsOptions(voice="bf_emma")) == PCM


async def test_a_server_that_lists_no_voices_decides_itself() -> None:
    refusal = ScriptedResponse.of({"error": {"message": "no such voice: bob"}}, 400)
    with ScriptedServer(refusal) as server:
        async with loaded(server) as tts:
            voices: tuple[Voice, ...] = tuple(tts.voices)
            assert voices == ()
            with pytest.raises(BadRequest, match="no such voice: bob"):
                await spoken(tts, options=TtsOptions(voice="bob"))


@pytest.mark.parametrize("phrase", ["", " ", "…!?"])
async def test_a_phrase_with_nothing_to_say_asks_nothing(phrase: str) -> None:
    with ScriptedServer() as server:
        async with loaded(server) as tts:
            assert await spoken(tts, phrase) == b""
        assert server.posts == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (ScriptedResponse.of({"audio": "none"}), "sent application/json where PCM was asked for"),
        (ScriptedResponse((b"ID3\4",), kind="audio/mpeg"), "sent audio/mpeg where PCM"),
        (sound(b"RIFF" + b"\xff" * 100_000), "sent a WAV file without sound"),
    ],
)
async def test_what_is_no_pcm_is_refused(answer: ScriptedResponse, message: str) -> None:
    with ScriptedServer(answer) as server:
        async with loaded(server) as tts:
            with pytest.raises(EngineError, match=message):
                await spoken(tts)


async def test_trouble_before_the_first_sound_is_tried_again() -> None:
    with ScriptedServer(ScriptedResponse(status=503), sound("cut"), sound(PCM)) as server:
        async with loaded(server) as tts:
            assert await spoken(tts) == PCM


@pytest.mark.parametrize(
    ("trouble", "kind"), [("cut", EngineError), ("stall", EngineTimeout)]
)  # fmt: skip
async def test_trouble_after_it_is_told(trouble: Step, kind: type[EngineError]) -> None:
    with ScriptedServer(sound(PCM, trouble), sound(PCM)) as server:
        async with loaded(server, next_timeout=0.05) as tts:
            pieces = (await tts.open(TtsOptions())).speak("Hi.")
            await anext(pieces)
            with pytest.raises(kind):
                await anext(pieces)
        assert len(server.posts) == 1


async def test_cancelling_closes_the_connection() -> None:
    with ScriptedServer(ScriptedResponse(first="stall")) as server:
        async with loaded(server) as tts:
            waiting = asyncio.ensure_future(spoken(tts))
            await asyncio.to_thread(server.asked.wait, 30)
            waiting.cancel()
            await asyncio.wait({waiting})
            assert server.gone.wait(30)
