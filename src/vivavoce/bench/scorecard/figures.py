"""Which figures there are, and the observations that each rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .measure import CallOutcome, TurnOutcome
from .statistics import Sample, Statistic


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call took. drafts: replies begun; used: of those, how many were given."""

    scenario: str
    label: str
    seconds: float
    cpu_s: float | None = None
    drafts: int | None = None
    used: int = 0
    late_s: float = 0.0
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """All that was observed in some calls."""

    turns: Sequence[TurnOutcome] = ()
    tales: Sequence[CallOutcome] = ()
    costs: Sequence[Cost] = ()

    def of(self, scenario: str) -> Results:
        """Only what belongs to this scenario."""
        return Results(
            [one for one in self.turns if one.scenario == scenario],
            [one for one in self.tales if one.scenario == scenario],
            [one for one in self.costs if one.scenario == scenario],
        )

    @property
    def scenarios(self) -> list[str]:
        """Their names, in order."""
        return list(dict.fromkeys(one.scenario for one in self.costs))


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. unit: of its value: seconds are shown as ms, shares in %.

    statistic: see there. better: in which direction it improves, if in any. short: what the table
    of all scenarios calls it, if it has it.
    """

    key: str
    name: str
    unit: Literal["s", "share", "number"]
    samples: Callable[[Results], Iterator[Sample]]
    statistic: Statistic = "ratio"
    better: Literal["less", "more"] | None = "less"
    short: str = ""


def _cluster(one: TurnOutcome | CallOutcome | Cost) -> str:
    text = f"{one.scenario}/{one.label.partition(' #')[0]}"
    return f"{text}/{one.step}" if isinstance(one, TurnOutcome) else text


def _seconds(key: str) -> Callable[[Results], Iterator[Sample]]:
    """A time of each turn that has it."""

    def samples(results: Results) -> Iterator[Sample]:
        for turn in results.turns:
            if (value := getattr(turn, key)) is not None:
                yield Sample(_cluster(turn), value)

    return samples


def _share(of: Callable[[TurnOutcome], bool | None]) -> Callable[[Results], Iterator[Sample]]:
    """Of the turns for which it is known."""

    def samples(results: Results) -> Iterator[Sample]:
        for turn in results.turns:
            if (value := of(turn)) is not None:
                yield Sample(_cluster(turn), float(value))

    return samples


def _self_interrupted(turn: TurnOutcome) -> bool | None:
    if not turn.echo or turn.what != "silence":
        return None
    return bool(turn.stopped) or bool(turn.unprompted)


def _falsely_interrupted(turn: TurnOutcome) -> bool | None:
    return None if turn.echo and turn.what == "silence" else turn.stopped


def _resumed(turn: TurnOutcome) -> bool | None:
    return not turn.lost if _falsely_interrupted(turn) else None


def _unprompted(turn: TurnOutcome) -> bool | None:
    return None if turn.echo and turn.what == "silence" else turn.unprompted


def _unanswered(turn: TurnOutcome) -> bool | None:
    return None if turn.answered is None else not turn.answered


def _unheard(results: Results) -> Iterator[Sample]:
    return (Sample(_cluster(tale), tale.unheard) for tale in results.tales)


def _missing(results: Results) -> Iterator[Sample]:
    return (Sample(_cluster(tale), tale.missing) for tale in results.tales if tale.interrupted)


def _errors(results: Results) -> Iterator[Sample]:
    for turn in results.turns:
        if turn.errors is not None and turn.words:
            yield Sample(_cluster(turn), turn.errors, turn.words)


def _used(results: Results) -> Iterator[Sample]:
    for cost in results.costs:
        if cost.drafts:
            yield Sample(_cluster(cost), cost.used, cost.drafts)


def _wasted(results: Results) -> Iterator[Sample]:
    for cost in results.costs:
        if cost.drafts:
            yield Sample(_cluster(cost), max(0, cost.drafts - cost.used), cost.drafts)


def _cpu(results: Results) -> Iterator[Sample]:
    for cost in results.costs:
        if cost.cpu_s is not None and cost.seconds > 0:
            yield Sample(_cluster(cost), cost.cpu_s, cost.seconds / 60)


FIGURES: tuple[Figure, ...] = (
    Figure("gap_p50", "gap, median", "s", _seconds("gap"), 0.5, short="gap"),
    Figure("gap_p90", "gap, 90 %", "s", _seconds("gap"), 0.9),
    Figure("gap_p95", "gap, 95 %", "s", _seconds("gap"), 0.95, short="gap 95 %"),
    Figure(
        "cut_offs", "cut off", "share", _share(lambda turn: turn.cut_off), "share", short="cut off"
    ),
    Figure("unanswered", "no answer", "share", _share(_unanswered), "share", short="no answer"),
    Figure(
        "false_interruptions",
        "false interruptions",
        "share",
        _share(_falsely_interrupted),
        "share",
        short="false stops",
    ),
    Figure("resumed", "of these resumed", "share", _share(_resumed), "share", better="more"),
    Figure(
        "missed_barge_ins",
        "missed barge-ins",
        "share",
        _share(lambda turn: turn.missed),
        "share",
        short="missed",
    ),
    Figure(
        "silence_p50", "to silence, median", "s", _seconds("to_silence"), 0.5, short="to silence"
    ),
    Figure("silence_p95", "to silence, 95 %", "s", _seconds("to_silence"), 0.95),
    Figure("decided_p95", "from decision, 95 %", "s", _seconds("to_silence_decided"), 0.95),
    Figure(
        "self_interruptions",
        "self-interruptions",
        "share",
        _share(_self_interrupted),
        "share",
        short="heard itself",
    ),
    Figure(
        "unprompted",
        "unprompted replies",
        "share",
        _share(_unprompted),
        "share",
        short="unprompted",
    ),
    Figure("unheard_words", "unheard words a reply", "number", _unheard),
    Figure("missing_words", "missing words an interruption", "number", _missing),
    Figure("wer", "WER", "share", _errors, short="WER"),
    Figure("drafts_used", "drafts used", "share", _used, better="more"),
    Figure("drafts_wasted", "drafts wasted", "share", _wasted),
    Figure("cpu", "CPU s a minute", "number", _cpu),
)
