"""What clients may set of their sessions."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.config.server_settings import ServerSettings
from vivavoce.errors import BadConfig
from vivavoce.server.selection.session_overrides import wanted_settings
from vivavoce.settings import SessionSettings, TurnSettings

BASE = SessionSettings(greeting="Hello.", max_reply_tokens=50)
SERVER = ServerSettings()


def wanted(given: dict[str, object], base: SessionSettings = BASE) -> SessionSettings:
    return wanted_settings(given, base, BASE, SERVER)


def test_what_is_not_named_stays_as_it_is() -> None:
    assert wanted({}) == BASE
    changed = wanted({"speed": 2, "turns": {"mode": "manual"}})
    assert changed == SessionSettings(
        greeting="Hello.", max_reply_tokens=50, speed=2, turns=TurnSettings(mode="manual")
    )
    assert wanted({"turns": {"barge_in": False}}, changed).turns == TurnSettings(
        mode="manual", barge_in=False
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"max_reply_tokens": 51}, "session.max_reply_tokens: must be at most 50"),
        ({"max_reply_tokens": None}, "session.max_reply_tokens: must be at most 50"),
        ({"tts_timeout_s": 1e9}, "session.tts_timeout_s: must be at most 20"),
        ({"turns": {"prefix_s": 60}}, "session.turns.prefix_s: must be at most 1"),
        ({"turns": {"mod": "auto"}}, "session.turns.mod: unknown key; did you mean 'mode'"),
        ({"turns": 1}, "session.turns: expected a mapping of keys to values"),
        ({"speed": "fast"}, "session.speed: it should be a valid number"),
        ({"system_prompt": "x" * 100_001}, "must have at most 100,000 characters"),
    ],
)
def test_what_cannot_be_had_is_named(given: dict[str, object], message: str) -> None:
    with pytest.raises(BadConfig, match="the message: ") as caught:
        wanted(given)
    assert message in str(caught.value)


def test_less_than_the_server_allows_may_be_had() -> None:
    assert wanted({"max_reply_tokens": 5, "max_reply_s": 1}).max_reply_tokens == 5


NAMES = [field.name for field in fields(SessionSettings)]
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()),
    st.dictionaries(st.sampled_from([field.name for field in fields(TurnSettings)]), st.floats()),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(), VALUES))
@settings(deadline=None)
def test_no_settings_pass_the_server_s_bounds(given: dict[str, object]) -> None:
    try:
        made = wanted(given)
    except BadConfig:
        return
    assert made.max_reply_tokens is not None
    assert made.max_reply_tokens <= 50
    assert made.max_reply_s <= BASE.max_reply_s
    assert made.turns.prefix_s <= 1.0
    assert 0.25 <= made.speed <= 4.0
