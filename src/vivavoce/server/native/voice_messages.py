"""What a client says on `WS /voice` besides its audio."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from vivavoce.server.speech.pcm import Encoding, Rate


class _VoiceMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")


class VoiceStart(_VoiceMessage):
    """How the audio is sent, and what the session should be like.

    rate: Hz of the client's audio. output_rate: of the server's; None is the same.
    encoding: of both. clears: whether the client empties its buffer when the reply pauses or is
    interrupted. session: keys of the configuration's section `session`.
    stt, llm, tts: models to hear, think and speak with, where not the configured ones.
    """

    type: Literal["start"] = "start"
    rate: Rate = 16_000
    output_rate: Rate | None = None
    encoding: Encoding = "pcm16"
    clears: bool = False
    session: dict[str, object] = {}
    stt: str | None = None
    llm: str | None = None
    tts: str | None = None


class UserText(_VoiceMessage):
    """The user writes this instead of speaking."""

    type: Literal["text"]
    text: str = Field(min_length=1)


class Say(_VoiceMessage):
    """The server says this as it stands, as the assistant."""

    type: Literal["say"]
    text: str = Field(min_length=1)


class Interrupt(_VoiceMessage):
    """Stop the reply."""

    type: Literal["interrupt"]


class Commit(_VoiceMessage):
    """The user's turn is over now."""

    type: Literal["commit"]


class Configure(_VoiceMessage):
    """Go by these settings from now on; those not named stay as they are."""

    type: Literal["configure"]
    session: dict[str, object]


class Mute(_VoiceMessage):
    """Whether to ignore the client's audio from now on."""

    type: Literal["mute"]
    muted: bool = True


class Ping(_VoiceMessage):
    """Answered by `Pong` with the same id; keeps a silent session open."""

    type: Literal["ping"]
    id: str | int | None = None


class End(_VoiceMessage):
    """The client hangs up."""

    type: Literal["end"]


VoiceMessage: TypeAlias = (
    VoiceStart | UserText | Say | Interrupt | Commit | Configure | Mute | Ping | End
)

VOICE_MESSAGE: TypeAdapter[VoiceMessage] = TypeAdapter(
    Annotated[VoiceMessage, Field(discriminator="type")]
)
