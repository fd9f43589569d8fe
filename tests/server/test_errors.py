"""What clients are told of errors."""

from __future__ import annotations

import pytest

from vivavoce.errors import (
    BadRequest,
    EngineBusy,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    ModelError,
    ModelServerRefusal,
)
from vivavoce.events import Failed
from vivavoce.server.errors import problem_of
from vivavoce.server.live_conversations import LiveConversations
from vivavoce.server.observe.metrics import Metrics

ADDRESS = "http://10.1.2.3:8000/v1"
SECRET = f"openai:qwen: {ADDRESS} returned status 500: Traceback of the model server"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (EngineError(SECRET), 500),
        (EngineBusy(SECRET), 503),
        (EngineTimeout(SECRET), 504),
        (EngineUnavailable(SECRET), 503),
        (ModelError(SECRET), 503),
        (ModelServerRefusal(SECRET, "Traceback of the model server"), 400),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_address_and_the_words_of_a_model_server_stay_here(
    error: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    problem = problem_of(error)
    assert problem.status == status
    assert "10.1.2.3" not in str(problem)
    assert "Traceback" not in str(problem)
    assert "server's log" in str(problem)
    assert ADDRESS in caplog.text


def test_what_the_client_sent_is_told_back_whatever_is_in_it() -> None:
    assert str(problem_of(BadRequest("unknown voice 'http://x'"))) == "unknown voice 'http://x'"
    assert (
        str(problem_of(EngineError("espeak-ng failed: status 2"))) == "espeak-ng failed: status 2"
    )


async def test_a_failure_during_a_conversation_keeps_them_too() -> None:
    told: list[object] = []
    with LiveConversations(Metrics()).enter("voice") as conversation:
        handle = conversation.telling(told.append)
        handle(Failed("llm", "openai:qwen", SECRET, "the reply was given up"))
        handle(Failed("tts", "espeak-ng", "espeak-ng failed", "it is silent"))
    assert told == [
        Failed(
            "llm",
            "openai:qwen",
            "openai:qwen failed; see the server's log",
            "the reply was given up",
        ),
        Failed("tts", "espeak-ng", "espeak-ng failed", "it is silent"),
    ]
