"""The turn's reducer: whatever it is told, in any order, it keeps its promises."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import settings as examined
from hypothesis import strategies as st

from vivavoce.conversation.spoken_language import SpokenLanguage
from vivavoce.conversation.tools import Toolbox
from vivavoce.conversation.turn_messages import (
    AskCompleteness,
    AskSound,
    AskTranscript,
    AudioHeard,
    ClearRequested,
    CloseUtterance,
    Command,
    CommitRequested,
    CompletenessKnown,
    DropReply,
    DropSilence,
    Emit,
    EndReply,
    HistoryChanged,
    HungUp,
    Input,
    InterruptRequested,
    OpenUtterance,
    PartialHeard,
    PauseReply,
    PrepareReply,
    ReplyFinished,
    ReplyRequest,
    ReplyRequested,
    ResumeReply,
    SayRequested,
    SoundKnown,
    StartReply,
    TextReceived,
    TimePassed,
    TranscriptFailed,
    TranscriptReady,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
)
from vivavoce.conversation.turn_state import TurnState
from vivavoce.conversation.turn_step import step
from vivavoce.engines import Transcript
from vivavoce.events import (
    Failed,
    Heard,
    Paused,
    ReplyStarted,
    Resumed,
    SilenceExplained,
    SpeechStarted,
    SpeechStopped,
    TurnDropped,
)
from vivavoce.settings import SessionSettings, TurnSettings
from vivavoce.turn_taking.fits import Fits, load_fit

START = TurnState(
    language=SpokenLanguage("en", fixed=True),
    fits=Fits((("en", load_fit("en")),), load_fit("neutral")),
)
SETTINGS = SessionSettings(explain=True, idle_prompt="Hello?", idle_after_s=2.0, idle_times=2)
FAILURE = Failed("stt", "scripted", "deaf", "none")
REQUEST = ReplyRequest(SETTINGS, Toolbox(), None, keep=True)

TIMES = st.sampled_from([0.0, 0.02, 0.2, 0.7, 3.1])
LATEST = 0
NUMBERS = st.sampled_from([LATEST, LATEST, LATEST, 1, 2, 5])
"""Of silences and replies: the latest mostly, else one of before, or one that never was."""
TEXTS = st.sampled_from(
    ["", "mm-hm", "stop that now", "what time is it", "my number is five", "and the", "hold on"]
)
TRANSCRIPTS = st.builds(
    Transcript, TEXTS, stable=st.integers(0, 3), confidence=st.sampled_from([None, 0.4, 0.9])
)
PROBABILITIES = st.sampled_from([0.0, 0.3, 0.6, 1.0])
INPUTS: st.SearchStrategy[Input] = st.one_of(
    st.builds(TimePassed, TIMES),
    st.builds(VoiceStarted, TIMES, TIMES, TIMES, TIMES),
    st.builds(VoicePaused, TIMES, TIMES),
    st.builds(VoiceResumed, TIMES, TIMES, TIMES),
    st.builds(AudioHeard, TIMES, TIMES, st.booleans()),
    st.builds(PartialHeard, TRANSCRIPTS, TEXTS),
    st.builds(TranscriptReady, NUMBERS, TRANSCRIPTS, TEXTS),
    st.builds(TranscriptFailed, NUMBERS, st.just(FAILURE)),
    st.builds(CompletenessKnown, NUMBERS, st.none() | PROBABILITIES),
    st.builds(SoundKnown, NUMBERS, PROBABILITIES),
    st.builds(ReplyFinished, NUMBERS, st.booleans()),
    st.builds(SayRequested, st.just("Well.")),
    st.builds(TextReceived, st.just("Hello.")),
    st.builds(ReplyRequested, st.just(REQUEST), st.booleans()),
    st.builds(CommitRequested, st.booleans()),
    st.just(ClearRequested()),
    st.just(InterruptRequested()),
    st.just(HistoryChanged()),
    st.just(HungUp()),
)
SENTENCES = st.tuples(
    st.builds(VoiceStarted, TIMES, TIMES, TIMES, TIMES),
    st.builds(VoicePaused, TIMES, TIMES),
    st.builds(TranscriptReady, st.just(LATEST), TRANSCRIPTS, TEXTS),
    st.builds(CompletenessKnown, st.just(LATEST), st.none() | PROBABILITIES),
    st.builds(SoundKnown, st.just(LATEST), PROBABILITIES),
)
CALLS = st.lists(SENTENCES | st.tuples(INPUTS), max_size=20).map(
    lambda parts: [told for part in parts for told in part]
)
TURNS = st.builds(
    TurnSettings,
    mode=st.sampled_from(["auto", "manual"]),
    barge_in=st.booleans(),
    respond=st.booleans(),
    wait_max_s=st.sampled_from([0.15, 3.0]),
)
ALL_SETTINGS = st.builds(
    lambda turns, drafts: replace(SETTINGS, turns=turns, drafts=drafts), TURNS, st.booleans()
)


def run(
    inputs: list[Input], settings: SessionSettings
) -> tuple[TurnState, list[Command], list[Input]]:
    """The state at the end of a call, all commands, and what was told."""
    state, commands, told = START, list[Command](), list[Input]()
    for each in [*inputs, HungUp()]:
        told.append(aimed(each, state))
        state, new = step(state, told[-1], settings)
        commands += new
    return state, commands, told


def aimed(told: Input, state: TurnState) -> Input:
    """The input, about the latest silence or reply where it means that."""
    match told:
        case TranscriptReady(0) | TranscriptFailed(0) | CompletenessKnown(0) | SoundKnown(0):
            return replace(told, silence=state.silences)
        case ReplyFinished(0):
            return replace(told, reply=state.replies)
        case _:
            return told


def emitted(commands: list[Command]) -> list[object]:
    return [command.event for command in commands if isinstance(command, Emit)]


@given(CALLS, ALL_SETTINGS)
@examined(deadline=None, max_examples=200)
def test_the_same_inputs_give_the_same_steps_and_no_input_is_refused(
    inputs: list[Input], settings: SessionSettings
) -> None:
    assert run(inputs, settings) == run(inputs, settings)


@given(CALLS, ALL_SETTINGS)
@examined(deadline=None, max_examples=300)
def test_one_reply_is_heard_at_a_time_and_each_ends_once(
    inputs: list[Input], settings: SessionSettings
) -> None:
    active: int | None = None
    paused = False
    seen: set[int] = set()
    for command in run(inputs, settings)[1]:
        match command:
            case StartReply(reply):
                assert active is None, "a barge-in ends the reply before the next one starts"
                assert reply not in seen
                active, paused = reply, False
                seen.add(reply)
            case EndReply(reply):
                assert reply == active
                active = None
            case PauseReply():
                assert active is not None
                assert not paused
                paused = True
            case ResumeReply():
                assert active is not None
                assert paused
                paused = False
            case _:
                pass
    assert active is None, "hanging up ends the reply"


@given(CALLS, ALL_SETTINGS)
@examined(deadline=None, max_examples=300)
def test_each_utterance_ends_with_one_event_and_nothing_is_told_of_it_after(
    inputs: list[Input], settings: SessionSettings
) -> None:
    begun: set[int] = set()
    over: set[int] = set()
    for event in emitted(run(inputs, settings)[1]):
        match event:
            case SpeechStarted(turn):
                assert begun == over, "one utterance at a time"
                begun.add(turn)
            case Heard(turn, _, True):
                assert turn not in over
                over.add(turn)
                begun.add(turn)  # of a text that was written instead
            case TurnDropped(turn):
                assert turn in begun - over
                over.add(turn)
            case Heard(turn) | SpeechStopped(turn) | SilenceExplained(turn):
                assert turn in begun - over
    assert begun == over, "no end of an utterance is lost, not even by hanging up"


@given(CALLS, ALL_SETTINGS)
@examined(deadline=None, max_examples=300)
def test_what_is_prepared_is_used_or_dropped_and_nothing_is_asked_of_a_silence_that_is_over(
    inputs: list[Input], settings: SessionSettings
) -> None:
    prepared: set[int] = set()
    open_silence: int | None = None
    utterance: int | None = None
    _, commands, said = run(inputs, settings)
    finished = {each.reply for each in said if isinstance(each, ReplyFinished)}
    for command in commands:
        match command:
            case OpenUtterance(turn):
                assert utterance is None
                utterance = turn
            case CloseUtterance(turn):
                assert (utterance, open_silence) == (turn, None)
                utterance = None
            case AskTranscript(silence):
                assert utterance is not None
                assert open_silence is None
                open_silence = silence
            case AskCompleteness(silence) | AskSound(silence):
                assert silence == open_silence
            case DropSilence(silence):
                assert silence == open_silence
                open_silence = None
            case PrepareReply(reply):
                assert open_silence is not None
                assert not prepared - finished, "one reply is prepared at a time"
                prepared.add(reply)
            case StartReply(reply, _, "prepared"):
                assert reply in prepared
                prepared.discard(reply)
            case DropReply(reply):
                assert reply in prepared
                prepared.discard(reply)
            case _:
                pass
    assert utterance is None
    assert open_silence is None
    assert prepared <= finished, "what was prepared leaves no trace"


@given(CALLS, ALL_SETTINGS)
@examined(deadline=None, max_examples=200)
def test_the_turn_that_interrupts_is_committed_after_the_reply_has_ended(
    inputs: list[Input], settings: SessionSettings
) -> None:
    replying = False
    for command in run(inputs, settings)[1]:
        match command:
            case StartReply():
                replying = True
            case EndReply():
                replying = False
            case Emit(SpeechStopped()):
                assert not (replying and settings.turns.barge_in)
            case Emit(ReplyStarted()):
                assert not replying
            case Emit(Paused() | Resumed()):
                assert replying
            case _:
                pass


VOICE = (VoiceStarted(0.3, 0.0, 0.36, 0.0), VoicePaused(1.0, 1.04))
QUESTION = Transcript("what is the capital of france", language="en")


def states(*inputs: Input, state: TurnState = START) -> tuple[TurnState, list[Command]]:
    """The state after these, and what the last of them leads to."""
    commands: list[Command] = []
    for each in inputs:
        state, new = step(state, each, SETTINGS)
        commands = list(new)
    return state, commands


def test_the_words_are_asked_about_at_once_and_the_sound_when_the_silence_lasts() -> None:
    ready = TranscriptReady(1, QUESTION, QUESTION.text)
    state, commands = states(*VOICE, ready)
    assert [type(c) for c in commands] == [AskCompleteness]
    state, commands = states(AudioHeard(0.02, 1.06, loud=False), state=state)
    assert commands == []
    state, commands = states(AudioHeard(0.05, 1.11, loud=False), state=state)
    assert [type(c) for c in commands] == [AskSound]
    state, commands = states(AudioHeard(0.05, 1.16, loud=False), state=state)
    assert commands == [], "once"


def test_the_sound_is_asked_for_though_the_transcript_is_late() -> None:
    _, commands = states(*VOICE, AudioHeard(0.1, 1.11, loud=False))
    assert [type(c) for c in commands] == [AskSound]


def test_where_all_waits_are_the_same_nothing_is_asked() -> None:
    fixed = replace(SETTINGS, turns=TurnSettings(wait_min_s=0.5, wait_max_s=0.5))
    state, commands = START, list[Command]()
    ready = TranscriptReady(1, QUESTION, QUESTION.text)
    for each in (*VOICE, ready, AudioHeard(0.1, 1.2, loud=False)):
        state, new = step(state, each, fixed)
        commands += new
    asked = [c for c in commands if isinstance(c, AskCompleteness | AskSound)]
    assert asked == []


def test_without_a_fit_the_words_are_not_asked_about() -> None:
    french = Transcript("quelle heure est-il", language="fr")
    state = replace(START, language=SpokenLanguage("fr", fixed=True))
    ready = TranscriptReady(1, french, french.text)
    state, commands = states(*VOICE, ready, state=state)
    assert AskCompleteness not in [type(c) for c in commands]
    heard = AudioHeard(0.1, 1.15, loud=False), SoundKnown(1, 0.9), AudioHeard(2.0, 3.1, loud=False)
    _, commands = states(*heard, state=state)
    (explained,) = [e for e in emitted(commands) if isinstance(e, SilenceExplained)]
    assert {signal.name for signal in explained.signals} == {
        "bias", "silence", "sound", "spoken", "long", "paused",
    }  # fmt: skip


def test_a_silence_is_explained_with_what_each_signal_adds() -> None:
    ready = TranscriptReady(1, QUESTION, QUESTION.text)
    known = CompletenessKnown(1, 0.9), AudioHeard(0.1, 1.14, loud=False), SoundKnown(1, 0.9)
    _, commands = states(*VOICE, ready, *known, AudioHeard(2.0, 3.1, loud=False))
    (explained,) = [e for e in emitted(commands) if isinstance(e, SilenceExplained)]
    assert (explained.turn, explained.at, explained.outcome) == (1, 1.0, "ended")
    assert explained.why == "the silence lasted for the wait"
    assert abs(explained.lasted_s - 2.1) < 1e-9
    values = {signal.name: signal.value for signal in explained.signals}
    assert (values["ends"], values["sound"], values["words"]) == (0.9, 0.9, 6.0)
    assert abs((values["spoken"] or 0.0) - 0.7) < 1e-9
    odds = sum(signal.odds for signal in explained.signals)
    assert explained.over is not None
    assert abs(explained.over - 1 / (1 + 2.718281828459045**-odds)) < 1e-9


def test_a_detector_that_is_slow_is_waited_for_but_not_for_ever() -> None:
    ready = TranscriptReady(1, QUESTION, QUESTION.text)
    eager = replace(SETTINGS, turns=TurnSettings(eagerness="high"))
    state, ends = START, list[bool]()
    told: list[Input] = [*VOICE, ready, CompletenessKnown(1, 1.0)]
    told += [AudioHeard(0.1, now, loud=False) for now in (1.12, 1.35, 1.45)]
    for each in told:
        state, commands = step(state, each, eager)
        ends.append(any(isinstance(event, SpeechStopped) for event in emitted(list(commands))))
    assert ends == [False] * 6 + [True]


def test_a_detector_that_fails_leaves_the_rest_to_decide() -> None:
    ready = TranscriptReady(1, QUESTION, QUESTION.text)
    failed = Failed("turn", "scripted", "deaf", "none")
    known = CompletenessKnown(1, 0.9), AudioHeard(0.1, 1.14, loud=False), SoundKnown(1, 0.5, failed)
    state, commands = states(*VOICE, ready, *known)
    assert failed in emitted(commands)
    _, commands = states(AudioHeard(3.0, 4.2, loud=False), state=state)
    (explained,) = [e for e in emitted(commands) if isinstance(e, SilenceExplained)]
    assert explained.outcome == "ended"
    assert "sound" not in {signal.name for signal in explained.signals}


def test_who_goes_on_right_after_the_turn_was_taken_is_given_more_time() -> None:
    ready = TranscriptReady(1, QUESTION, QUESTION.text)
    state, _ = states(*VOICE, ready, CompletenessKnown(1, 0.9), AudioHeard(3.0, 4.1, loud=False))
    assert (state.utterance, state.cut_offs) == (None, 0)
    soon, _ = states(VoiceStarted(2.2, 1.9, 2.3, 0.0), state=state)
    late, _ = states(VoiceStarted(9.0, 8.7, 9.1, 0.0), state=state)
    assert (soon.cut_offs, late.cut_offs) == (1, 0)
    assert soon.utterance is not None
    assert abs(soon.utterance.paused_s - 1.2) < 1e-9


def test_nothing_is_explained_unless_it_is_asked_for() -> None:
    state = START
    plain = SessionSettings()
    ready = TranscriptReady(1, QUESTION, QUESTION.text)
    found: list[object] = []
    for each in (*VOICE, ready, CompletenessKnown(1, 0.9), AudioHeard(0.02, 4.2, loud=False)):
        state, commands = step(state, each, plain)
        found += emitted(list(commands))
    assert [type(event) for event in found] == [SpeechStarted, SpeechStopped, Heard, ReplyStarted]
