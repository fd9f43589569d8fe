"""The server's log: its form, what each line is about, and what is not in it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.server.conftest import Serving
from vivavoce.engines import Transcript
from vivavoce.events import Event, Heard, ReplyEnded, SpeechStarted, TurnTimes
from vivavoce.server.live_conversations import LiveConversations
from vivavoce.server.observe.logs import set_up
from vivavoce.server.observe.metrics import Metrics

log = logging.getLogger("vivavoce.server.example")


@pytest.fixture
def stream() -> Iterator[StringIO]:
    """Where the log goes; the process's own logging is as before afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("vivavoce")
    before = root.handlers[:], root.level, ours.handlers[:], ours.level
    root.handlers = []  # pytest's own stay open
    yield StringIO()
    root.handlers, level, ours.handlers, our_level = before
    root.setLevel(level)
    ours.setLevel(our_level)
    for name in ("uvicorn", "httpx", "httpcore", "websockets", "aioice", "aiortc"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def lines(stream: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def converse(*events: Event, log_words: bool = False) -> None:
    with LiveConversations(Metrics(), log_words=log_words).enter("voice") as conversation:
        for event in events:
            conversation.handle(event)
        log.info("in the middle")


def test_a_line_of_text_tells_when_where_and_what(stream: StringIO) -> None:
    set_up("text", stream=stream)
    log.warning("it is %s", "late")
    time, level, source, *message = stream.getvalue().split()
    assert time.endswith("Z")
    assert (level, source) == ("warning", "server.example:")
    assert message == ["it", "is", "late"]


def test_a_message_cannot_forge_another_line(stream: StringIO) -> None:
    set_up("text", stream=stream)
    log.warning("a\r\n2026-01-01T00:00:00.000Z error server.x: b")
    assert stream.getvalue().count("\n") == 1


def test_each_line_of_json_is_an_object(stream: StringIO) -> None:
    set_up("json", stream=stream)
    log.info("naïve\nquestion")
    try:
        raise ValueError("a reason")
    except ValueError:
        log.exception("it failed")
    first, second = lines(stream)
    assert (first["level"], first["logger"]) == ("info", "vivavoce.server.example")
    assert first["message"] == "naïve\nquestion"
    assert second["error"].endswith("ValueError: a reason")


def test_lines_name_the_session_and_the_turn_that_they_are_about(stream: StringIO) -> None:
    set_up("json", stream=stream)
    asyncio.run(_two_at_once())
    inside = [line for line in lines(stream) if line["message"] == "in the middle"]
    assert {line["turn"] for line in inside} == {1, 2}
    assert len({line["session"] for line in inside}) == 2
    log.info("outside")
    assert "session" not in lines(stream)[-1]


async def _two_at_once() -> None:
    async def one(turn: int) -> None:
        converse(SpeechStarted(turn, 0.0))

    await asyncio.gather(one(1), one(2))


def test_nothing_that_was_said_is_logged(stream: StringIO) -> None:
    set_up("text", stream=stream, verbose=True)
    asyncio.run(_said(log_words=False))
    assert "secret" not in stream.getvalue()
    assert "replied after 300 ms: done" in stream.getvalue()


def test_what_was_said_is_logged_when_asked_for(stream: StringIO) -> None:
    set_up("text", stream=stream)
    asyncio.run(_said(log_words=True))
    assert "heard: a secret question" in stream.getvalue()
    assert "done: a secret answer" in stream.getvalue()


async def _said(*, log_words: bool) -> None:
    converse(
        Heard(1, Transcript("a secret question"), final=True),
        ReplyEnded(1, "a secret answer", "done", TurnTimes(playout=0.3)),
        log_words=log_words,
    )


def test_that_something_was_cancelled_is_no_news(stream: StringIO) -> None:
    set_up("text", stream=stream)
    for told in (asyncio.CancelledError(), ValueError("a reason")):
        try:
            raise told
        except BaseException:
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    logging.getLogger("uvicorn.error").error("Traceback …\nasyncio.exceptions.CancelledError\n")
    assert stream.getvalue().count("Exception in ASGI application") == 1
    assert "CancelledError" not in stream.getvalue()


async def test_a_refused_websocket_is_no_error_of_the_server(
    stream: StringIO, serving: Serving
) -> None:
    set_up("text", stream=stream)
    async with serving() as server:
        for _ in range(2):  # the second comes after uvicorn is done with the first
            with pytest.raises(InvalidStatus):
                async with connect(f"{server.ws_url}/nowhere"):
                    pass
    logging.getLogger("uvicorn.error").error("something else")
    assert "something else" in stream.getvalue()
    assert "handshake" not in stream.getvalue()


async def test_requests_are_logged_by_their_number(stream: StringIO, serving: Serving) -> None:
    set_up("json", stream=stream)
    async with serving() as server, httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get("/nowhere?key=secret", headers={"X-Request-ID": "mine-1"})
        assert answer.headers["x-request-id"] == "mine-1"
        strange = await client.get("/audio/config", headers={"X-Request-ID": "not a number"})
        assert strange.headers["x-request-id"] != "not a number"
        await client.get("/audio/health")
    told = {line["request"]: line for line in lines(stream) if "request" in line}
    assert told["mine-1"]["message"].startswith("GET /nowhere 404 in ")
    assert strange.headers["x-request-id"] in told
    assert "secret" not in stream.getvalue()
    assert "/audio/health" not in stream.getvalue()


FORGED = "a\r\n2026-01-01 error: b\x1b[2J\x00\x7f\x9b\u2028\u202e\ud800é"


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_that_a_client_sends_can_forge_a_line_or_steer_a_terminal(
    stream: StringIO, form: Any
) -> None:
    set_up(form, stream=stream)
    try:
        raise ValueError(FORGED)
    except ValueError:
        log.exception("%s", FORGED)
    lines = stream.getvalue().split("\n")[:-1]
    assert "é" in lines[0]
    assert not set("\r\x1b\x00\x7f\x9b\u2028\u202e\ud800") & set(stream.getvalue())
    stream.getvalue().encode()
    assert all(line.startswith(("    ", "{")) for line in lines[1:])
    if form == "json":
        assert json.loads(lines[0])["message"] == FORGED
