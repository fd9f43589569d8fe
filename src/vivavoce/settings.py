"""What can be set of a session; the configuration's `session` section has the same keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr
from pydantic.dataclasses import dataclass

AUTO = "auto"
"""For a phrase that is said: the language's own."""

Eagerness: TypeAlias = Literal["low", "medium", "high", "auto"]

SECTION = ConfigDict(extra="forbid")
"""How a section of the configuration is checked: a key that it lacks is an error."""


@dataclass(frozen=True, slots=True, config=SECTION)
class TurnSettings:
    """When the user is speaking, and when they have finished. Times in seconds."""

    mode: Literal["auto", "manual"] = Field(
        default="auto",
        description="`auto` ends turns by itself; `manual` waits for `Session.commit` "
        "(push-to-talk).",
    )
    start_threshold: StrictFloat = Field(
        default=0.5, ge=0, le=1, description="VAD probability at which speech begins."
    )
    stop_threshold: StrictFloat = Field(
        default=0.5, ge=0, le=1, description="VAD probability below which speech pauses."
    )
    start_s: StrictFloat = Field(
        default=0.06, ge=0, description="Speech must last this long to count."
    )
    prefix_s: StrictFloat = Field(
        default=0.3, ge=0, description="Audio kept from before the speech."
    )
    pause_s: StrictFloat = Field(
        default=0.03, ge=0, description="Silence after which the reply is drafted."
    )
    wait_min_s: StrictFloat = Field(
        default=0.15,
        ge=0,
        description="The shortest silence that ends a turn, however sure it is that it is over.",
    )
    wait_max_s: StrictFloat = Field(
        default=3.0,
        ge=0,
        description="The longest silence that a turn survives. Set it to `wait_min_s` for a fixed "
        "wait.",
    )
    eagerness: Eagerness = Field(
        default="auto",
        description="How readily silences end the turn: the more eager, the shorter the waits, and "
        "the more users are cut off; `auto` is `medium`.",
    )
    barge_in: StrictBool = Field(
        default=True, description="Whether the user may interrupt the reply."
    )
    respond: StrictBool = Field(
        default=True,
        description="Whether a turn that ends is answered; if not, `Session.respond` answers it.",
    )
    false_alarm_s: StrictFloat = Field(
        default=2.0,
        ge=0,
        description="A voice without words stops ducking the reply after this long.",
    )
    interrupt_db: StrictFloat = Field(
        default=-40.0,
        description="How loud a caller must be, in dB of full scale, to interrupt a reply before "
        "their first turn; later their own loudness decides.",
    )
    noise_s: StrictFloat = Field(
        default=0.6, ge=0, description="Silence after which an utterance without words is given up."
    )
    fit: StrictStr = Field(
        default="auto",
        description="The fitted numbers that tell where turns end: `auto` takes those of the "
        "language that is spoken, a name such as `en` takes those for English only, and `neutral` "
        "goes by sound and silence alone.",
    )


@dataclass(frozen=True, slots=True, config=SECTION)
class SessionSettings:
    """One conversation's settings."""

    system_prompt: StrictStr = Field(
        default="You are a helpful assistant. Answer in one short sentence.",
        description="What the model is told first.",
    )
    greeting: StrictStr = Field(
        default="", description="Said when the session starts. `auto` is the language's own phrase."
    )
    language: StrictStr | None = Field(
        default=None,
        description="The language of the speech, as a code such as `en`; null lets the STT find "
        "out.",
    )
    voice: StrictStr | None = Field(
        default=None,
        description="The reply's voice, one of `vivavoce voices`; null is the engine's own.",
    )
    speed: StrictFloat = Field(
        default=1.0,
        ge=0.25,
        le=4,
        description="How fast the reply is spoken; 1 is the voice's own speed.",
    )
    pitch: StrictFloat = Field(
        default=1.0,
        ge=0.5,
        le=2,
        description="How high the reply sounds; 1 is the voice's own pitch.",
    )
    pronunciations: Annotated[
        Mapping[StrictStr, StrictStr],
        Field(
            description="How words are to sound: a spelling, or IPA between slashes, by the word. "
            "In a configuration file also the path of a file with such a mapping.",
        ),
    ] = field(default_factory=dict, hash=False)
    spoken: StrictBool = Field(
        default=True, description="Whether replies are spoken; if not, they are only written."
    )
    drafts: StrictBool = Field(
        default=True,
        description="Prepare the reply before the turn has ended, and let the model read ahead.",
    )
    partials: StrictBool = Field(default=True, description="Emit partial transcripts.")
    history_turns: StrictInt = Field(
        default=12, ge=1, description="How many of the latest turns the model sees."
    )
    idle_prompt: StrictStr = Field(
        default="",
        description="Said when the user stays silent. `auto` is the language's own phrase.",
    )
    idle_after_s: StrictFloat = Field(
        default=15.0, ge=0, description="Silence after which `idle_prompt` is said."
    )
    idle_times: StrictInt = Field(
        default=1, ge=0, description="How often `idle_prompt` is said in a row, at most."
    )
    tool_filler: StrictStr = Field(
        default=AUTO,
        description="Said when a tool takes longer than `tool_filler_s`. `auto` is the language's "
        "own phrase.",
    )
    tool_filler_s: StrictFloat = Field(
        default=1.0, ge=0, description="How long a tool may take before `tool_filler` is said."
    )
    tool_rounds: StrictInt = Field(
        default=4, ge=0, description="How often the model may call tools in one turn."
    )
    tool_choice: StrictStr = Field(
        default="auto",
        description="`auto`, `none`, `required`, or a tool's name; for the first round of a turn.",
    )
    apology: StrictStr = Field(
        default=AUTO,
        description="Said when the reply cannot be made. `auto` is the language's own phrase.",
    )
    temperature: StrictFloat | None = Field(
        default=None,
        ge=0,
        le=2,
        description="How freely the model writes; 0 always gives the same, null is the engine's "
        "own.",
    )
    max_utterance_s: StrictFloat = Field(
        default=60.0, ge=0, description="Longer speech is answered as it stands."
    )
    max_reply_tokens: StrictInt | None = Field(
        default=200,
        ge=1,
        description="The reply ends after so many tokens; null leaves it to the model.",
    )
    max_reply_s: StrictFloat = Field(
        default=120.0, ge=0, description="The reply ends after so much speech."
    )
    stt_timeout_s: StrictFloat = Field(
        default=20.0, ge=0, description="An STT that gives nothing for this long has failed."
    )
    llm_timeout_s: StrictFloat = Field(
        default=30.0, ge=0, description="An LLM that gives nothing for this long has failed."
    )
    tts_timeout_s: StrictFloat = Field(
        default=20.0, ge=0, description="A TTS that gives nothing for this long has failed."
    )
    show_reasoning: StrictBool = Field(
        default=False,
        description="Emit `Reasoned` events with what the model thinks. It is never spoken.",
    )
    explain: StrictBool = Field(
        default=False,
        description="Emit a `SilenceExplained` event for each of the user's silences.",
    )
    turns: TurnSettings = Field(default_factory=TurnSettings)
