"""Short-lived secrets."""

from __future__ import annotations

import pytest

from vivavoce.config.server_settings import LimitSettings
from vivavoce.errors import BadRequest
from vivavoce.server.access.byte_budget import ByteBudget
from vivavoce.server.access.client_secrets import ClientSecrets
from vivavoce.server.errors import Problem


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_secret_is_found_until_it_expires() -> None:
    clock = Clock()
    secrets = ClientSecrets(clock=clock)
    secret = secrets.issue("key-1", 60, {"voice": "tone"})
    assert secret.value.startswith("ek_")
    assert secret.expires_at == 1060
    assert secrets.find(secret.value) == secret
    assert secrets.find(secret.value + "x") is None
    clock.now = 1059.9
    assert secrets.find(secret.value) is secret
    clock.now = 1060
    assert secrets.find(secret.value) is None
    assert len(secrets) == 0


def test_no_two_are_alike() -> None:
    secrets = ClientSecrets()
    assert len({secrets.issue("key-1", 60, None).value for _ in range(100)}) == 100


@pytest.mark.parametrize("seconds", [9.9, 7201, -1, float("nan")])
def test_lives_that_are_too_short_or_too_long_are_refused(seconds: float) -> None:
    with pytest.raises(BadRequest, match="10 to 7200 s"):
        ClientSecrets().issue("key-1", seconds, None)


def test_they_are_bounded_in_number_and_expired_ones_make_room() -> None:
    clock = Clock()
    secrets = ClientSecrets(clock=clock, most=2)
    secrets.issue("key-1", 100, None)
    secrets.issue("key-2", 30, None)
    with pytest.raises(Problem) as refused:
        secrets.issue("key-1", 60, None)
    assert (refused.value.status, refused.value.retry_after) == (429, 30)
    clock.now += 30
    secrets.issue("key-1", 60, None)
    assert len(secrets) == 2


def test_a_key_has_few_of_them_and_others_are_not_concerned() -> None:
    clock = Clock()
    secrets = ClientSecrets(clock=clock, most_per_key=2)
    secrets.issue("key-1", 100, None)
    secrets.issue("key-1", 40, None)
    secrets.issue("key-2", 20, None)
    with pytest.raises(Problem, match="2 client secrets of this key") as refused:
        secrets.issue("key-1", 60, None)
    assert (refused.value.status, refused.value.retry_after) == (429, 40)
    clock.now += 40
    secrets.issue("key-1", 60, None)


def test_what_they_hold_is_bounded_and_charged_to_their_key_until_they_expire() -> None:
    clock = Clock()
    budget = ByteBudget(LimitSettings(key_mb=0.3))
    secrets = ClientSecrets(budget, clock=clock)
    with pytest.raises(Problem, match="262,144") as refused:
        secrets.issue("key-1", 60, None, 300_000)
    assert refused.value.status == 413
    secrets.issue("key-1", 60, None, 200_000)
    with pytest.raises(Problem, match="key_mb"):
        secrets.issue("key-1", 60, None, 200_000)
    secrets.issue("key-2", 60, None, 200_000)
    assert budget.held > 400_000
    clock.now += 60
    assert len(secrets) == 0
    assert budget.held == 0
