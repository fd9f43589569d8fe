"""Whose turn it is, as a pure function: `step(state, input, settings) -> (state, commands)`.

edges of speech → an utterance; pause → a silence is asked about, resume → it is dropped
what is known of a silence → a reply, held back → the silence lasts → it is released
the user speaks meanwhile → the reply is ducked or paused → words end it
"""

from __future__ import annotations

from dataclasses import replace

from vivavoce.events import SpeechStarted
from vivavoce.settings import SessionSettings
from vivavoce.turn_taking.interruption import Suspicion

from .turn_interruption import adjust_stance, partial_heard
from .turn_messages import (
    AudioHeard,
    ClearRequested,
    Command,
    CommitRequested,
    CompletenessKnown,
    Configured,
    Emit,
    HistoryChanged,
    HungUp,
    Input,
    InterruptRequested,
    OpenUtterance,
    PartialHeard,
    ReplyFinished,
    ReplyRequested,
    SayRequested,
    SoundKnown,
    TextReceived,
    TimePassed,
    TranscriptFailed,
    TranscriptReady,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
)
from .turn_replies import (
    end_reply,
    forget_prepared,
    next_turn,
    perhaps_prompt,
    reply_finished,
    reply_requested,
    say,
    text_received,
)
from .turn_silences import (
    begin_silence,
    completeness_known,
    decide,
    drop_silence,
    drop_utterance,
    sound_known,
    transcript_failed,
    transcript_ready,
)
from .turn_state import Transition, TurnState, UtteranceState

_CUT_OFF_S, _MOST_CUT_OFFS = 1.5, 2
"""Who goes on so soon after the silence that ended their turn had not been done."""


def step(
    state: TurnState, told: Input, settings: SessionSettings
) -> tuple[TurnState, tuple[Command, ...]]:
    """The state after this input, and what is to be done now, in this order.

    Total: an input that does not fit the state changes nothing but the time.
    """
    if isinstance(told, TimePassed):
        return replace(state, clock=state.clock + told.seconds), ()
    t = Transition(state, settings)
    match told:
        case AudioHeard():
            _audio_heard(t, told)
        case VoiceStarted() | VoicePaused() | VoiceResumed():
            _edge(t, told)
        case PartialHeard():
            partial_heard(t, told)
        case TranscriptReady():
            transcript_ready(t, told)
        case TranscriptFailed():
            transcript_failed(t, told)
        case CompletenessKnown():
            completeness_known(t, told)
        case SoundKnown():
            sound_known(t, told)
        case ReplyFinished():
            reply_finished(t, told)
        case _:
            _owner(t, told)
    return t.state, tuple(t.commands)


def _audio_heard(t: Transition, told: AudioHeard) -> None:
    clock = t.state.clock + told.seconds
    t.state = replace(t.state, clock=clock, now=told.now, loud=told.loud)
    if t.state.utterance is not None:
        decide(t)
    elif t.state.reply is not None:
        adjust_stance(t)
    perhaps_prompt(t)


def _edge(t: Transition, told: VoiceStarted | VoicePaused | VoiceResumed) -> None:
    t.state = replace(t.state, now=told.now)
    utterance = t.state.utterance
    match told:
        case VoiceStarted():
            if utterance is None:
                _begin_utterance(t, told)
        case VoicePaused():
            if utterance is not None:
                suspicion = utterance.suspicion.silence(told.at)
                t.state = replace(t.state, utterance=replace(utterance, suspicion=suspicion))
                if utterance.silence is None:
                    begin_silence(t, told.at)
        case VoiceResumed():
            if utterance is not None:
                _resume(t, utterance, told)


def _begin_utterance(t: Transition, told: VoiceStarted) -> None:
    doubtful = t.state.interruptible(t.settings)
    suspicion = Suspicion(t.settings.turns.false_alarm_s)
    if doubtful:
        suspicion = suspicion.voice(told.at, told.heard_s)
    turn, paused_s = next_turn(t), 0.0
    if t.state.ended_at is not None:
        paused_s = _after_turn(t, told.at - t.state.ended_at)
    utterance = UtteranceState(turn, told.start, told.at, suspicion, paused_s=paused_s)
    t.state = replace(t.state, utterance=utterance, loud=False, ended_at=None)
    t.commands += [
        OpenUtterance(turn, told.at, told.start, doubtful),
        Emit(SpeechStarted(turn, told.start)),
    ]


def _after_turn(t: Transition, silence_s: float) -> float:
    """Learn from how long the user was silent between two turns whether the first was cut off;
    returns the pause in what they say, 0 for none.
    """
    was_cut_off = silence_s < _CUT_OFF_S
    cut_offs = t.state.cut_offs + (1 if was_cut_off else -1)
    t.state = replace(t.state, cut_offs=min(max(cut_offs, 0), _MOST_CUT_OFFS))
    return silence_s if was_cut_off else 0.0


def _resume(t: Transition, utterance: UtteranceState, told: VoiceResumed) -> None:
    if utterance.silence is not None:
        drop_silence(t, "resumed", "the user went on")
        paused_s = max(utterance.paused_s, told.at - utterance.silence.since)
        utterance = replace(utterance, silence=None, paused_s=paused_s)
    if t.state.interruptible(t.settings):
        suspicion = utterance.suspicion.voice(told.at, told.heard_s)
        utterance = replace(utterance, suspicion=suspicion)
    t.state = replace(t.state, utterance=utterance)


def _owner(t: Transition, told: Input) -> None:
    match told:
        case SayRequested():
            say(t, told)
        case TextReceived():
            text_received(t, told)
        case ReplyRequested():
            reply_requested(t, told)
        case CommitRequested():
            _commit(t, told)
        case ClearRequested():
            drop_utterance(t, "cleared")
            adjust_stance(t)
        case InterruptRequested():
            end_reply(t, "interrupted")
            _leave_unanswered(t)
            forget_prepared(t)
        case HistoryChanged():
            forget_prepared(t)
        case Configured():
            t.state = replace(t.state, language=told.language, fits=told.fits)
            forget_prepared(t)
        case HungUp():
            end_reply(t, "interrupted")
            drop_utterance(t, "hangup")
        case _:
            pass


def _commit(t: Transition, told: CommitRequested) -> None:
    utterance = t.state.utterance
    if utterance is not None:
        utterance = replace(utterance, committed=True, unanswered=not told.respond)
        t.state = replace(t.state, utterance=utterance)
        decide(t)


def _leave_unanswered(t: Transition) -> None:
    """A turn that was committed, and is not understood yet, enters the history only."""
    utterance = t.state.utterance
    if utterance is not None and utterance.committed:
        t.state = replace(t.state, utterance=replace(utterance, unanswered=True))
