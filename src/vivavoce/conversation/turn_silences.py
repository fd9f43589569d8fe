"""What becomes of a silence: it is asked about, and it ends the turn, or it does not.

transcript → do the words end here? ─┐
the silence lasts → how does it sound? ┴→ P(done | what is known, so long a silence) → a wait
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias

from vivavoce.engines import Transcript
from vivavoce.events import Heard, SilenceExplained, SpeechStopped, TurnDropped
from vivavoce.turn_taking.backchannels import words_of
from vivavoce.turn_taking.endpointing import Judgement, judge, patience, sound_matters
from vivavoce.turn_taking.evidence import Evidence
from vivavoce.turn_taking.fits import Fit

from .spoken_language import follow, phrase_of
from .turn_interruption import adjust_stance, interrupt, interrupts
from .turn_messages import (
    AskCompleteness,
    AskSound,
    AskTranscript,
    CloseUtterance,
    CompletenessKnown,
    DropSilence,
    Emit,
    RememberUser,
    SayRequested,
    SoundKnown,
    StopReadingAhead,
    TranscriptFailed,
    TranscriptReady,
)
from .turn_replies import forget_prepared, prepare_reply, responds, say, start_reply
from .turn_state import SilenceState, Transition, UtteranceState, with_silence

Outcome: TypeAlias = Literal["ended", "resumed", "dropped"]

_EPSILON_S = 1e-9

SOUND_AFTER_S = 0.1
"""The turn detector is asked so long into a silence: the closures of consonants are over by then,
and its answer comes before most waits end."""

_SOUND_WITHIN_S = 0.4
"""So long into a silence the turn detector's answer is waited for, on a machine that is busy."""

_LIKELY, _LIKELY_AT_S = 0.5, 0.5
"""A turn that is so likely to be over soon has its reply prepared before the detector answers."""


def begin_silence(t: Transition, since: float) -> None:
    """The user fell silent: find out whether they are done."""
    utterance = t.state.utterance
    assert utterance is not None
    number = t.state.silences + 1
    known = Evidence(spoken_s=since - utterance.at, paused_s=utterance.paused_s)
    t.state = with_silence(replace(t.state, silences=number), SilenceState(number, since, known))
    t.commands += [StopReadingAhead(), AskTranscript(number, t.state.now - since)]


def drop_silence(t: Transition, outcome: Outcome, why: str) -> None:
    """It is over, with all that was prepared in it."""
    utterance = t.state.utterance
    if utterance is None or utterance.silence is None:
        return
    if t.settings.explain:
        t.commands.append(Emit(_explained(t, utterance, utterance.silence, outcome, why)))
    forget_prepared(t)
    t.commands.append(DropSilence(utterance.silence.number))
    t.state = with_silence(t.state, None)


# --- what is found out about it ------------------------------------------------------------------


def transcript_ready(t: Transition, told: TranscriptReady) -> None:
    """It is known what was said: judge whether it interrupts, then ask whether it is all."""
    silence = _current(t, told.silence)
    if silence is None or silence.transcript is not None:
        return
    known = replace(silence.known, heard=told.transcript)
    t.state = with_silence(t.state, replace(silence, known=known, counted=told.counted))
    decide(t)
    silence = _current(t, told.silence)
    if silence is None:
        return
    fit = _fit(t, told.transcript)
    if _bound(t, told.transcript) or not fit.reads("ends"):
        _words_known(t, silence, None)
    else:
        t.commands.append(AskCompleteness(silence.number, told.transcript.text))


def transcript_failed(t: Transition, told: TranscriptFailed) -> None:
    """What was said is lost: the turn is none, and the user is told."""
    if _current(t, told.silence) is None:
        return
    t.commands.append(Emit(told.failure))
    drop_utterance(t, "failed")
    if apology := phrase_of(t.settings, "apology", t.state.language.code):
        say(t, SayRequested(apology))


def completeness_known(t: Transition, told: CompletenessKnown) -> None:
    """The language model has told, or cannot tell, whether the words end here."""
    silence = _current(t, told.silence)
    if silence is not None and silence.transcript is not None and not silence.words:
        _words_known(t, silence, told.ends)


def sound_known(t: Transition, told: SoundKnown) -> None:
    """The turn detector has told how it sounds, or failed: then the rest decides."""
    silence = _current(t, told.silence)
    if silence is None or silence.sound != "asked":
        return
    if told.failure is not None:
        t.commands.append(Emit(told.failure))
    known = replace(silence.known, sound=None if told.failure else told.sound)
    t.state = with_silence(t.state, replace(silence, known=known, sound="told"))
    if known.heard is not None and words_of(known.heard.text):
        prepare_reply(t)
    decide(t)


def _words_known(t: Transition, silence: SilenceState, ends: float | None) -> None:
    """All is known of the words: have a reply prepared where they make an end likely, or where
    the turn detector will not be asked.
    """
    known, heard = replace(silence.known, ends=ends), silence.transcript
    silence = replace(silence, known=known, words=True)
    t.state = with_silence(t.state, silence)
    if heard is not None and words_of(heard.text):
        likely = judge(known, _LIKELY_AT_S, _fit(t, heard)).over >= _LIKELY
        if likely or silence.sound == "told" or _bound(t, heard):
            prepare_reply(t)
    decide(t)


def _bound(t: Transition, heard: Transcript) -> str:
    """Why nothing is asked about what was said; empty where its wait depends on the answers."""
    turns = t.settings.turns
    if not words_of(heard.text):
        return "no words were understood"
    if turns.mode == "manual":
        return "turns end by hand"
    if turns.wait_min_s == turns.wait_max_s:
        return "all silences are given the same wait"
    return ""


def _perhaps_ask_sound(t: Transition) -> None:
    """Ask the turn detector once the silence lasts, where it can change the wait."""
    utterance, turns = t.state.utterance, t.settings.turns
    silence = None if utterance is None else utterance.silence
    if silence is None or silence.sound != "unasked" or turns.mode == "manual":
        return
    if t.state.now - silence.since < SOUND_AFTER_S - _EPSILON_S or t.state.reply is not None:
        return
    heard = silence.transcript
    if heard is not None and _bound(t, heard):
        return
    if sound_matters(silence.known, _fit(t, heard), turns):
        t.state = with_silence(t.state, replace(silence, sound="asked"))
        t.commands.append(AskSound(silence.number, t.state.now - silence.since))


# --- deciding ------------------------------------------------------------------------------------


def decide(t: Transition) -> None:
    """See whether what is known now ends the turn, or the suspicion against it."""
    adjust_stance(t)
    utterance = t.state.utterance
    if utterance is None:
        return
    if utterance.silence is None:
        _decide_speaking(t, utterance)
    elif utterance.silence.transcript is not None:
        _decide_heard(t, utterance, utterance.silence, utterance.silence.transcript)
    _perhaps_ask_sound(t)
    adjust_stance(t)


def _decide_speaking(t: Transition, utterance: UtteranceState) -> None:
    lasts = t.state.now - utterance.start
    too_long = lasts >= t.settings.max_utterance_s - _EPSILON_S
    if utterance.committed or too_long:
        t.state = replace(t.state, utterance=replace(utterance, committed=True))
        begin_silence(t, t.state.now)


def _decide_heard(
    t: Transition, utterance: UtteranceState, silence: SilenceState, heard: Transcript
) -> None:
    said = words_of(heard.text)
    if t.state.interruptible(t.settings):
        verdict = interrupts(t, silence, heard)
        if verdict is None:
            return
        if not verdict:
            drop_utterance(t, "backchannel" if said and utterance.suspicion.loud else "noise")
            return
        interrupt(t)
    if not said:
        lasts = t.state.now - silence.since
        if utterance.committed or lasts >= t.settings.turns.noise_s:
            drop_utterance(t, "noise")
        return
    why = _ends_turn(t, silence, heard)
    if why and not (t.state.reply is not None and responds(t)):
        _take_turn(t, silence, heard, why)


def _ends_turn(t: Transition, silence: SilenceState, heard: Transcript) -> str:
    """Why the silence ends the turn by now; empty where it does not."""
    utterance = t.state.utterance
    assert utterance is not None
    if utterance.committed:
        return "the turn was ended by hand, or was too long"
    wait = _wait(t, silence, heard)
    if wait is None or t.state.now - silence.since < wait - _EPSILON_S:
        return ""
    return "the silence lasted for the wait"


def _wait(t: Transition, silence: SilenceState, heard: Transcript) -> float | None:
    """How long the silence must last, by what is known now; None where none is enough."""
    if t.settings.turns.mode == "manual":
        return None
    fit, turns, cut_offs = _fit(t, heard), t.settings.turns, t.state.cut_offs
    wait = patience(silence.known, fit, turns, cut_offs=cut_offs)
    if silence.sound == "asked":
        return max(wait, min(_SOUND_WITHIN_S, turns.wait_max_s))
    return wait


def _take_turn(t: Transition, silence: SilenceState, heard: Transcript, why: str) -> None:
    """The user is done: answer."""
    utterance = t.state.utterance
    assert utterance is not None
    answers, prepared = responds(t), silence.reply
    if answers:  # it is kept from what is dropped with the silence
        t.state = with_silence(t.state, replace(silence, reply=None))
    _end_utterance(t, "ended", why, learn=True)
    ended_at = None if utterance.committed else silence.since
    language = follow(t.state.language, heard)
    t.state = replace(t.state, idle_prompts=0, language=language, ended_at=ended_at)
    t.commands += [
        Emit(SpeechStopped(utterance.turn, silence.since)),
        Emit(Heard(utterance.turn, heard, final=True)),
        RememberUser(heard.text),
    ]
    if answers:
        start_reply(t, utterance.turn, "history", prepared=prepared, silence=silence.number)


def drop_utterance(
    t: Transition, why: Literal["noise", "backchannel", "cleared", "failed", "hangup"]
) -> None:
    """It was no turn."""
    utterance = t.state.utterance
    if utterance is None:
        return
    _end_utterance(t, "dropped", why, learn=False)
    t.commands.append(Emit(TurnDropped(utterance.turn, why)))


def _end_utterance(t: Transition, outcome: Outcome, why: str, *, learn: bool) -> None:
    drop_silence(t, outcome, why)
    utterance = t.state.utterance
    assert utterance is not None
    t.state = replace(t.state, utterance=None, quiet_since=t.state.clock)
    t.commands.append(CloseUtterance(utterance.turn, learn))


def _current(t: Transition, number: int) -> SilenceState | None:
    """The silence under way, if it has this number."""
    utterance = t.state.utterance
    silence = None if utterance is None else utterance.silence
    return silence if silence is not None and silence.number == number else None


def _fit(t: Transition, heard: Transcript | None) -> Fit:
    language = t.state.language if heard is None else follow(t.state.language, heard)
    return t.state.fits.of(language.code)


def _explained(
    t: Transition, utterance: UtteranceState, silence: SilenceState, outcome: Outcome, why: str
) -> SilenceExplained:
    heard, lasted_s = silence.transcript, t.state.now - silence.since
    judged, wait, bound = Judgement(0.0), None, "it was not understood in time"
    if heard is not None:
        judged = judge(silence.known, lasted_s, _fit(t, heard))
        wait, bound = _wait(t, silence, heard), _bound(t, heard)
    return SilenceExplained(
        turn=utterance.turn,
        at=silence.since,
        lasted_s=lasted_s,
        text="" if heard is None else heard.text,
        over=None if bound else judged.over,
        signals=() if bound else judged.signals,
        bound=bound,
        wait_s=wait,
        outcome=outcome,
        why=why,
    )
