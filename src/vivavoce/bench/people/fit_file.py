"""A fit as the file that `turn_taking/data` has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vivavoce.turn_taking.fits import Fit, Regression

_HEAD = """\
# When the user is done, by what was known in silences of recordings of people.
# `src/vivavoce/turn_taking/fits.py` reads this file and says what each number is; do not edit the
# regressions by hand: `vivavoce bench people FOLDER --fit DIR` writes them.
"""


def fit_file(fit: Fit, made: Mapping[str, str]) -> str:
    """The file's text. made: what is told of how it was made."""
    prices = fit.prices_s
    lines = [_HEAD, "[made]", *(f"{key} = {_text(value)}" for key, value in made.items())]
    lines += ["", "[prices_s]", f"low = {prices.low:g}", f"medium = {prices.medium:g}"]
    lines += [f"high = {prices.high:g}"]
    for regression in fit.regressions:
        lines += ["", *_regression(regression)]
    return "\n".join(lines) + "\n"


def _regression(weights: Regression) -> Sequence[str]:
    lines = ["[[regressions]]", f"bias = {_short(weights.bias)}"]
    lines.append(f"silence = {_short(weights.silence)}")
    told = ", ".join(f"{name} = {_short(value)}" for name, value in weights.signals.items())
    return [*lines, f"signals = {{ {told} }}"]


def _short(value: float) -> str:
    return f"{value:.4f}"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
