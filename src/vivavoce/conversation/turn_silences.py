"""What becomes of a silence: it is asked about, and it ends the turn, or it does not.

transcript → is that all? → by the words, and by the sound where they leave a doubt → a wait
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias

from vivavoce.engines import Transcript
from vivavoce.events import Heard, SilenceExplained, SpeechStopped, TurnDropped
from vivavoce.turn_taking.backchannels import words_of
from vivavoce.turn_taking.endpointing import (
    Judgement,
    by_sound,
    by_words,
    looks_unfinished,
    opens,
    patience,
)
from vivavoce.turn_taking.fits import Fit

from .spoken_language import follow, phrase_of
from .turn_interruption import adjust_stance, interrupt, interrupts, turn_words
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


def begin_silence(t: Transition, since: float) -> None:
    """The user fell silent: find out whether they are done."""
    number = t.state.silences + 1
    t.state = with_silence(replace(t.state, silences=number), SilenceState(number, since))
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
    silence = replace(silence, transcript=told.transcript, counted=told.counted)
    t.state = with_silence(t.state, silence)
    decide(t)
    if _current(t, told.silence) is not None:
        _ask(t, silence, told.transcript)


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
    if silence is not None and silence.transcript is not None and silence.judgement is None:
        _weigh_words(t, replace(silence, ends=told.ends), silence.transcript)


def sound_known(t: Transition, told: SoundKnown) -> None:
    """The turn detector has told how it sounds."""
    silence = _current(t, told.silence)
    if silence is None or silence.transcript is None or silence.judgement is not None:
        return
    if told.failure is not None:
        t.commands.append(Emit(told.failure))
    heard, words = silence.transcript, turn_words(t, silence.transcript)
    _conclude(t, by_sound(told.sound, silence.ends, heard, words, _fit(t, heard)))


def _ask(t: Transition, silence: SilenceState, heard: Transcript) -> None:
    """Ask whether that is all, where that is not known already."""
    turns = t.settings.turns
    words = turn_words(t, heard)
    if not words_of(heard.text):
        _conclude(t, Judgement(0.0, bound="no words were understood"))
    elif turns.mode == "manual":
        _conclude(t, Judgement(0.0, bound="turns end by hand"))
    elif turns.wait_min_s == turns.wait_max_s:
        _conclude(t, Judgement(1.0, bound="all silences are given the same wait"))
    elif looks_unfinished(heard.text, words):
        _weigh_words(t, replace(silence, ends=0.0), heard)
    elif _fit(t, heard).weights is None:
        _weigh_words(t, silence, heard)
    else:
        t.commands.append(AskCompleteness(silence.number, heard.text))


def _weigh_words(t: Transition, silence: SilenceState, heard: Transcript) -> None:
    """Decide by the words where they make an end likely; else ask how it sounds.

    Where the words make it likely the turn detector is not asked: it would take a core from the
    language model. Where they do not, it goes first, for there is time.
    """
    fit = _fit(t, heard)
    t.state = with_silence(t.state, silence)
    judged = by_words(silence.ends, heard, turn_words(t, heard), fit)
    if judged is not None and judged.over >= fit.thresholds.likely:
        _conclude(t, judged)
        return
    if judged is None:
        prepare_reply(t)
    t.commands.append(AskSound(silence.number))


def _conclude(t: Transition, judgement: Judgement) -> None:
    """All is known: have a reply prepared, and see whether the turn is over already."""
    utterance = t.state.utterance
    assert utterance is not None
    assert utterance.silence is not None
    t.state = with_silence(t.state, replace(utterance.silence, judgement=judgement))
    heard = utterance.silence.transcript
    if heard is not None and words_of(heard.text):
        prepare_reply(t)
    decide(t)


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
    wait = _wait(t, utterance, silence, heard)
    if wait is None or t.state.now - silence.since < wait - _EPSILON_S:
        return ""
    return "the silence lasted for the wait"


def _wait(
    t: Transition, utterance: UtteranceState, silence: SilenceState, heard: Transcript
) -> float | None:
    """How long the silence must last; None while that is not known, or where none is enough."""
    if silence.judgement is None or t.settings.turns.mode == "manual":
        return None
    thresholds = _fit(t, heard).thresholds
    opening = utterance.interrupted and opens(heard.text, turn_words(t, heard))
    over, turns = silence.judgement.over, t.settings.turns
    return patience(over, turns, thresholds, utterance.paused_s, opening=opening)


def _take_turn(t: Transition, silence: SilenceState, heard: Transcript, why: str) -> None:
    """The user is done: answer."""
    utterance = t.state.utterance
    assert utterance is not None
    answers, prepared = responds(t), silence.reply
    if answers:  # it is kept from what is dropped with the silence
        t.state = with_silence(t.state, replace(silence, reply=None))
    _end_utterance(t, "ended", why, learn=True)
    t.state = replace(t.state, idle_prompts=0, language=follow(t.state.language, heard))
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


def _fit(t: Transition, heard: Transcript) -> Fit:
    return t.state.fits.of(follow(t.state.language, heard).code)


def _explained(
    t: Transition, utterance: UtteranceState, silence: SilenceState, outcome: Outcome, why: str
) -> SilenceExplained:
    heard, judged = silence.transcript, silence.judgement
    wait = None if heard is None else _wait(t, utterance, silence, heard)
    return SilenceExplained(
        turn=utterance.turn,
        at=silence.since,
        lasted_s=t.state.now - silence.since,
        text="" if heard is None else heard.text,
        over=None if judged is None else judged.over,
        signals=() if judged is None else judged.signals,
        bound="" if judged is None else judged.bound,
        wait_s=wait,
        outcome=outcome,
        why=why,
    )
