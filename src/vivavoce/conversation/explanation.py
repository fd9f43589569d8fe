"""A silence's explanation in a line, for people."""

from __future__ import annotations

from vivavoce.events import Signal, SilenceExplained

_NAMES = {
    "bias": "bias",
    "silence": "silence",
    "spoken": "seconds spoken",
    "long": "a long utterance",
    "paused": "longest pause before",
    "words": "words",
    "ends": "the words end here",
    "sound": "it sounds over",
}


def explained(silence: SilenceExplained) -> str:
    """What was made of a silence: how it ended and why, the wait, and the probability's sources.

    The number after each arrow is what a signal adds to the logarithm of the odds.
    """
    told = f"{silence.at:.2f} s: {silence.outcome} after {silence.lasted_s:.2f} s ({silence.why})"
    if silence.wait_s is not None:
        told += f"; wait {silence.wait_s:.2f} s"
    if silence.over is not None:
        told += f"; over {silence.over:.2f}"
    if silence.signals:
        told += f" from {', '.join(_signal(signal) for signal in silence.signals)}"
    if silence.bound:
        told += f"; {silence.bound}"
    return f"{told}; heard: {silence.text}" if silence.text else told


def _signal(signal: Signal) -> str:
    value = "" if signal.value is None else f" {signal.value:.3g}"
    return f"{_NAMES[signal.name]}{value} → {signal.odds:+.2f}"
