"""What the user's voice does to the reply: a `Suspicion`, and its end or their relief.

edge of speech → Suspicion; words and level → the reply sounds in full, ducked or not at all
words that are no backchannel → the reply ends
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

from vivavoce.engines import Transcript
from vivavoce.events import Heard, Paused, Resumed
from vivavoce.text.language.pack import TurnWords
from vivavoce.text.language.packs import pack_of
from vivavoce.turn_taking.interruption import Stance, Suspicion

from .spoken_language import follow
from .turn_messages import Duck, Emit, PartialHeard, PauseReply, ReadAhead, ResumeReply
from .turn_replies import end_reply
from .turn_state import ReplyState, SilenceState, Transition, UtteranceState

_READ_WORDS = 2
"""New words after which the model reads on ahead."""


def turn_words(t: Transition, heard: Transcript) -> TurnWords:
    """The words of the language that this is in."""
    return pack_of(follow(t.state.language, heard).code).turns


def partial_heard(t: Transition, told: PartialHeard) -> None:
    """So far the utterance was taken for this: end the reply if that is sure to interrupt."""
    utterance, partial = t.state.utterance, told.transcript
    if utterance is None:
        return
    if partial.text:
        t.commands.append(Emit(Heard(utterance.turn, partial, final=False)))
    words = turn_words(t, partial)
    suspicion = utterance.suspicion.look(told.counted, partial.confidence, words)
    stable = " ".join(told.counted.split()[: partial.stable])
    _suspect(t, utterance, suspicion)
    if t.state.interruptible(t.settings) and suspicion.ends(stable, words, final=False):
        interrupt(t)
    adjust_stance(t)
    if t.settings.drafts and utterance.silence is None:
        _read_ahead(t, tuple(partial.text.split()))


def interrupts(t: Transition, silence: SilenceState, heard: Transcript) -> bool | None:
    """Whether what was heard before a silence interrupts; None while more must be heard."""
    utterance = t.state.utterance
    assert utterance is not None
    suspicion, words = utterance.suspicion, turn_words(t, heard)
    ends = suspicion.ends(silence.counted, words, final=True, confidence=heard.confidence)
    if not utterance.committed and not suspicion.settled(t.state.now, words=ends):
        return None
    return ends


def interrupt(t: Transition) -> None:
    """The user interrupts: the reply is over."""
    end_reply(t, "interrupted")


def adjust_stance(t: Transition) -> None:
    """Let the reply sound as what is known of the user's voice asks for."""
    reply, utterance = t.state.reply, t.state.utterance
    if reply is None:
        return
    stance: Stance = "full"
    if utterance is not None and t.settings.turns.barge_in:
        loud = utterance.suspicion.loud or t.state.loud
        suspicion, stance = utterance.suspicion.at(t.state.now, loud=loud)
        _suspect(t, utterance, suspicion)
    if stance != reply.stance:
        _sound(t, reply, stance)


def _sound(t: Transition, reply: ReplyState, stance: Stance) -> None:
    if (stance == "ducked") != (reply.stance == "ducked"):
        t.commands.append(Duck(ducked=stance == "ducked"))
    paused = reply.paused
    if stance == "held" and not paused and not t.state.far:
        t.commands += [PauseReply(), Emit(Paused(reply.turn, t.state.clock))]
        paused = True
    elif stance != "held" and paused:
        t.commands += [ResumeReply(), Emit(Resumed(reply.turn, t.state.clock))]
        paused = False
    t.state = replace(t.state, reply=replace(reply, stance=stance, paused=paused))


def _suspect(t: Transition, utterance: UtteranceState, suspicion: Suspicion) -> None:
    if suspicion is not utterance.suspicion:
        t.state = replace(t.state, utterance=replace(utterance, suspicion=suspicion))


def _read_ahead(t: Transition, words: tuple[str, ...]) -> None:
    """Have the model read what is known; of words that change, what comes before is of use."""
    utterance = t.state.utterance
    assert utterance is not None
    pairs = zip(words, utterance.read, strict=False)
    known = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    if len(words) < known + _READ_WORDS:
        return
    t.state = replace(t.state, utterance=replace(utterance, read=words))
    if t.state.reply is None:
        t.commands.append(ReadAhead(" ".join(words)))
