"""From a call's timeline to what became of each of the caller's steps; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import LCSseq

from vivavoce.transcripts.word_errors import normalize, word_errors

from .scenario import Expectation
from .timeline import CallerSpeech, RecordedCall, Sounding, SpokenWord, TimelineMark

NOTICED_S = 0.25
"""A silence in the reply that is this long has stopped it."""
_TAKEN_S = 1.0
"""An interruption that has ended the reply by then, after its last word, was not missed."""
_FOLLOWS_S = 1.5
"""What becomes of the reply until then, after a noise, came of that noise."""
_ALMOST_OVER_S = 0.5
"""A reply that ends by itself so soon after an interruption began left nothing to interrupt."""


@dataclass(frozen=True, slots=True)
class TurnOutcome:
    """What became of one step. None where a figure does not apply.

    gap: seconds from the true end of speech to the first audible sample of the reply.
    cut_off: a reply was heard before the caller was done. answered: one was heard after that.
    missed: the reply went on in spite of an interruption. to_silence, to_silence_decided: seconds
    from the interruption's first sound, and from the decision, to the last sound of the reply.
    lost: a reply ended by what was no interruption; held: it stopped for a while, in seconds.
    unprompted: a reply began though nobody had said anything to it.
    errors, words: of the final transcripts, against what was said.
    draft: the reply had been prepared. note: why the step could not be judged, or what the
    agent said had failed.
    """

    scenario: str
    label: str
    step: int
    expect: Expectation
    what: str
    gap: float | None = None
    cut_off: bool | None = None
    answered: bool | None = None
    missed: bool | None = None
    to_silence: float | None = None
    to_silence_decided: float | None = None
    lost: bool | None = None
    held: float | None = None
    unprompted: bool | None = None
    echo: bool = False
    said: str = ""
    heard: str = ""
    errors: int | None = None
    words: int | None = None
    draft: bool | None = None
    note: str | None = None

    @property
    def stopped(self) -> bool | None:
        """Whether what was no interruption stopped a reply, for a while or for good."""
        return None if self.lost is None else self.lost or self.held is not None


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What became of one reply's words in the history.

    unheard: in the history, and not begun to be heard. missing: heard to its end, and not there.
    """

    scenario: str
    label: str
    interrupted: bool
    unheard: int
    missing: int


def turns_of(call: RecordedCall) -> list[TurnOutcome]:
    """A turn for each step that was played, and a note for each that was not."""
    said = sorted(call.said, key=lambda one: one.start)
    turns = []
    for i, one in enumerate(said):
        until = said[i + 1].start if i + 1 < len(said) else call.seconds
        turn = _turn(call, one, until)
        turns.append(replace(turn, note=turn.note or _failed(call, one.start, until)))
    why = call.failure or "no reply came that it could have followed"
    turns += [_blank(call, number, why) for number in call.skipped]
    if call.failure and not call.skipped and not said:
        turns.append(_blank(call, 0, call.failure))
    return turns


def _blank(call: RecordedCall, step: int, note: str) -> TurnOutcome:
    return TurnOutcome(call.scenario, call.label, step, "ignore", "nothing", note=note)


def _turn(call: RecordedCall, said: CallerSpeech, until: float) -> TurnOutcome:
    broke_off = call.failure is not None and until >= call.seconds
    if said.expect == "ignore":
        return _ignored(call, said, until, call.failure if broke_off else None)
    reply = _under_way(call, said.start)
    ended = _ended(call, reply)
    over_by_itself = (
        ended is not None and ended.text == "done" and ended.at < said.start + _ALMOST_OVER_S
    )
    if said.expect == "stop" and (reply is None or over_by_itself):
        return _answered(call, said, until, "there was no reply to interrupt")
    turn = _answered(call, said, until, call.failure if broke_off else None)
    return turn if reply is None or said.expect == "answer" else _stopped(call, said, reply, turn)


# --- what is expected ----------------------------------------------------------------------------


def _answered(
    call: RecordedCall, said: CallerSpeech, until: float, note: str | None
) -> TurnOutcome:
    new = _new_replies(call, said)
    sounds = [one for one in call.heard if one.reply in new and one.start < until]
    first = min((one.start for one in sounds), default=None)
    cut_off = first is not None and first < said.end
    heard = _finals(call, said.start, until)
    transcribed = call.drafts is not None or any(mark.kind == "final" for mark in call.marks)
    judged = transcribed and bool(said.text) and note is None
    errors = word_errors(said.text, heard) if judged else None
    unknown = note is not None and note == call.failure
    return TurnOutcome(
        call.scenario,
        call.label,
        said.step,
        said.expect,
        said.what,
        gap=None if first is None or cut_off else round(first - said.end, 4),
        cut_off=cut_off if first is not None or not unknown else None,
        answered=None if unknown else any(one.end > said.end for one in sounds),
        said=said.text,
        heard=heard,
        errors=errors.errors if errors else None,
        words=errors.words if errors else None,
        draft=next((mark.text == "draft" for mark in _starts(call) if mark.reply in new), None),
        echo=call.echo,
        note=note,
    )


def _stopped(call: RecordedCall, said: CallerSpeech, reply: str, turn: TurnOutcome) -> TurnOutcome:
    ended = _ended(call, reply)
    caught = (
        ended is not None
        and ended.text != "done"
        and ended.at <= said.end + _TAKEN_S
        and ended.at < call.seconds
    )
    to_silence = decided = None
    if caught:
        assert ended is not None
        last = max((one.end for one in _sounds_of(call, reply)), default=said.start)
        to_silence = round(max(0.0, last - said.parts[0][0]), 4)
        decided = round(max(0.0, last - _decision(call, reply, said.start, ended.at)), 4)
    return replace(turn, missed=not caught, to_silence=to_silence, to_silence_decided=decided)


def _ignored(call: RecordedCall, said: CallerSpeech, until: float, note: str | None) -> TurnOutcome:
    reply = _under_way(call, said.start)
    limit = min(said.end + _FOLLOWS_S, until)
    lost = held = None
    if reply is not None:
        ended = _ended(call, reply)
        lost = (
            ended is not None
            and ended.text != "done"
            and said.start <= ended.at <= limit
            and ended.at < call.seconds
        ) or _left_hanging(call, reply, said.start, limit)
        holds = [
            hold.end - hold.start
            for hold in call.holds
            if hold.reply == reply and said.start <= hold.start <= limit
        ]
        held = max((hold for hold in holds if hold >= NOTICED_S), default=None)
    begun = [mark for mark in _starts(call) if said.start < mark.at <= limit]
    return TurnOutcome(
        call.scenario,
        call.label,
        said.step,
        said.expect,
        said.what,
        lost=lost,
        held=None if held is None else round(held, 4),
        unprompted=bool(begun) and not lost,
        echo=call.echo,
        said=said.text,
        note=note,
    )


# --- the history ---------------------------------------------------------------------------------


def tales_of(call: RecordedCall) -> list[CallOutcome]:
    """For each reply whose words and history are both known, how they differ."""
    histories = {mark.reply: mark.text for mark in call.marks if mark.kind == "heard words"}
    ends = {mark.reply: mark.text for mark in call.marks if mark.kind == "reply ended"}
    tales = []
    for audio in call.replies:
        if audio.words is None or audio.reply not in histories:
            continue
        history = normalize(histories[audio.reply])
        begun = _text(audio.words, lambda word, played=audio.played: word.start < played)
        whole = _text(audio.words, lambda word, played=audio.played: word.end <= played)
        tales.append(
            CallOutcome(
                call.scenario,
                call.label,
                ends.get(audio.reply) != "done",
                _extra(begun, history),
                _extra(history, whole),
            )
        )
    return tales


def _text(words: Sequence[SpokenWord], wanted: object) -> list[str]:
    assert callable(wanted)
    return normalize(" ".join(word.text for word in words if wanted(word)))


def _extra(reference: list[str], words: list[str]) -> int:
    """How many of `words` are not in `reference`."""
    return len(words) - LCSseq.similarity(reference, words)


# --- reading a timeline --------------------------------------------------------------------------


def _starts(call: RecordedCall) -> Iterator[TimelineMark]:
    return (mark for mark in call.marks if mark.kind == "reply started")


def _ended(call: RecordedCall, reply: str | None) -> TimelineMark | None:
    ends = (mark for mark in call.marks if mark.kind == "reply ended" and mark.reply == reply)
    return next(ends, None)


def _under_way(call: RecordedCall, at: float) -> str | None:
    """The reply that was being given then."""
    for mark in reversed(list(_starts(call))):
        if mark.at <= at:
            ended = _ended(call, mark.reply)
            return mark.reply if ended is None or ended.at > at else None
    return None


def _new_replies(call: RecordedCall, said: CallerSpeech) -> set[str]:
    return {mark.reply for mark in _starts(call) if mark.at > said.start}


def _sounds_of(call: RecordedCall, reply: str) -> list[Sounding]:
    return [one for one in call.heard if one.reply == reply]


def _decision(call: RecordedCall, reply: str, since: float, ended: float) -> float:
    """When the agent fell silent for good: at its last pause, or at the end."""
    pauses = [
        mark
        for mark in call.marks
        if mark.kind in {"paused", "resumed"} and mark.reply == reply and since <= mark.at <= ended
    ]
    return pauses[-1].at if pauses and pauses[-1].kind == "paused" else ended


def _left_hanging(call: RecordedCall, reply: str, since: float, limit: float) -> bool:
    pauses = [
        mark
        for mark in call.marks
        if mark.kind in {"paused", "resumed"} and mark.reply == reply and mark.at >= since
    ]
    return bool(pauses) and pauses[-1].kind == "paused" and pauses[-1].at <= limit


def _failed(call: RecordedCall, since: float, until: float) -> str | None:
    """The first failure that the agent told of meanwhile."""
    told = (mark.text for mark in call.marks if mark.kind == "failed" and since < mark.at <= until)
    return next(told, None)


def _finals(call: RecordedCall, since: float, until: float) -> str:
    finals = (mark.text for mark in call.marks if mark.kind == "final" and since < mark.at <= until)
    return " ".join(finals)
