"""What is tried again, and how long before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.errors import EngineError, EngineTimeout
from vivavoce.http_client.retries import Retries, TransientFailure, retry_after, within

AT_ONCE = Retries(times=3, first_s=0.0)


def failure(after: float | None = None) -> TransientFailure:
    return TransientFailure(EngineError("it broke off"), after)


async def test_what_passes_is_tried_again_until_it_does() -> None:
    tried = 0

    async def attempt() -> str:
        nonlocal tried
        tried += 1
        if tried < 3:
            raise failure()
        return "done"

    assert await AT_ONCE.first_of(attempt) == "done"
    assert tried == 3


async def test_what_does_not_pass_is_told_after_the_last_attempt() -> None:
    tried = 0

    async def attempt() -> str:
        nonlocal tried
        tried += 1
        raise failure()

    with pytest.raises(EngineError, match="it broke off"):
        await AT_ONCE.first_of(attempt)
    assert tried == 4


async def test_other_errors_are_not_tried_again() -> None:
    tried = 0

    async def attempt() -> str:
        nonlocal tried
        tried += 1
        raise EngineError("no")

    with pytest.raises(EngineError, match="no"):
        await AT_ONCE.first_of(attempt)
    assert tried == 1


@pytest.mark.parametrize(("before", "items", "attempts"), [(0, [1, 2], 2), (1, [1], 1)])
async def test_a_stream_is_begun_again_only_before_its_first_item(
    before: int, items: list[int], attempts: int
) -> None:
    tried = 0

    async def attempt() -> AsyncGenerator[int, None]:
        nonlocal tried
        tried += 1
        for number in (1, 2):
            if tried == 1 and number > before:
                raise failure()
            yield number

    got: list[int] = []
    try:
        async for item in AT_ONCE.items_of(attempt):
            got += [item]
    except EngineError:
        assert before == 1
    assert (got, tried) == (items, attempts)


async def test_what_takes_too_long_is_the_caller_s_error() -> None:
    with pytest.raises(EngineTimeout, match="too slow"):
        await within(asyncio.Event().wait(), 0.01, lambda: EngineTimeout("too slow"))


def test_a_wait_that_is_asked_for_is_kept_unless_it_is_too_long() -> None:
    retries = Retries(times=2, first_s=1.0, longest_s=10.0)
    for tried, least, most in ((0, 0.5, 1.0), (1, 1.0, 2.0)):
        pause = retries.pause(tried, None)
        assert pause is not None
        assert least <= pause <= most
    asked = retries.pause(0, 7.0)
    assert asked is not None
    assert 7.5 <= asked <= 8.0
    assert retries.pause(0, 11.0) is None
    assert retries.pause(2, None) is None


def test_retry_after_is_a_number_of_seconds_or_a_date() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=100)
    assert retry_after("2.5") == 2.5
    assert retry_after(format_datetime(soon, usegmt=True)) == pytest.approx(100, abs=5)
    assert retry_after("Wed, 21 Oct 2015 07:28:00 -0000") == 0
    for nothing in ("soon", "", None, "-1", "nan", "1e99"):
        assert retry_after(nothing) is None


@given(st.text())
def test_no_header_breaks_it(header: str) -> None:
    seconds = retry_after(header)
    assert seconds is None or seconds >= 0
