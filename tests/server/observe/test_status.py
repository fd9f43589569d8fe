"""What the server tells of itself: health, metrics, configuration."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.server.conftest import Served, Serving
from vivavoce.config.configuration import load_config
from vivavoce.conversation.session import Engines
from vivavoce.engines import Transcript
from vivavoce.errors import EngineError
from vivavoce.events import Heard, ReplyEnded, TurnTimes
from vivavoce.loading.fallback import FallbackLlm
from vivavoce.loading.fallback_tts import FallbackTts
from vivavoce.server.access.keys import hash_of
from vivavoce.server.observe.health import engine_states, examine
from vivavoce.server.service import Service
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, ScriptedVad

DOCS = Path(__file__).parents[3] / "docs" / "server.md"
KEY = "vv-0123456789abcdef0123456789abcdef"
OWN = {"Authorization": f"Bearer {KEY}"}


def engines(tts: ScriptedTts | FallbackTts) -> Engines:
    return Engines(ScriptedVad(), ScriptedTurn(), ScriptedStt(), ScriptedLlm(), tts)


def client(server: Served) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.url)


# --- health --------------------------------------------------------------------------------------


async def test_a_ready_server_tells_how_each_engine_is(server: Served) -> None:
    async with client(server) as http:
        answer = await http.get("/audio/health")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["live"], told["ready"], told["state"]) == (True, True, "ready")
    assert [engine["kind"] for engine in told["engines"]] == ["vad", "turn", "stt", "llm", "tts"]
    assert {engine["state"] for engine in told["engines"]} == {"ready"}


async def test_a_server_that_drains_is_live_but_not_ready(server: Served) -> None:
    server.service.drain()
    async with client(server) as http:
        assert (await http.get("/audio/health")).status_code == 503
        live = await http.get("/audio/health?live")
    assert (live.status_code, live.json()["ready"], live.json()["state"]) == (
        200,
        False,
        "draining",
    )


async def test_whoever_has_no_key_learns_whether_it_is_ready_and_no_more(serving: Serving) -> None:
    async with serving({"keys": [KEY]}) as server, client(server) as http:
        stranger = (await http.get("/audio/health")).json()
        known = (await http.get("/audio/health", headers=OWN)).json()
    assert stranger == {"live": True, "ready": True, "state": "ready"}
    assert known["engines"]


async def test_an_engine_that_fails_makes_the_server_unready_until_it_works(
    serving: Serving,
) -> None:
    voice = ScriptedTts(fail=EngineError("no voice today"))
    tts = FallbackTts([voice])
    async with serving(engines=engines(tts)) as server, client(server) as http:
        await examine(server.service.engines)
        answer = await http.get("/audio/health")
        assert answer.status_code == 503
        failed = [it for it in answer.json()["engines"] if it["state"] != "ready"]
        assert failed == [
            {"kind": "tts", "name": "scripted", "state": "down", "detail": "no voice today"}
        ]
        metrics = (await http.get("/metrics")).text
        assert 'vivavoce_engine_up{engine="scripted",kind="tts"} 0.0' in metrics
        voice.fail = None
        await examine(server.service.engines)
        assert (await http.get("/audio/health")).status_code == 200


async def test_health_tells_what_a_request_failed_at_until_one_is_answered(
    serving: Serving,
) -> None:
    llm = FallbackLlm([ScriptedLlm(EngineError("the model went away"), "Hello.")])
    chat = {"model": "scripted", "messages": [{"role": "user", "content": "Hi"}]}
    async with serving(llm=llm) as server, client(server) as http:
        assert (await http.post("/v1/chat/completions", json=chat)).status_code >= 500
        answer = await http.get("/audio/health")
        [down] = [it for it in answer.json()["engines"] if it["state"] == "down"]
        assert (answer.status_code, down["detail"]) == (503, "the model went away")
        assert (await http.post("/v1/chat/completions", json=chat)).status_code == 200
        assert (await http.get("/audio/health")).status_code == 200


async def test_an_engine_that_another_stands_in_for_leaves_the_server_ready(
    serving: Serving,
) -> None:
    broken, spare = ScriptedTts(fail=EngineError("gone")), ScriptedTts()
    broken.name, spare.name = "broken", "spare"
    async with serving(engines=engines(FallbackTts([broken, spare]))) as server:
        await examine(server.service.engines)
        async with client(server) as http:
            answer = await http.get("/audio/health")
    assert answer.status_code == 200
    assert [it for it in answer.json()["engines"] if it["kind"] == "tts"] == [
        {"kind": "tts", "name": "broken", "state": "down", "detail": "gone; spare does its work"},
        {"kind": "tts", "name": "spare", "state": "ready", "detail": ""},
    ]


def test_engines_are_loading_until_they_are_loaded() -> None:
    states = list(engine_states(Service(load_config(environment={}))))
    assert {state.state for state in states} == {"loading"}


# --- metrics -------------------------------------------------------------------------------------


async def test_metrics_and_configuration_ask_for_a_key(serving: Serving) -> None:
    async with serving({"keys": [hash_of(KEY)]}) as server, client(server) as http:
        for path in ("/metrics", "/audio/metrics", "/audio/config"):
            assert (await http.get(path)).status_code == 401
            assert (await http.get(path, headers=OWN)).status_code == 200


async def test_turns_show_in_both_forms_of_the_metrics(server: Served) -> None:
    with server.service.conversations.enter("voice") as conversation:
        for turn, gap in enumerate((0.2, 0.4), 1):
            conversation.handle(Heard(turn, Transcript("hi"), final=True))
            conversation.handle(ReplyEnded(turn, "Yes.", "done", TurnTimes(playout=gap)))
        async with client(server) as http:
            text = (await http.get("/metrics")).text
            told = (await http.get("/audio/metrics")).json()
    assert 'vivavoce_turns_total{protocol="voice"} 2.0' in text
    assert told["sessions"] == 1
    assert told["gaps"]["turns"] == 2
    assert told["gaps"]["median_ms"] == pytest.approx(300)
    assert told["metrics"]["vivavoce_turns_total"] == [
        {"labels": {"protocol": "voice"}, "value": 2.0}
    ]
    assert not any(name.endswith("_bucket") for name in told["metrics"])


async def test_requests_are_counted_by_route_and_not_by_path(server: Served) -> None:
    async with client(server) as http:
        for path in ("/nowhere/1", "/nowhere/2", "/docs/a", "/docs/b"):
            assert (await http.get(path)).status_code == 404
        await http.request("BREW", "/audio/config")
        text = (await http.get("/metrics")).text
    line = 'vivavoce_requests_total{method="GET",route="%s",status="404"} 2.0'
    assert line % "other" in text
    assert line % "/docs/{name}" in text
    assert "BREW" not in text


async def test_every_metric_is_in_the_documentation_and_the_other_way_round(
    server: Served,
) -> None:
    async with client(server) as http:
        families = text_string_to_metric_families((await http.get("/metrics")).text)
        ours = {family.name for family in families if family.name.startswith("vivavoce_")}
    text = DOCS.read_text("utf-8")
    rows = re.findall(r"^\| `(vivavoce_\w+?)(?:_total)?` \|", text, re.MULTILINE)
    assert set(rows) == ours


# --- configuration -------------------------------------------------------------------------------


async def test_the_configuration_is_told_without_keys(serving: Serving) -> None:
    async with serving({"keys": [KEY]}) as server, client(server) as http:
        answer = await http.get("/audio/config", headers=OWN)
    assert answer.json()["profile"] == "embedded"
    assert answer.json()["server"]["keys"] == ["***"]
    assert KEY not in answer.text
