"""Whether the user is done, and how long to wait until that is sure; pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from vivavoce.engines import Transcript
from vivavoce.events import Signal
from vivavoce.settings import TurnSettings
from vivavoce.text.language.pack import TurnWords

from .fits import Fit, SignalWeights, Thresholds

_CERTAIN = 1e-6
"""Probabilities nearer to 0 or 1 have no odds to speak of."""

_MARKS = " .!?¡¿"
_STATEMENT_WORDS = 4
"""A shorter sentence that begins like a statement is as often an answer."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How probable it is that the turn is over, and what that comes from.

    bound: why no more than this is believed; empty where the signals alone decide.
    """

    over: float
    signals: tuple[Signal, ...] = ()
    bound: str = ""


def by_words(ends: float | None, heard: Transcript, words: TurnWords, fit: Fit) -> Judgement | None:
    """The probability that the turn is over, from what it says; None if that is not known.

    ends: the language model's that the words end here, or None. The fewer the words, the likelier
    they are only the first of more, but for those that are an answer by themselves. What was
    hardly understood tells little of its end. And a recognizer makes whole sentences of parts, as
    "Who painted them?" of "Who painted the": so it counts if the last word may be another, with
    which nothing ends.
    """
    if ends is None or fit.weights is None:
        return None
    return _bounded(_signals(ends, heard, words, fit.weights), heard.text, words, fit.thresholds)


def by_sound(
    sound: float, ends: float | None, heard: Transcript, words: TurnWords, fit: Fit
) -> Judgement:
    """The probability that the turn is over, from how it sounds and what it says.

    sound: the turn detector's. The others are those of `by_words`. Where nothing is read in the
    words the sound alone decides.
    """
    if ends is None or fit.weights is None:
        known = min(max(sound, _CERTAIN), 1 - _CERTAIN)
        return Judgement(sound, (Signal("sound", sound, _odds_of(known)),))
    weights, doubtful = fit.weights, fit.thresholds.doubtful
    bounded = min(max(sound, weights.sound_bound), 1 - weights.sound_bound)
    signals = _signals(ends, heard, words, weights)
    alone = _probability(signals)
    signals += (Signal("sound", sound, weights.sound * _odds_of(bounded)),)
    judged = _bounded(signals, heard.text, words, fit.thresholds)
    if judged.over > max(doubtful, alone):
        return Judgement(max(doubtful, alone), signals, "only the sound speaks for an end")
    return judged


def opens(text: str, words: TurnWords) -> bool:
    """Whether these words only open an interruption: "no, no", "hold on a second"."""
    said = text.lower().replace(",", " ").split()
    return bool(said) and all(word.strip(_MARKS) in words.openers for word in said)


def looks_unfinished(text: str, words: TurnWords) -> bool:
    """Whether it ends in a hesitation, or in a little word that something must follow."""
    said = text.lower().rstrip(" .,;:!…-").split()
    if not said:
        return False
    return said[-1].rstrip("?") in words.hesitations or said[-1] in words.unfinished


def patience(
    over: float,
    settings: TurnSettings,
    thresholds: Thresholds,
    paused_s: float = 0.0,
    *,
    opening: bool = False,
) -> float:
    """How long a silence must last to end the turn, in seconds.

    over: the probability that the turn is over. The wait falls from `wait_max_s` at 0 to
    `wait_min_s` at `thresholds.sure`. paused_s: the longest silence after which the user has gone
    on in this utterance; a doubtful one is then given longer than that. opening: nothing was said
    but what opens an interruption, and more is likely to follow.
    """
    if opening:
        over = min(over, thresholds.doubtful)
    if over >= thresholds.sure:
        return settings.wait_min_s
    doubt = (1.0 - max(over, 0.0) / thresholds.sure) ** _curve(settings, thresholds)
    wait = settings.wait_min_s + (settings.wait_max_s - settings.wait_min_s) * doubt
    return float(min(max(wait, thresholds.own_pause * paused_s), settings.wait_max_s))


def _curve(settings: TurnSettings, thresholds: Thresholds) -> float:
    match settings.eagerness:
        case "high":
            return thresholds.curve_high
        case "low":
            return thresholds.curve_low
        case _:
            return thresholds.curve_medium


def _signals(
    ends: float, heard: Transcript, words: TurnWords, weights: SignalWeights
) -> tuple[Signal, ...]:
    said = heard.text.lower().replace(",", " ").split()
    whole = all(word.strip(_MARKS) in words.answers for word in said)
    count = min(max(len(said), weights.least_words), weights.most_words)
    if whole:
        count = weights.most_words
    sure = 1.0 if heard.confidence is None else heard.confidence
    trust = (sure - weights.trust_from) / (weights.trust_to - weights.trust_from)
    trust = min(max(trust, 0.0), 1.0)
    told = math.log(max(ends, 0.0) + weights.ends_floor)
    by_ends = trust * told + (1 - trust) * weights.ends_unknown
    rivals = sum(probability for word, probability in heard.rivals if word in words.leading)
    by_rivals = math.log(1 + rivals / weights.rivals_floor)
    return (
        Signal("bias", None, weights.bias),
        Signal("ends", ends, weights.ends * by_ends),
        Signal("length", float(len(said)), weights.length * math.log(count)),
        Signal("rivals", rivals, -weights.rivals * by_rivals),
    )


def _bounded(
    signals: tuple[Signal, ...], text: str, words: TurnWords, thresholds: Thresholds
) -> Judgement:
    over, why = _probability(signals), _goes_on(text, words)
    if why and over > thresholds.doubtful:
        return Judgement(thresholds.doubtful, signals, why)
    return Judgement(over, signals)


def _goes_on(text: str, words: TurnWords) -> str:
    """Why more may well follow this text, whatever else is known; empty where nothing says so."""
    said = text.lower().split()
    last = said[-1].rstrip(".,!-") if said else ""
    if text.rstrip().endswith((",", "-", "…")):
        return "it ends in a comma or a dash"
    if last.isdigit() or last.rpartition("-")[2] in words.digits:
        return "it ends in a number"
    if len(last) == 1 and last.isalpha() and last.isascii():
        return "it ends in a letter"
    return "a statement may lead to a question" if _states(text, words) else ""


def _states(text: str, words: TurnWords) -> bool:
    """Whether its last sentence is a statement, and no request."""
    sentence = re.split(r"[.!?]\s", text.lower().strip())[-1]
    said = sentence.replace(",", " ").split()
    asks = sentence.startswith(words.request_starts) or sentence.endswith("?")
    short = len(said) < _STATEMENT_WORDS
    return bool(said) and said[0] in words.statement_starts and not (asks or short)


def _probability(signals: tuple[Signal, ...]) -> float:
    return 1 / (1 + math.exp(-sum(signal.odds for signal in signals)))


def _odds_of(probability: float) -> float:
    return math.log(probability / (1 - probability))
