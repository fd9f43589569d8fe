"""What is known in a silence, as the numbers that a fit weighs; pure.

The same code makes them in a session and in `vivavoce bench people --fit`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from vivavoce.engines import Transcript

FIRST_S = 0.2
"""Weights are those of a silence of this length, and change with its logarithm."""

_ENDS_FLOOR, _ENDS_TYPICAL = 0.003, 0.1
_SOUND_BOUND = 0.01
_TYPICAL_CONFIDENCE = 0.8
"""Of a recognizer that does not tell."""

_TRUST_FROM, _TRUST_TO = 0.35, 0.75
"""Of what a recognizer hardly understood, as of speech in another language, the words tell nothing.
"""

_LEAST_PAUSE_S = 0.15
_LEAST_WORDS, _MOST_WORDS = 3, 12
_LEAST_SPOKEN_S, _LONG_S, _LONGEST_S = 0.8, 4.0, 8.0
"""The longer a sentence, the likelier its end, but a word may be an answer; and who speaks for
longer than a sentence takes tells a story, and pauses in it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a silence so far, but for how long it lasts.

    heard: before it; None while that is not known. ends: the language model's probability that the
    words end here. sound: the turn detector's that the turn is over. They are None where they are
    not known, or not yet. spoken_s: from the first voice of the utterance to the silence. paused_s:
    the longest silence after which the user went on in this utterance; 0 for none.
    """

    heard: Transcript | None = None
    ends: float | None = None
    sound: float | None = None
    spoken_s: float = 1.0
    paused_s: float = 0.0


class Feature(NamedTuple):
    """value: what is weighed. measured: what it was made from, for people."""

    value: float
    measured: float


def features(known: Evidence) -> Mapping[str, Feature]:
    """All that is known, by name; what is not is left out."""
    spoken = math.log(min(max(known.spoken_s, _LEAST_SPOKEN_S), _LONG_S))
    long = math.log(min(max(known.spoken_s, _LONG_S), _LONGEST_S) / _LONG_S)
    paused = math.log(max(known.paused_s, _LEAST_PAUSE_S) / _LEAST_PAUSE_S)
    found = {
        "spoken": Feature(spoken, known.spoken_s),
        "long": Feature(long, known.spoken_s),
        "paused": Feature(paused, known.paused_s),
    }
    if known.heard is not None:
        found |= _of_words(known.heard, known.ends)
    if known.sound is not None:
        bounded = min(max(known.sound, _SOUND_BOUND), 1 - _SOUND_BOUND)
        found["sound"] = Feature(log_odds(bounded), known.sound)
    return found


def _of_words(heard: Transcript, ends: float | None) -> Mapping[str, Feature]:
    words = len(heard.text.split())
    found = {"words": Feature(math.log(min(max(words, _LEAST_WORDS), _MOST_WORDS)), float(words))}
    if ends is not None:
        sure = _TYPICAL_CONFIDENCE if heard.confidence is None else heard.confidence
        trust = min(max((sure - _TRUST_FROM) / (_TRUST_TO - _TRUST_FROM), 0.0), 1.0)
        told = math.log((max(ends, 0.0) + _ENDS_FLOOR) / (_ENDS_TYPICAL + _ENDS_FLOOR))
        found["ends"] = Feature(trust * told, ends)
    return found


def log_odds(probability: float) -> float:
    """The logarithm of the odds of it; 0 for one half."""
    return math.log(probability / (1 - probability))
