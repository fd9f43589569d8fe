"""How probable it is that what was heard is in the model's language.

A model that knows one language makes words of that language out of any speech. They surprise it
more, and what tells languages apart is the surprise in a second of speech: a slow speaker with a
strong accent surprises it with each word as much as another language does, but not so often.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FEWEST_WORDS = 3
"""Fewer words tell nothing."""


@dataclass(frozen=True, slots=True)
class LanguageFit:
    """A logistic regression on the surprise in a second, in nats.

    middle: where both are as probable. slope: how fast the log-odds fall.
    """

    middle: float
    slope: float

    def probability(self, score: float) -> float:
        """That the speech is in the model's language. score: the logarithms of the tokens'
        probabilities, in a second of speech; at most 0.
        """
        return 1 / (1 + math.exp(self.slope * (-score - self.middle)))


@cache
def fit_of(model: str) -> LanguageFit | None:
    """That of a built-in model; None where there is none."""
    text = files(__package__).joinpath("data", "languages.toml").read_text("utf-8")
    fit = tomllib.loads(text).get(model)
    return None if fit is None else LanguageFit(fit["middle"], fit["slope"])
