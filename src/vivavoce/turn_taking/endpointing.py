"""Whether the user is done, and how long to wait until that is sure; pure.

One probability, asked again as silence grows: P(done | what is known, the silence lasted for so
long). Its log-odds are a sum of what each signal adds, and rise with the logarithm of the silence,
as pauses have a long tail. The wait is the one that costs least, where a cut costs as much as so
many seconds of waiting. With odds o of the end at 0.2 s, which grow with the power g of the
silence, waiting until t costs

    P(not done) (t / 0.2)^-g price + P(done) t

which is least at t = 0.2 (g price / (0.2 o))^(1 / (g + 1)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vivavoce.events import Signal
from vivavoce.settings import TurnSettings
from vivavoce.text.language.pack import TurnWords

from .evidence import FIRST_S, Evidence, features
from .fits import Fit

_EACH_CUT = 2.0
"""A user who was cut off is given more time: cutting them off again costs twice as much."""

_MARKS = " .!?¡¿"


@dataclass(frozen=True, slots=True)
class Judgement:
    """How probable it is that the turn is over, and what that comes from.

    bound: what is known without signals; empty where they decide.
    """

    over: float
    signals: tuple[Signal, ...] = ()
    bound: str = ""


def judge(known: Evidence, silence_s: float, fit: Fit) -> Judgement:
    """The probability that the turn is over, after so much silence."""
    told = features(known)
    weights = fit.weights(told)
    lasts = math.log(max(silence_s, 0.01) / FIRST_S)
    signals = [
        Signal("bias", None, weights.bias),
        Signal("silence", silence_s, weights.silence * lasts),
    ]
    signals += [
        Signal(name, told[name].measured, weight * told[name].value)
        for name, weight in weights.signals.items()
    ]
    odds = sum(signal.odds for signal in signals)
    return Judgement(1 / (1 + math.exp(-odds)), tuple(signals))


def patience(known: Evidence, fit: Fit, settings: TurnSettings, *, cut_offs: int = 0) -> float:
    """How long a silence must last to end the turn, by what is known now, in seconds.

    cut_offs: how often this user was cut off lately.
    """
    told = features(known)
    weights = fit.weights(told)
    odds = weights.bias
    odds += sum(weight * told[name].value for name, weight in weights.signals.items())
    growth = weights.silence
    price_s = fit.prices_s.of(settings.eagerness) * _EACH_CUT**cut_offs
    exponent = (math.log(growth * price_s / FIRST_S) - odds) / (growth + 1)
    wait = FIRST_S * math.exp(min(exponent, 10.0))
    return float(min(max(wait, settings.wait_min_s), settings.wait_max_s))


def sound_matters(known: Evidence, fit: Fit, settings: TurnSettings) -> bool:
    """Whether the turn detector can change how long is waited."""
    waits = {
        patience(
            Evidence(known.heard, known.ends, sound, known.spoken_s, known.paused_s), fit, settings
        )
        for sound in (0.0, 1.0)
    }
    return len(waits) > 1


def opens(text: str, words: TurnWords) -> bool:
    """Whether these words only open an interruption: "no, no", "hold on a second"."""
    said = text.lower().replace(",", " ").split()
    return bool(said) and all(word.strip(_MARKS) in words.openers for word in said)
