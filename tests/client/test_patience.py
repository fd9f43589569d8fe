"""How errors are named and how long is waited, without a server."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.client.refusals import refusal, refusal_of
from vivavoce.errors import (
    BadAudio,
    BadRequest,
    EngineBusy,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
)
from vivavoce.http_client.retries import Retries, retry_after
from vivavoce.server.errors import Problem, problem_of


@settings(deadline=None)
@given(
    st.integers(0, 10),
    st.integers(0, 20),
    st.floats(0.001, 10),
    st.floats(0.001, 100),
    st.none() | st.floats(0, 1e6),
)
def test_pauses_are_bounded_and_the_server_s_wait_is_kept(
    times: int, tried: int, first_s: float, longest_s: float, asked: float | None
) -> None:
    pause = Retries(times, first_s, longest_s).pause(tried, asked)
    if tried >= times or (asked or 0) > longest_s:
        assert pause is None
    else:
        assert pause is not None
        assert (asked or 0) <= pause <= max(longest_s, (asked or 0) + first_s)


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(300, 599))
def test_any_answer_that_is_no_success_is_an_error_that_says_where(
    body: bytes, status: int
) -> None:
    refused = refusal_of(status, {}, body, "http://server/path")
    assert refused.status == status
    assert "http://server/path" in str(refused)


def test_the_library_s_errors_come_through_as_they_were() -> None:
    kinds = (BadAudio, BadRequest, EngineBusy, EngineTimeout, EngineUnavailable, EngineError)
    for kind in kinds:
        problem = problem_of(kind("it says why"))
        body = json.dumps(problem.body()).encode()
        over_http = refusal_of(problem.status, {}, body, "http://server")
        over_socket = refusal(str(problem), code=problem.code, retry_after=problem.retry_after)
        for refused in (over_http, over_socket):
            assert kind in type(refused).__mro__
            assert str(refused) == "it says why"


def test_what_may_pass_is_no_fault_of_the_request() -> None:
    for status in (408, 429, 502, 503, 504):
        body = json.dumps(Problem("wait", status=status).body()).encode()
        assert isinstance(refusal_of(status, {"retry-after": "3"}, body, ""), EngineError)


@given(st.text())
def test_a_wait_is_a_number_of_seconds_or_nothing(header: str) -> None:
    seconds = retry_after(header)
    assert seconds is None or 0 <= seconds < 1e9
    assert retry_after("7") == 7.0
    assert retry_after(None) is retry_after("nan") is retry_after("-1") is None
