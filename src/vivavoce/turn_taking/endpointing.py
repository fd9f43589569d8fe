"""Whether the user is done, and how long to wait until that is sure; pure."""

from __future__ import annotations

import math
import re

from vivavoce.engines import Transcript
from vivavoce.settings import Eagerness, TurnSettings
from vivavoce.text.language.pack import TurnWords

_CURVE: dict[Eagerness, float] = {"high": 2.0, "medium": 1.35, "auto": 1.35, "low": 0.9}
"""Exponents of `patience`: the larger, the sooner a doubtful silence ends the turn."""

SURE = 0.72
"""From this probability on a silence need not be longer than the shortest."""

LIKELY = 0.5
"""From this probability on the words alone decide; `vivavoce bench endings` tells how well."""

_OWN_PAUSE = 1.15
"""A doubtful silence must be so many times as long as one after which the user went on."""

_OPEN = 0.36
"""The most that is believed where more may well follow: after a comma; after a number or a letter,
which often come in pieces; after a statement, which may lead to a question; and where only the
sound speaks for an end. With the usual settings a silence must then last for 1.3 s."""

_MARKS = " .!?¡¿"

_BIAS, _BY_ENDS, _BY_SOUND, _BY_WORDS, _BY_RIVALS = -1.0, 0.87, 0.34, 2.08, 0.4
_LEAST_WORDS, _MOST_WORDS = 2, 7
_ENDS_UNKNOWN = -3.0
"""Rounded, after a logistic regression over 800 utterances in ten synthesized voices, whole and
broken off after each second word, of 50 sentences that the benchmarks do not use. The regression
gave a bias of -1.25; with that more of the whole ones waited than it is worth."""


def by_words(ends: float | None, heard: Transcript, words: TurnWords) -> float | None:
    """The probability that the turn is over, from what it says; None if that is not known.

    ends: the language model's that the words end here, or None. The fewer the words, the likelier
    they are only the first of more, but for those that are an answer by themselves. What was
    hardly understood tells little of its end. And a recognizer makes whole sentences of parts, as
    "Who painted them?" of "Who painted the": so it counts if the last word may be another, with
    which nothing ends.
    """
    if ends is None:
        return None
    return min(_most(heard.text, words), _probability(_odds(ends, heard, words)))


def confidence(sound: float, ends: float | None, heard: Transcript, words: TurnWords) -> float:
    """The probability that the turn is over, from how it sounds and what it says.

    sound: the turn detector's. The others are those of `by_words`.
    """
    if ends is None:
        return sound
    bounded = min(max(sound, 0.02), 0.98)
    by_sound = _BY_SOUND * math.log(bounded / (1 - bounded))
    odds = _odds(ends, heard, words)
    return min(
        _most(heard.text, words), max(_OPEN, _probability(odds)), _probability(odds + by_sound)
    )


def opens(text: str, words: TurnWords) -> bool:
    """Whether these words only open an interruption: "no, no", "hold on a second"."""
    said = text.lower().replace(",", " ").split()
    return bool(said) and all(word.strip(_MARKS) in words.openers for word in said)


def _most(text: str, words: TurnWords) -> float:
    """What is believed at the most of this text."""
    said = text.lower().split()
    last = said[-1].rstrip(".,!-") if said else ""
    goes_on = text.rstrip().endswith((",", "-", "…"))
    counted = last.isdigit() or last.rpartition("-")[2] in words.digits
    spelled = len(last) == 1 and last.isalpha() and last.isascii()
    return _OPEN if goes_on or counted or spelled or _states(text, words) else 1.0


def _states(text: str, words: TurnWords) -> bool:
    """Whether its last sentence is a statement, and no request."""
    sentence = re.split(r"[.!?]\s", text.lower().strip())[-1]
    said = sentence.replace(",", " ").split()
    asks = sentence.startswith(words.request_starts) or sentence.endswith("?")
    short = len(said) < _MOST_WORDS - 3
    return bool(said) and said[0] in words.statement_starts and not (asks or short)


def _odds(ends: float, heard: Transcript, words: TurnWords) -> float:
    said = heard.text.lower().replace(",", " ").split()
    whole = all(word.strip(_MARKS) in words.answers for word in said)
    count = _MOST_WORDS if whole else min(max(len(said), _LEAST_WORDS), _MOST_WORDS)
    sure = 1.0 if heard.confidence is None else heard.confidence
    trust = min(max((sure - 0.3) / 0.6, 0.0), 1.0)
    by_ends = trust * math.log(max(ends, 0.0) + 0.002) + (1 - trust) * _ENDS_UNKNOWN
    open_ended = sum(probability for word, probability in heard.rivals if word in words.leading)
    by_rivals = math.log(1 + open_ended / 0.003)
    return _BIAS + _BY_ENDS * by_ends + _BY_WORDS * math.log(count) - _BY_RIVALS * by_rivals


def _probability(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


def looks_unfinished(text: str, words: TurnWords) -> bool:
    """Whether it ends in a hesitation, or in a little word that something must follow."""
    said = text.lower().rstrip(" .,;:!…-").split()
    if not said:
        return False
    return said[-1].rstrip("?") in words.hesitations or said[-1] in words.unfinished


def patience(
    over: float, settings: TurnSettings, paused_s: float = 0.0, *, opening: bool = False
) -> float:
    """How long a silence must last to end the turn, in seconds.

    over: the probability that the turn is over. The wait falls from `wait_max_s` at 0 to
    `wait_min_s` at `SURE`. paused_s: the longest silence after which the user has gone on in this
    utterance; a doubtful one is then given longer than that. opening: nothing was said but what
    opens an interruption, and more is likely to follow.
    """
    if opening:
        over = min(over, _OPEN)
    if over >= SURE:
        return settings.wait_min_s
    doubt = (1.0 - max(over, 0.0) / SURE) ** _CURVE[settings.eagerness]
    wait = settings.wait_min_s + (settings.wait_max_s - settings.wait_min_s) * doubt
    return float(min(max(wait, _OWN_PAUSE * paused_s), settings.wait_max_s))
