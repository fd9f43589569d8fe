"""Rules that say how long a silence must last to end the turn: ours, and its rivals."""

from __future__ import annotations

import math
import runpy
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from vivavoce.errors import BadRequest
from vivavoce.settings import TurnSettings
from vivavoce.turn_taking.endpointing import patience
from vivavoce.turn_taking.fits import Fit, Fits, Prices

from .silences import Silence
from .traces import MOMENTS

WaitFunction: TypeAlias = Callable[[Silence], float]
"""How long this silence must last to end the turn, in seconds."""

_SURE, _ELSE_S = 0.5, 3.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A way to tell where turns end."""

    name: str
    wait_s: WaitFunction


def fixed(seconds: float) -> Rule:
    """Silence alone."""
    return Rule(f"silence {seconds:g} s", lambda silence: seconds)


def detector_alone() -> Rule:
    """The turn detector as its authors use it: asked once, and else a long silence."""

    def wait_s(silence: Silence) -> float:
        sounds = silence.known.sounds
        return MOMENTS[0] if sounds and sounds[0] > _SURE else _ELSE_S

    return Rule(f"turn detector at {MOMENTS[0]:g} s, else {_ELSE_S:g} s", wait_s)


def ours(fits: Fits, settings: TurnSettings, price_s: float | None = None) -> Rule:
    """What a session does. price_s: of a cut; None is the settings' eagerness."""

    def wait_s(silence: Silence) -> float:
        fit = _priced(fits.of(silence.known.language or silence.recording.language), price_s)
        known = silence.evidence()
        before = patience(replace(known, sound=None), fit, settings)
        if before < MOMENTS[0]:
            return before  # the turn is over before the detector tells
        return max(MOMENTS[0], patience(known, fit, settings))

    name = "vivavoce" if price_s is None else f"vivavoce, a cut for {price_s:.2g} s"
    return Rule(name, wait_s)


def from_file(path: Path) -> Rule:
    """The function `wait_s(silence)` of a Python file.

    Raises BadRequest where there is none.
    """
    try:
        function = runpy.run_path(str(path)).get("wait_s")
    except Exception as error:
        raise BadRequest(f"{path}: {error}") from error
    if not callable(function):
        raise BadRequest(f"{path} has no function wait_s(silence); add one that returns seconds")

    def wait_s(silence: Silence) -> float:
        seconds = float(function(silence))
        if not 0 <= seconds < math.inf:
            raise BadRequest(f"{path}: wait_s gave {seconds}; return seconds from 0 on")
        return seconds

    return Rule(path.stem, wait_s)


def _priced(fit: Fit, price_s: float | None) -> Fit:
    if price_s is None:
        return fit
    return fit.model_copy(update={"prices_s": Prices(low=price_s, medium=price_s, high=price_s)})
