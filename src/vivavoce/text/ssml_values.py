"""The values of SSML's attributes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace

from vivavoce.errors import BadRequest

from .marked_text import Delivery, Phonemes, SayAs, SayAsKind
from .pauses import Pause, pause
from .pronunciations import ipa_of
from .x_sampa import from_x_sampa

_TIME = re.compile(r"\+?([0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})\s*(ms|s)")
_NUMBER = re.compile(r"([+-]?)([0-9]{1,6}(?:\.[0-9]{0,6})?|\.[0-9]{1,6})\s*(%|st|dB|db|Hz|hz)?")
_BREAKS: Mapping[str, float] = {
    "none": 0.0, "x-weak": 0.1, "weak": 0.25, "medium": 0.5, "strong": 0.75, "x-strong": 1.25,
}  # fmt: skip
_RATES: Mapping[str, float] = {
    "x-slow": 0.5, "slow": 0.75, "medium": 1.0, "default": 1.0, "fast": 1.3, "x-fast": 1.7,
}  # fmt: skip
_PITCHES: Mapping[str, float] = {
    "x-low": 0.7, "low": 0.85, "medium": 1.0, "default": 1.0, "high": 1.2, "x-high": 1.45,
}  # fmt: skip
_VOLUMES_DB: Mapping[str, float] = {
    "silent": -math.inf, "x-soft": -12.0, "soft": -6.0, "medium": 0.0, "default": 0.0,
    "loud": 4.0, "x-loud": 8.0,
}  # fmt: skip
_LOUDEST_DB, _SOFTEST_DB = 12.0, -60.0
_EMPHASIS: Mapping[str, tuple[float, float, float]] = {
    "strong": (0.85, 1.1, 3.0), "moderate": (0.92, 1.05, 1.5), "none": (1.0, 1.0, 0.0),
    "reduced": (1.1, 0.97, -3.0),
}  # fmt: skip
"""Rate, pitch and gain in dB."""
_KINDS: Mapping[str, SayAsKind] = {
    "characters": "characters", "spell-out": "characters", "spell": "characters",
    "verbatim": "characters", "cardinal": "cardinal", "number": "cardinal", "ordinal": "ordinal",
    "digits": "digits", "number_digit": "digits", "telephone": "telephone", "date": "date",
    "time": "time",
}  # fmt: skip
Attributes = Mapping[str, str]


def break_of(attributes: Attributes) -> Pause | None:
    """The pause of `<break>`; None for one that asks for none."""
    time = attributes.get("time")
    if time is not None:
        found = _TIME.fullmatch(time.strip())
        if not found:
            raise wrong("break", "time", time, "a time such as `500ms` or `1.5s`")
        seconds = float(found[1]) / (1000 if found[2] == "ms" else 1)
    else:
        strength = attributes.get("strength", "medium")
        if strength not in _BREAKS:
            raise wrong("break", "strength", strength, f"one of {', '.join(_BREAKS)}")
        seconds = _BREAKS[strength]
    return pause(seconds) if seconds else None


def prosody_of(attributes: Attributes, around: Delivery) -> Delivery:
    """The manner within `<prosody>`, in a passage of that manner."""
    rate, pitch, gain = around.rate, around.pitch, around.gain_db
    if "rate" in attributes:
        rate *= _rate(attributes["rate"].strip())
    if "pitch" in attributes:
        pitch *= _pitch(attributes["pitch"].strip())
    if "volume" in attributes:
        gain += _gain_db(attributes["volume"].strip())
    return _bounded(replace(around, rate=rate, pitch=pitch, gain_db=gain))


def emphasis_of(attributes: Attributes, around: Delivery) -> Delivery:
    """The manner within `<emphasis>`."""
    level = attributes.get("level", "moderate")
    if level not in _EMPHASIS:
        raise wrong("emphasis", "level", level, f"one of {', '.join(_EMPHASIS)}")
    rate, pitch, gain = _EMPHASIS[level]
    return _bounded(
        replace(
            around,
            rate=around.rate * rate,
            pitch=around.pitch * pitch,
            gain_db=around.gain_db + gain,
        )
    )


def say_as_of(attributes: Attributes) -> SayAs | None:
    """What `<say-as>` says that the text is; None for what is read as usual."""
    kind = attributes.get("interpret-as")
    if kind is None:
        raise BadRequest("SSML: <say-as> needs `interpret-as`, such as `characters`")
    found = _KINDS.get(kind.strip().lower())
    return SayAs(found, attributes.get("format", "").strip().lower()) if found else None


def phonemes_of(attributes: Attributes) -> Phonemes:
    """The sounds that `<phoneme>` tells."""
    alphabet, sounds = attributes.get("alphabet", "ipa").lower(), attributes.get("ph", "")
    if alphabet not in {"ipa", "x-sampa"}:
        raise wrong("phoneme", "alphabet", alphabet, "`ipa` or `x-sampa`")
    ipa = ipa_of(from_x_sampa(sounds) if alphabet == "x-sampa" else sounds.strip().strip("/"))
    if ipa is None:
        raise wrong("phoneme", "ph", sounds, "sounds in that alphabet, such as `ˈɛndʒɪn` in IPA")
    return Phonemes(ipa)


def wrong(element: str, attribute: str, value: str, wanted: str) -> BadRequest:
    """The error for a value that makes no sense."""
    return BadRequest(f"SSML: {attribute}={value[:60]!r} of <{element}>: give {wanted}")


def _rate(value: str) -> float:
    if value in _RATES:
        return _RATES[value]
    found = _NUMBER.fullmatch(value)
    if not found or found[3] not in {None, "%"} or (found[1] and not found[3]):
        raise wrong("prosody", "rate", value, f"`120%`, `+20%` or one of {', '.join(_RATES)}")
    return _factor(found)


def _pitch(value: str) -> float:
    if value in _PITCHES:
        return _PITCHES[value]
    found = _NUMBER.fullmatch(value)
    unit = found[3] if found else None
    if not found or unit not in {"%", "st", "Hz", "hz"}:
        raise wrong("prosody", "pitch", value, f"`+10%`, `-2st` or one of {', '.join(_PITCHES)}")
    if unit == "%":
        return _factor(found)
    if unit == "st":
        return float(2.0 ** (float(found[1] + found[2]) / 12))
    return 1.0  # the voice's own frequency is not known


def _gain_db(value: str) -> float:
    if value in _VOLUMES_DB:
        return _VOLUMES_DB[value]
    found = _NUMBER.fullmatch(value)
    if not found or found[3] not in {None, "%", "dB", "db"}:
        raise wrong("prosody", "volume", value, f"`+6dB` or one of {', '.join(_VOLUMES_DB)}")
    if found[3] in {"dB", "db"}:
        return float(found[1] + found[2])
    factor = _factor(found) if found[3] else float(found[2]) / 100
    if found[1] and not found[3]:
        factor = 1 + float(found[1] + found[2]) / 100
    return 20 * math.log10(factor) if factor > 0 else -math.inf


def _factor(found: re.Match[str]) -> float:
    """`+20%` and `120%` are 1.2, and so is `1.2`."""
    sign, number, unit = found.groups()
    value = float(number) / (100 if unit else 1)
    if sign:
        return 1 + value if sign == "+" else max(1 - value, 0.0)
    return value


def _bounded(delivery: Delivery) -> Delivery:
    gain = delivery.gain_db
    return replace(
        delivery,
        rate=min(max(delivery.rate, 0.25), 4.0),
        pitch=min(max(delivery.pitch, 0.5), 2.0),
        gain_db=gain if gain == -math.inf else min(max(gain, _SOFTEST_DB), _LOUDEST_DB),
    )
