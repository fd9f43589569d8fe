"""The Realtime protocol's beta form, which older clients ask for: other names, flat sessions.

`to_beta` writes the server's events in it, `from_beta` reads a client's. All else in this package
knows the GA form alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .fields import Json
from .server_events import Event

_RENAMED: Final[Mapping[str, str]] = {
    "response.output_audio.delta": "response.audio.delta",
    "response.output_audio.done": "response.audio.done",
    "response.output_audio_transcript.delta": "response.audio_transcript.delta",
    "response.output_audio_transcript.done": "response.audio_transcript.done",
    "response.output_text.delta": "response.text.delta",
    "response.output_text.done": "response.text.done",
    "conversation.item.added": "conversation.item.created",
}
_DROPPED: Final = frozenset(
    {
        "conversation.item.done",
        "conversation.item.input_audio_transcription.segment",
        "input_audio_buffer.timeout_triggered",
    }
)
_PARTS: Final[Mapping[str, str]] = {"output_text": "text", "output_audio": "audio"}
_FORMATS: Final[Mapping[str, str]] = {
    "audio/pcm": "pcm16",
    "audio/pcmu": "g711_ulaw",
    "audio/pcma": "g711_alaw",
}
_GA_FORMATS: Final[Mapping[str, str]] = {beta: ga for ga, beta in _FORMATS.items()}
_INPUT: Final[Mapping[str, str]] = {
    "input_audio_transcription": "transcription",
    "input_audio_noise_reduction": "noise_reduction",
    "turn_detection": "turn_detection",
}
_OUTPUT: Final = ("voice", "speed")
_MOVED: Final = {
    *_INPUT,
    *_OUTPUT,
    "modalities",
    "input_audio_format",
    "output_audio_format",
    "max_response_output_tokens",
    "temperature",
    "client_secret",
}
TEMPERATURE: Final = 0.8
"""What clients of the beta form read; it was the form's default."""


def to_beta(event: Event) -> list[Event]:
    """The same event in the beta form; none where that form has none."""
    kind = event["type"]
    if kind in _DROPPED:
        return []
    told = event | {"type": _RENAMED.get(kind, kind)}
    if "item" in event:
        told["item"] = _item(event["item"])
    elif "response" in event:
        told["response"] = _response(event["response"])
    elif "session" in event:
        told["session"] = _session(event["session"])
        if event["session"]["type"] == "transcription":
            told["type"] = f"transcription_{kind}"
    elif kind == "response.function_call_arguments.done":
        del told["name"]
    elif kind == "conversation.item.input_audio_transcription.completed":
        told.pop("languages", None)
    return [told]


def from_beta(data: Json) -> dict[str, Any]:
    """A client's event of the beta form, in the GA form; what is wrong in it stays wrong."""
    told = dict(data)
    match data.get("type"), data.get("session"), data.get("response"):
        case "session.update", Mapping() as session, _:
            told["session"] = _ga_session(session)
        case "transcription_session.update", Mapping() as session, _:
            told["type"] = "session.update"
            told["session"] = _ga_session(session) | {"type": "transcription"}
        case "response.create", _, Mapping() as response:
            told["response"] = _ga_session(response)
    return told


def _item(item: Json) -> dict[str, Any]:
    if "content" not in item:
        return dict(item)
    content = [part | {"type": _PARTS.get(part["type"], part["type"])} for part in item["content"]]
    return {**item, "content": content}


def _response(response: Json) -> dict[str, Any]:
    told = {**response, "output": [_item(item) for item in response["output"]]}
    output = told.pop("audio")["output"]
    told["modalities"] = _modalities(told.pop("output_modalities"))
    told["output_audio_format"] = _FORMATS[output["format"]["type"]]
    told["voice"] = output["voice"]
    told["temperature"] = TEMPERATURE
    return told


def _session(session: Json) -> dict[str, Any]:
    heard = session["audio"]["input"]
    told = {key: value for key, value in session.items() if key not in {"audio", "type"}}
    told["input_audio_format"] = _FORMATS[heard["format"]["type"]]
    told |= {beta: heard[ga] for beta, ga in _INPUT.items()}
    if heard["turn_detection"] is not None:
        told["turn_detection"] = {
            key: value for key, value in heard["turn_detection"].items() if value is not None
        }
    if session["type"] == "transcription":
        return told | {"client_secret": None}
    said = session["audio"]["output"]
    for key in ("parallel_tool_calls", "prompt", "truncation"):
        del told[key]
    told["modalities"] = _modalities(told.pop("output_modalities"))
    told["max_response_output_tokens"] = told.pop("max_output_tokens")
    told["output_audio_format"] = _FORMATS[said["format"]["type"]]
    told |= {key: said[key] for key in _OUTPUT}
    return told | {"temperature": TEMPERATURE}


def _modalities(modalities: list[str]) -> list[str]:
    return ["text", "audio"] if "audio" in modalities else ["text"]


def _ga_session(flat: Json) -> dict[str, Any]:
    """A session's, or a response's, setup in the GA form."""
    told = {key: value for key, value in flat.items() if key not in _MOVED}
    heard = {ga: flat[beta] for beta, ga in _INPUT.items() if beta in flat}
    said = {key: flat[key] for key in _OUTPUT if key in flat}
    if "input_audio_format" in flat:
        heard["format"] = _ga_format(flat["input_audio_format"])
    if "output_audio_format" in flat:
        said["format"] = _ga_format(flat["output_audio_format"])
    if heard or said:
        told["audio"] = {"input": heard, "output": said}
    if "modalities" in flat:
        told["output_modalities"] = flat["modalities"]
    if "max_response_output_tokens" in flat:
        told["max_output_tokens"] = flat["max_response_output_tokens"]
    return told


def _ga_format(name: object) -> object:
    return {"type": _GA_FORMATS.get(name, name)} if isinstance(name, str) else name
