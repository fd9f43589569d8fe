"""What was fitted to a language and to engines: the numbers by which ends of turns are told.

They lie in `turn_taking/data/`, a TOML file for each language and set of engines; each tells how it
was made. `neutral.toml` serves languages and engines without one: it reads nothing in the words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import TypeVar

from vivavoce.engines import Engines
from vivavoce.errors import BadRequest
from vivavoce.hints import nearest
from vivavoce.text.language.codes import language_of

_NEUTRAL = "neutral"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SignalWeights:
    """A logistic regression: what each signal adds to the log-odds that the turn is over.

    bias: where nothing else speaks. ends: times the logarithm of the language model's probability
    that the words end here, to which `ends_floor` is added; `ends_unknown` takes the logarithm's
    place as the recognizer's confidence falls from `trust_to` to `trust_from`. length: times the
    logarithm of the number of words, of which `least_words` to `most_words` count; answers that are
    whole by themselves have `most_words`. rivals: taken off, times the logarithm of one and the
    probability, in parts of `rivals_floor`, that the last word was one with which nothing ends.
    sound: times the log-odds of the turn detector, kept `sound_bound` from 0 and 1.
    """

    bias: float
    ends: float
    ends_floor: float
    ends_unknown: float
    trust_from: float
    trust_to: float
    length: float
    least_words: float
    most_words: float
    rivals: float
    rivals_floor: float
    sound: float
    sound_bound: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What follows from a probability.

    sure: from here on a silence need not be longer than the shortest. likely: from here on the
    words alone decide, and the turn detector is not asked. doubtful: the most that is believed
    where more may well follow: after a comma; after a number or a letter, which often come in
    pieces; after a statement, which may lead to a question; and where only the sound speaks for an
    end. own_pause: a doubtful silence must be so many times as long as one after which the user
    went on. curve_*: exponents of the wait for each eagerness; the larger, the sooner a doubtful
    silence ends the turn.
    """

    sure: float
    likely: float
    doubtful: float
    own_pause: float
    curve_high: float
    curve_medium: float
    curve_low: float


@dataclass(frozen=True, slots=True)
class Fit:
    """One file. name: of the file. weights: None where nothing is read in the words."""

    name: str
    thresholds: Thresholds
    weights: SignalWeights | None = None


@dataclass(frozen=True, slots=True)
class Fits:
    """What fits some engines: a fit for each language, and the neutral one for all others."""

    by_language: tuple[tuple[str, Fit], ...]
    neutral: Fit

    def of(self, language: str | None) -> Fit:
        """The fit of a language by any of its codes."""
        code = language_of(language)
        return next((fit for known, fit in self.by_language if known == code), self.neutral)


def fits_for(engines: Engines, wanted: str = "auto") -> Fits:
    """The fits of these engines.

    wanted: `auto`, or the name of a fit that is to be used whatever the engines are, as `en`;
    `neutral` reads nothing in the words. Raises BadRequest for a name that is none.
    """
    kinds = ("stt", "llm", "turn")
    names = [getattr(engines, kind).name.partition(":")[0] for kind in kinds]
    return _fits(wanted, dict(zip(kinds, names, strict=True)))


def load_fit(name: str) -> Fit:
    """The fit of this name, as `en`. Raises BadRequest for a name that is none."""
    return _read(name)[0]


def fit_names() -> list[str]:
    """All fits that are installed."""
    found = (path.name for path in files("vivavoce.turn_taking").joinpath("data").iterdir())
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))


def _fits(wanted: str, engines: Mapping[str, str]) -> Fits:
    neutral = load_fit(_NEUTRAL)
    if wanted != "auto":
        names = [wanted]
    else:
        names = [name for name in fit_names() if _serves(_read(name)[1], engines)]
    chosen = [load_fit(name) for name in names if name != _NEUTRAL]
    return Fits(tuple((fit.name.partition(".")[0], fit) for fit in chosen), neutral)


def _serves(known: Mapping[str, list[str]], engines: Mapping[str, str]) -> bool:
    return bool(known) and all(engines[kind] in names for kind, names in known.items())


@cache
def _read(name: str) -> tuple[Fit, Mapping[str, list[str]]]:
    """A file's fit, and the engines it is for by their kinds."""
    known = fit_names()
    if name not in known:
        raise BadRequest(f"session.turns.fit: there is no fit {name!r}; {nearest(name, known)}")
    path = files("vivavoce.turn_taking").joinpath("data", f"{name}.toml")
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    weights = data.get("weights")
    fit = Fit(
        name,
        _table(Thresholds, data["thresholds"]),
        None if weights is None else _table(SignalWeights, weights),
    )
    return fit, data.get("engines", {})


def _table(kind: type[T], table: Mapping[str, float]) -> T:
    expected = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    assert expected == set(table), expected ^ set(table)
    return kind(**{key: float(value) for key, value in table.items()})


NEUTRAL = Fits((), load_fit(_NEUTRAL))
