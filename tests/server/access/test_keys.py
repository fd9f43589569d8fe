"""API keys: hashed, recognized, and turned down."""

from __future__ import annotations

import re

import pytest

from vivavoce.errors import BadConfig, BadRequest
from vivavoce.server.access.keys import Keys, hash_of, name_of, new_key


def test_a_new_key_opens_by_its_hash() -> None:
    key, other = new_key(), new_key()
    assert key != other
    assert re.fullmatch(r"[\w-]{43,64}", key, re.ASCII), "fits into a WebSocket subprotocol"
    assert key in Keys([hash_of(other), hash_of(key)])
    assert new_key() not in Keys([hash_of(other), hash_of(key)])


def test_a_plain_key_opens_too_and_is_not_kept() -> None:
    keys = Keys(["a plain key"])
    assert "a plain key" in keys
    assert "a plain" not in keys
    assert "" not in keys
    assert "a plain key" not in repr(vars(keys))


def test_a_hash_does_not_open_what_it_is_the_hash_of() -> None:
    hashed = hash_of(new_key())
    assert hashed not in Keys([hashed])


def test_each_hash_has_a_salt_of_its_own() -> None:
    key = new_key()
    assert hash_of(key) != hash_of(key)


@pytest.mark.parametrize("entry", ["", "sha256:", "sha256:12:34", "sha256:" + "z" * 32 + ":x"])
def test_what_is_neither_key_nor_hash_is_named(entry: str) -> None:
    with pytest.raises(BadConfig, match=r"server\.keys\[1\] is neither a key nor a hash"):
        Keys(["a good key", entry])


def test_a_key_of_a_few_letters_is_refused() -> None:
    with pytest.raises(BadConfig, match=r"server\.keys\[1\]: a key of 3 characters"):
        Keys(["a good key", "abc"])


def test_a_key_that_could_be_guessed_is_not_hashed() -> None:
    with pytest.raises(BadRequest, match="too easy to guess"):
        hash_of("hunter2")


def test_a_caller_keeps_its_name_however_its_key_is_configured() -> None:
    key = new_key()
    assert name_of(key) == name_of(key) != name_of(new_key())
    assert key not in name_of(key)


def test_letters_that_no_encoding_has_are_just_a_wrong_key() -> None:
    assert "\udcff" not in Keys(["a good key"])
