"""What can be set of a session; the configuration's `session` section has the same keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Eagerness: TypeAlias = Literal["low", "medium", "high", "auto"]


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """When the user is speaking, and when they have finished. Times in seconds.

    mode: `auto` ends turns by itself; `manual` waits for `Session.commit` (push-to-talk).
    start_threshold, stop_threshold: VAD probabilities at which speech begins and pauses.
    start_s: speech must last this long to count. prefix_s: audio kept from before it.
    pause_s: silence after which the reply is drafted.
    wait_min_s, wait_max_s: how long a silence ends the turn when the turn detector is sure that
    it is over, and sure that it is not.
    eagerness: how readily silences in between end the turn; `auto` is `medium`.
    barge_in: whether the user may interrupt the reply.
    respond: whether a turn that ends is answered; if not, `Session.respond` is.
    false_alarm_s: a voice without words, this long, that does not duck a reply any more.
    interrupt_db: in dB of full scale, how loud a caller must be to interrupt a reply before their
    first turn; after that it goes by how loud they were.
    noise_s: silence after which a wordless utterance is given up.
    """

    mode: Literal["auto", "manual"] = "auto"
    start_threshold: float = 0.5
    stop_threshold: float = 0.5
    start_s: float = 0.06
    prefix_s: float = 0.3
    pause_s: float = 0.03
    wait_min_s: float = 0.15
    wait_max_s: float = 3.0
    eagerness: Eagerness = "auto"
    barge_in: bool = True
    respond: bool = True
    false_alarm_s: float = 2.0
    interrupt_db: float = -40.0
    noise_s: float = 0.6


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """One conversation's settings.

    system_prompt: what the model is told first. greeting: said when the session starts.
    language: of the speech, as a code such as `en`; None lets the STT find out.
    voice, speed, pitch: how the reply sounds; see `TtsOptions`.
    spoken: whether replies are spoken; if not, they are only written.
    drafts: prepare the reply before the turn has ended, and let the model read ahead.
    partials: emit partial transcripts.
    history_turns: how many of the latest turns the model sees.
    temperature: how freely the model writes; 0 is always the same, None is the engine's own.
    idle_prompt: said after `idle_after_s` of silence, `idle_times` times at most.
    tool_filler: said when a tool takes longer than `tool_filler_s`. tool_rounds: how often the
    model may call tools in one turn. tool_choice: `auto`, `none`, `required`, or a tool's name;
    for the first round of a turn.
    apology: said when the reply cannot be made.
    max_utterance_s: longer speech is answered as it stands. max_reply_tokens, max_reply_s: the
    reply ends there.
    *_timeout_s: an engine that gives nothing for so long has failed.
    """

    system_prompt: str = "You are a helpful assistant. Answer in one short sentence."
    greeting: str = ""
    language: str | None = None
    voice: str | None = None
    speed: float = 1.0
    pitch: float = 1.0
    spoken: bool = True
    drafts: bool = True
    partials: bool = True
    history_turns: int = 12
    idle_prompt: str = ""
    idle_after_s: float = 15.0
    idle_times: int = 1
    tool_filler: str = "One moment."
    tool_filler_s: float = 1.0
    tool_rounds: int = 4
    tool_choice: str = "auto"
    apology: str = "Sorry, something went wrong. Please try again."
    temperature: float | None = None
    max_utterance_s: float = 60.0
    max_reply_tokens: int = 200
    max_reply_s: float = 120.0
    stt_timeout_s: float = 20.0
    llm_timeout_s: float = 30.0
    tts_timeout_s: float = 20.0
    turns: TurnSettings = field(default_factory=TurnSettings)
