"""Chat completions as clients ask for them. What OpenAI's clients send beyond this is ignored."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

MOST_MESSAGES = 1_000
MOST_PARTS = 64
MOST_TOOLS = 128


class InputAudio(BaseModel):
    """A recording. data: base64. format: for OpenAI; what it is is seen from the data."""

    data: str
    format: str | None = None


class ContentPartParam(BaseModel):
    """A part of a message's content."""

    type: str
    text: str | None = None
    refusal: str | None = None
    input_audio: InputAudio | None = None


class Function(BaseModel):
    """What a model called. arguments: a JSON object as text."""

    name: Annotated[str, Field(min_length=1)]
    arguments: str = ""


class ChatToolCall(BaseModel):
    """One tool call of an assistant's message."""

    id: str
    type: str = "function"
    function: Function | None = None


class Earlier(BaseModel):
    """A spoken reply of before."""

    id: str


class ChatMessage(BaseModel):
    """One message of the conversation."""

    role: str
    content: str | Annotated[list[ContentPartParam], Field(max_length=MOST_PARTS)] | None = None
    refusal: str | None = None
    tool_calls: Annotated[list[ChatToolCall], Field(max_length=MOST_TOOLS)] | None = None
    tool_call_id: str | None = None
    audio: Earlier | None = None


class FunctionSpec(BaseModel):
    """A function that the model may call. parameters: a JSON schema."""

    name: Annotated[str, Field(min_length=1)]
    description: str | None = None
    parameters: dict[str, object] | None = None


class ToolParam(BaseModel):
    """A tool on offer."""

    type: str = "function"
    function: FunctionSpec | None = None


class Named(BaseModel):
    """A function by its name."""

    name: str


class NamedTool(BaseModel):
    """A tool by its name."""

    type: str = "function"
    function: Named | None = None


class Allowed(BaseModel):
    """Some of the tools on offer."""

    mode: Literal["auto", "required"] = "auto"
    tools: list[NamedTool]


class Choice(NamedTool):
    """Which tools may be called, or must."""

    allowed_tools: Allowed | None = None


class VoiceId(BaseModel):
    """A voice as an object."""

    id: str


class AudioParam(BaseModel):
    """How a reply is to sound."""

    voice: str | VoiceId | None = None
    format: str | None = None

    @property
    def voice_name(self) -> str | None:
        """The voice's name, in whichever form it came."""
        return self.voice.id if isinstance(self.voice, VoiceId) else self.voice


class StreamOptions(BaseModel):
    """What a stream has besides the reply."""

    include_usage: bool | None = None


class ResponseFormat(BaseModel):
    """The form of the reply's text."""

    type: str


class ChatRequest(BaseModel):
    """The body of `POST /v1/chat/completions`."""

    model: str
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MOST_MESSAGES)]
    modalities: list[Literal["text", "audio"]] | None = None
    audio: AudioParam | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    include_reasoning: bool | None = None
    max_tokens: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: str | Annotated[list[str], Field(max_length=16)] | None = None
    tools: Annotated[list[ToolParam], Field(max_length=MOST_TOOLS)] | None = None
    tool_choice: str | Choice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    logprobs: bool | None = None
    functions: list[object] | None = None
    function_call: object | None = None
