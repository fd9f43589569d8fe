"""What a Realtime session's setup means for the conversation."""

from __future__ import annotations

import pytest

from vivavoce.server.realtime.session_config import SessionConfig
from vivavoce.server.realtime.session_settings import settings_of
from vivavoce.settings import SessionSettings


@pytest.mark.parametrize(
    ("wanted", "configured", "most"),
    [
        (None, SessionSettings(), None),
        (None, SessionSettings(max_reply_tokens=50), 50),
        (4096, SessionSettings(), 4096),
        (300, SessionSettings(max_reply_tokens=50), 300),
        (None, SessionSettings(max_reply_tokens=None), None),
    ],
)
def test_a_reply_is_as_long_as_the_client_asks_else_as_configured_else_as_the_model_makes_it(
    wanted: int | None, configured: SessionSettings, most: int | None
) -> None:
    config = SessionConfig(max_output_tokens=wanted)
    assert settings_of(config, configured, None).max_reply_tokens == most
