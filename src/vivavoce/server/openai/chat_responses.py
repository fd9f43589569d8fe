"""Chat completions as clients get them: whole, and chunk by chunk."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import TypeAlias

from vivavoce.engines import ToolCall, Usage
from vivavoce.server.speech.transcript_cache import KEPT_S

from .chat_reply import ChatReply

Json: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class Heading:
    """What all parts of one answer share. created: a Unix time, as is `expires_at`."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    audio_id: str = field(default_factory=lambda: f"audio_{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def expires_at(self) -> int:
        """Until when the spoken reply can be referred to."""
        return self.created + int(KEPT_S)

    def completion(self, draft: ChatReply, data: str | None, *, reasoning: bool = False) -> Json:
        """The whole answer, with the model's thoughts where `reasoning` is set.

        data: base64 of its sound, if it is spoken.
        """
        message: Json = {"role": "assistant", "content": draft.text or None, "refusal": None}
        if draft.calls:
            message["tool_calls"] = [_call(call) for call in draft.calls]
        elif data is None:
            message["content"] = draft.text
        if data is not None:
            message["content"] = None
            message["audio"] = {
                "id": self.audio_id,
                "data": data,
                "expires_at": self.expires_at,
                "transcript": draft.text,
            }
        if reasoning:
            message["reasoning"] = "".join(draft.reasoning) or None
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": draft.finish,
            "logprobs": None,
        }
        return self._part("chat.completion") | {
            "choices": [choice],
            "usage": usage(draft.usage) if draft.usage and draft.usage.counted else None,
        }

    def chunk(self, delta: Json, finish: str | None = None) -> Json:
        """A part of the answer. finish: why it ends here."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return self._part("chat.completion.chunk") | {"choices": [choice]}

    def spoken(self, **news: object) -> Json:
        """A part of the answer's audio: `transcript`, `data`, or `expires_at`."""
        return self.chunk({"audio": {"id": self.audio_id, **news}})

    def spent(self, draft: ChatReply) -> Json:
        """The last part: what the answer cost."""
        spent = usage(draft.usage) if draft.usage and draft.usage.counted else None
        return self._part("chat.completion.chunk") | {"choices": [], "usage": spent}

    def _part(self, kind: str) -> Json:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def called(index: int, call: ToolCall) -> Json:
    """A tool call as a chunk's delta."""
    return {"tool_calls": [{"index": index, **_call(call)}]}


def usage(spent: Usage) -> Json:
    """What the reply cost."""
    return {
        "prompt_tokens": spent.prompt_tokens,
        "completion_tokens": spent.reply_tokens,
        "total_tokens": spent.prompt_tokens + spent.reply_tokens,
        "prompt_tokens_details": {"cached_tokens": spent.cached_tokens},
    }


def _call(call: ToolCall) -> Json:
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }
