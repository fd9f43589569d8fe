"""What a client is told of the end of its session, and what the log is told."""

from __future__ import annotations

import logging

import pytest

from vivavoce.errors import BadRequest, EngineError
from vivavoce.server.errors import Problem
from vivavoce.server.http.outbox import Gone
from vivavoce.server.session_host import first_of, problem_to_tell


def test_of_several_errors_the_first_that_is_not_the_client_s_going_counts() -> None:
    failure = EngineError("too tired")
    error = ExceptionGroup("", [Gone("left"), ExceptionGroup("", [Gone("left"), failure])])
    assert first_of(error) is failure


def test_a_client_that_is_gone_is_told_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert problem_to_tell(ExceptionGroup("", [Gone("it left")]), "voice") is None
    assert caplog.records == []


@pytest.mark.parametrize(
    ("error", "code", "level"),
    [
        (BadRequest("no such voice"), "invalid_value", None),
        (EngineError("too tired"), "engine_failed", logging.WARNING),
        (ValueError("a secret path"), "internal_error", logging.ERROR),
        (Problem("bye", status=503, code="shutting_down"), "shutting_down", None),
    ],
)
def test_the_log_is_told_of_what_is_not_the_client_s_doing(
    error: Exception, code: str, level: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        problem = problem_to_tell(error, "voice")
    assert problem is not None
    assert problem.code == code
    assert "secret" not in str(problem)
    assert [record.levelno for record in caplog.records] == ([] if level is None else [level])
