"""A fit to recordings of people: logistic regressions, and the prices that go with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vivavoce.bench.endings import area
from vivavoce.bench.report import Figure, Report
from vivavoce.settings import TurnSettings
from vivavoce.turn_taking.endpointing import judge
from vivavoce.turn_taking.evidence import FIRST_S, Evidence, features
from vivavoce.turn_taking.fits import Fit, Fits, Prices, Regression, SignalName

from .fit_file import fit_file
from .measure import measure, row
from .rules import ours
from .silences import Silence, talkers

Matrix = NDArray[np.float64]

MOMENTS = (0.15, 0.2, 0.3, 0.45, 0.65, 0.9, 1.3, 2.0)
"""So long into a silence it is asked whether the turn is over."""

LANGUAGE_SIGNALS: tuple[tuple[SignalName, ...], ...] = (
    ("sound", "ends", "words", "spoken", "long", "paused"),
    ("sound", "words", "spoken", "long", "paused"),
    ("ends", "words", "spoken", "long", "paused"),
    ("words", "spoken", "long", "paused"),
    ("sound", "spoken", "long", "paused"),
    ("spoken", "long", "paused"),
)
"""What a fit for a language weighs, by what the engines can tell."""

NEUTRAL_SIGNALS = LANGUAGE_SIGNALS[4:]

_NEVER_FITTED = frozenset({"barista"})
"""Sources that do not say who speaks: a talker might be on both sides."""

_ENGLISH = frozenset({"en", "de"})
"""German is what an English recognizer makes of another language."""

_CUT_OUT = 0.35
"""What is cut out of longer talk has pauses and no ends; with its full weight, all that is long
would be taken for unfinished."""

_CROWD = 0.2
"""Single words of a crowd show ends and no pauses; with their full weight every first word would be
taken for all."""

_STRENGTH = 0.3
"""Of the regularization, inverse; few talkers should not be learned by heart."""

PRICES = Prices(low=25.0, medium=8.0, high=4.0)


@dataclass(frozen=True, slots=True)
class Example:
    """A silence at one moment. over: the user is done."""

    known: Evidence
    silence_s: float
    over: bool
    weight: float


def is_kept_for_tests(speaker: str) -> bool:
    """Whether this talker is reported and never fitted; half of all, by a hash of the name."""
    return sha256(speaker.encode()).digest()[0] % 2 == 1


def examples_of(silences: Sequence[Silence]) -> list[Example]:
    """Each silence at each moment that it lasts for.

    Who was recorded for longer counts for more, but only with the square root.
    """
    told = [silence for silence in silences if silence.role in {"hold", "end"}]
    per_talker: dict[str, int] = {}
    for silence in told:
        speaker = silence.recording.speaker
        per_talker[speaker] = per_talker.get(speaker, 0) + 1
    found = []
    for silence in told:
        lasts = math.inf if silence.lasts_s is None else silence.lasts_s
        weight = 1 / math.sqrt(per_talker[silence.recording.speaker])
        if silence.recording.complete is None:
            weight *= _CUT_OUT
        if "?" in silence.recording.speaker:
            weight *= _CROWD
        known = silence.evidence()
        found += [
            Example(known, moment, silence.role == "end", weight)
            for moment in MOMENTS
            if moment < lasts
        ]
    return found


def fit(
    name: str,
    examples: Sequence[Example],
    signals: Sequence[Sequence[SignalName]],
    prices: Prices = PRICES,
) -> Fit:
    """A regression for each set of signals. Raises ImportError without scikit-learn."""
    regressions = tuple(_regression(examples, names) for names in signals)
    return Fit(name=name, prices_s=prices, regressions=regressions)


def _regression(examples: Sequence[Example], names: Sequence[SignalName]) -> Regression:
    from sklearn.linear_model import LogisticRegression

    rows, over, weights = [], [], []
    for example in examples:
        told = features(example.known)
        if set(names) <= set(told):
            rows.append([math.log(example.silence_s / FIRST_S), *(told[n].value for n in names)])
            over.append(example.over)
            weights.append(example.weight)
    matrix: Matrix = np.array(rows)
    spread = np.maximum(matrix.std(axis=0), 1e-6)
    learner = LogisticRegression(C=_STRENGTH, max_iter=1000)
    learner.fit(matrix / spread, np.array(over), np.array(weights))
    silence, *found = (float(value) for value in learner.coef_[0] / spread)
    signals = dict(zip(names, found, strict=True))
    return Regression(bias=float(learner.intercept_[0]), silence=max(silence, 0.3), signals=signals)


def fit_report(silences: Sequence[Silence], folder: Path) -> list[Report]:
    """Fit to half of the talkers, write the files, and tell what the other half shows.

    Recordings of sources without talkers are never fitted.
    """
    told = [s for s in silences if s.role in {"hold", "end"}]
    fitted = [s for s in told if may_be_fitted(s)]
    tested = [s for s in told if not may_be_fitted(s)]
    english = [s for s in fitted if s.recording.language in _ENGLISH]
    folder.mkdir(parents=True, exist_ok=True)
    for name, examples, signals in (
        ("en", english, LANGUAGE_SIGNALS),
        ("neutral", fitted, NEUTRAL_SIGNALS),
    ):
        found = fit(name, examples_of(examples), signals)
        (folder / f"{name}.toml").write_text(fit_file(found, _made(examples, tested)), "utf-8")
    rows = [_without(name, english, tested) for name in (None, *LANGUAGE_SIGNALS[0])]
    note = f"Fitted on {len(talkers(fitted))} talkers, tested on {len(talkers(tested))} others."
    return [Report("a signal left out", rows, [note, f"The fits are in {folder}."])]


def may_be_fitted(silence: Silence) -> bool:
    """Whether a fit may be made to it; else it is for tests."""
    clip = silence.recording
    return clip.source not in _NEVER_FITTED and not is_kept_for_tests(clip.speaker)


def _without(
    name: SignalName | None, fitted: Sequence[Silence], tested: Sequence[Silence]
) -> dict[str, Figure]:
    """The area under the curve of holds and ends, and what a cut and a wait come to."""
    names = [signal for signal in LANGUAGE_SIGNALS[0] if signal != name]
    found = fit("en", examples_of(fitted), [names, *LANGUAGE_SIGNALS[1:]])
    english = [s for s in tested if s.recording.language == "en"]
    over = {
        role: [judge(s.evidence(), FIRST_S, found).over for s in english if s.role == role]
        for role in ("hold", "end")
    }
    measured = measure(english, ours(Fits((("en", found),), found), TurnSettings()))
    return {
        "left out": name or "nothing",
        "area": round(area(over["end"], over["hold"]), 3),
        **{k: v for k, v in row("", measured).items() if k != "rule"},
    }


def _made(fitted: Sequence[Silence], tested: Sequence[Silence]) -> dict[str, str]:
    def told(some: Sequence[Silence]) -> str:
        holds = sum(silence.role == "hold" for silence in some)
        return f"{holds} pauses and {len(some) - holds} ends of {len(talkers(some))} talkers"

    return {
        "command": "vivavoce bench people FOLDER --fit DIR",
        "fitted_on": f"{told(fitted)}: learners of English on the telephone, free talk, readings",
        "tested_on": f"{told(tested)}, others than those; docs/benchmarks.md has the figures",
        "with": "silero, moonshine:tiny-en, llama-cpp, smart-turn",
    }
