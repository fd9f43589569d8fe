"""What was fitted to a language: the numbers by which ends of turns are told.

They lie in `turn_taking/data/`, a TOML file for each language; each tells how it was made and how
well it does. `neutral.toml` serves all other languages: it reads nothing in the words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from vivavoce.errors import BadRequest
from vivavoce.hints import nearest
from vivavoce.settings import Eagerness
from vivavoce.text.language.codes import language_of

_NEUTRAL = "neutral"

SignalName: TypeAlias = Literal["spoken", "long", "paused", "words", "ends", "sound"]

Price: TypeAlias = Annotated[float, Field(gt=0)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Prices(_Table):
    """How many seconds of waiting one cut is worth, by eagerness."""

    low: Price
    medium: Price
    high: Price

    def of(self, eagerness: Eagerness) -> float:
        """That of an eagerness; `auto` is `medium`."""
        match eagerness:
            case "high":
                return self.high
            case "low":
                return self.low
            case _:
                return self.medium


class Regression(_Table):
    """A logistic regression: what is added to the log-odds that the turn is over.

    bias: after 0.2 s. silence: times the logarithm of the silence in parts of 0.2 s; positive, for
    a silence that lasts speaks for the end. signals: each times the signal's value.
    """

    bias: float
    silence: Annotated[float, Field(ge=0.3)]
    signals: dict[SignalName, float] = {}


class Fit(_Table):
    """One file. name: of the file. prices_s: of a mistake. regressions: the first of which all
    signals are known counts; the last needs no engine.
    """

    name: str
    prices_s: Prices
    regressions: Annotated[tuple[Regression, ...], Field(min_length=1)]

    def weights(self, known: Collection[str]) -> Regression:
        """Those that make the most of the signals that are known."""
        return next(
            weights
            for weights in self.regressions
            if all(name in known for name in weights.signals)
        )

    def reads(self, name: SignalName) -> bool:
        """Whether this signal can count."""
        return any(name in weights.signals for weights in self.regressions)


@dataclass(frozen=True, slots=True)
class Fits:
    """A fit for each language that has one, and the neutral one for all others."""

    by_language: tuple[tuple[str, Fit], ...]
    neutral: Fit

    def of(self, language: str | None) -> Fit:
        """The fit of a language by any of its codes."""
        code = language_of(language)
        return next((fit for known, fit in self.by_language if known == code), self.neutral)


def fits_for(wanted: str = "auto") -> Fits:
    """The fits that are to be used. What the engines can tell decides, silence by silence, which
    of a fit's weights count.

    wanted: `auto`; or the name of a fit, as `en`, that is to be the only one; `neutral` reads
    nothing in the words. Raises BadRequest for a name that is none.
    """
    names = fit_names() if wanted == "auto" else [wanted]
    chosen = [load_fit(name) for name in names if name != _NEUTRAL]
    return Fits(tuple((fit.name, fit) for fit in chosen), load_fit(_NEUTRAL))


@cache
def load_fit(name: str) -> Fit:
    """The fit of this name, as `en`. Raises BadRequest for a name that is none."""
    known = fit_names()
    if name not in known:
        raise BadRequest(f"session.turns.fit: there is no fit {name!r}; {nearest(name, known)}")
    path = files("vivavoce.turn_taking").joinpath("data", f"{name}.toml")
    return parse_fit(name, path.read_text(encoding="utf-8"))


def parse_fit(name: str, text: str) -> Fit:
    """The fit in a file's text."""
    data: Mapping[str, object] = tomllib.loads(text)
    return Fit.model_validate({"name": name, **{k: v for k, v in data.items() if k != "made"}})


def fit_names() -> list[str]:
    """All fits that are installed."""
    found = (path.name for path in files("vivavoce.turn_taking").joinpath("data").iterdir())
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))


NEUTRAL = Fits((), load_fit(_NEUTRAL))
