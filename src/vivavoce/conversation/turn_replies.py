"""How a step starts and ends replies: at most one at a time, and one end to each."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from vivavoce.engines import Transcript
from vivavoce.events import Heard, ReplyStarted

from .spoken_language import follow, phrase_of
from .turn_messages import (
    DropReply,
    Duck,
    Emit,
    EndReply,
    PrepareReply,
    ReadAhead,
    RememberUser,
    ReplyFinished,
    ReplyRequest,
    ReplyRequested,
    SayRequested,
    StartReply,
    TextReceived,
    Why,
)
from .turn_state import ReplyState, Transition, with_silence


def next_turn(t: Transition) -> int:
    """The number of a new turn."""
    t.state = replace(t.state, turn=t.state.turn + 1)
    return t.state.turn


def start_reply(
    t: Transition,
    turn: int,
    source: Literal["history"] | SayRequested | ReplyRequest,
    *,
    prepared: int | None = None,
    silence: int | None = None,
) -> None:
    """Let a reply be heard, after the one under way was ended. prepared: this one, if there is."""
    end_reply(t, "interrupted")
    number = prepared
    if number is None:
        number = t.state.replies + 1
        t.state = replace(t.state, replies=number)
    t.state = replace(t.state, reply=ReplyState(number, turn))
    language = t.state.language.code
    if isinstance(source, ReplyRequest):
        language = source.settings.language or language
    made = source if prepared is None else "prepared"
    t.commands += [
        Emit(ReplyStarted(turn, draft=prepared is not None)),
        StartReply(number, turn, made, language, silence),
    ]


def end_reply(t: Transition, why: Why) -> None:
    """The reply is over, if there is one."""
    reply = t.state.reply
    if reply is None:
        return
    t.state = replace(t.state, reply=None, quiet_since=t.state.clock)
    t.commands.append(EndReply(reply.number, why))
    if reply.stance == "ducked":
        t.commands.append(Duck(ducked=False))
    if why == "done":
        t.commands.append(ReadAhead(None))


def reply_finished(t: Transition, told: ReplyFinished) -> None:
    """A reply's task is over: of the one under way, or of one that was prepared."""
    reply, utterance = t.state.reply, t.state.utterance
    if reply is not None and reply.number == told.reply:
        if told.failure is not None:
            t.commands.append(Emit(told.failure))
        end_reply(t, "failed" if told.failed else "done")
        return
    silence = None if utterance is None else utterance.silence
    if silence is not None and silence.reply == told.reply:
        t.state = with_silence(t.state, replace(silence, reply=None))


def prepare_reply(t: Transition) -> None:
    """Have a reply made to what was said before the silence, if one is wanted now."""
    utterance = t.state.utterance
    silence = None if utterance is None else utterance.silence
    if utterance is None or silence is None or silence.transcript is None:
        return
    if not t.settings.drafts or t.state.reply is not None or silence.reply is not None:
        return
    if not responds(t):
        return
    number, language = t.state.replies + 1, follow(t.state.language, silence.transcript).code
    t.state = with_silence(replace(t.state, replies=number), replace(silence, reply=number))
    t.commands.append(PrepareReply(number, utterance.turn, silence.transcript.text, language))


def forget_prepared(t: Transition) -> None:
    """The reply that was prepared is of no use."""
    utterance = t.state.utterance
    silence = None if utterance is None else utterance.silence
    if silence is not None and silence.reply is not None:
        t.commands.append(DropReply(silence.reply))
        t.state = with_silence(t.state, replace(silence, reply=None))


def responds(t: Transition) -> bool:
    """Whether the turn of the utterance under way is to be answered."""
    utterance = t.state.utterance
    unanswered = utterance is not None and utterance.unanswered
    return t.settings.turns.respond and not unanswered


# --- what the owner wants ------------------------------------------------------------------------


def say(t: Transition, wanted: SayRequested) -> None:
    """Say a text as it stands."""
    start_reply(t, next_turn(t), wanted)


def text_received(t: Transition, told: TextReceived) -> None:
    """Answer what the user wrote."""
    turn = next_turn(t)
    end_reply(t, "interrupted")
    written = Transcript(told.text)
    t.state = replace(t.state, language=follow(t.state.language, written))
    t.commands += [Emit(Heard(turn, written, final=True)), RememberUser(told.text)]
    start_reply(t, turn, "history")


def reply_requested(t: Transition, wanted: ReplyRequested) -> None:
    """Answer the history. A reply that only plays on is heard to its end first; one that is still
    being made is ended.
    """
    turn, reply = next_turn(t), t.state.reply
    if wanted.made and reply is not None and not reply.paused:
        end_reply(t, "done")
    start_reply(t, turn, wanted.request)


def perhaps_prompt(t: Transition) -> None:
    """Ask a user who has been silent for long whether they are there."""
    settings, state = t.settings, t.state
    if (
        (prompt := phrase_of(settings, "idle_prompt", state.language.code))
        and state.utterance is None
        and state.reply is None
        and state.idle_prompts < settings.idle_times
        and state.clock - state.quiet_since >= settings.idle_after_s
    ):
        t.state = replace(state, idle_prompts=state.idle_prompts + 1)
        say(t, SayRequested(prompt))
