"""One budget in bytes for what clients send."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.config.server_settings import LimitSettings
from vivavoce.server.access.byte_budget import ByteBudget, Share
from vivavoce.server.errors import Problem

MB = 1_000_000


def a_budget() -> ByteBudget:
    return ByteBudget(LimitSettings(session_mb=2.0, key_mb=3.0, memory_mb=4.0))


def test_a_session_keeps_no_more_than_it_may_and_is_told_the_limit() -> None:
    with a_budget().account("ann") as account:
        account.charge(2 * MB)
        with pytest.raises(Problem, match=r"2\.0 of 2 MB.*server\.limits\.session_mb") as refused:
            account.charge(1)
        assert (refused.value.status, refused.value.code) == (413, "memory_limit")
        account.release(MB)
        account.charge(MB)


def test_the_sessions_of_a_key_share_its_limit() -> None:
    budget = a_budget()
    with budget.account("ann") as first, budget.account("ann") as second:
        first.charge(2 * MB)
        with pytest.raises(Problem, match=r"server\.limits\.key_mb") as refused:
            second.charge(2 * MB)
        assert (refused.value.status, refused.value.retry_after) == (429, 5.0)
        assert second.held == 0
        second.charge(MB)


def test_all_keys_share_the_limit_of_the_server() -> None:
    budget = a_budget()
    with budget.account("ann") as first, budget.account("bob") as second:
        first.charge(2 * MB)
        second.charge(2 * MB)
        with budget.account("cy") as third:
            with pytest.raises(Problem, match=r"server\.limits\.memory_mb") as refused:
                third.charge(1)
            assert (refused.value.status, refused.value.retry_after) == (503, 5.0)


def test_the_end_of_a_session_gives_back_all_that_it_kept() -> None:
    budget = a_budget()
    with budget.account("ann") as account:
        account.charge(MB)
        assert budget.held == MB
    assert budget.held == 0


def test_what_is_replaced_counts_once() -> None:
    budget = a_budget()
    with budget.account("ann") as account:
        share = Share(account)
        share.replace(MB)
        share.replace(2 * MB)
        with pytest.raises(Problem):
            share.replace(3 * MB)
        assert account.held == 2 * MB
        share.replace(10)
        assert account.held == budget.held == 10


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-MB, 3 * MB)), max_size=40))
def test_the_server_holds_what_its_accounts_hold(steps: list[tuple[str, int]]) -> None:
    budget = a_budget()
    accounts = {key: budget.open(key) for key in "abc"}
    for key, size in steps:
        with suppress(Problem):
            if size > 0:
                accounts[key].charge(size)
            else:
                accounts[key].release(-size)
        assert budget.held == sum(account.held for account in accounts.values()) <= 4 * MB
        assert all(0 <= account.held <= 2 * MB for account in accounts.values())
