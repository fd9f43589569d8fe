"""Tells text that a speech model made up, out of silence or noise, from text that it heard."""

from __future__ import annotations

from collections.abc import Sequence

LEAD = 8
"""How many tokens are judged. What is invented starts in doubt, but goes on fluently."""

NOTHING_HEARD = -1.1
STEADY_DB = 10.0
STEADY_HEARD = -0.4
STEADY_BEGUN = -1.0
STOCK_BEGUN = -0.25

STOCK = {
    "en": frozenset({
        "you", "so", "bye", "thank you", "thank you for watching", "thanks for watching",
        "transcript emily beynon",
    })
}  # fmt: skip
"""By language: what models trained on subtitles say when there is nothing to say."""
NEVER_SAID = {"en": "You"}
"""By language: what Moonshine is sure that a lone click is. A person's word ends with a mark."""
MUSIC = "♪"


def invented(text: str, scores: Sequence[float], contrast_db: float, language: str | None) -> bool:
    """Whether the audio most likely holds no such words.

    scores: the natural logarithm of each token's probability.
    contrast_db: how far the loudest of the audio rises above its quietest.
    language: of the model, if it knows one only.
    """
    letters = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    if not letters or not scores or text == NEVER_SAID.get(language or "") or MUSIC in text:
        return True
    begun, heard = scores[0], sum(scores[:LEAD]) / len(scores[:LEAD])
    if heard < NOTHING_HEARD:
        return True
    if contrast_db < STEADY_DB and (heard < STEADY_HEARD or begun < STEADY_BEGUN):
        return True
    return " ".join(letters) in STOCK.get(language or "", ()) and begun < STOCK_BEGUN
