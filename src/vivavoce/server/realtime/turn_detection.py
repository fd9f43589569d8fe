"""How turns end, as the wire has it."""

from __future__ import annotations

from functools import partial
from typing import Any, Final, cast

from .fields import Patch, boolean, choice, integer, mapping, number
from .session_config import Eagerness, SemanticVad, ServerVad, TurnDetection

MOST_SILENCE_MS: Final = 60_000
MOST_PADDING_MS: Final = 10_000


def turn_detection_of(now: TurnDetection | None, value: object, path: str) -> TurnDetection | None:
    """How turns end after an update; `false`, as some clients write it, is off.

    Whether replies start and end with turns stays as it was on a change of type. What belongs to
    the other type is passed over.
    """
    if value is False:
        return None
    patch = Patch(mapping(value, path), path)
    usual = "semantic_vad" if isinstance(now, SemanticVad) else "server_vad"
    kind = choice(patch.data.get("type") or usual, f"{path}.type", ("server_vad", "semantic_vad"))
    shared = now or ServerVad()
    create = patch.merged("create_response", shared.create_response, boolean, cleared=True)
    interrupt = patch.merged("interrupt_response", shared.interrupt_response, boolean, cleared=True)
    if kind == "semantic_vad":
        eagerness = now.eagerness if isinstance(now, SemanticVad) else "auto"
        eagerness = patch.merged("eagerness", eagerness, _eagerness, cleared="auto")
        return SemanticVad(eagerness, create, interrupt)
    return _server_vad(now if isinstance(now, ServerVad) else ServerVad(), patch, create, interrupt)


def turn_detection_object(config: TurnDetection | None, *, replies: bool) -> dict[str, Any] | None:
    """How turns end, for the session's object. replies: whether the session has any."""
    match config:
        case None:
            return None
        case ServerVad():
            shown: dict[str, Any] = {
                "type": "server_vad",
                "threshold": config.threshold,
                "prefix_padding_ms": config.prefix_padding_ms,
                "silence_duration_ms": config.silence_duration_ms,
            }
            if replies:
                shown["idle_timeout_ms"] = config.idle_timeout_ms
        case SemanticVad():
            shown = {"type": "semantic_vad", "eagerness": config.eagerness}
    if replies:
        shown["create_response"] = config.create_response
        shown["interrupt_response"] = config.interrupt_response
    return shown


def _server_vad(
    now: ServerVad, patch: Patch, create_response: bool, interrupt_response: bool
) -> ServerVad:
    take, usual = patch.merged, ServerVad()
    padding = partial(integer, least=0, most=MOST_PADDING_MS)
    silence = partial(integer, least=0, most=MOST_SILENCE_MS)
    return ServerVad(
        threshold=take(
            "threshold",
            now.threshold,
            partial(number, least=0.0, most=1.0),
            cleared=usual.threshold,
        ),
        prefix_padding_ms=take(
            "prefix_padding_ms", now.prefix_padding_ms, padding, cleared=usual.prefix_padding_ms
        ),
        silence_duration_ms=take(
            "silence_duration_ms",
            now.silence_duration_ms,
            silence,
            cleared=usual.silence_duration_ms,
        ),
        idle_timeout_ms=take(
            "idle_timeout_ms",
            now.idle_timeout_ms,
            partial(integer, least=5_000, most=30_000),
            cleared=None,
        ),
        create_response=create_response,
        interrupt_response=interrupt_response,
    )


def _eagerness(value: object, path: str) -> Eagerness:
    return cast(Eagerness, choice(value, path, ("low", "medium", "high", "auto")))
