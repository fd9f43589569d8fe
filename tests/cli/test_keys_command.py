"""`vivavoce keys`."""

from __future__ import annotations

import io
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from vivavoce.server.access.keys import Keys


def test_a_new_key_is_printed_with_the_hash_that_lets_it_in(
    vivavoce: Callable[..., CompletedProcess[str]],
) -> None:
    done = vivavoce("keys", "new")
    assert done.returncode == 0
    fields = dict(line.split() for line in done.stdout.splitlines())
    assert fields["key"] in Keys([fields["hash"]])


def test_a_key_from_stdin_is_hashed(
    vivavoce: Callable[..., CompletedProcess[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "a-key-that-somebody-already-has"
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{key}\n"))
    done = vivavoce("keys", "hash")
    assert key in Keys([done.stdout.strip()])
    assert key not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("given", "message"), [("\n", "expected a key"), ("hunter2\n", "too easy to guess")]
)
def test_what_is_no_good_key_is_refused(
    vivavoce: Callable[..., CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
    given: str,
    message: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    done = vivavoce("keys", "hash")
    assert done.returncode == 1
    assert message in done.stderr
    assert not done.stdout
